"""Make a page to walk between images by hand, in pixels and in codes.

    python -m tools.pages.explorer

Writes build/html/explorer.html: one file that needs no server and no network. In it are some
validation images, their codes, and the decoder, which runs in the browser.
"""

import base64
import dataclasses

import torch
from torch import Tensor

from tools.pages.rendering import PAGES, fill, write_html
from workshop_utils.experiments.recipes import trained
from workshop_utils.images.dataset import ImageData
from workshop_utils.images.load import load_data
from workshop_utils.networks.autoencoders import ConvDecoder, ConvEncoder
from workshop_utils.networks.evaluation import evaluating
from workshop_utils.settings import Settings
from workshop_utils.training.runs import find_run

PER_CLASS = 4


def to_page(encoder: ConvEncoder, decoder: ConvDecoder, data: ImageData) -> str:
    """Make the page of two trained networks, with some validation images of each class."""
    chosen = some_of_each_class(data.validation_labels, PER_CLASS)
    images = data.validation_images[chosen]  # uint8, N×3×32×32
    with evaluating(encoder, decoder):
        codes = encoder(images / 255)  # N×32×4×4
    layers = [decoder.deconv1, decoder.deconv2, decoder.deconv3]
    content = {
        "classes": data.classes,
        "labels": data.validation_labels[chosen].tolist(),
        "pixels": in_text(images),
        "codes": in_text(codes),
        "layers": [
            {
                "inputs": layer.in_channels,
                "outputs": layer.out_channels,
                "weight": in_text(layer.weight),
                "bias": in_text(layer.bias),
            }
            for layer in layers
        ],
    }
    return fill("explorer.html.j2", data=content, n_images=len(chosen), data_title=data.title)


def some_of_each_class(labels: Tensor, per_class: int) -> Tensor:
    """Numbers of the first images of each class, class after class."""
    return torch.cat(
        [(labels == label).nonzero().flatten()[:per_class] for label in labels.unique()]
    )


def in_text(numbers: Tensor) -> str:
    """The bytes of a tensor, row after row, as base64."""
    return base64.b64encode(numbers.detach().cpu().contiguous().numpy().tobytes()).decode()


def main() -> None:
    """Write the page for the data set that the settings find."""
    cpu = torch.device("cpu")  # enough for a few dozen images
    settings = dataclasses.replace(Settings.from_environment(), device=cpu)
    data = load_data(settings)
    if not find_run("autoencoder", data, settings):
        print(
            f"There is no trained autoencoder for this data set ({data.title}) yet: one is trained."
        )
    encoder, decoder = trained("autoencoder", data, settings)
    write_html(PAGES, {"explorer": to_page(encoder, decoder, data)})


if __name__ == "__main__":
    main()

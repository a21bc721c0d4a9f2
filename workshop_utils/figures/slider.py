"""A slider along the line between two images; pictures in a row where there are no sliders."""

import base64
import io
from typing import TYPE_CHECKING

import torch
from PIL import Image
from torch import Tensor, nn

from workshop_utils.analysis.interpolation import interpolate, latent_line
from workshop_utils.figures.pictures import show_image_rows
from workshop_utils.networks.evaluation import squared_error
from workshop_utils.say import say
from workshop_utils.settings import progress_bars_wanted

if TYPE_CHECKING:
    import ipywidgets

N_STEPS = 21  # stops of the slider
N_PICTURES = 8  # in a row, where there is no slider
PICTURE_WIDTH = 220  # pixels on the screen


def explore_lines(encoder: nn.Module, decoder: nn.Module, images: Tensor, names: list[str]) -> None:
    """Choose two images and move along the line between them, in pixels and in codes.

    Where sliders and menus do not run, as on a page, without ipywidgets, or with
    WORKSHOP_PROGRESS=0, the line between the first two images is shown as a row of pictures.

    Args:
        encoder: images to codes.
        decoder: codes to images.
        images: to choose from, N×3×32×32, values in [0, 1]; two at least.
        names: what to call them, one name each.
    """
    if progress_bars_wanted():
        from IPython.display import display

        try:
            display(new_slider(encoder, decoder, images, names))
        except ImportError:
            say("A slider needs ipywidgets: %pip install ipywidgets. Here is a row of pictures.")
        else:
            return
    rows = {
        "in pixels": interpolate(images[0], images[1], N_PICTURES),
        "in codes": latent_line(encoder, decoder, images[0], images[1], N_PICTURES),
    }
    show_image_rows(rows, f"From {names[0]} to {names[1]}; in JupyterLab, a slider")


def new_slider(
    encoder: nn.Module, decoder: nn.Module, images: Tensor, names: list[str]
) -> "ipywidgets.VBox":
    """Two menus for the images, a slider, and the two blends with the error between them."""
    import ipywidgets

    options = [(f"{number + 1}: {name}", number) for number, name in enumerate(names)]
    first = ipywidgets.Dropdown(options=options, value=0, description="from")
    second = ipywidgets.Dropdown(options=options, value=1, description="to")
    step = ipywidgets.SelectionSlider(
        options=[(f"{alpha:.2f}", k) for k, alpha in enumerate(torch.linspace(0, 1, N_STEPS))],
        value=N_STEPS // 2,
        description="α",
        layout={"width": "36em"},
    )
    pictures, error = ipywidgets.HTML(), ipywidgets.Label()
    lines: dict[str, Tensor] = {}

    def choose(_change: dict | None = None) -> None:
        """Compute the whole line, so that the slider has only to show it."""
        ends = images[first.value], images[second.value]
        lines["blend of pixels"] = interpolate(*ends, N_STEPS)
        lines["blend of codes, decoded"] = latent_line(encoder, decoder, *ends, N_STEPS)
        move()

    def move(_change: dict | None = None) -> None:
        shown = {name: line[step.value] for name, line in lines.items()}
        pictures.value = "".join(_figure(image, name) for name, image in shown.items())
        distance = squared_error(*(image[None] for image in shown.values())).item()
        error.value = f"squared error between the two: {distance:.1f}"

    for menu in (first, second):
        menu.observe(choose, names="value")
    step.observe(move, names="value")
    choose()
    return ipywidgets.VBox([ipywidgets.HBox([first, second]), step, pictures, error])


def _figure(image: Tensor, name: str) -> str:
    """An image 3×32×32 as HTML, enlarged, with its name as description and below it."""
    pixels = (255 * image.detach().cpu()).round().byte().permute(1, 2, 0)  # 32×32×3
    file = io.BytesIO()
    Image.fromarray(pixels.numpy()).save(file, "PNG")
    address = f"data:image/png;base64,{base64.b64encode(file.getvalue()).decode()}"
    return (
        '<figure style="display: inline-block; margin: 0 1em 0 0; text-align: center">'
        f'<img src="{address}" alt="{name}" width="{PICTURE_WIDTH}" '
        f'style="image-rendering: pixelated"><figcaption>{name}</figcaption></figure>'
    )

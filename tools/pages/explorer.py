"""Make the page on which the CNN and the autoencoder can be looked into.

    python -m tools.pages.explorer

Writes build/html/explorer.html: one file that needs no server and no network. It has your own
trained networks where there are some, else those that came with the workbook.
"""

import dataclasses

import torch
from torch import nn

from tools.pages.rendering import PAGES, write_html
from workshop_utils.experiments.recipes import CLASSIFIERS
from workshop_utils.images.dataset import CIFAR10, STANDIN, ImageData
from workshop_utils.inside.examples import examples_for
from workshop_utils.inside.page import Subject, to_page
from workshop_utils.networks.autoencoders import ConvDecoder, ConvEncoder
from workshop_utils.settings import PROFILES, Settings
from workshop_utils.training.runs import RunError, find_run

DATASETS = {"auto": (CIFAR10, STANDIN), "cifar10": (CIFAR10,), "standin": (STANDIN,)}


def load(name: str, settings: Settings, **models: nn.Module) -> Subject:
    """Load trained weights: your own of the data set that is asked for, else the workbook's.

    Args:
        name: "cnn" or "autoencoder".
        settings: data set, profile, and the folder of your own runs.
        models: what to load them into, by the names that they were trained under.

    Raises:
        RunError: the workbook's own run is missing or damaged.
    """
    own = dataclasses.replace(settings, shipped=False)
    came_along = dataclasses.replace(
        settings, profile=PROFILES["full"], shipped=True, runs_dir=PAGES / "none of yours"
    )
    for dataset, where in [(each, own) for each in DATASETS[own.dataset]] + [(CIFAR10, came_along)]:
        nothing = torch.empty(0, 3, 32, 32, dtype=torch.uint8), torch.empty(0, dtype=torch.int64)
        data = ImageData(dataset, "", *nothing, *nothing, *nothing)
        try:
            if run := find_run(name, data, where):
                run.load_into(**models)
                print(run)
                return Subject((*models.values(),), examples_for(dataset), f"Here: {run}.")
        except RunError as error:
            print(error)
    raise RunError(f"The {name} that came with the workbook is missing: get the workbook anew.")


def main() -> None:
    """Write the page."""
    settings = Settings.from_environment()
    subjects = (
        load("cnn", settings, model=CLASSIFIERS["CNN"]()),
        load(
            "autoencoder",
            settings,
            encoder=ConvEncoder(8, 16, 32),
            decoder=ConvDecoder(8, 16, 32),
        ),
    )
    write_html(PAGES, {"explorer": to_page(*subjects)})


if __name__ == "__main__":
    main()

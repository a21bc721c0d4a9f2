"""Small sets of images, quick to train on."""

import dataclasses
from pathlib import Path

import pytest
import torch

import workshop_utils as wu
from workshop_utils.data import STANDIN, ImageData
from workshop_utils.settings import Settings


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Settings whose folders are empty and thrown away."""
    return dataclasses.replace(
        Settings.from_environment(), data_dir=tmp_path / "data", runs_dir=tmp_path / "runs"
    )


@pytest.fixture
def data() -> ImageData:
    """200 training and 90 test images of noise; three bright rows tell the class."""
    generator = torch.Generator().manual_seed(0)

    def draw(n: int) -> tuple[torch.Tensor, torch.Tensor]:
        labels = torch.arange(n) % 10
        noise = torch.randint(0, 100, (n, 3, 32, 32), generator=generator)
        bright = torch.arange(32) // 3 == labels[:, None]  # N×32
        return (noise + 150 * bright[:, None, :, None]).to(torch.uint8), labels

    return ImageData(STANDIN, "", *draw(200), *draw(90))


@pytest.fixture
def loaders(data: ImageData) -> tuple[wu.Loader, wu.Loader]:
    """A training and a test loader whose last batches are smaller than the others."""
    return data.loaders(batch_size=64)

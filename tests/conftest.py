"""Small sets of images, quick to train on, and a watch over every test."""

import dataclasses
from collections.abc import Iterator
from pathlib import Path

import pytest
from leaks import nothing_changes, watch_all_calls
from making import make_official, noise
from PIL import Image

import workshop_utils as wu
from workshop_utils.images import cifar10
from workshop_utils.images.dataset import CLASSES, ImageData
from workshop_utils.settings import Settings

watch_all_calls()


@pytest.fixture(autouse=True)
def nothing_leaks() -> Iterator[None]:
    """No test, and nothing that it calls, leaves changed what others share."""
    with nothing_changes():
        yield


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Settings whose folders are empty and thrown away."""
    return dataclasses.replace(
        Settings.from_environment(), data_dir=tmp_path / "data", runs_dir=tmp_path / "runs"
    )


@pytest.fixture
def data() -> ImageData:
    """200 training, 90 validation and 70 test images; three bright rows tell the class."""
    return noise()


@pytest.fixture
def loaders(data: ImageData) -> tuple[wu.Loader, wu.Loader]:
    """A training and a validation loader whose last batches are smaller than the others."""
    return data.loaders(batch_size=64)


@pytest.fixture(autouse=True)
def users_cache(nothing_leaks: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The user's own cache folder, for data folders that cannot be written."""
    monkeypatch.setattr("workshop_utils.images.cache.user_cache_path", lambda _: tmp_path / "user")
    return tmp_path / "user"


@pytest.fixture
def official(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Path, Path]:
    """A folder and an archive in the official format, 20 + 10 images, with fitting sums."""
    return make_official(tmp_path / "made", monkeypatch.setattr)


@pytest.fixture
def image_folder(settings: Settings) -> Path:
    """Two images per class and part; the value of every pixel is ten times the label."""
    for part in ("train", "test"):
        for label, name in enumerate(CLASSES):
            folder = settings.data_dir / cifar10.IMAGE_FOLDER / part / name
            folder.mkdir(parents=True)
            for number in range(2):
                image = Image.new("RGB", (32, 32), (10 * label,) * 3)
                image.save(folder / f"{number}.png")
    return settings.data_dir / cifar10.IMAGE_FOLDER

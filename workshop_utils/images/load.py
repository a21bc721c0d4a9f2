"""From files on the disk, a download or drawings to images in memory."""

import hashlib
from pathlib import Path

import torch
from torch import Tensor

from workshop_utils.images import cache, cifar10
from workshop_utils.images.dataset import (
    CIFAR10,
    STANDIN,
    Arrays,
    ImageData,
    kept_for_validation,
)
from workshop_utils.images.download import download
from workshop_utils.say import say
from workshop_utils.settings import Settings

CACHE_FILES = {CIFAR10: "cifar10.safetensors", STANDIN: "standin.safetensors"}


def load_data(settings: Settings) -> ImageData:
    """Find the images and load them into memory; one printed line says which were taken.

    Looked for in this order: the official folder, then the official archive, then a folder of
    images, all in `settings.data_dir`; a download; and else the stand-in is drawn. After the first
    time, the workbook's own cache of them is read, which takes less than a second.

    Args:
        settings: which data set, where, on which device, and how many images.

    Returns:
        Images, uint8, N×3×32×32, and labels from 0 to 9.

    Raises:
        DataError: files of CIFAR-10 were found but are damaged.
        NotFoundError: CIFAR-10 was asked for by name, but cannot be had.
    """
    name = STANDIN if settings.dataset == "standin" else CIFAR10
    try:
        tensors, about, origin = _images(name, settings)
    except cifar10.NotFoundError as reason:
        if settings.dataset == "cifar10":
            raise
        say(f"{reason} The stand-in takes its place.")
        name = STANDIN
        tensors, about, origin = _images(name, settings)

    n_train, n_test = settings.profile.n_train, settings.profile.n_test
    limits = (n_train, n_train, n_test, n_test)
    tensors = [t[:n].to(settings.device) for t, n in zip(tensors, limits, strict=True)]
    images, labels, test_images, test_labels = tensors
    kept = kept_for_validation(labels)
    data = ImageData(
        name,
        about.get("variant", ""),
        _channels_last(images[~kept]),
        labels[~kept],
        _channels_last(images[kept]),
        labels[kept],
        _channels_last(test_images),
        test_labels,
        seed=settings.seed,
    )
    say(f"{data}, from {origin}.")
    return data


def find_cifar10(data_dir: Path) -> Path | None:
    """The file or folder that `load_data` takes CIFAR-10 from, if it is there; nothing is made."""
    data_dir = cifar10.folder_of(data_dir)
    found = cache.read(data_dir, CACHE_FILES[CIFAR10], _up_to_date(CIFAR10, data_dir))
    return found.file if found else cifar10.find(data_dir)


def _images(name: str, settings: Settings) -> tuple[list[Tensor], dict, str]:
    """Images and labels, a description, and where they were found."""
    data_dir, file = cifar10.folder_of(settings.data_dir), CACHE_FILES[name]
    up_to_date = _up_to_date(name, data_dir)
    if cached := cache.read(data_dir, file, up_to_date):
        return cached.tensors, cached.about, "the workbook's own cache"
    with cache.alone(data_dir) as folder:
        # Another notebook may have made it meanwhile.
        if cached := cache.read(data_dir, file, up_to_date):
            return cached.tensors, cached.about, "the workbook's own cache"
        if name == STANDIN:
            arrays, about, origin = _draw()
        else:
            arrays, about, origin = _find_or_fetch(data_dir, settings.offline)
        tensors = [torch.from_numpy(array) for array in arrays]
        cache.write(folder, file, tensors, about)
    return tensors, about, origin


def _find_or_fetch(data_dir: Path, offline: bool) -> tuple[Arrays, dict, str]:
    found, origin = cifar10.find(data_dir), "a fresh download"
    if found:
        origin = f"{cifar10.PLACES[found.name]} in the data folder"
    else:
        found = download(data_dir, offline)
    arrays, variant = cifar10.read(found)
    return arrays, {"variant": variant, "made_from": found.name}, origin


def _draw() -> tuple[Arrays, dict, str]:
    from workshop_utils.images import standin

    return standin.draw_standin(), {"made_from": _drawing_code()}, "fresh drawings"


def _up_to_date(name: str, data_dir: Path) -> list[str]:
    """What a cache may have been made from: for CIFAR-10, the best that is there now, or better."""
    if name == STANDIN:
        return [_drawing_code()]
    places, found = list(cifar10.PLACES), cifar10.find(data_dir)
    return places[: places.index(found.name) + 1] if found else places


def _drawing_code() -> str:
    """The sum of the code that draws the stand-in: with other code, it is drawn again."""
    from workshop_utils.images import standin, standin_shapes

    code = [Path(str(module.__file__)).read_bytes() for module in (standin, standin_shapes)]
    return hashlib.sha256(b"".join(code)).hexdigest()


def _channels_last(images: Tensor) -> Tensor:
    """The same images, with the three colours of a pixel side by side in memory.

    The shape stays N×C×H×W. CPUs convolve such images faster, 30 % for the CNN.
    """
    return images.contiguous(memory_format=torch.channels_last)

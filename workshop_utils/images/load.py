"""From files on the disk, a download or drawings to images in memory."""

import hashlib
from collections.abc import Callable
from pathlib import Path

import torch
from torch import Tensor

from workshop_utils.images import cifar10
from workshop_utils.images.cache import Cached, cached, find_cache
from workshop_utils.images.dataset import CIFAR10, JPEG_COPY, STANDIN, Arrays, ImageData
from workshop_utils.images.download import check_download, download
from workshop_utils.settings import Settings

CACHE_FILES = {CIFAR10: "cifar10.safetensors", STANDIN: "standin.safetensors"}
OWN_CACHE = "the workbook's own cache"


def load_data(settings: Settings) -> ImageData:
    """Find the images and load them into memory; one printed line says which were taken.

    Looked for in this order: the official folder, then the official archive, then a folder of
    images, all in `settings.data_dir`; a download; and else the stand-in is drawn. After the first
    time, the workbook's own cache of them is read, which takes less than a second.

    Args:
        settings: which data set, where, on which device, and how many images.

    Raises:
        DataError: files of CIFAR-10 were found but are damaged.
        NotFoundError: CIFAR-10 was asked for by name, but cannot be had.
    """
    name = STANDIN
    if settings.dataset != "standin":
        try:
            images, origin = _load_cifar10(cifar10.folder_of(settings.data_dir), settings.offline)
            name = CIFAR10
        except cifar10.NotFoundError as reason:
            if settings.dataset == "cifar10":
                raise
            print(f"{reason} The stand-in takes its place.")
    if name == STANDIN:
        images, origin = _load_standin(cifar10.folder_of(settings.data_dir))

    n_train, n_test = settings.profile.n_train, settings.profile.n_test
    limits = (n_train, n_train, n_test, n_test)
    tensors = [t[:n].to(settings.device) for t, n in zip(images.tensors, limits, strict=True)]
    tensors = [_channels_last(t) if t.ndim == 4 else t for t in tensors]  # labels stay
    data = ImageData(name, images.about.get("variant", ""), *tensors, seed=settings.seed)
    print(f"{data}, from {origin}.")
    return data


def find_cifar10(data_dir: Path) -> Path | None:
    """Where `load_data` takes CIFAR-10 from, cache or files; nothing is made.

    Args:
        data_dir: the data folder.

    Returns:
        The file or folder; None if CIFAR-10 is not in the data folder.
    """
    data_dir = cifar10.folder_of(data_dir)
    cache = find_cache(data_dir, CACHE_FILES[CIFAR10], _nothing_better_in(data_dir))
    return cache or cifar10.find(data_dir)


def _channels_last(images: Tensor) -> Tensor:
    """The same images, with the three colours of a pixel side by side in memory.

    The shape stays N×C×H×W. CPUs convolve such images faster, 30 % for the CNN.
    """
    return images.contiguous(memory_format=torch.channels_last)


def _load_cifar10(data_dir: Path, offline: bool) -> tuple[Cached, str]:
    """Return the images, and where they were found."""

    def make() -> tuple[Arrays, dict]:
        found = cifar10.find(data_dir)
        origin = f"{cifar10.PLACES[found.name]} in the data folder" if found else "a fresh download"
        if not found:
            check_download(data_dir, offline)
            found = download(data_dir)
        arrays, is_jpeg = cifar10.read(found)
        variant = JPEG_COPY if is_jpeg else ""
        return arrays, {"variant": variant, "made_from": found.name, "origin": origin}

    images = cached(data_dir, CACHE_FILES[CIFAR10], _nothing_better_in(data_dir), make)
    return images, images.about["origin"] if images.is_new else OWN_CACHE


def _nothing_better_in(data_dir: Path) -> Callable[[dict], bool]:
    """Whether a cache was made from the best that is in the data folder now."""
    order = list(cifar10.PLACES)

    def is_current(about: dict) -> bool:
        found = cifar10.find(data_dir)
        return not found or order.index(about["made_from"]) <= order.index(found.name)

    return is_current


def _load_standin(data_dir: Path) -> tuple[Cached, str]:
    """Return the images, and where they were found."""
    from workshop_utils.images import standin, standin_shapes

    # A cache drawn by other code than today's is drawn again.
    code = [Path(module.__file__).read_bytes() for module in (standin, standin_shapes)]
    drawn_by = hashlib.sha256(b"".join(code)).hexdigest()
    images = cached(
        data_dir,
        CACHE_FILES[STANDIN],
        is_current=lambda about: about.get("drawn_by") == drawn_by,
        make=lambda: (standin.draw_standin(), {"drawn_by": drawn_by}),
    )
    return images, "fresh drawings" if images.is_new else OWN_CACHE

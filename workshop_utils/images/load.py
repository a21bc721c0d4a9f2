"""From files on the disk, a download or drawings to images in memory."""

import hashlib
from pathlib import Path
from typing import NamedTuple

import torch
from torch import Tensor

from workshop_utils.images import cache, cifar10
from workshop_utils.images.cache import Cached
from workshop_utils.images.dataset import (
    CIFAR10,
    CLASSES,
    STANDIN,
    Arrays,
    ImageData,
    kept_for_validation,
)
from workshop_utils.images.download import download
from workshop_utils.say import say
from workshop_utils.settings import Settings

CACHE_FILES = {CIFAR10: "cifar10.safetensors", STANDIN: "standin.safetensors"}
FROM_CACHE = "the workbook's own cache"


def load_data(settings: Settings) -> ImageData:
    """Find the images and load them into memory; a printed line says which were taken.

    Looked for in this order: the official folder, then the official archive, then a folder of
    images, all in `settings.data_dir`; a download; and else the stand-in is drawn. What is damaged
    is passed by, and a line says so. After the first time, the workbook's own cache is read, which
    takes about a second.

    Args:
        settings: which data set, where, on which device, and how many images.

    Returns:
        Images, uint8, N×3×32×32, and labels from 0 to 9.

    Raises:
        DataError: files of CIFAR-10 were found, but all of them are damaged.
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
    if said := uneven(*tensors[1::2]):
        say(said)

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


class Found(NamedTuple):
    """Where the images are: in a cache that fits, else in one of `cifar10.PLACES`, or nowhere."""

    cached: Cached | None = None
    place: Path | None = None
    made_from: str = ""  # what a cache of the place notes, see `cifar10.check`
    remarks: tuple[str, ...] = ()  # what a reader should know


def find_cifar10(data_dir: Path) -> Found:
    """What `load_data` takes CIFAR-10 from; nothing is made or fetched.

    A cache of the official files is as good as these. One of a folder of images is taken as long as
    that folder is as it was, or gone.

    Raises:
        DataError: everything that is there is incomplete or altered.
    """
    data_dir, file = cifar10.folder_of(data_dir), CACHE_FILES[CIFAR10]
    places = cifar10.find(data_dir)
    caches, damaged = [], []
    for cached in cache.copies(data_dir, file):
        if not places or cached.made_from in (cifar10.OFFICIAL_FOLDER, cifar10.ARCHIVE):
            return Found(cached)
        caches.append(cached)
    for place in places:
        try:
            made_from = cifar10.check(place)
        except cifar10.DataError as error:
            damaged.append(str(error))
            continue
        fitting = (cached for cached in caches if cached.made_from == made_from)
        remarks = [f"{said} Meanwhile {cifar10.PLACES[place.name]} is taken." for said in damaged]
        return Found(next(fitting, None), place, made_from, tuple(remarks))
    if damaged:
        raise cifar10.DataError(" ".join(damaged))
    left = data_dir / file
    return Found(remarks=(f"{left} is damaged, and is not taken.",) if left.is_file() else ())


def uneven(*parts: Tensor) -> str:
    """A sentence if there are more images of one class than of another, else nothing.

    Args:
        parts: whole numbers from 0 to 9, the labels of all training and of all test images.
    """
    for labels in parts:
        counts = torch.bincount(labels, minlength=len(CLASSES)).tolist()
        few, many = counts.index(min(counts)), counts.index(max(counts))
        if counts[few] < counts[many]:
            return (
                f"The classes are uneven: {counts[few]:,} images of {CLASSES[few]}, but "
                f"{counts[many]:,} of {CLASSES[many]}. If files are still being copied or "
                "unpacked, start again afterwards."
            )
    return ""


def _images(name: str, settings: Settings) -> tuple[list[Tensor], dict, str]:
    """Images and labels, a description, and where they were found."""
    data_dir = cifar10.folder_of(settings.data_dir)
    find = _find_drawings if name == STANDIN else find_cifar10
    found = find(data_dir)
    for remark in found.remarks:
        say(remark)
    if found.cached:
        return found.cached.tensors, found.cached.about, FROM_CACHE
    with cache.alone(data_dir) as folder:
        found = find(data_dir)
        if found.cached:  # another notebook has made it meanwhile
            return found.cached.tensors, found.cached.about, FROM_CACHE
        if name == STANDIN:
            arrays, about, origin = _draw()
        else:
            arrays, about, origin = _read_or_fetch(found, data_dir, settings.offline)
        tensors = [torch.from_numpy(array) for array in arrays]
        cache.write(folder, CACHE_FILES[name], tensors, about)
    return tensors, about, origin


def _read_or_fetch(found: Found, data_dir: Path, offline: bool) -> tuple[Arrays, dict, str]:
    if found.place:
        origin = f"{cifar10.PLACES[found.place.name]} in the data folder"
        place, made_from = found.place, found.made_from
    else:
        origin, place, made_from = "a fresh download", download(data_dir, offline), cifar10.ARCHIVE
    arrays, variant = cifar10.read(place)
    return arrays, {"variant": variant, "made_from": made_from}, origin


def _find_drawings(data_dir: Path) -> Found:
    """The stand-in as today's code draws it, if it is in the cache."""
    caches = cache.copies(data_dir, CACHE_FILES[STANDIN])
    return Found(next((each for each in caches if each.made_from == _drawing_code()), None))


def _draw() -> tuple[Arrays, dict, str]:
    from workshop_utils.images import standin

    return standin.draw_standin(), {"made_from": _drawing_code()}, "fresh drawings"


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

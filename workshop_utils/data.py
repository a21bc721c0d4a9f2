"""The images: found once, kept in one file on disk and in memory, handed out in batches."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from workshop_utils import cifar10
from workshop_utils.cifar10 import CLASSES, Arrays
from workshop_utils.download import check_download, download
from workshop_utils.files import written_whole
from workshop_utils.settings import Settings

CIFAR10 = "CIFAR-10"
STANDIN = "stand-in"
JPEG_COPY = "JPEG copy"
CACHE_FILES = {CIFAR10: "cifar10.safetensors", STANDIN: "standin.safetensors"}
PARTS = ("train_images", "train_labels", "test_images", "test_labels")


class Loader:
    """Batches of images and labels from a set held in memory.

    Going through it once is one epoch: every image exactly once, in a new random order each
    time if `shuffle` is True. Images come as decimal numbers in [0, 1], N×3×32×32.

    Args:
        images: uint8, N×3×32×32.
        labels: N whole numbers.
        batch_size: images per batch; the last batch may be smaller.
        shuffle: whether to mix the images anew every epoch.
        seed: starting point of the mixing.

    Raises:
        ValueError: images and labels of different number, none at all, or no batch size.
    """

    def __init__(
        self,
        images: Tensor,
        labels: Tensor,
        batch_size: int = 128,
        shuffle: bool = False,
        seed: int = 0,
    ) -> None:
        if len(images) != len(labels):
            raise ValueError(
                f"There are {len(images)} images but {len(labels)} labels: each image needs one."
            )
        if len(images) == 0:
            raise ValueError("There are no images to load: the set is empty.")
        if batch_size < 1:
            raise ValueError(f"batch_size is {batch_size}, but a batch holds at least one image.")
        self.images = images
        self.labels = labels
        self.batch_size = batch_size
        self.shuffle = shuffle
        self.generator = torch.Generator().manual_seed(seed)

    def __len__(self) -> int:
        return -(-len(self.images) // self.batch_size)  # rounded up

    def __iter__(self) -> Iterator[tuple[Tensor, Tensor]]:
        n = len(self.images)
        order = torch.randperm(n, generator=self.generator) if self.shuffle else torch.arange(n)
        for chosen in order.to(self.images.device).split(self.batch_size):
            yield self.images[chosen].float() / 255, self.labels[chosen]


@dataclass(frozen=True)
class ImageData:
    """A data set of labelled 32×32 colour images, split into training and test set.

    Args:
        name: "CIFAR-10" or "stand-in".
        variant: "" for the official images, "JPEG copy" for images stored as JPEG files.
        train_images: uint8, N×3×32×32.
        train_labels: N whole numbers from 0 to 9.
        test_images: uint8, M×3×32×32.
        test_labels: M whole numbers from 0 to 9.
        seed: starting point of the training loader's mixing.
    """

    name: str
    variant: str
    train_images: Tensor
    train_labels: Tensor
    test_images: Tensor
    test_labels: Tensor
    seed: int = 0
    classes: tuple[str, ...] = CLASSES

    @property
    def title(self) -> str:
        """Name and variant, as figures show them."""
        return f"{self.name} ({self.variant})" if self.variant else self.name

    def loaders(self, batch_size: int = 128) -> tuple[Loader, Loader]:
        """Loaders of the training set (mixed anew every epoch) and of the test set (in order)."""
        return (
            Loader(self.train_images, self.train_labels, batch_size, shuffle=True, seed=self.seed),
            Loader(self.test_images, self.test_labels, batch_size),
        )

    def __repr__(self) -> str:
        return (
            f"{self.title}: {len(self.train_images):,} training and "
            f"{len(self.test_images):,} test images"
        )


def load_data(settings: Settings) -> ImageData:
    """Find the images and load them into memory; one printed line says which were taken.

    Looked for in this order: the workbook's own cache; the official folder, then the official
    archive, then a folder of images, all in `settings.data_dir`; a download; and else the
    stand-in is drawn. After the first time, loading takes less than a second.

    Args:
        settings: which data set, where, on which device, and how many images.

    Raises:
        DataError: files of CIFAR-10 were found but are damaged.
        NotFoundError: CIFAR-10 was asked for by name, but cannot be had.
    """
    name = STANDIN
    if settings.dataset != "standin":
        try:
            tensors, variant, origin = _load_cifar10(settings)
            name = CIFAR10
        except cifar10.NotFoundError as reason:
            if settings.dataset == "cifar10":
                raise
            print(f"{reason} The stand-in takes its place.")
    if name == STANDIN:
        tensors, variant, origin = _load_standin(settings)

    n_train, n_test = settings.profile.n_train, settings.profile.n_test
    limits = (n_train, n_train, n_test, n_test)
    tensors = [t[:n].to(settings.device) for t, n in zip(tensors, limits, strict=True)]
    data = ImageData(name, variant, *tensors, seed=settings.seed)
    print(f"{data}, from {origin}.")
    return data


def find_cifar10(data_dir: Path) -> Path | None:
    """Where `load_data` takes CIFAR-10 from, cache or files; nothing is loaded.

    Args:
        data_dir: the data folder.

    Returns:
        The file or folder; None if CIFAR-10 is not in the data folder.
    """
    cache = data_dir / CACHE_FILES[CIFAR10]
    return cache if _read_cache(cache, parts=()) else cifar10.find(data_dir)


def _load_cifar10(settings: Settings) -> tuple[list[Tensor], str, str]:
    """Return tensors, variant, and where they were found."""
    data_dir = settings.data_dir
    cache = data_dir / CACHE_FILES[CIFAR10]
    if cached := _read_cache(cache):
        tensors, about = cached
        return tensors, about["variant"], "the workbook's own cache"

    found = cifar10.find(data_dir)
    origin = f"{cifar10.PLACES[found.name]} in the data folder" if found else "a fresh download"
    if not found:
        check_download(data_dir, settings.offline)
        found = download(data_dir)
    variant = ""
    if found.name == cifar10.IMAGE_FOLDER:
        arrays, is_jpeg = cifar10.read_image_folder(data_dir)
        variant = JPEG_COPY if is_jpeg else ""
    elif found.name == cifar10.ARCHIVE:
        arrays = cifar10.read_archive(found)
    else:
        arrays = cifar10.read_official_folder(data_dir)
    return _to_cache(cache, arrays, variant=variant), variant, origin


def _load_standin(settings: Settings) -> tuple[list[Tensor], str, str]:
    """Return tensors, no variant, and where they were found."""
    from workshop_utils import standin, standin_shapes

    # A cache drawn by other code than today's is drawn again.
    code = [Path(module.__file__).read_bytes() for module in (standin, standin_shapes)]
    drawn_by = hashlib.sha256(b"".join(code)).hexdigest()
    cache = settings.data_dir / CACHE_FILES[STANDIN]
    cached = _read_cache(cache)
    if cached and cached[1].get("drawn_by") == drawn_by:
        return cached[0], "", "the workbook's own cache"
    return _to_cache(cache, standin.draw_standin(), drawn_by=drawn_by), "", "fresh drawings"


def _to_cache(cache: Path, arrays: Arrays, **about: str) -> list[Tensor]:
    """Write the arrays to the cache file; go on without it where nothing can be written."""
    tensors = [torch.from_numpy(np.ascontiguousarray(array)) for array in arrays]
    try:
        with written_whole(cache) as part:
            save_file(dict(zip(PARTS, tensors, strict=True)), part, metadata=about)
    except (OSError, SafetensorError) as error:
        print(f"The images could not be cached for the next time ({error}).")
    return tensors


def _read_cache(
    cache: Path, parts: tuple[str, ...] = PARTS
) -> tuple[list[Tensor], dict[str, str]] | None:
    """Tensors and description from a cache file; None if there is none or it is damaged."""
    if not cache.is_file():
        return None
    try:
        with safe_open(cache, framework="pt") as file:
            tensors = [file.get_tensor(part) for part in parts]
            return tensors, file.metadata()
    except (OSError, SafetensorError):
        print(f"The cache file {cache.name} is damaged: it is made again.")
        return None

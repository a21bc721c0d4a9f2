"""The images: found once, held in memory, handed out in batches."""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from workshop_utils import cifar10
from workshop_utils.download import check_download, download
from workshop_utils.image_cache import Cached, cached, find_cache
from workshop_utils.image_folder import CLASSES, Arrays
from workshop_utils.settings import Settings

CIFAR10 = "CIFAR-10"
STANDIN = "stand-in"
JPEG_COPY = "JPEG copy"
CACHE_FILES = {CIFAR10: "cifar10.safetensors", STANDIN: "standin.safetensors"}
OWN_CACHE = "the workbook's own cache"


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
        pixels = self.images.permute(0, 2, 3, 1)  # N×32×32×3, see `_channels_last`
        for chosen in order.to(self.images.device).split(self.batch_size):
            x = pixels.index_select(0, chosen).permute(0, 3, 1, 2)  # N×3×32×32
            # Twice as quick as `images[chosen].float() / 255`, with the same result.
            yield x.float().div_(255), self.labels[chosen]


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
    from workshop_utils import standin, standin_shapes

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

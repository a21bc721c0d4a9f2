"""The workbook's own entry to the contest: a small network, and tricks that can be left out."""

from collections.abc import Iterator

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from workshop_utils.contest.budget import Budget
from workshop_utils.images.augmentation import augment
from workshop_utils.images.dataset import ImageData
from workshop_utils.settings import Settings

TRICKS = {  # name -> source
    "few pixels at first": "Howard (2018)",
    "the harder half": "after Loshchilov and Hutter (2016)",
    "flipped and moved images": "Krizhevsky et al. (2012)",
    "whitened patches": "Coates et al. (2011); as a layer: Page (2018)",
    "smooth labels": "Szegedy et al. (2016)",
    "a rate that rises and falls": "Smith and Topin (2018)",
    "two looks": "Krizhevsky et al. (2012)",
}
FILTERS = {1: (32, 64, 128), 5: (32, 128, 256), 10: (32, 128, 256)}  # by minutes
BATCH_SIZE = 250
LEARNING_RATE = 0.37  # the highest


class LadderNet(nn.Module):
    """A layer for patches of 2×2 pixels, three blocks of three convolutions, and a linear layer.

    Args:
        filters: of the convolutions in each block.
        looks_twice: whether evaluation adds up the scores of two moved copies, one mirrored.

    Source: after Page (2018), He et al. (2016) and Jordan (2024).
    """

    def __init__(self, filters: tuple[int, int, int], looks_twice: bool) -> None:
        super().__init__()
        self.looks_twice = looks_twice
        self.patches = nn.Conv2d(3, 24, kernel_size=2)
        self.block1 = Block(24, filters[0])
        self.block2 = Block(filters[0], filters[1])
        self.block3 = Block(filters[1], filters[2])
        self.logits = nn.Linear(filters[2], 10, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        """Return ten scores, N×10, for images N×3×H×W of any size from 9×9."""
        if self.training or not self.looks_twice:
            return self.scores(x)
        larger = F.pad(x, [1, 1, 1, 1], mode="reflect")  # N×3×(H+2)×(W+2)
        return self.scores(larger[:, :, 2:, 2:]) + self.scores(larger[:, :, :-2, :-2].flip(3))

    def scores(self, x: Tensor) -> Tensor:
        """Ten scores, N×10; the shapes are those of images N×3×32×32."""
        x = F.relu(self.patches((x - 0.5) / 0.25))  # N×3×32×32 -> N×24×31×31
        x = self.block1(x)  # -> N×filters[0]×15×15
        x = self.block2(x)  # -> N×filters[1]×7×7
        x = self.block3(x)  # -> N×filters[2]×3×3
        x = x.amax(dim=(2, 3))  # -> N×filters[2]: what was found, no matter where
        return self.logits(x) / 9  # so that scores are small at first


class Block(nn.Module):
    """A convolution, pooled to half height and width, and a shortcut around two more of them."""

    def __init__(self, n_in: int, n_out: int) -> None:
        super().__init__()
        pool = nn.MaxPool2d(kernel_size=2)  # so early that the rest has a quarter of the work
        self.first = nn.Sequential(*layers(n_in, n_out, pool))
        self.rest = nn.Sequential(*layers(n_out, n_out), *layers(n_out, n_out))

    def forward(self, x: Tensor) -> Tensor:
        """N×n_in×H×W -> N×n_out×H/2×W/2, rounded down."""
        x = self.first(x)
        return x + self.rest(x)


def layers(n_in: int, n_out: int, *between: nn.Module) -> list[nn.Module]:
    """A convolution, batch normalisation, which shifts and scales each channel, and ReLU."""
    convolution = nn.Conv2d(n_in, n_out, kernel_size=3, padding=1, bias=False)
    norm = nn.BatchNorm2d(n_out, momentum=0.4)  # the newest batch counts 40%
    return [convolution, *between, norm, nn.ReLU()]


def whiten(patches: nn.Conv2d, images: Tensor) -> None:
    """Fix 12 filters, and their opposites; the results are hardly correlated, of variance 1."""
    values = F.unfold((images - 0.5) / 0.25, kernel_size=2).transpose(1, 2).flatten(0, 1)  # n×12
    variances, directions = torch.linalg.eigh(values.T @ values / len(values))
    filters = (directions / (variances + 5e-4).sqrt()).T.reshape(12, 3, 2, 2)
    patches.load_state_dict({"weight": torch.cat([filters, -filters]), "bias": torch.zeros(24)})
    patches.requires_grad_(False)  # nor is any time spent on learning them


class Hardest:
    """Epochs of those images whose losses were highest when they were last seen."""

    def __init__(self, images: Tensor, part: float) -> None:
        self.images = images  # uint8, N×3×32×32
        self.losses = torch.full((len(images),), torch.inf)  # none is seen yet
        self.n = int(part * len(images))

    def __iter__(self) -> Iterator[tuple[Tensor, Tensor]]:
        """Batches: images, values in [0, 1], and their numbers among all."""
        hardest = self.losses.topk(self.n).indices
        for numbers in hardest[torch.randperm(self.n)].split(BATCH_SIZE):
            yield self.images[numbers] / 255, numbers


def entry(data: ImageData, settings: Settings, budget: Budget, without: str = "") -> nn.Module:
    """Train a network until the budget is used up.

    Args:
        data: the images.
        settings: not used here.
        budget: says when to stop, and how much is used up.
        without: a trick to leave out, or "all tricks"; the rest stays as it is.
    """
    tricks = set(TRICKS) if without != "all tricks" else set()
    if without and tricks:
        tricks.remove(without)
    model = LadderNet(FILTERS[budget.minutes], "two looks" in tricks)
    if "whitened patches" in tricks:
        whiten(model.patches, data.train_images[:5000] / 255)
    model.to(memory_format=torch.channels_last)  # the faster order in memory

    smoothing = 0.2 if "smooth labels" in tricks else 0.0
    criterion = nn.CrossEntropyLoss(label_smoothing=smoothing, reduction="none")
    optimizer = torch.optim.SGD(
        model.parameters(), LEARNING_RATE, momentum=0.85, nesterov=True, weight_decay=1.3e-3
    )
    course = [0.2, 1, 0] if "a rate that rises and falls" in tricks else [0.52] * 3  # its mean
    hardest = Hardest(data.train_images, 0.5 if "the harder half" in tricks else 1)
    for x, numbers in budget.batches(hardest):
        if "flipped and moved images" in tricks:
            x = augment(x, torch.default_generator, reach=2)
        if "few pixels at first" in tricks:
            side = 16 if budget.used < 0.25 else 24 if budget.used < 0.6 else 32
            x = F.interpolate(x, (side, side), mode="bilinear", antialias=True)
        factor = np.interp(budget.used, [0, 0.2, 1], course)
        optimizer.param_groups[0]["lr"] = LEARNING_RATE * factor
        scores = model(x.contiguous(memory_format=torch.channels_last))
        losses = criterion(scores, data.train_labels[numbers])
        losses.mean().backward()
        optimizer.step()
        optimizer.zero_grad()
        hardest.losses[numbers] = losses.detach()
    return model

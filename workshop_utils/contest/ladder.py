"""The workbook's own entry to the contest: a small network, and tricks that let it learn fast.

Each trick can be left out, to see what it is worth.
"""

from collections.abc import Iterable

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from workshop_utils.contest.budget import Budget
from workshop_utils.images.augmentation import AugmentedLoader
from workshop_utils.images.dataset import ImageData
from workshop_utils.settings import Settings

TRICKS = {  # name -> source
    "few pixels at first": "Howard (2018)",
    "flipped and moved images": "Krizhevsky et al. (2012)",
    "whitened patches": "Coates et al. (2011); as a layer: Jordan (2024)",
    "identity at the start": "Zagoruyko and Komodakis (2017)",
    "smooth labels": "Szegedy et al. (2016)",
    "a rate that rises and falls": "Smith and Topin (2018)",
    "mean of the last weights": "Polyak and Juditsky (1992)",
    "also in the mirror": "Krizhevsky et al. (2012)",
}
FILTERS = {1: (32, 64, 128), 5: (32, 128, 256), 10: (32, 128, 256)}  # by minutes
BATCH_SIZE = 250
LEARNING_RATE = 0.37  # the highest


class LadderNet(nn.Module):
    """A layer for patches of 2×2 pixels, three blocks of two convolutions, and a linear layer.

    Args:
        filters: of the convolutions in each block.
        is_mirrored: whether to add up the scores of the image and of the image in the mirror; only
            in evaluation.

    Source: after Page (2018) and Jordan (2024).
    """

    def __init__(self, filters: tuple[int, int, int], is_mirrored: bool) -> None:
        super().__init__()
        self.is_mirrored = is_mirrored
        self.patches = nn.Conv2d(3, 24, kernel_size=2)
        self.block1 = _block(24, filters[0])
        self.block2 = _block(filters[0], filters[1])
        self.block3 = _block(filters[1], filters[2])
        self.logits = nn.Linear(filters[2], 10, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        """Return ten scores, N×10, for images N×3×H×W of any size from 9×9."""
        if self.training or not self.is_mirrored:
            return self.scores(x)
        return self.scores(x) + self.scores(x.flip(3))

    def scores(self, x: Tensor) -> Tensor:
        """Ten scores, N×10; the shapes are those of images N×3×32×32."""
        x = F.relu(self.patches((x - 0.5) / 0.25))  # N×3×32×32 -> N×24×31×31
        x = self.block1(x)  # -> N×filters[0]×15×15
        x = self.block2(x)  # -> N×filters[1]×7×7
        x = self.block3(x)  # -> N×filters[2]×3×3
        x = x.amax(dim=(2, 3))  # -> N×filters[2]: what was found, no matter where
        return self.logits(x) / 9  # small at first, so that no class is ruled out early


def _block(n_in: int, n_out: int) -> nn.Sequential:
    """N×n_in×H×W -> N×n_out×H/2×W/2."""
    return nn.Sequential(
        nn.Conv2d(n_in, n_out, kernel_size=3, padding=1, bias=False),
        nn.MaxPool2d(kernel_size=2),  # here, so that the rest has a quarter of the work
        nn.BatchNorm2d(n_out, momentum=0.4),  # follows the last few batches
        nn.ReLU(),
        nn.Conv2d(n_out, n_out, kernel_size=3, padding=1, bias=False),
        nn.BatchNorm2d(n_out, momentum=0.4),
        nn.ReLU(),
    )


def whiten(patches: nn.Conv2d, images: Tensor) -> None:
    """Fix filters that make the values of a patch uncorrelated, each of about variance 1.

    Args:
        patches: a layer of 24 filters 3×2×2: each of 12 directions, and its opposite.
        images: N×3×H×W, values in [0, 1].
    """
    values = F.unfold((images - 0.5) / 0.25, kernel_size=2).transpose(1, 2).flatten(0, 1)  # n×12
    variances, directions = torch.linalg.eigh(values.T @ values / len(values))
    filters = (directions / (variances + 5e-4).sqrt()).T.reshape(12, 3, 2, 2)
    patches.load_state_dict({"weight": torch.cat([filters, -filters]), "bias": torch.zeros(24)})
    patches.weight.requires_grad = False


def entry(data: ImageData, settings: Settings, budget: Budget, without: str = "") -> nn.Module:
    """Train a network until the budget is used up.

    Args:
        data: the images.
        settings: not used here.
        budget: says when to stop, and how much is used up.
        without: a trick to leave out; the rest stays as it is.

    Returns:
        The network, with the weights of the last steps averaged.
    """
    tricks = set(TRICKS)
    if without:
        tricks.remove(without)
    model = LadderNet(FILTERS[budget.minutes], "also in the mirror" in tricks)
    if "whitened patches" in tricks:
        whiten(model.patches, data.train_images[:5000] / 255)
    if "identity at the start" in tricks:
        for layer in model.modules():
            if isinstance(layer, nn.Conv2d) and layer.padding == (1, 1):
                nn.init.dirac_(layer.weight[: layer.in_channels])  # first hands its input on
    model.to(memory_format=torch.channels_last)  # the faster order in memory
    decay = 0.95 if "mean of the last weights" in tricks else 0.0
    mean = AveragedModel(model, multi_avg_fn=get_ema_multi_avg_fn(decay), use_buffers=True)

    smoothing = 0.2 if "smooth labels" in tricks else 0.0
    criterion = nn.CrossEntropyLoss(label_smoothing=smoothing)
    optimizer = torch.optim.SGD(
        model.parameters(), LEARNING_RATE, momentum=0.85, nesterov=True, weight_decay=1.3e-3
    )
    train_loader, _validation_loader = data.loaders(BATCH_SIZE)
    loader: Iterable = train_loader
    if "flipped and moved images" in tricks:
        loader = AugmentedLoader(train_loader, reach=2)
    for x, labels in budget.batches(loader):
        if "few pixels at first" in tricks:
            side = 16 if budget.used < 0.25 else 24 if budget.used < 0.6 else 32
            x = F.interpolate(x, (side, side), mode="bilinear", antialias=True)
        if "a rate that rises and falls" in tricks:
            factor = np.interp(budget.used, [0, 0.2, 1], [0.2, 1, 0.07])
            optimizer.param_groups[0]["lr"] = LEARNING_RATE * factor
        loss = criterion(model(x.contiguous(memory_format=torch.channels_last)), labels)
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
        mean.update_parameters(model)
    return mean.module

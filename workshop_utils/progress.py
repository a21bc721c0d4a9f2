"""What training reports: a progress bar while it runs, a line per epoch, and the history."""

import math
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import torch
from torch import Tensor
from tqdm.auto import tqdm

from workshop_utils.settings import progress_bars_wanted
from workshop_utils.validation import check_finite

MAX_LINES = 12  # longer trainings print every second, third, ... epoch


@dataclass
class History:
    """The numbers of one training run.

    `loss, accuracy = history` unpacks the values of every batch, in order. The other lists hold
    one value per epoch. Accuracies are fractions (0.6 is 60 %) and stay empty for an
    autoencoder; losses are means per image; `seconds` counts training and evaluation.
    """

    batch_loss: list[float] = field(default_factory=list)
    batch_accuracy: list[float] = field(default_factory=list)
    train_loss: list[float] = field(default_factory=list)
    train_accuracy: list[float] = field(default_factory=list)
    test_loss: list[float] = field(default_factory=list)
    test_accuracy: list[float] = field(default_factory=list)
    learning_rate: list[float] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)

    def __iter__(self) -> Iterator[list[float]]:
        return iter((self.batch_loss, self.batch_accuracy))

    def __repr__(self) -> str:
        result = f"test loss {self.test_loss[-1]:.3f}" if self.test_loss else "not trained"
        if self.test_accuracy:
            result += f", test accuracy {self.test_accuracy[-1]:.1%}"
        return f"History({len(self.test_loss)} epochs, {result})"


def accuracy(logits: Tensor, labels: Tensor) -> float:
    """Fraction of images whose highest score is at the right class.

    Args:
        logits: scores, N×n_classes.
        labels: right classes, N whole numbers.
    """
    return (logits.argmax(dim=1) == labels).float().mean().item()


class Progress:
    """Follows a training run: progress bar, printed lines and `history`.

    Args:
        n_epochs: how many epochs there will be.
        optimizer: asked for its learning rate.

    Raises:
        ValueError: fewer than one epoch.
    """

    def __init__(self, n_epochs: int, optimizer: torch.optim.Optimizer) -> None:
        if n_epochs < 1:
            raise ValueError(f"n_epochs is {n_epochs}, but training needs at least one epoch.")
        self.history = History()
        self._n_epochs = n_epochs
        self._optimizer = optimizer
        self._epoch = 0

    def batches(self, loader: Iterable) -> Iterator[tuple[Tensor, Tensor]]:
        """Go through the loader once, with a progress bar."""
        self._epoch += 1
        self._batch = self._images = 0
        self._loss_sum = self._right_sum = 0.0
        self._started = time.perf_counter()
        title = f"epoch {self._epoch}/{self._n_epochs}"
        with tqdm(loader, title, leave=False, disable=not progress_bars_wanted()) as self._bar:
            yield from self._bar

    def after_batch(self, loss: Tensor, n_images: int, accuracy: float | None = None) -> None:
        """Note one batch.

        Args:
            loss: mean loss of the batch's images.
            n_images: how many images the batch holds.
            accuracy: fraction classified correctly; None for an autoencoder.

        Raises:
            FloatingPointError: the loss is infinite or not a number.
        """
        value = loss.item()
        self._batch += 1
        check_finite(value, self._epoch, self._batch)
        self._images += n_images
        self._loss_sum += value * n_images
        self.history.batch_loss.append(value)
        shown = {"loss": f"{self._loss_sum / self._images:.3f}"}
        if accuracy is not None:
            self._right_sum += accuracy * n_images
            self.history.batch_accuracy.append(accuracy)
            shown["accuracy"] = f"{self._right_sum / self._images:.1%}"
        self._bar.set_postfix(shown, refresh=False)

    def after_epoch(self, test_loss: float, test_accuracy: float | None = None) -> None:
        """Note the end of an epoch and print a line about it.

        Args:
            test_loss: mean loss per test image.
            test_accuracy: fraction of test images classified correctly; None for an autoencoder.
        """
        history = self.history
        history.train_loss.append(self._loss_sum / self._images)
        history.test_loss.append(test_loss)
        history.learning_rate.append(self._optimizer.param_groups[0]["lr"])
        history.seconds.append(time.perf_counter() - self._started)
        train_part, test_part = f"loss {history.train_loss[-1]:7.3f}", f"loss {test_loss:7.3f}"
        if test_accuracy is not None:
            history.train_accuracy.append(self._right_sum / self._images)
            history.test_accuracy.append(test_accuracy)
            train_part += f", accuracy {history.train_accuracy[-1]:6.1%}"
            test_part += f", accuracy {test_accuracy:6.1%}"
        every = math.ceil(self._n_epochs / MAX_LINES)
        if self._epoch in (1, self._n_epochs) or self._epoch % every == 0:
            print(
                f"epoch {self._epoch:2d}/{self._n_epochs} | train {train_part} "
                f"| test {test_part} | {history.seconds[-1]:.1f} s"
            )

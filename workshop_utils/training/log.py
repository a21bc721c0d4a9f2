"""The bookkeeping of a training: bar, printed lines, history, and what an interruption leaves."""

import math
import time
from collections.abc import Iterable, Iterator
from types import TracebackType
from typing import Any

import torch
from torch import Tensor, nn
from tqdm.auto import tqdm

from workshop_utils.networks.evaluation import check_is_made
from workshop_utils.say import say
from workshop_utils.settings import progress_bars_wanted
from workshop_utils.training.checks import check_finite, check_training
from workshop_utils.training.history import History
from workshop_utils.training.runs import Keep
from workshop_utils.training.state import Training

MAX_LINES = 12  # longer trainings print every second, third, ... epoch


class Log:
    """Follows a training: progress bar, a printed line per epoch, and `history`.

    In a `with` block, Ctrl-C (in JupyterLab the button ■) ends the block without an error, and
    everything is as it was at the end of the last finished epoch. Before the first epoch, networks
    and images are tried out on each other.

    Args:
        n_epochs: how many epochs there will be.
        optimizer: holds the networks' parameters.
        train_loader: the batches to learn from.
        validation_loader: the batches to evaluate on.
        keep: keeps every finished epoch, and goes on after the last of them; None keeps nothing.
        models: the networks by name: model=..., or encoder=... and decoder=...

    Raises:
        ValueError: networks, optimizer and data do not fit together.
    """

    def __init__(
        self,
        n_epochs: int,
        optimizer: torch.optim.Optimizer,
        train_loader: Any,  # noqa: ANN401 - batches, and a length
        validation_loader: Iterable,
        keep: Keep | None = None,
        **models: nn.Module,
    ) -> None:
        if keep is not None:
            check_is_made(keep, Keep, "keep")
        check_training(n_epochs, optimizer, train_loader, validation_loader, models)
        self.history = History()
        self._n_epochs = n_epochs
        self._n_batches = len(train_loader)
        self._optimizer = optimizer
        self._keep = keep
        self._training = Training(models, optimizer, train_loader, self.history)
        self._were_training = {name: model.training for name, model in models.items()}

    def __enter__(self) -> "Log":
        self._kept = self._keep if self._keep and self._keep.take() else None
        if self._kept:
            self._kept.go_on(self._training, self._n_epochs)
        self._finished = self._training.state()
        self._bar: Any = None
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> bool:
        if self._bar is not None:
            self._bar.close()
        if kind is KeyboardInterrupt:
            self._training.go_back_to(self._finished)
            self.history.was_interrupted = True
            n_finished = len(self.history.validation_loss)
            when = f"after epoch {n_finished}" if n_finished else "before the first epoch"
            say(f"Interrupted. Network and history are as they were {when} of {self._n_epochs}.")
            if self._kept and self._kept.n_kept == n_finished > 0:
                say("They are kept: run the same again, and it goes on from there.")
            elif self._kept and self._kept.n_kept:
                n_kept = self._kept.n_kept
                say(f"Kept is epoch {n_kept}: run the same again, and it goes on from there.")
        if self._kept:
            self._kept.release()
        for name, model in self._training.models.items():
            model.train(self._were_training[name])
        return kind is KeyboardInterrupt

    @property
    def epochs(self) -> Iterator[int]:
        """The epochs that are still to do, counted from 1."""
        for epoch in range(len(self.history.validation_loss) + 1, self._n_epochs + 1):
            self._epoch = epoch
            self._batch = self._n_images = 0
            self._loss_sum = self._right_sum = 0.0
            self._started = time.perf_counter()
            self._bar = tqdm(
                total=self._n_batches,
                desc=f"epoch {epoch}/{self._n_epochs}",
                leave=False,
                disable=not progress_bars_wanted(),
            )
            yield epoch

    def batch(self, loss: Tensor | float, x: Tensor, accuracy: float | None = None) -> None:
        """Note one batch: its mean loss, its images, and the fraction classified correctly.

        Raises:
            FloatingPointError: the loss is infinite or not a number.
        """
        value, n_images = _number(loss), len(x)
        self._batch += 1
        check_finite(value, self._epoch, self._batch)
        self._n_images += n_images
        self._loss_sum += value * n_images  # a batch counts by its size
        self.history.batch_loss.append(value)
        shown = {"loss": f"{self._loss_sum / self._n_images:.3f}"}
        if accuracy is not None:
            accuracy = _number(accuracy)
            self._right_sum += accuracy * n_images
            self.history.batch_accuracy.append(accuracy)
            shown["accuracy"] = f"{self._right_sum / self._n_images:.1%}"
        self._bar.set_postfix(shown, refresh=False)
        self._bar.update()

    def epoch(
        self,
        validation_loss: float,
        validation_accuracy: float | None = None,
        divergence: float | None = None,
    ) -> None:
        """Note the end of an epoch: mean loss per validation image, and what else was evaluated."""
        self._bar.close()
        history = self.history
        history.train_loss.append(self._loss_sum / self._n_images)
        history.validation_loss.append(_number(validation_loss))
        history.learning_rate.append(_number(self._optimizer.param_groups[0]["lr"]))
        history.seconds.append(time.perf_counter() - self._started)
        train_part, validation_part = (
            f"loss {history.train_loss[-1]:7.3f}",
            f"loss {validation_loss:7.3f}",
        )
        if validation_accuracy is not None:
            history.train_accuracy.append(self._right_sum / self._n_images)
            history.validation_accuracy.append(_number(validation_accuracy))
            train_part += f", accuracy {history.train_accuracy[-1]:6.1%}"
            validation_part += f", accuracy {validation_accuracy:6.1%}"
        if divergence is not None:
            history.divergence.append(_number(divergence))
            validation_part += f", divergence {divergence:6.1f}"
        every = math.ceil(self._n_epochs / MAX_LINES)
        if self._epoch in (1, self._n_epochs) or self._epoch % every == 0:
            say(
                f"epoch {self._epoch:2d}/{self._n_epochs} | train {train_part} "
                f"| validation {validation_part} | {history.seconds[-1]:.1f} s"
            )
        self._finished = self._training.state()
        if self._kept:
            self._kept.write(self._training, self._finished, self._n_epochs)


def _number(value: Tensor | float) -> float:
    """A number of PyTorch, NumPy or Python as one of Python's, which every file can hold."""
    return float(value.detach() if isinstance(value, Tensor) else value)

"""The bookkeeping of a training: bar, printed lines, history, and what an interruption leaves."""

import math
import time
from collections.abc import Iterable, Iterator
from types import TracebackType

import torch
from torch import Tensor, nn
from tqdm.auto import tqdm

from workshop_utils.settings import progress_bars_wanted
from workshop_utils.training.history import History
from workshop_utils.training.resuming import Checkpoint, ResumeError, Training
from workshop_utils.training.validation import check_finite

MAX_LINES = 12  # longer trainings print every second, third, ... epoch


class Progress:
    """Follows a training: progress bar, a printed line per epoch, and `history`.

    In a `with` block, Ctrl-C (in JupyterLab the button ■) ends the block without an error, and
    everything is as it was at the end of the last finished epoch.

    Args:
        models: the networks by name; after the block, dropout is on or off as before.
        optimizer: holds their parameters.
        train_loader: the batches to learn from.
        n_epochs: how many epochs there will be.
        checkpoint: keeps every finished epoch; None keeps nothing.
        resume: go on after the last epoch that `checkpoint` has kept.

    Raises:
        ValueError: fewer than one epoch, or nothing to go on from.
        ResumeError: what was kept does not fit.
    """

    def __init__(
        self,
        models: dict[str, nn.Module],
        optimizer: torch.optim.Optimizer,
        train_loader: Iterable,
        n_epochs: int,
        checkpoint: Checkpoint | None = None,
        resume: bool = False,
    ) -> None:
        if n_epochs < 1:
            raise ValueError(f"n_epochs is {n_epochs}, but training needs at least one epoch.")
        if resume and checkpoint is None:
            raise ValueError(
                "resume=True goes on from a checkpoint: give it to this function, too."
            )
        self.history = History()
        self._n_epochs = n_epochs
        self._optimizer = optimizer
        self._checkpoint = checkpoint
        self._resume = resume
        self._training = Training(models, optimizer, train_loader, self.history)
        self._epoch = 0

    def __enter__(self) -> "Progress":
        self._were_training = [model.training for model in self._training.models.values()]
        self._is_kept = bool(self._checkpoint) and self._checkpoint.take()
        try:
            if self._resume:
                self._go_on()
            elif self._is_kept:
                self._checkpoint.announce()
            self._finished = self._training.state()
        except BaseException:
            self._end()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> bool:
        self._end()
        if kind is not KeyboardInterrupt:
            return False
        self._training.go_back_to(self._finished)
        self.history.was_interrupted = True
        n_finished = len(self.history.test_loss)
        when = f"after epoch {n_finished}" if n_finished else "before the first epoch"
        print(f"Interrupted. Network and history are as they were {when} of {self._n_epochs}.")
        if self._is_kept and n_finished:
            print("To go on from there, add resume=True to the call and run it again.")
        return True

    def epochs(self) -> Iterator[int]:
        """The epochs that are still to do, counted from 1."""
        for epoch in range(len(self.history.test_loss) + 1, self._n_epochs + 1):
            self._epoch = epoch
            yield epoch

    def batches(self, loader: Iterable) -> Iterator[tuple[Tensor, Tensor]]:
        """Go through the loader once, with a progress bar."""
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

    def after_epoch(
        self,
        test_loss: float,
        test_accuracy: float | None = None,
        divergence: float | None = None,
    ) -> None:
        """Note the end of an epoch and print a line about it.

        Args:
            test_loss: mean loss per test image.
            test_accuracy: fraction of test images classified correctly; None for an autoencoder.
            divergence: nats per test image; None if the autoencoder is not a variational one.
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
        if divergence is not None:
            history.divergence.append(divergence)
            test_part += f", divergence {divergence:6.1f}"
        every = math.ceil(self._n_epochs / MAX_LINES)
        if self._epoch in (1, self._n_epochs) or self._epoch % every == 0:
            print(
                f"epoch {self._epoch:2d}/{self._n_epochs} | train {train_part} "
                f"| test {test_part} | {history.seconds[-1]:.1f} s"
            )
        self._finished = self._training.state()
        if self._is_kept:
            self._checkpoint.write(self._finished, self._n_epochs)

    def _go_on(self) -> None:
        if not self._is_kept:
            raise ResumeError("Two notebooks cannot go on with the same training: stop the other.")
        self._training.go_back_to(self._checkpoint.read())
        n_finished = len(self.history.test_loss)
        print(f"Going on after epoch {n_finished} of {self._n_epochs}.")

    def _end(self) -> None:
        if self._is_kept:
            self._checkpoint.release()
        for model, was_training in zip(
            self._training.models.values(), self._were_training, strict=True
        ):
            model.train(was_training)

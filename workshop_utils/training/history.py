"""The numbers of a training: loss and accuracy of every batch and epoch."""

from collections.abc import Iterator
from dataclasses import dataclass, field


@dataclass
class History:
    """The numbers of one training run.

    `loss, accuracy = history` unpacks the values of every batch, in order. The other lists hold
    one value per epoch. Accuracies are fractions (0.6 is 60 %) and stay empty for an
    autoencoder; `divergence` is only there for a variational one, in nats per validation image;
    losses are means per image; `seconds` counts training and evaluation. `was_interrupted` is True
    if someone stopped the training before its last epoch; it is not saved.
    """

    was_interrupted = False  # without a type it is no field: neither saved nor compared

    batch_loss: list[float] = field(default_factory=list)
    batch_accuracy: list[float] = field(default_factory=list)
    train_loss: list[float] = field(default_factory=list)
    train_accuracy: list[float] = field(default_factory=list)
    validation_loss: list[float] = field(default_factory=list)
    validation_accuracy: list[float] = field(default_factory=list)
    divergence: list[float] = field(default_factory=list)
    learning_rate: list[float] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)

    def __iter__(self) -> Iterator[list[float]]:
        return iter((self.batch_loss, self.batch_accuracy))

    def __repr__(self) -> str:
        if not self.validation_loss:
            return "History(not trained)"
        result = f"validation loss {self.validation_loss[-1]:.3f}"
        if self.validation_accuracy:
            result += f", validation accuracy {self.validation_accuracy[-1]:.1%}"
        return f"History({len(self.validation_loss)} epochs, {result})"

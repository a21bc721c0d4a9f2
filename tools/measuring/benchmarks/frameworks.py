"""The same training with Lightning and with skorch, counting the same numbers."""

import logging
import warnings
from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader, Dataset, Sampler

from tools.measuring.benchmarks.tasks import BATCH_SIZE, Task


def with_lightning(
    task: Task, network: nn.Module, loaders: tuple[DataLoader, DataLoader], device: torch.device
) -> tuple[Callable[[], float], Callable[[], float]]:
    """Train with Lightning's Trainer.

    Args:
        task: what is trained.
        network: with its initial weights.
        loaders: of training and test images.
        device: where to train.

    Returns:
        Functions that train for an epoch and evaluate; each returns the mean loss per image.
    """
    import lightning

    logging.getLogger("lightning.pytorch").setLevel(logging.ERROR)  # it tells of the computer

    class Module(lightning.LightningModule):
        def __init__(self) -> None:
            super().__init__()
            self.network = network

        def step(self, batch: list[Tensor]) -> Tensor:
            x, labels = batch
            output = self.network(x)
            counted = {"loss": task.loss(output, x, labels)}
            if task.is_classifier:
                counted["accuracy"] = (output.argmax(dim=1) == labels).float().mean()
            self.log_dict(counted, on_step=False, on_epoch=True, batch_size=len(x))
            return counted["loss"]

        def training_step(self, batch: list[Tensor]) -> Tensor:
            return self.step(batch)

        def validation_step(self, batch: list[Tensor]) -> None:
            self.step(batch)

        def configure_optimizers(self) -> torch.optim.Optimizer:
            return task.new_optimizer(self.parameters())

    module = Module()
    trainer = lightning.Trainer(
        max_epochs=1,
        accelerator=device.type,
        devices=1,
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
    )

    def run(action: Callable, loader: DataLoader) -> float:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # it wants more workers and other settings
            action(module, loader)
        return trainer.callback_metrics["loss"].item()

    return (
        lambda: run(trainer.fit, loaders[0]),
        lambda: run(lambda *given: trainer.validate(*given, verbose=False), loaders[1]),
    )


def with_skorch(
    task: Task,
    network: nn.Module,
    sets: tuple[Dataset, Dataset],
    sampler: Sampler,
    device: torch.device,
) -> tuple[Callable[[], float], Callable[[], float]]:
    """Train with a net of skorch.

    Args:
        task: what is trained.
        network: with its initial weights.
        sets: training and test images.
        sampler: mixes the training images.
        device: where to train.

    Returns:
        Functions that train for an epoch and evaluate; each returns the mean loss per image.
    """
    from skorch import NeuralNet, NeuralNetClassifier
    from skorch.callbacks import EpochScoring

    class Net(NeuralNetClassifier if task.is_classifier else NeuralNet):
        def get_loss(self, y_pred: Tensor, y_true: Tensor, X: Tensor, **_: bool) -> Tensor:  # noqa: N803
            return task.loss(y_pred, X, y_true)

    train_set, test_set = sets
    like_ours = task.new_optimizer(network.parameters())
    net = Net(
        network,
        criterion=nn.CrossEntropyLoss if task.is_classifier else nn.MSELoss,
        optimizer=type(like_ours),
        **{f"optimizer__{name}": value for name, value in like_ours.defaults.items()},
        batch_size=BATCH_SIZE,
        max_epochs=1,
        iterator_train__sampler=sampler,
        train_split=None,
        device=device,
        verbose=0,
    )
    if task.is_classifier:
        scoring = EpochScoring("accuracy", name="train_acc", on_train=True)
        net.set_params(callbacks=[("train_acc", scoring)])
    net.initialize()

    def train() -> float:
        net.partial_fit(train_set, y=None)  # `fit` would set everything up again
        return float(net.history[-1, "train_loss"])  # a number of NumPy

    def evaluate() -> float:
        total, n_right = 0.0, 0
        for batch in net.get_iterator(net.get_dataset(test_set), training=False):
            step = net.validation_step(batch)
            labels = batch[1].to(device)
            total += step["loss"].item() * len(labels)
            if task.is_classifier:
                n_right += (step["y_pred"].argmax(dim=1) == labels).sum().item()
        return total / len(test_set)

    return train, evaluate

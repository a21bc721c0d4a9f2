"""What features are worth when labels are few: learnt without labels, then used with some."""

import copy
import time
from collections.abc import Callable
from statistics import fmean

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from workshop_utils.experiments.recipes import CLASSIFIERS
from workshop_utils.experiments.sweeps import Sweep
from workshop_utils.images.dataset import ImageData, Loader
from workshop_utils.networks.autoencoders import AddNoise, ConvDecoder, ConvEncoder
from workshop_utils.networks.evaluation import accuracy, evaluating
from workshop_utils.networks.layers import count_parameters
from workshop_utils.networks.pca import linear_autoencoder, principal_directions
from workshop_utils.networks.variational import VariationalEncoder
from workshop_utils.settings import Settings
from workshop_utils.table import print_table
from workshop_utils.training.history import History
from workshop_utils.training.loops import evaluate, train, train_autoencoder, train_variational

ENCODERS = {  # each makes 512 numbers of an image
    "untrained": lambda: ConvEncoder(8, 16, 32),
    "autoencoder": lambda: ConvEncoder(8, 16, 32),
    "denoising": lambda: nn.Sequential(AddNoise(0.1), ConvEncoder(8, 16, 32)),
    "variational": lambda: VariationalEncoder(8, 16, 32),
}
TRAININGS: dict[str, Callable[..., History]] = {
    "autoencoder": train_autoencoder,
    "denoising": train_autoencoder,
    "variational": train_variational,
}
FEATURES = ("pixels", "PCA", *ENCODERS)  # what a linear classifier is put on
N_LABELS = (100, 500, 1_000, 5_000)
DECAYS = (0.003, 0.01, 0.03, 0.1, 0.3, 1, 3, 10)  # of the linear classifier's weights
CNN_EPOCH = 5_000  # images, so that the steps are as many however few labels there are
FOR_SCALE = 10_000  # training images that say what mean and deviation of the features are


def try_labels(data: ImageData, settings: Settings, features: str) -> tuple[History, int]:
    """A classifier that learns from few labels, and then from more.

    What has to be chosen is chosen by the first half of the validation images; the history is about
    the second half.

    Args:
        data: the images.
        settings: seed, device, and the number of epochs.
        features: one of `FEATURES`, for a linear classifier on what was learnt without labels; or
            "CNN", for the network of notebook 2, which learns from the labelled images alone.

    Returns:
        A history with an entry for each of `N_LABELS` that there are images for, and the number of
        parameters that learn from labels.

    Raises:
        ValueError: there are no such features.
    """
    if features not in (*FEATURES, "CNN"):
        raise ValueError(f"There are: {', '.join(FEATURES)}, CNN; not {features!r}.")
    images, labels = data.validation_images, data.validation_labels
    half = len(labels) // 2
    choosing, reporting = Loader(images[:half], labels[:half]), Loader(images[half:], labels[half:])
    encoders = [] if features == "CNN" else scaled(learn_encoder(features, data, settings), data)
    history = History()
    for n_labels in N_LABELS:
        if n_labels // 10 > data.train_labels.bincount().min():
            break
        started = time.perf_counter()
        drawn = draw_labelled(data.train_labels, n_labels, settings.seed)
        labelled = Loader(data.train_images[drawn], data.train_labels[drawn])
        if encoders:
            classifier = fit_linear(encoders, labelled, choosing)
        else:
            classifier = train_cnn(labelled, choosing, settings)
        loss, right = evaluate(classifier, nn.CrossEntropyLoss(), reporting)
        history.validation_loss.append(loss)
        history.validation_accuracy.append(right)
        history.seconds.append(time.perf_counter() - started)
    return history, count_parameters(classifier)


def draw_labelled(labels: Tensor, n_labels: int, seed: int) -> Tensor:
    """Draw training images whose labels may be used, equally many of each class.

    Args:
        labels: of all training images, N whole numbers.
        n_labels: how many to draw, a multiple of the number of classes.
        seed: of the draw. With the same one, fewer labels are some of the more.

    Returns:
        Their places among the training images, n_labels whole numbers.
    """
    order = torch.randperm(len(labels), generator=torch.Generator().manual_seed(seed))
    order = order.to(labels.device)
    classes = labels.unique()
    n_each = n_labels // len(classes)
    return torch.cat([order[labels[order] == label][:n_each] for label in classes])


def learn_encoder(features: str, data: ImageData, settings: Settings) -> nn.Module:
    """Learn, without labels, to turn images into features.

    Args:
        features: one of `FEATURES`.
        data: the images.
        settings: seed, device, and the number of epochs.

    Returns:
        A network from images N×3×32×32 to features N×D. Its weights stay as they are from now on.
    """
    torch.manual_seed(settings.seed)
    encoder: nn.Module
    if features == "pixels":
        encoder = nn.Flatten()
    elif features == "PCA":
        encoder, _decoder = linear_autoencoder(*principal_directions(data.train_images), 512)
    else:
        encoder = ENCODERS[features]().to(settings.device)
    if features in TRAININGS:
        decoder = ConvDecoder(8, 16, 32).to(settings.device)
        adam = torch.optim.Adam(nn.ModuleList([encoder, decoder]).parameters(), lr=1e-3)
        n_epochs = settings.profile.sweep_epochs
        history = TRAININGS[features](encoder, decoder, *data.loaders(128), adam, n_epochs)
        if history.was_interrupted:
            raise KeyboardInterrupt
    return nn.Sequential(encoder, nn.Flatten()).requires_grad_(False)


def scaled(encoder: nn.Module, data: ImageData) -> list[nn.Module]:
    """Give features the mean 0 and the deviation 1, in two ways to choose from.

    Args:
        encoder: turns images into features N×D.
        data: the images; training images, not their labels, say what mean and deviation are.

    Returns:
        Two networks from images to features N×D: with each feature divided by its own deviation,
        and with all of them by the same number, so that wide features stay wider than others.
    """
    some = Loader(data.train_images[:FOR_SCALE], data.train_labels[:FOR_SCALE], 1_000)
    x, _labels = _encoded(encoder, some)
    mean, deviation = x.mean(dim=0), x.std(dim=0) + 1e-6  # none is divided by zero
    in_all = deviation.square().mean().sqrt().expand_as(deviation)
    return [nn.Sequential(encoder, Standardise(mean, each)) for each in (deviation, in_all)]


class Standardise(nn.Module):
    """Subtracts a mean from each feature, and divides by a deviation.

    Args:
        mean: D numbers.
        deviation: D numbers.
    """

    mean: Tensor
    deviation: Tensor

    def __init__(self, mean: Tensor, deviation: Tensor) -> None:
        super().__init__()
        self.register_buffer("mean", mean)
        self.register_buffer("deviation", deviation)

    def forward(self, x: Tensor) -> Tensor:
        """Return features of the same shape, N×D."""
        return (x - self.mean) / self.deviation


def fit_linear(encoders: list[nn.Module], labelled: Loader, choosing: Loader) -> nn.Module:
    """Fit linear classifiers to features, and take the one that is best on other images.

    Args:
        encoders: turn images into features N×D; they are left as they are.
        labelled: the images to learn from.
        choosing: the images to choose by: one of the encoders, and one of `DECAYS`.

    Returns:
        The encoder and its linear layer, in a row.
    """
    tried = []
    for encoder in encoders:
        x, labels = _encoded(encoder, labelled)
        others, their_labels = _encoded(encoder, choosing)
        for decay in DECAYS:
            layer = _logistic_regression(x, labels, decay)
            tried.append((accuracy(layer(others), their_labels), encoder, layer))
    _best, encoder, layer = max(tried, key=lambda each: each[0])
    return nn.Sequential(encoder, layer)


def _logistic_regression(x: Tensor, labels: Tensor, decay: float) -> nn.Linear:
    """The layer with the least loss: there is one, so LBFGS finds it from whatever start."""
    layer = nn.Linear(x.shape[1], 10).to(x.device)
    nn.init.zeros_(layer.weight)
    nn.init.zeros_(layer.bias)
    optimizer = torch.optim.LBFGS(
        layer.parameters(), max_iter=200, tolerance_grad=1e-4, line_search_fn="strong_wolfe"
    )

    def penalised_loss() -> Tensor:
        optimizer.zero_grad()
        loss = F.cross_entropy(layer(x), labels) + decay / 2 * layer.weight.square().sum()
        loss.backward()
        return loss

    optimizer.step(penalised_loss)  # type: ignore[arg-type]
    return layer


def train_cnn(labelled: Loader, choosing: Loader, settings: Settings) -> nn.Module:
    """Train the network of notebook 2, and take it as it was after its best epoch.

    Args:
        labelled: the images to learn from. An epoch shows them again and again, so that it has as
            many steps however few there are.
        choosing: the images to choose the epoch by.
        settings: seed, device, and the number of epochs.
    """
    torch.manual_seed(settings.seed)
    model = CLASSIFIERS["CNN"]().to(settings.device)
    optimizer = torch.optim.SGD(model.parameters(), lr=1e-2, momentum=0.9)
    again = torch.arange(len(labelled.labels)).repeat(CNN_EPOCH // len(labelled.labels))
    images, labels = labelled.images[again], labelled.labels[again]
    loader = Loader(images, labels, 128, shuffle=True, seed=settings.seed)
    best, weights = -1.0, model.state_dict()
    for _epoch in range(4 * settings.profile.sweep_epochs):  # short ones, see CNN_EPOCH
        history = train(model, loader, choosing, optimizer, n_epochs=1)
        if history.was_interrupted:
            raise KeyboardInterrupt
        if history.validation_accuracy[-1] > best:
            best, weights = history.validation_accuracy[-1], copy.deepcopy(model.state_dict())
    model.load_state_dict(weights)
    return model


def _encoded(encoder: nn.Module, loader: Loader) -> tuple[Tensor, Tensor]:
    """Features N×D and labels of all images of a loader, in its order."""
    with evaluating(encoder):
        features = torch.cat([encoder(x) for x, _labels in loader])
    return features, loader.labels


def by_labels(sweep: Sweep) -> dict[str, dict[int, list[float]]]:
    """Features -> number of labels -> accuracies of all seeds, as fractions.

    Args:
        sweep: runs of `try_labels`.
    """
    found = {}
    for features in sweep.values_of("features"):
        trials = sweep.where(features=features)
        of_seeds = zip(*(trial.history.validation_accuracy for trial in trials), strict=True)
        found[features] = dict(zip(N_LABELS, map(list, of_seeds), strict=False))
    return found


def show_labels(sweep: Sweep) -> None:
    """Print a table: features by number of labels, mean and lowest to highest of the seeds.

    Args:
        sweep: runs of `try_labels`.
    """
    found = by_labels(sweep)
    rows: list[tuple[str, ...]] = []
    for features, of_labels in found.items():
        [trial, *_] = sweep.where(features=features)
        percent = ([100 * accuracy for accuracy in seeds] for seeds in of_labels.values())
        cells = (f"{fmean(p):.1f} ({min(p):.1f}-{max(p):.1f})" for p in percent)
        rows.append((features, f"{trial.n_parameters:,}", *cells))
    heads = (f"{n:,} labels" for n in next(iter(found.values())))
    print_table([("accuracy in %", "parameters", *heads), *rows])

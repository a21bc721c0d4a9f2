"""What the workbook's sweeps train: one network each, from choices to history."""

import dataclasses
from typing import Any

import torch
from torch import nn

from workshop_utils.images.augmentation import shuffle_pixels
from workshop_utils.images.dataset import ImageData
from workshop_utils.networks.autoencoders import ConvDecoder, ConvEncoder, make_autoencoder
from workshop_utils.networks.classifiers import BasicConvNet, MultilayerPerceptronModel
from workshop_utils.networks.layers import count_parameters
from workshop_utils.networks.variational import VariationalEncoder
from workshop_utils.say import say
from workshop_utils.settings import Settings
from workshop_utils.training.history import History
from workshop_utils.training.loops import train, train_autoencoder, train_variational
from workshop_utils.training.runs import Keep, find_run, save_run

CLASSIFIERS = {  # as notebooks 1 and 2 make them
    "MLP": lambda: MultilayerPerceptronModel(n_features=3 * 32 * 32, n_classes=10),
    "CNN": lambda: BasicConvNet(out_c1=8, out_c2=16, dense_units=256),
}


def try_pixels(
    data: ImageData, settings: Settings, network: str, pixels: str
) -> tuple[History, int]:
    """One of the two classifiers, trained on images whose pixels are in order, or shuffled.

    Args:
        data: the images.
        settings: seed, device, and the number of epochs.
        network: "MLP" or "CNN", those of notebooks 1 and 2.
        pixels: "in order"; or "shuffled", in the same way in every image.

    Returns:
        The history, and the number of parameters.

    Raises:
        ValueError: there is no such network, or no such order.
    """
    if network not in CLASSIFIERS or pixels not in ("in order", "shuffled"):
        raise ValueError('The network is "MLP" or "CNN", its pixels "in order" or "shuffled".')
    if pixels == "shuffled":
        order = torch.randperm(32 * 32, generator=torch.Generator().manual_seed(settings.seed))
        data = dataclasses.replace(
            data,
            train_images=shuffle_pixels(data.train_images, order),
            validation_images=shuffle_pixels(data.validation_images, order),
        )
    torch.manual_seed(settings.seed)
    model = CLASSIFIERS[network]().to(settings.device)
    optimizer = torch.optim.SGD(model.parameters(), lr=1e-2, momentum=0.9)
    history = train(model, *data.loaders(128), optimizer, settings.profile.sweep_epochs)
    return history, count_parameters(model)


def try_dropout(data: ImageData, settings: Settings, dropout: float) -> tuple[History, int]:
    """The convolutional network of notebook 2, with dropout before its last layer.

    Args:
        data: the images.
        settings: seed, device, and the number of epochs.
        dropout: the probability that a unit is left out in training; 0 leaves out none.

    Returns:
        The history, and the number of parameters.
    """
    torch.manual_seed(settings.seed)
    model = BasicConvNet(out_c1=8, out_c2=16, dense_units=256)
    model.logits = nn.Sequential(nn.Dropout(dropout), model.logits)  # type: ignore[assignment]
    model.to(settings.device)
    optimizer = torch.optim.SGD(model.parameters(), lr=1e-2, momentum=0.9)
    history = train(model, *data.loaders(128), optimizer, settings.profile.sweep_epochs)
    return history, count_parameters(model)


def try_code_size(data: ImageData, settings: Settings, embedding_dim: int) -> tuple[History, int]:
    """The autoencoder of notebook 3, with a larger or a smaller code.

    Args:
        data: the images.
        settings: seed, device, and the number of epochs.
        embedding_dim: channels of the code; each has 4×4 numbers.

    Returns:
        The history, and the number of parameters of encoder and decoder.
    """
    torch.manual_seed(settings.seed)
    encoder, decoder = ConvEncoder(8, 16, embedding_dim), ConvDecoder(8, 16, embedding_dim)
    return _train_both(encoder, decoder, data, settings)


def try_variant(data: ImageData, settings: Settings, variant: str) -> tuple[History, int]:
    """The autoencoder of notebook 3, with one thing changed.

    Args:
        data: the images.
        settings: seed, device, and the number of epochs.
        variant: see `make_autoencoder`.

    Returns:
        The history, and the number of parameters of encoder and decoder.
    """
    torch.manual_seed(settings.seed)
    return _train_both(*make_autoencoder(variant), data, settings)


def try_variational(data: ImageData, settings: Settings, beta: float) -> tuple[History, int]:
    """The variational autoencoder of notebook F, with more or less weight on the divergence.

    The networks of the first seed are kept as runs, such as "variational_0.1".

    Args:
        data: the images.
        settings: seed, device, and the number of epochs.
        beta: weight of the divergence against the squared error.

    Returns:
        The history, and the number of parameters of encoder and decoder.
    """
    torch.manual_seed(settings.seed)
    encoder = VariationalEncoder(8, 16, 32).to(settings.device)
    decoder = ConvDecoder(8, 16, 32).to(settings.device)
    both = nn.ModuleList([encoder, decoder])
    optimizer = torch.optim.Adam(both.parameters(), lr=1e-3)
    n_epochs = settings.profile.sweep_epochs
    history = train_variational(encoder, decoder, *data.loaders(128), optimizer, n_epochs, beta)
    name = f"variational_{beta:g}"
    _keep_first(name, history, data, settings, encoder=encoder, decoder=decoder)
    return history, count_parameters(both)


def trained(name: str, data: ImageData, settings: Settings) -> Any:  # noqa: ANN401
    """A trained network of the notebooks: your own, else the workbook's, else one trained now.

    Args:
        name: "mlp", "cnn", "autoencoder", or "plain", which is trained as long as a sweep's runs.
        data: the images.
        settings: profile, seed, device, and the folder of your own runs.

    Returns:
        The classifier; or encoder and decoder.
    """
    torch.manual_seed(settings.seed)
    profile, loaders = settings.profile, data.loaders(128)
    run, keep = find_run(name, data, settings), Keep(name, data, settings)
    if name in ("mlp", "cnn"):
        model = CLASSIFIERS[name.upper()]().to(settings.device)
        if run:
            run.load_into(model=model)
        else:
            optimizer = torch.optim.SGD(model.parameters(), lr=1e-2, momentum=0.9)
            train(model, *loaders, optimizer, profile.classifier_epochs, keep)
        found: Any = model
    else:
        encoder, decoder = ConvEncoder(8, 16, 32), ConvDecoder(8, 16, 32)
        both = nn.ModuleList([encoder, decoder]).to(settings.device)
        if run:
            run.load_into(encoder=encoder, decoder=decoder)
        else:
            adam = torch.optim.Adam(both.parameters(), lr=1e-3)
            as_in_notebook_3 = profile.experiment_epochs + profile.autoencoder_epochs
            n_epochs = profile.sweep_epochs if name == "plain" else as_in_notebook_3
            train_autoencoder(encoder, decoder, *loaders, adam, n_epochs, keep)
        found = encoder, decoder
    if run:
        say(run)
    return found


def _train_both(
    encoder: nn.Module, decoder: nn.Module, data: ImageData, settings: Settings
) -> tuple[History, int]:
    """Train an autoencoder as long as a sweep's runs; its history and number of parameters."""
    both = nn.ModuleList([encoder, decoder]).to(settings.device)
    optimizer = torch.optim.Adam(both.parameters(), lr=1e-3)
    n_epochs = settings.profile.sweep_epochs
    history = train_autoencoder(encoder, decoder, *data.loaders(128), optimizer, n_epochs)
    return history, count_parameters(both)


def _keep_first(
    name: str, history: History, data: ImageData, settings: Settings, **models: nn.Module
) -> None:
    """Keep the networks of the first seed: of those that differ in nothing else, one is enough."""
    is_first = settings.seed == settings.profile.sweep_seeds[0]
    if is_first and not history.was_interrupted:
        save_run(name, history, data, settings, **models)

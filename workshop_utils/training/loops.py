"""The training loops: read them, they are what the notebooks are about."""

from collections.abc import Iterable

import torch
from torch import nn

from workshop_utils.networks.evaluation import accuracy, check_loader, reconstruct
from workshop_utils.networks.variational import (
    VariationalEncoder,
    kl_divergence,
    mean_divergence,
    sample_codes,
)
from workshop_utils.training.history import History
from workshop_utils.training.log import Log
from workshop_utils.training.runs import Keep


def train(
    model: nn.Module,
    train_loader: Iterable,
    validation_loader: Iterable,
    optimizer: torch.optim.Optimizer,
    n_epochs: int = 10,
    keep: Keep | None = None,
) -> History:
    """Train a classifier and evaluate it after every epoch.

    Args:
        model: turns images N×C×H×W into scores N×n_classes.
        train_loader: batches of images and labels to learn from.
        validation_loader: batches of images and labels to evaluate on.
        optimizer: holds the model's parameters.
        n_epochs: how many times to go through the training images.
        keep: keeps every finished epoch, and goes on after the last of them; None keeps nothing.

    Returns:
        The history; `loss, accuracy = train(...)` unpacks the values of every batch.

    Raises:
        ValueError: model, optimizer and data do not fit together.
        FloatingPointError: the loss became infinite or not a number.

    Source: worksheet 8, "Multilayer Perceptron".
    """
    criterion = nn.CrossEntropyLoss()

    with Log(n_epochs, optimizer, train_loader, validation_loader, keep, model=model) as log:
        for _epoch in log.epochs:
            model.train()  # dropout on
            for x, labels in train_loader:
                logits = model(x)  # forward pass: N×n_classes scores
                loss = criterion(logits, labels)  # mean cross-entropy of the batch

                loss.backward()  # backward pass: gradient of the loss for every parameter
                optimizer.step()  # move every parameter a little against its gradient
                optimizer.zero_grad()  # or the next batch's gradients would be added to these

                log.batch(loss, x, accuracy(logits, labels))
            log.epoch(*evaluate(model, criterion, validation_loader))

    return log.history


def evaluate(model: nn.Module, criterion: nn.Module, loader: Iterable) -> tuple[float, float]:
    """Evaluate a classifier; the model is left as it was.

    Args:
        model: turns images N×C×H×W into scores N×n_classes.
        criterion: mean loss of a batch, from scores and labels.
        loader: batches of images and labels; the validation set as long as you choose.

    Returns:
        Mean loss per image, and the fraction of images classified correctly.

    Raises:
        ValueError: the loader is empty.

    Source: worksheet 8, "Multilayer Perceptron".
    """
    check_loader(loader, "evaluation")
    total_loss, n_correct, n_images = 0.0, 0, 0
    was_training = model.training
    model.eval()  # dropout off

    with torch.no_grad():  # no gradients needed: less memory, more speed
        for x, labels in loader:
            logits = model(x)
            # A batch counts by its size, since the last one may be smaller.
            total_loss += criterion(logits, labels).item() * len(x)
            n_correct += (logits.argmax(dim=1) == labels).sum().item()
            n_images += len(x)

    model.train(was_training)
    return total_loss / n_images, n_correct / n_images


def train_autoencoder(
    encoder: nn.Module,
    decoder: nn.Module,
    train_loader: Iterable,
    validation_loader: Iterable,
    optimizer: torch.optim.Optimizer,
    n_epochs: int = 10,
    keep: Keep | None = None,
) -> History:
    """Train encoder and decoder together to give back their input.

    Args:
        encoder: turns images N×C×H×W into codes.
        decoder: turns codes into images N×C×H×W.
        train_loader: batches of images to learn from; the labels are not used.
        validation_loader: batches of images to evaluate on.
        optimizer: holds the parameters of both.
        n_epochs: how many times to go through the training images.
        keep: keeps every finished epoch, and goes on after the last of them; None keeps nothing.

    Returns:
        The history; losses are squared errors per image, summed over its values.

    Raises:
        ValueError: networks, optimizer and data do not fit together.
        FloatingPointError: the loss became infinite or not a number.

    Source: worksheet 8, "Convolutional Autoencoders".
    """
    criterion = nn.MSELoss(reduction="sum")
    models = {"encoder": encoder, "decoder": decoder}

    with Log(n_epochs, optimizer, train_loader, validation_loader, keep, **models) as log:
        for _epoch in log.epochs:
            encoder.train()
            decoder.train()
            for x, _labels in train_loader:
                code = encoder(x)  # N×32×4×4
                reconstruction = decoder(code)  # N×3×32×32
                loss = criterion(reconstruction, x) / len(x)  # the target is the input itself

                loss.backward()
                optimizer.step()
                optimizer.zero_grad()

                log.batch(loss, x)
            log.epoch(evaluate_autoencoder(encoder, decoder, validation_loader))

    return log.history


def evaluate_autoencoder(encoder: nn.Module, decoder: nn.Module, loader: Iterable) -> float:
    """Squared error per image, summed over its values; the networks are left as they were.

    Args:
        encoder: turns images N×C×H×W into codes.
        decoder: turns codes into images N×C×H×W.
        loader: batches of images; the labels are not used.

    Raises:
        ValueError: the loader is empty.
    """
    check_loader(loader, "evaluation")
    criterion = nn.MSELoss(reduction="sum")
    total_loss, n_images = 0.0, 0
    for x, _labels in loader:
        total_loss += criterion(reconstruct(encoder, decoder, x), x).item()
        n_images += len(x)  # divide by the images really seen, at the end
    return total_loss / n_images


def train_variational(
    encoder: VariationalEncoder,
    decoder: nn.Module,
    train_loader: Iterable,
    validation_loader: Iterable,
    optimizer: torch.optim.Optimizer,
    n_epochs: int = 10,
    beta: float = 0.1,
    keep: Keep | None = None,
) -> History:
    """Train encoder and decoder to give back their input from a code that is drawn at random.

    Args:
        encoder: turns images N×C×H×W into distributions of codes.
        decoder: turns codes into images N×C×H×W.
        train_loader: batches of images to learn from; the labels are not used.
        validation_loader: batches of images to evaluate on.
        optimizer: holds the parameters of both.
        n_epochs: how many times to go through the training images.
        beta: weight of the divergence against the squared error.
        keep: keeps every finished epoch, and goes on after the last of them; None keeps nothing.

    Returns:
        The history. Training losses are both terms together; validation losses are squared errors
        per image, of reconstructions from the mean codes, as those of `train_autoencoder`.

    Raises:
        ValueError: networks, optimizer and data do not fit together.
        FloatingPointError: the loss became infinite or not a number.

    Source: Kingma and Welling (2014); beta: Higgins et al. (2017).
    """
    criterion = nn.MSELoss(reduction="sum")
    models = {"encoder": encoder, "decoder": decoder}

    with Log(n_epochs, optimizer, train_loader, validation_loader, keep, **models) as log:
        for _epoch in log.epochs:
            encoder.train()
            decoder.train()
            for x, _labels in train_loader:
                mean, log_variance = encoder.distribution(x)  # twice N×32×4×4
                code = sample_codes(mean, log_variance)  # N×32×4×4, other codes every time
                reconstruction = decoder(code)  # N×3×32×32
                error = criterion(reconstruction, x) / len(x)
                divergence = kl_divergence(mean, log_variance).mean()
                loss = error + beta * divergence

                loss.backward()
                optimizer.step()
                optimizer.zero_grad()

                log.batch(loss, x)
            validation_loss = evaluate_autoencoder(encoder, decoder, validation_loader)
            log.epoch(validation_loss, divergence=mean_divergence(encoder, validation_loader))

    return log.history

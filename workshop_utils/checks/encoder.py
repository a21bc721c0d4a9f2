"""Whether a student's encoder is right: decided by what it computes, never by how it is written."""

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from workshop_utils.checks.answers import kind, random_tensor, same
from workshop_utils.checks.encoder_forward import recognise
from workshop_utils.checks.encoder_shapes import explain_code, explain_shape
from workshop_utils.checks.encoder_source import explain_definition
from workshop_utils.checks.encoder_trial import IMAGES, Trial, encode
from workshop_utils.checks.encoder_weights import (
    check_fresh_weights,
    check_gradients,
    check_weights,
    fill_with_noise,
)
from workshop_utils.checks.result import CheckResult
from workshop_utils.checks.running import Failed, Mistake, NotWritten, judge
from workshop_utils.networks.autoencoders import ConvEncoder
from workshop_utils.networks.layers import count_parameters

TODO = (
    "Make three convolutions in __init__ (4×4, stride 2, padding 1; with out_c1, out_c2 and "
    "embedding_dim filters) and call them in forward, with a ReLU after the first and the second."
)
ODD, USUAL = (5, 7, 11), (8, 16, 32)  # numbers of filters; odd ones fit nothing by accident


def check_encoder(encoder_class: Callable[[int, int, int], nn.Module]) -> CheckResult:
    """Compare an encoder with three convolutions, two ReLUs and nothing else.

    It is made with several sizes, run on images, given new weights and compared with
    `ConvEncoder` of the same weights.

    Args:
        encoder_class: the class itself, or a function that makes an encoder; called with
            out_c1, out_c2 and embedding_dim in this order.

    Returns:
        What was found; it has been shown already.
    """
    F.conv2d(IMAGES, IMAGES[..., :4, :4])  # PyTorch's first one is slow: not the student's time
    return judge(lambda: _check(encoder_class), TODO)


def _check(encoder_class: Callable) -> str:
    if encoder_class is None or encoder_class is Ellipsis:
        raise NotWritten
    if isinstance(encoder_class, nn.Module):
        name = type(encoder_class).__name__
        raise Mistake(f"This is an encoder already made. Give the class: check_encoder({name})")
    if not callable(encoder_class):
        raise Mistake(
            f"check_encoder needs the class of your encoder, but got {kind(encoder_class)}."
        )
    try:
        odd, usual = Trial.of(encoder_class, ODD), Trial.of(encoder_class, USUAL)
    except Failed as failed:
        wrong = None
        if isinstance(failed.error, (TypeError, NotImplementedError)):
            wrong = explain_definition(encoder_class)
        if wrong:
            raise Mistake(wrong) from failed
        raise
    for trial, other in ((odd, usual), (usual, odd)):
        wrong = explain_shape(trial, other)
        if wrong:
            raise Mistake(wrong)
    for trial, other in ((odd, usual), (usual, odd)):
        check_weights(trial, other, encoder_class)
        check_gradients(trial)
        check_fresh_weights(trial)
    for trial in (odd, usual):
        fill_with_noise(trial.model)
        _check_numbers(trial)
    return (
        f"Right: an image becomes a code of 32×4×4, with {count_parameters(usual.model):,} "
        "parameters. Other numbers of filters work, too."
    )


def _check_numbers(trial: Trial) -> None:
    """Compare an encoder with the reference that has the same weights."""
    reference = _reference(trial)
    for n_images in (2, 1, 5):
        x = random_tensor(n_images, 3, 32, 32, seed=n_images)
        with torch.no_grad():
            right = reference(x)
        trial.model.eval()
        code, again = encode(trial.model, x), encode(trial.model, x)
        wrong_shape = explain_code(trial, tuple(code.shape), n_images)
        if wrong_shape:
            raise Mistake(wrong_shape)
        if not same(code, again):
            raise Mistake(
                "The same images give another code each time, even after encoder.eval(). Leave "
                "out the noise; dropout, too, has no place here."
            )
        trial.model.train()
        training_code, training_again = encode(trial.model, x), encode(trial.model, x)
        if not same(code, right):
            raise Mistake(_explain_numbers(reference, x, code, training_code))
        if not same(training_code, training_again):
            raise Mistake(
                "In training mode the same images give another code each time: is there dropout? "
                "Leave it out."
            )
        if not same(training_code, right):
            raise Mistake(
                "The codes are right in eval mode, but not in training mode. Let forward do the "
                "same in both: leave out self.training."
            )


def _explain_numbers(reference: ConvEncoder, x: Tensor, code: Tensor, training_code: Tensor) -> str:
    known = recognise(reference, x, code)
    if known:
        return known
    if not same(code, training_code):
        return recognise(reference, x, training_code) or (
            "Codes in training mode and in eval mode differ, and neither is right. Leave out "
            "batch normalisation, dropout and self.training."
        )
    return (
        "Shape and number of parameters are right, but the numbers are not those of convolution, "
        "ReLU, convolution, ReLU, convolution. Is anything else done in forward, or a layer "
        "called twice?"
    )


def _reference(trial: Trial) -> ConvEncoder:
    """Our encoder with the student's weights, which are found by their number."""
    reference = ConvEncoder(*trial.sizes)
    by_number = {weight.numel(): weight.detach() for weight in trial.model.parameters()}
    for weight in reference.parameters():
        theirs = by_number[weight.numel()]
        if theirs.dim() == 2 and theirs.shape[1] == weight.shape[0] != theirs.shape[0]:
            theirs = theirs.T  # made for patches @ weights: one column for each filter
        weight.data = theirs.reshape(weight.shape).clone()
    return reference

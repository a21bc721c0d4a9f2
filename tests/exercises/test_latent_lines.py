"""The line between two codes: as images, and as a function of networks."""

import pytest
import torch
from students.asking import ask

import workshop_utils as wu

torch.manual_seed(0)
ENCODER, DECODER = wu.ConvEncoder(8, 16, 32), wu.ConvDecoder(8, 16, 32)
X, X_PRIME = torch.rand(2, 3, 32, 32)
GIVEN = ENCODER, DECODER, X, X_PRIME
with torch.no_grad():
    for weight in DECODER.parameters():
        weight.mul_(3)  # so that the decoder is far from linear
CODES = ENCODER(torch.stack([X, X_PRIME])).detach()
ALPHA = torch.linspace(0, 1, 7).view(-1, 1, 1, 1)


def decoded(alpha):
    return DECODER((1 - alpha) * CODES[0] + alpha * CODES[1])


LINE = decoded(ALPHA)
WRONG = {
    "None": (None, "still there. Encode x and x_prime"),
    "a list": (list(LINE), "line is a list, but a tensor is needed. torch.stack"),
    "a text": ("line", "line is a string"),
    "codes": (wu.interpolate(*CODES, 7), "These are codes"),
    "one image": (LINE[3], "shape 3×32×32, expected 3×3×32×32"),
    "batches of one": (LINE[:, None], "batch of one"),
    "flattened": (LINE.flatten(1), "shape 7×3072, expected 7×3×32×32"),
    "two images": (LINE[[0, -1]], "holds 2 images, but at least 3"),
    "pixels": (wu.interpolate(X, X_PRIME, 7), "Pixels are blended, not codes"),
    "reversed": (LINE.flip(0), "reversed"),
    "start only": (LINE[:1].expand(7, -1, -1, -1), "All images are the reconstruction of x. "),
    "uneven": (decoded(ALPHA**2), "these are right: 0 and 6"),
    "half way": (decoded(ALPHA / 2), "these are right: 0."),
    "no end": (decoded(ALPHA * 6 / 7), "The end is missing"),
    "noise": (torch.rand(7, 3, 32, 32), "but should be"),
    "NaN": (LINE * float("nan"), "NaN"),
    "double": (LINE.double(), "torch.float64"),
}


@pytest.mark.parametrize(
    ("line", "x", "x_prime"),
    [
        (LINE, X, X_PRIME),
        (LINE.detach(), X[None], X_PRIME[None]),
        (decoded(ALPHA[::3]), X, X_PRIME),
    ],
)
def test_a_decoded_line_passes(line, x, x_prime):
    result = ask(wu.check_latent_line, line, ENCODER, DECODER, x, x_prime)
    assert result.passed, result.message
    assert f"the line of {len(line)} images starts at the reconstruction of x" in result.message


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_line_is_told_what_is_wrong(name):
    line, words = WRONG[name]
    result = ask(wu.check_latent_line, line, *GIVEN)
    assert not result.passed
    assert words in result.message


def of_these_images(encoder, decoder, x, x_prime, n_steps):
    return wu.latent_line(encoder, decoder, X, X_PRIME, n_steps)


def of_these_networks(encoder, decoder, x, x_prime, n_steps):
    return wu.latent_line(ENCODER, DECODER, x, x_prime, n_steps)


@pytest.mark.parametrize("function", [of_these_images, of_these_networks])
def test_a_function_that_ignores_its_arguments_is_noticed(function):
    result = ask(wu.check_latent_line, function, *GIVEN)
    assert not result.passed
    assert "right for 1 of 2 inputs" in result.message
    assert "a variable of the notebook" in result.message


def test_a_function_that_changes_a_network_is_noticed():
    def changing(encoder, decoder, x, x_prime, n_steps):
        encoder.conv1.bias.zero_()
        return wu.latent_line(encoder, decoder, x, x_prime, n_steps)

    encoder = wu.ConvEncoder(8, 16, 32)
    result = ask(wu.check_latent_line, changing, encoder, DECODER, X, X_PRIME)
    assert "changes encoder itself" in result.message


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ((None, DECODER, X, X_PRIME), "encoder is None, but must be a network"),
        ((ENCODER, wu.ConvDecoder, X, X_PRIME), "decoder is a class"),
        ((DECODER, ENCODER, X, X_PRIME), "Encoding x and x_prime stopped"),
        ((ENCODER, DECODER, torch.rand(2, 3, 32, 32), X), "x must be one image"),
        ((ENCODER, DECODER, X, X.tolist()), "x_prime is a list"),
    ],
)
def test_wrong_networks_and_images_are_named(given, said):
    result = ask(wu.check_latent_line, LINE, *given)
    assert not result.passed
    assert said in result.message


def test_dropout_is_off_while_a_line_is_checked_and_on_again_afterwards():
    encoder = torch.nn.Sequential(ENCODER, torch.nn.Dropout()).train()
    assert ask(wu.check_latent_line, LINE, encoder, DECODER, X, X_PRIME).passed
    assert ask(wu.check_latent_line, wu.latent_line, encoder, DECODER, X, X_PRIME).passed
    assert encoder.training

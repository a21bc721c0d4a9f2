import functools

import pytest
import torch
from students.asking import alike, ask, confusable
from students.interpolations import RIGHT, WRONG

import workshop_utils as wu

# Different ways to make the same mistake.
SAME_MISTAKE = [
    {"None", "stub", "still_dots"},
    {"torch.lerp", "one_point"},
    {"noise", "little_noise"},
]


@functools.cache
def message(name):
    [answer] = [answer for answer in WRONG if answer.name == name]
    result = ask(wu.check_interpolation, answer.given)
    assert not result.passed, result.message
    return str(result)


@pytest.mark.parametrize("answer", RIGHT, ids=str)
def test_a_right_interpolation_passes_however_it_is_written(answer):
    result = ask(wu.check_interpolation, answer.given)
    assert result.passed, result.message
    assert "evenly spaced, for images and for codes" in result.message


@pytest.mark.parametrize("answer", WRONG, ids=str)
def test_a_wrong_interpolation_is_told_its_own_mistake(answer):
    for words in answer.words:
        assert words in message(answer.name)


def test_no_mistake_could_be_taken_for_another():
    messages = {answer.name: message(answer.name) for answer in WRONG}
    assert alike(messages) == SAME_MISTAKE
    assert confusable(WRONG, messages) == []


# --- the line between two codes ---

torch.manual_seed(0)
ENCODER, DECODER = wu.ConvEncoder(8, 16, 32), wu.ConvDecoder(8, 16, 32)
X, X_PRIME = torch.rand(2, 3, 32, 32)
with torch.no_grad():
    for weight in DECODER.parameters():
        weight.mul_(3)  # so that the decoder is far from linear
CODES = ENCODER(torch.stack([X, X_PRIME]))
LINE = DECODER(wu.interpolate(*CODES, 7))
ALPHA = torch.linspace(0, 1, 7).view(-1, 1, 1, 1)


def decoded(alpha):
    return DECODER((1 - alpha) * CODES[0] + alpha * CODES[1])


WRONG_LINES = {
    "None": (None, "still there. Encode x and x_prime"),
    "a list": (list(LINE), "line is a list, but a tensor is needed. torch.stack"),
    "a text": ("line", "line is a string"),
    "codes": (wu.interpolate(*CODES, 7), "line has shape 7×32×4×4", "These are codes"),
    "one image": (LINE[3], "This is a single image"),
    "batches of one": (LINE[:, None], "7×1×3×32×32", "batch of one"),
    "flattened": (LINE.flatten(1), "line has shape 7×3072", "through the decoder"),
    "two images": (LINE[[0, -1]], "holds 2 images, but at least 3"),
    "pixels": (wu.interpolate(X, X_PRIME, 7), "Pixels are blended, not codes"),
    "pixels encoded": (
        DECODER(ENCODER(wu.interpolate(X, X_PRIME, 7))),
        "Pixels are blended and then sent through",
    ),
    "reconstructions": (wu.interpolate(LINE[0], LINE[-1], 7), "two reconstructions are blended"),
    "reversed": (LINE.flip(0), "reversed"),
    "start only": (LINE[:1].expand(7, -1, -1, -1), "All images are the reconstruction of x. "),
    "end only": (LINE[-1:].expand(7, -1, -1, -1), "All images are the reconstruction of x'"),
    "x only": (X.expand(7, -1, -1, -1), "All images are x. "),
    "middle only": (LINE[3:4].expand(7, -1, -1, -1), "All images of the line are the same"),
    "uneven": (decoded(ALPHA**2), "Both ends are right"),
    "half way": (decoded(ALPHA / 2), "starts at the reconstruction of x, but does not end"),
    "from half way": (decoded(0.5 + ALPHA / 2), "ends at the reconstruction of x', but does not"),
    "noise": (torch.rand(7, 3, 32, 32), "Neither end of the line"),
    "NaN": (LINE * float("nan"), "NaN"),
    "double": (LINE.double(), "torch.float64"),
}
WRONG_LINES["no end"] = (decoded(ALPHA * 6 / 7), "The end is missing")
WRONG_LINES["no start"] = (decoded((ALPHA * 6 + 1) / 7), "The start is missing")
WRONG_LINES["no ends"] = (decoded((ALPHA * 6 + 1) / 8), "Both ends are missing")


@pytest.mark.parametrize(
    ("line", "x", "x_prime"),
    [
        (LINE, X, X_PRIME),
        (LINE.detach(), X[None], X_PRIME[None]),
        (decoded(torch.linspace(0, 1, 3).view(-1, 1, 1, 1)), X, X_PRIME),
    ],
)
def test_a_decoded_line_passes(line, x, x_prime):
    result = ask(wu.check_latent_line, line, ENCODER, DECODER, x, x_prime)
    assert result.passed, result.message
    assert "starts at the reconstruction of x and ends at that of x'" in result.message
    assert f"{len(line)} images" in result.message


@pytest.mark.parametrize("name", WRONG_LINES)
def test_a_wrong_line_is_told_its_own_mistake(name):
    line, *words = WRONG_LINES[name]
    result = ask(wu.check_latent_line, line, ENCODER, DECODER, X, X_PRIME)
    assert not result.passed
    for said in words:
        assert said in result.message


def test_messages_about_lines_differ():
    messages = {
        name: ask(wu.check_latent_line, line, ENCODER, DECODER, X, X_PRIME).message
        for name, (line, *_) in WRONG_LINES.items()
    }
    assert alike(messages) == []


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ((None, DECODER, X, X_PRIME), "encoder is None, but must be a network"),
        ((ENCODER, wu.ConvDecoder, X, X_PRIME), "decoder is a class"),
        ((DECODER, ENCODER, X, X_PRIME), "Encoding x and x_prime stopped"),
        (
            (ENCODER, DECODER, torch.rand(2, 3, 32, 32), X),
            "x must be one image",
        ),
        ((ENCODER, DECODER, X, X.tolist()), "x_prime is a list"),
    ],
)
def test_wrong_networks_and_images_are_named(given, said):
    result = ask(wu.check_latent_line, LINE, *given)
    assert not result.passed
    assert said in result.message


def test_dropout_is_off_while_a_line_is_checked():
    encoder = torch.nn.Sequential(ENCODER, torch.nn.Dropout()).train()
    assert ask(wu.check_latent_line, LINE, encoder, DECODER, X, X_PRIME).passed


def test_networks_are_left_as_they_were():
    encoder, decoder = wu.ConvEncoder(8, 16, 32).train(), wu.ConvDecoder(8, 16, 32).eval()
    ask(wu.check_latent_line, LINE, encoder, decoder, X, X_PRIME)
    assert encoder.training
    assert not decoder.training

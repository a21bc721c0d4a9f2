"""Exercise 3.1, the encoder: what is asked for, and wrong encoders that are known."""

import copy
import functools
import itertools
from collections.abc import Callable, Iterator
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from workshop_utils.exercises.answers import kind
from workshop_utils.exercises.encoder_properties import ODD, USUAL, has_biases, observe, same
from workshop_utils.exercises.encoder_sentences import encode, explain, explain_definition, made
from workshop_utils.exercises.engine import Exercise, Mistake
from workshop_utils.exercises.result import CheckResult
from workshop_utils.exercises.running import Failed, NotWritten, Wrong
from workshop_utils.networks.autoencoders import ConvDecoder, ConvEncoder
from workshop_utils.networks.layers import count_parameters

Make = Callable[[int, int, int], nn.Module]
Step = Callable[[Tensor], Tensor]


def check_encoder(encoder_class: Make) -> CheckResult:
    """Compare an encoder with three convolutions, two ReLUs and nothing else.

    It is made in two sizes, run on images and given other weights; what it computes and how it
    learns is compared with `ConvEncoder`.

    Args:
        encoder_class: the class itself, or a function that makes an encoder; called with
            out_c1, out_c2 and embedding_dim in this order.

    Returns:
        What was found; it has been shown already.
    """
    return ENCODER.contained(lambda: _check(encoder_class))


def _check(encoder_class: Make) -> str:
    if encoder_class is None or encoder_class is Ellipsis:
        raise NotWritten
    if isinstance(encoder_class, nn.Module):
        name = type(encoder_class).__name__
        raise Wrong(
            f"This is an encoder already made. Give the class: check_encoder({name})",
            "already-made",
        )
    if not callable(encoder_class):
        raise Wrong(
            f"check_encoder needs the class of your encoder, but got {kind(encoder_class)}.",
            "no-class",
        )
    try:
        odd, usual = made(encoder_class, ODD), made(encoder_class, USUAL)
    except Failed as failed:
        sentence = explain_definition(encoder_class, failed.error)
        if sentence:
            raise Wrong(sentence, "first-line") from failed
        raise

    told_apart = has_biases(odd)
    seen, needed, differs = [], [], False
    for (what, found), (_, right) in zip(
        observe(odd, usual, encode, told_apart), _observe(ConvEncoder, told_apart), strict=True
    ):
        seen.append(found)
        needed.append(right)
        differs = differs or not same(found, right)
        if differs and what != "numbers":
            break
    if differs:
        mistake = _known_mistake(seen, told_apart)
        known, name = (mistake.sentence, mistake.name) if mistake else ("", what)
        raise Wrong(explain(what, seen, needed, odd, known), name)
    return (
        f"Right: an image becomes a code of 32×4×4, with {count_parameters(usual):,} parameters. "
        "Other numbers of filters work, too."
    )


def _observe(make: Make, told_apart: bool) -> Iterator[tuple[str, Any]]:
    return observe(make(*ODD), make(*USUAL), nn.Module.__call__, told_apart)


def _known_mistake(seen: list, told_apart: bool) -> Mistake | None:
    """The wrong encoder in which everything is as it was seen, up to the first difference."""
    for mistake in MISTAKES:
        theirs = copy.copy(_remembered(mistake.solution, told_apart))
        if all(same(found, other) for found, (_, other) in zip(seen, theirs, strict=False)):
            return mistake
    return None


@functools.cache
def _remembered(make: Make, told_apart: bool) -> Iterator[tuple[str, Any]]:
    """To be copied: each copy begins anew, but everything is observed once, and when needed."""
    return itertools.tee(_observe(make, told_apart), 1)[0]


# --- wrong encoders ---


def _nothing(x: Tensor) -> Tensor:
    return x


def _encoder(
    start: Step = _nothing,
    first: Step = F.relu,
    second: Step = F.relu,
    end: Step = _nothing,
    **options: Any,  # noqa: ANN401 - of nn.Conv2d
) -> type[nn.Module]:
    """A class like the right one, with other functions, or other options of the layers."""
    options = {"kernel_size": 4, "stride": 2, "padding": 1} | options

    class Encoder(nn.Module):
        def __init__(self, out_c1: int, out_c2: int, embedding_dim: int) -> None:
            super().__init__()
            self.conv1 = nn.Conv2d(3, out_c1, **options)
            self.conv2 = nn.Conv2d(out_c1, out_c2, **options)
            self.conv3 = nn.Conv2d(out_c2, embedding_dim, **options)

        def forward(self, x: Tensor) -> Tensor:
            x = first(self.conv1(start(x)))
            x = second(self.conv2(x))
            return end(self.conv3(x))

    return Encoder


def _with_forward(forward: Callable[[Any, Tensor], Tensor]) -> Make:
    """A class with the right layers, which are called in another way."""
    return type("Encoder", (_encoder(),), {"forward": forward})


def _two_layers(out_c1: int, out_c2: int, embedding_dim: int) -> nn.Module:
    first, last = nn.Conv2d(3, out_c1, 4, 2, 1), nn.Conv2d(out_c1, embedding_dim, 4, 2, 1)
    return nn.Sequential(first, nn.ReLU(), last)


def _four_layers(*sizes: int) -> nn.Module:
    last = nn.Conv2d(sizes[2], sizes[2], 4, 2, 1)
    return nn.Sequential(_encoder()(*sizes), nn.ReLU(), last)


def _autoencoder(*sizes: int) -> nn.Module:
    return nn.Sequential(_encoder()(*sizes), ConvDecoder(*sizes))


def _filters_begin_alike(*sizes: int) -> nn.Module:
    encoder = ConvEncoder(*sizes)
    nn.init.zeros_(encoder.conv1.weight)
    return encoder


def _relu_in_training(self: ConvEncoder, x: Tensor) -> Tensor:
    code = self.conv3(F.relu(self.conv2(F.relu(self.conv1(x)))))
    return F.relu(code) if self.training else code


def _turned(self: ConvEncoder, x: Tensor) -> Tensor:
    for i, layer in enumerate((self.conv1, self.conv2, self.conv3)):
        x = F.relu(x) if i else x
        x = F.conv2d(x, layer.weight.flip(2, 3), layer.bias, stride=2, padding=1)
    return x


def _standardised(*dims: int) -> Step:
    def standardise(x: Tensor) -> Tensor:
        variance, mean = torch.var_mean(x, dims, correction=0, keepdim=True)
        return (x - mean) / (variance + 1e-5).sqrt()

    return standardise


def _then(first: Step, second: Step) -> Step:
    return lambda x: second(first(x))


def _border(left: int, right: int, top: int, bottom: int) -> Make:
    pad = nn.ZeroPad2d((left, right, top, bottom))
    return _encoder(start=pad, first=_then(F.relu, pad), second=_then(F.relu, pad), padding=0)


def _pooled(pool: nn.Module) -> Make:
    halve = _then(F.relu, pool)
    return _encoder(first=halve, second=halve, end=pool, stride=1, padding="same")


def _at(places: str, steps: dict[str, Step]) -> dict[str, Make]:
    """Wrong encoders with one step at each of the places."""
    return {
        word: _encoder(**dict.fromkeys(places.split(" and "), step)) for word, step in steps.items()
    }


def _each(short: str, sentence: str, encoders: dict[str, Make]) -> Iterator[Mistake]:
    """Mistakes that differ in a word of their sentence."""
    for word, encoder in encoders.items():
        yield Mistake(f"{short}: {word}", sentence.format(word), encoder)


ACTIVATIONS: dict[str, Step] = {
    "LeakyReLU": F.leaky_relu,
    "LeakyReLU (0.2)": lambda x: F.leaky_relu(x, 0.2),
    "Sigmoid": torch.sigmoid,
    "Tanh": torch.tanh,
    "ReLU6": F.relu6,
    "GELU": F.gelu,
    "ELU": F.elu,
    "SiLU": F.silu,
    "Softplus": F.softplus,
}
AT_THE_END: dict[str, Step] = {
    "Softmax over the channels": nn.Softmax(1),
    "A clamp to [0, 1]": nn.Hardtanh(0, 1),
    "A clamp to [-1, 1]": nn.Hardtanh(-1, 1),
}
NORMALISATIONS: dict[str, Step] = {
    "each channel of each image (instance normalisation)": _then(_standardised(2, 3), F.relu),
    "all numbers of an image (layer normalisation)": _then(_standardised(1, 2, 3), F.relu),
    "the length of the channels (F.normalize)": _then(F.normalize, F.relu),
}
IMAGE_CHANGES: dict[str, Step] = {
    "scaled to [-1, 1] (2x - 1)": lambda x: 2 * x - 1,
    "multiplied by 255": lambda x: x * 255,
    "divided by 255": lambda x: x / 255,
    "inverted (1 - x)": lambda x: 1 - x,
    "mirrored left to right": lambda x: x.flip(3),
    "transposed (height and width interchanged)": lambda x: x.mT,
    "given with red and blue interchanged": lambda x: x.flip(1),
    "standardised to mean 0 and standard deviation 1": lambda x: (x - x.mean()) / x.std(),
    "standardised one by one": _standardised(1, 2, 3),
}
CODE_CHANGES: dict[str, Step] = {
    "transposed (height and width interchanged)": lambda z: z.mT,
    "put in another order by reshape": lambda z: z.permute(0, 2, 3, 1).reshape(z.shape),
    "divided by the length of its channels (F.normalize)": F.normalize,
    "standardised (layer normalisation)": _standardised(1, 2, 3),
    "standardised (batch normalisation)": _standardised(0, 2, 3),
}
PLACES = ("first", "second")
MISSING = "The ReLU after the {} convolution is missing."
LINEAR = (
    "There is no ReLU between the convolutions: three linear layers in a row can do no more than "
    "one. Put a ReLU after the first and after the second."
)
RELU_AT_END = (
    "The ReLU after the third convolution cuts off negative codes. Return what the third "
    "convolution gives."
)

MISTAKES = (
    Mistake("two-layers", "That is what two such layers give: where is the third?", _two_layers),
    Mistake(
        "third-not-called",
        "That is what two such layers give: is the third not called in forward?",
        _with_forward(lambda self, x: self.conv2(F.relu(self.conv1(x)))),
    ),
    Mistake(
        "only-first-called",
        "That is what one such layer gives: are the other two called in forward, and is it their "
        "output that is returned?",
        _with_forward(lambda self, x: self.conv1(x)),
    ),
    Mistake(
        "four-layers",
        "That is what four such layers give; there should be three, without pooling.",
        _four_layers,
    ),
    Mistake(
        "whole-autoencoder",
        "These are images again: that is a whole autoencoder. Give its first half, the encoder.",
        _autoencoder,
    ),
    Mistake(
        "flattened",
        "The code is to keep its rows and columns: leave out flatten.",
        _encoder(end=nn.Flatten()),
    ),
    Mistake(
        "channels-last",
        "The channels must come before height and width: leave out permute.",
        _encoder(end=lambda z: z.permute(0, 2, 3, 1)),
    ),
    Mistake(
        "squeezed",
        "The number of images may be any, also 1: leave out squeeze().",
        _encoder(end=torch.squeeze),
    ),
    Mistake(
        "detached",
        "No gradient reaches the weights, so the encoder would not learn. Leave out "
        "torch.no_grad(), .detach() and .data in forward.",
        _encoder(end=torch.detach),
    ),
    Mistake(
        "filters-begin-alike",
        "All weights of a layer start with the same value, so its filters would all learn the "
        "same. Leave PyTorch's random values.",
        _filters_begin_alike,
    ),
    Mistake(
        "random",
        "The same images give another code each time. Leave out noise and dropout.",
        _encoder(end=F.dropout),
    ),
    Mistake(
        "other-in-training",
        "After encoder.train() the codes are others than after encoder.eval(). Leave out batch "
        "normalisation and self.training.",
        _with_forward(_relu_in_training),
    ),
    Mistake(
        "filters-turned",
        "The filters are turned round. Leave them as they are: F.conv2d slides them over the "
        "image.",
        _with_forward(_turned),
    ),
    Mistake("no-relu", LINEAR, _encoder(first=_nothing, second=_nothing)),
    *_each("no-relu", MISSING, {place: _encoder(**{place: _nothing}) for place in PLACES}),
    Mistake("relu-at-end", RELU_AT_END, _encoder(end=F.relu)),
    *_each(
        "relu-at-end",
        f"{MISSING} {RELU_AT_END}",
        {place: _encoder(**{place: _nothing}, end=F.relu) for place in PLACES},
    ),
    Mistake(
        "no-relu, relu-at-end",
        f"{LINEAR} {RELU_AT_END}",
        _encoder(first=_nothing, second=_nothing, end=F.relu),
    ),
    *itertools.chain.from_iterable(
        _each(
            f"activation, {places}",
            f"{{}} follows the {places} convolution: use ReLU instead.",
            _at(places, ACTIVATIONS),
        )
        for places in ("first and second", "first", "second")
    ),
    *_each(
        "activation at the end",
        "{} follows the third convolution, but nothing should: a code may be any number.",
        _at("end", ACTIVATIONS | AT_THE_END),
    ),
    *_each(
        "normalised",
        "Something between the layers normalises {}. Leave it out.",
        _at("first and second", NORMALISATIONS),
    ),
    *_each(
        "images",
        "The images are {} before the first convolution. Leave them as they come.",
        _at("start", IMAGE_CHANGES),
    ),
    *_each(
        "code",
        "The code is {} at the end. Return what the third convolution gives.",
        _at("end", CODE_CHANGES),
    ),
    *_each(
        "border",
        "The border of the images is filled by “{}”, but should be zeros: padding=1 without "
        "padding_mode.",
        {mode: _encoder(padding_mode=mode) for mode in ("reflect", "replicate", "circular")},
    ),
    *_each(
        "border",
        "The filters lie one pixel too far {}. The border belongs on all four sides: stride=2 and "
        "padding=1.",
        {"left and up": _border(2, 0, 2, 0), "right and down": _border(0, 2, 0, 2)},
    ),
    *_each(
        "pooling",
        "The size is halved by {}. Leave it out and give the convolutions stride 2 and padding 1.",
        {"max-pooling": _pooled(nn.MaxPool2d(2)), "average pooling": _pooled(nn.AvgPool2d(2))},
    ),
)

ENCODER = Exercise(
    name="ConvEncoder",
    reference=ConvEncoder,
    todo=(
        "Make three convolutions in __init__ (4×4, stride 2, padding 1; with out_c1, out_c2 and "
        "embedding_dim filters) and call them in forward, with a ReLU after the first and second."
    ),
    mistakes=MISTAKES,
)

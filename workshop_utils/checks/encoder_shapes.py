"""A code of the wrong shape: which strides, paddings or filters would explain it."""

from workshop_utils.checks.answers import in_words, shape_of
from workshop_utils.checks.encoder_source import layers_of_class
from workshop_utils.checks.encoder_trial import ARGUMENTS, IMAGES, ORDINALS, Trial
from workshop_utils.networks.layers import format_shape

# What the layers look like if one thing is different: (kernel, stride, padding) per layer.
RIGHT = (4, 2, 1)
GUESSES = [
    ([RIGHT] * 2, "That is what two such layers give: is one of the three not called in forward?"),
    ([RIGHT], "That is what one such layer gives: are the other two called in forward?"),
    ([RIGHT] * 4, "That is what four such layers give; there should be three, without pooling."),
    ([RIGHT] * 5, "That is what five such layers give; there should be three, without pooling."),
    ([(4, 2, 0)] * 3, "That is what padding 0 gives: is the padding 1 in every layer?"),
    ([(4, 2, 2)] * 3, "That is what padding 2 gives: is the padding 1 in every layer?"),
    ([(4, 1, 1)] * 3, "That is what stride 1 gives: is the stride 2 in every layer?"),
    ([(4, 1, 1), RIGHT, RIGHT], "Is the stride 2 in every layer? One seems to have stride 1."),
    ([RIGHT, RIGHT, (4, 2, 0)], "Is the padding 1 in every layer? One seems to have padding 0."),
    ([(4, 1, 1)] * 2 + [RIGHT], "Is the stride 2 in every layer? Two seem to have stride 1."),
    ([(2, 2, 1)] * 3, "That is what filters of 2×2 give: are all filters 4×4?"),
    ([(5, 2, 1)] * 3, "That is what filters of 5×5 give: are all filters 4×4?"),
    ([], "The images have not become smaller: is the stride 2 in every layer?"),
]


def explain_shape(trial: Trial, other: Trial) -> str | None:
    """What is wrong with the shape of the codes; None if nothing is.

    Args:
        trial: the encoder with one set of sizes.
        other: the same class with other sizes, to see what depends on them.
    """
    expected = (len(IMAGES), trial.sizes[2], 4, 4)
    shape = tuple(trial.code.shape)
    if shape == expected:
        return None
    seen = (
        f"For {len(IMAGES)} images and embedding_dim = {trial.sizes[2]}, the code has shape "
        f"{shape_of(trial.code)}, expected {format_shape(expected)}. "
    )
    shared = layers_of_class(trial.model)
    if shared:
        return (
            f"{shared[0]} is a layer of the class itself, so that all encoders share it and "
            f"out_c1, out_c2 and embedding_dim cannot change it. Make it in __init__: "
            f"self.{shared[0]} = ..."
        )
    if len(shape) == 2:
        return seen + (
            "The code is to keep its rows and columns: no flatten, no linear layer at the end."
        )
    if len(shape) != 4:
        return seen + "A code needs four dimensions: images, channels, height, width."
    if shape == (expected[0], 4, 4, expected[1]):
        return seen + "The channels must come before height and width: leave out permute."
    if shape[0] != expected[0]:
        return seen + "The first dimension counts the images and must stay as it is."
    if shape[2:] != expected[2:]:
        return seen + _explain_size(trial)
    return seen + _explain_channels(shape[1], trial, other)


def _explain_size(trial: Trial) -> str:
    wrong = _wrong_layers(trial)
    if wrong:
        return wrong
    for layers, said in GUESSES:
        size = 32
        for kernel, stride, padding in layers:
            size = (size + 2 * padding - kernel) // stride + 1
        if tuple(trial.code.shape[2:]) == (size, size):
            return said
    return "Every layer must halve height and width: filters 4×4, stride 2, padding 1."


def _wrong_layers(trial: Trial) -> str:
    """Sentences about the student's own layers that differ from what is asked for."""
    layers: dict[str, list[str]] = {}  # what is different -> names
    for name, layer in trial.conv_layers:
        differences = [
            f"{what} {_number(seen)} (needed: {wanted})"
            for what, seen, wanted in (
                ("kernel size", layer.kernel_size, 4),
                ("stride", layer.stride, 2),
                ("padding", layer.padding, 1),
                ("dilation", layer.dilation, 1),
            )
            if seen != (wanted, wanted)
        ]
        if differences:
            layers.setdefault(" and ".join(differences), []).append(name)
    return " ".join(
        f"{in_words(names)} {'have' if len(names) > 1 else 'has'} {differences}."
        for differences, names in layers.items()
    )


def _number(pair: tuple[int, int] | str) -> str:
    """Write (2, 2) as 2 and (2, 1) as 2×1."""
    if isinstance(pair, str):
        return f"“{pair}”"
    return str(pair[0]) if pair[0] == pair[1] else format_shape(pair)


def _explain_channels(channels: int, trial: Trial, other: Trial) -> str:
    for argument, ordinal, size, other_size in zip(
        ARGUMENTS[:2], ORDINALS[:2], trial.sizes, other.sizes, strict=False
    ):
        if channels == size and other.code.shape[1] == other_size:
            return (
                f"{channels} is {argument}, but the third convolution needs embedding_dim filters. "
                f"Or does forward return what the {ordinal} one gave?"
            )
    if tuple(other.code.shape)[1:2] == (channels,):
        return (
            f"It has {channels} channels whatever embedding_dim is: give the third convolution "
            "embedding_dim filters, not a number."
        )
    return "The third convolution needs embedding_dim filters."


def explain_code(trial: Trial, code: tuple[int, ...], n_images: int) -> str | None:
    """What is wrong with the shape for another number of images; None if nothing is."""
    expected = (n_images, trial.sizes[2], 4, 4)
    if code == expected:
        return None
    return (
        f"For {n_images} image{'s' * (n_images > 1)}, the code has shape {format_shape(code)}, "
        f"expected {format_shape(expected)}. The number of images may be any: use x.shape[0] or -1 "
        "where it is needed, and no squeeze()."
    )

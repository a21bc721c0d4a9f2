"""Whether a line of images was made between two codes and then decoded."""

from collections.abc import Callable, Iterator

import torch
from torch import Tensor, nn

from workshop_utils.analysis.interpolation import interpolate
from workshop_utils.checks.answers import check_tensor, kind, random_tensor, same, shape_of
from workshop_utils.checks.result import CheckResult
from workshop_utils.checks.running import Mistake, NotWritten, call, judge, value_of
from workshop_utils.networks.autoencoders import ConvDecoder, ConvEncoder
from workshop_utils.networks.evaluation import evaluating

TODO = (
    "Encode x and x_prime, interpolate between the two codes, and send all the codes through the "
    "decoder."
)
N_STEPS = 5  # asked of a function
FEWEST = 3  # with fewer, nothing lies between the ends


def check_latent_line(
    line: Tensor | Callable[..., Tensor],
    encoder: nn.Module,
    decoder: nn.Module,
    x: Tensor,
    x_prime: Tensor,
) -> CheckResult:
    """Compare a line of images with decoder(interpolate(encoder(x), encoder(x_prime), n)).

    Args:
        line: the student's images, n×3×32×32, or a function of encoder, decoder, x, x_prime and n
            that returns them.
        encoder: images to codes.
        decoder: codes to images.
        x: the image where the line starts: 3×32×32 or 1×3×32×32.
        x_prime: the image where it ends.

    Returns:
        What was found; it has been shown already.
    """
    given = encoder, decoder, x, x_prime
    if not callable(line):
        return judge(lambda: _check(line, *given), TODO)
    return judge(lambda: _check_function(line, *given), TODO)


def _check_function(function: Callable[..., Tensor], *given: nn.Module | Tensor) -> str:
    """Ask for a line between the given images, and for one that only the arguments can tell."""
    seen = _check(_line(function, *given, N_STEPS), *given)
    others = _strangers()
    try:
        _check(_line(function, *others, N_STEPS + 1), *others)
    except Mistake:
        raise Mistake(
            "The line is right for these two images, but not for others: does the function use "
            "its own arguments encoder, decoder, x and x_prime, and no variable of the notebook?"
        ) from None
    return seen


def _line(function: Callable[..., Tensor], *arguments: nn.Module | Tensor | int) -> Tensor:
    line = value_of(function, *arguments)
    n_steps = arguments[-1]
    if isinstance(line, Tensor) and line.dim() == 4 and len(line) != n_steps:
        raise Mistake(
            f"With n_steps = {n_steps} the line holds {len(line)} images: hand n_steps on to "
            "interpolate."
        )
    return line


def _strangers() -> tuple[nn.Module, nn.Module, Tensor, Tensor]:
    """Networks and images that the notebook does not know."""
    encoder, decoder = ConvEncoder(4, 6, 8), ConvDecoder(4, 6, 8)
    with torch.no_grad():
        for weight in decoder.parameters():
            weight.mul_(3)  # so that a blend of codes is no blend of pixels
    return encoder, decoder, random_tensor(3, 32, 32), random_tensor(3, 32, 32, seed=1)


def _check(line: Tensor, encoder: nn.Module, decoder: nn.Module, x: Tensor, x_prime: Tensor) -> str:
    if line is None:
        raise NotWritten
    check_tensor(line, "line is")
    for name, model in (("encoder", encoder), ("decoder", decoder)):
        if not isinstance(model, nn.Module):
            raise Mistake(f"{name} is {kind(model)}, but must be a network (nn.Module).")
    for name, image in (("x", x), ("x_prime", x_prime)):
        check_tensor(image, f"{name} is")
        if image.dim() not in (3, 4) or (image.dim() == 4 and len(image) != 1):
            raise Mistake(f"{name} must be one image, 3×32×32, but has shape {shape_of(image)}.")
    ends = torch.stack([image.reshape(image.shape[-3:]) for image in (x, x_prime)])
    with evaluating(encoder, decoder):
        codes = call("Encoding x and x_prime", encoder, ends)
        check_tensor(codes, "encoder returns")
        _check_shape(line, ends, codes)
        n = len(line)
        right = call("Decoding the line", decoder, interpolate(*codes, n))
        if same(line, right):
            return (
                f"Right: the line of {n} images starts at the reconstruction of x and ends at that "
                "of x'."
            )
        for sentence, candidate in _candidates(encoder, decoder, ends, codes, n):
            if same(line, candidate):
                raise Mistake(sentence)
    raise Mistake(_explain_ends(line, right))


def _check_shape(line: Tensor, ends: Tensor, codes: Tensor) -> None:
    image, code = tuple(ends.shape[1:]), tuple(codes.shape[1:])
    seen = f"line has shape {shape_of(line)}, expected n×{shape_of(ends[0])}."
    if line.shape[1:] == code and code != image:
        raise Mistake(f"{seen} These are codes: send them through the decoder.")
    if line.dim() == 5:
        raise Mistake(
            f"{seen} Each code still is a batch of one: interpolate between encoder(...)[0] and "
            "encoder(...)[0]."
        )
    if line.shape == image:
        raise Mistake(f"{seen} This is a single image: decode all codes of the line.")
    if line.shape[1:] != image:
        raise Mistake(f"{seen} Send the codes of the line through the decoder.")
    if len(line) < FEWEST:
        raise Mistake(f"line holds {len(line)} images, but at least {FEWEST} are needed.")


def _candidates(
    encoder: nn.Module, decoder: nn.Module, ends: Tensor, codes: Tensor, n: int
) -> Iterator[tuple[str, Tensor]]:
    """Pairs of a mistake in words and the line that it gives."""

    def decoded(line: Tensor) -> Tensor:
        return call("Decoding the line", decoder, line)

    if not same(codes[0], codes[1]):
        yield (
            "The line is reversed: it starts at the reconstruction of x' and ends at that of x.",
            decoded(interpolate(codes[1], codes[0], n)),
        )
    pixels = interpolate(*ends, n)
    blended = (
        "Pixels are blended, not codes: the line is interpolate(x, x_prime). Encode x and x_prime "
        "first, and decode the line."
    )
    yield blended, pixels
    yield blended, pixels.flip(0)
    through = (
        "Pixels are blended and then sent through encoder and decoder. Encode x and x_prime first, "
        "and interpolate between the two codes."
    )
    yield through, decoded(call("Encoding the line", encoder, pixels))
    reconstructions = decoded(codes)
    yield (
        "The two reconstructions are blended. Interpolate between the codes, and decode the line.",
        interpolate(*reconstructions, n),
    )
    for name, image, reconstruction in zip(("x", "x'"), ends, reconstructions, strict=True):
        for seen, single in ((f"the reconstruction of {name}", reconstruction), (name, image)):
            yield (
                f"All images are {seen}. Does α change from image to image?",
                single.expand(n, -1, -1, -1),
            )
    longer, longest = interpolate(*codes, n + 1), interpolate(*codes, n + 2)
    yield "The end is missing: the last image is not yet that of x'.", decoded(longer[:-1])
    yield "The start is missing: the first image is not that of x.", decoded(longer[1:])
    yield "Both ends are missing: α must begin at 0 and reach 1.", decoded(longest[1:-1])


def _explain_ends(line: Tensor, right: Tensor) -> str:
    if same(line, line[:1].expand_as(line)):
        return "All images of the line are the same. Does α change from image to image?"
    starts, ends = same(line[0], right[0]), same(line[-1], right[-1])
    if starts and ends:
        return (
            "Both ends are right, but the images between are not those of the straight line "
            "between the two codes. Is the line evenly spaced, and made from the codes?"
        )
    if starts:
        return "The line starts at the reconstruction of x, but does not end at that of x'."
    if ends:
        return "The line ends at the reconstruction of x', but does not start at that of x."
    return (
        "Neither end of the line is the reconstruction of x or x'. Was it made with another "
        "encoder, decoder or pair of images? Run the cells again from the top."
    )

"""Exercise 4.2: a line of images, made between two codes and then decoded."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from workshop_utils.analysis.interpolation import interpolate, latent_line
from workshop_utils.exercises.answers import check_tensor, kind, random_tensor
from workshop_utils.exercises.engine import table
from workshop_utils.exercises.functions import Case, FunctionExercise, Run, copied
from workshop_utils.exercises.result import CheckResult
from workshop_utils.exercises.running import NotWritten, Wrong, call
from workshop_utils.networks.autoencoders import ConvDecoder, ConvEncoder
from workshop_utils.networks.evaluation import evaluating, shape_of

N_STEPS = 5  # asked of a function
FEWEST = 3  # with fewer, nothing lies between the ends
Line = Callable[[nn.Module, nn.Module, Tensor, Tensor, int], Tensor]


def check_latent_line(
    line: Tensor | Line, encoder: nn.Module, decoder: nn.Module, x: Tensor, x_prime: Tensor
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
    return LATENT_LINE.contained(lambda: _look(line, encoder, decoder, x, x_prime))


@dataclass(frozen=True, kw_only=True)
class _OfNetworks(FunctionExercise):
    """A function of networks: dropout is off, and afterwards they are as they were."""

    def observe(self, run: Run, case: Case) -> Iterator[tuple[str, Any]]:
        with evaluating(case["encoder"], case["decoder"]):
            result = run(copied(case))
        yield "result", result


def _look(line: Any, encoder: Any, decoder: Any, x: Any, x_prime: Any) -> str:  # noqa: ANN401
    if line is None:
        raise NotWritten
    for name, model in (("encoder", encoder), ("decoder", decoder)):
        if not isinstance(model, nn.Module):
            raise Wrong(f"{name} is {kind(model)}, but must be a network (nn.Module).")
    images = [_image(name, image) for name, image in (("x", x), ("x_prime", x_prime))]
    with evaluating(encoder, decoder):
        codes = call("Encoding x and x_prime", encoder, torch.stack(images))
        check_tensor(codes, "encoder returns")
        call("Decoding the two codes", decoder, codes)
    given = _case(encoder, decoder, *images, N_STEPS)
    if callable(line):
        return LATENT_LINE.look(line, [given, *_cases()]).format(N_STEPS)
    check_tensor(line, "line is")
    n_images = len(line) if line.dim() else 0
    if n_images < FEWEST:
        raise Wrong(f"line holds {n_images} images, but at least {FEWEST} are needed.")
    return LATENT_LINE.look(lambda *_: line, [given | {"n_steps": n_images}]).format(n_images)


def _image(name: str, image: Any) -> Tensor:  # noqa: ANN401 - a student's
    check_tensor(image, f"{name} is")
    if image.dim() not in (3, 4) or (image.dim() == 4 and len(image) != 1):
        raise Wrong(f"{name} must be one image, 3×32×32, but has shape {shape_of(image)}.")
    return image.reshape(image.shape[-3:])


def _case(*arguments: Any) -> Case:  # noqa: ANN401 - of any kind
    return dict(zip(("encoder", "decoder", "x", "x_prime", "n_steps"), arguments, strict=True))


def _cases() -> Iterator[Case]:
    """Networks and images that the notebook does not know."""
    encoder, decoder = ConvEncoder(4, 6, 8), ConvDecoder(4, 6, 8)
    with torch.no_grad():
        for weight in decoder.parameters():
            weight.mul_(3)  # so that a blend of codes is no blend of pixels
    images = random_tensor(2, 3, 32, 32)
    yield _case(encoder, decoder, *images, N_STEPS + 1)


# --- wrong solutions ---


def _with_points(points: Callable[..., Tensor]) -> Line:
    """Other codes are decoded than those of the line."""
    return lambda e, d, x, x_prime, n: d(points(*e(torch.stack([x, x_prime])), n))


def _always(n: int) -> Line:
    return _with_points(lambda z, z_prime, _n: interpolate(z, z_prime, n))


ALWAYS = "The line has {} images whatever n_steps is: hand n_steps on to interpolate."
MISTAKES: dict[str, tuple[str, Line]] = {
    "reversed": (
        "The line is reversed: it starts at the reconstruction of x' and ends at that of x.",
        _with_points(lambda z, z_prime, n: interpolate(z_prime, z, n)),
    ),
    "not-decoded": (
        "These are codes: send them through the decoder.",
        lambda e, d, x, x_prime, n: latent_line(e, nn.Identity(), x, x_prime, n),
    ),
    "pixels": (
        "Pixels are blended, not codes: encode x and x_prime first, and decode the line.",
        lambda e, d, x, x_prime, n: interpolate(x, x_prime, n),
    ),
    "pixels-encoded": (
        "Pixels are blended and then sent through encoder and decoder. Encode x and x_prime first, "
        "and interpolate between the two codes.",
        lambda e, d, x, x_prime, n: d(e(interpolate(x, x_prime, n))),
    ),
    "reconstructions": (
        "The two reconstructions are blended. Interpolate between the codes, and decode the line.",
        lambda e, d, x, x_prime, n: latent_line(nn.Sequential(e, d), nn.Identity(), x, x_prime, n),
    ),
    "batches-of-one": (
        "Each image still is a batch of one: use torch.cat in place of torch.stack, or decode all "
        "codes at once.",
        lambda e, d, x, x_prime, n: latent_line(e, d, x, x_prime, n)[:, None],
    ),
    "all-start": (
        "All images are the reconstruction of x. Does α change from image to image?",
        _with_points(lambda z, z_prime, n: z.expand(n, -1, -1, -1)),
    ),
    "all-end": (
        "All images are the reconstruction of x'. Does α change from image to image?",
        _with_points(lambda z, z_prime, n: z_prime.expand(n, -1, -1, -1)),
    ),
    "no-end": (
        "The end is missing: the last image is not yet that of x'.",
        _with_points(lambda z, z_prime, n: interpolate(z, z_prime, n + 1)[:-1]),
    ),
    "no-start": (
        "The start is missing: the first image is not that of x.",
        _with_points(lambda z, z_prime, n: interpolate(z, z_prime, n + 1)[1:]),
    ),
    "no-ends": (
        "Both ends are missing: α must begin at 0 and reach 1.",
        _with_points(lambda z, z_prime, n: interpolate(z, z_prime, n + 2)[1:-1]),
    ),
    "one-image": (
        "That is a single image: decode all codes of the line, not only the last.",
        lambda e, d, x, x_prime, n: d(e(x_prime[None])),
    ),
    "always-8": (ALWAYS.format(8), _always(8)),
    "always-10": (ALWAYS.format(10), _always(10)),
}
LATENT_LINE = _OfNetworks(
    name="latent_line",
    reference=latent_line,
    cases=_cases,
    todo=(
        "Encode x and x_prime, interpolate between the two codes, and send all the codes through "
        "the decoder."
    ),
    right=(
        "Right: the line of {} images starts at the reconstruction of x and ends at that of x'."
    ),
    mistakes=table(MISTAKES),
)

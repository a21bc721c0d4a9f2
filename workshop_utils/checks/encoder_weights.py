"""The weights of a student's encoder: how many there are, and whether they can learn."""

from collections import Counter
from collections.abc import Callable
from itertools import product

import torch
from torch import Tensor, nn

from workshop_utils.checks.answers import in_words, same
from workshop_utils.checks.encoder_source import layers_of_class
from workshop_utils.checks.encoder_trial import (
    ARGUMENTS,
    IMAGES,
    ORDINALS,
    Trial,
    build,
    encode,
)
from workshop_utils.checks.running import Mistake, call

KERNEL = 4


def sizes_of_weights(sizes: tuple[int, ...], kernel: int = KERNEL) -> list[int]:
    """Numbers in each layer's filters and biases: weight, bias, weight, bias, ..."""
    channels = (3, *sizes)
    return [
        n
        for before, after in zip(channels, channels[1:], strict=False)
        for n in (before * after * kernel**2, after)
    ]


def check_weights(trial: Trial, other: Trial, encoder_class: Callable) -> None:
    """Compare the number of parameters with those of three convolutions.

    Raises:
        Mistake: a layer is missing, too much or has other sizes.
    """
    found = [weight.numel() for weight in trial.model.parameters()]
    expected = sizes_of_weights(trial.sizes)
    missing, extra = Counter(expected) - Counter(found), Counter(found) - Counter(expected)
    if not missing and not extra:
        return
    if not extra:
        biases = [ORDINALS[i] for i, n in enumerate(trial.sizes) if missing[n]]
        if missing.total() == len(biases):
            raise Mistake(
                f"The {in_words(biases)} convolution has no bias: leave out bias=False."
                if len(biases) < 3
                else "The convolutions have no biases: leave out bias=False."
            )
        raise Mistake(_explain_unknown_weights(trial, encoder_class))
    if not missing:
        raise Mistake(_explain_extra_weights(trial, extra))
    raise Mistake(_explain_other_sizes(trial, other, found, missing, extra))


def _explain_unknown_weights(trial: Trial, encoder_class: Callable) -> str:
    """Why layers work in forward, but are unknown to `parameters()`."""
    shared = layers_of_class(trial.model)
    if shared:
        return (
            f"{shared[0]} is a layer of the class itself: all encoders share it, and an optimizer "
            f"does not see it. Make it in __init__: self.{shared[0]} = ..."
        )
    n_known = sum(weight.numel() for weight in trial.model.parameters())
    n_needed = sum(sizes_of_weights(trial.sizes))
    seen = (
        f"encoder.parameters() knows {n_known:,} of the {n_needed:,} parameters of three "
        "convolutions, so an optimizer would not change the others. "
    )
    for name, value in vars(trial.model).items():
        parts = value.values() if isinstance(value, dict) else value
        if name.startswith("_") and isinstance(value, dict):
            continue  # PyTorch's own: _parameters, _modules, ...
        if isinstance(value, (list, tuple, dict)) and any(isinstance(x, nn.Module) for x in parts):
            kind = type(value).__name__
            return seen + f"self.{name} is a plain {kind}: make it an nn.ModuleList or one by one."
        if isinstance(value, Tensor):
            return seen + f"self.{name} is a plain tensor: wrap it in nn.Parameter(...)."
    if list(trial.model.buffers()):
        return seen + "Buffers are not learnt: use nn.Parameter(...)."
    trial.model.eval()
    code = encode(trial.model, IMAGES)
    if not code.requires_grad:
        return seen + "Make three nn.Conv2d layers in __init__: self.conv1 = ..."
    if not same(code, encode(trial.model, IMAGES)):
        return seen + (
            "forward makes new layers, with new random weights, for every batch. Make them in "
            "__init__, self.conv1 = ..., and only call them in forward."
        )
    twin = build(encoder_class, trial.sizes)
    if n_known == 0 and same(code, encode(twin.eval(), IMAGES)):
        return seen + (
            "Two encoders made one after the other give the same codes: their layers lie outside "
            "the object. Make them in __init__: self.conv1 = ..."
        )
    return seen + "Make each layer in __init__ and keep it in self: self.conv1 = ..."


def _explain_extra_weights(trial: Trial, extra: Counter) -> str:
    owners = {
        f"{name}.{part}".lstrip("."): (name, layer, weight)
        for name, layer in trial.model.named_modules()
        for part, weight in layer.named_parameters(recurse=False)
    }
    # Biases of a batch normalisation may be as many as those of a convolution: others go first.
    candidates = [x for x in owners.values() if x[2].numel() in extra]
    known = sizes_of_weights(trial.sizes)
    candidates.sort(key=lambda owner: (owner[2].numel() in known, type(owner[1]) is nn.Conv2d))
    name, layer, weight = candidates[0]
    title = f"{name} ({type(layer).__name__})" if name else "A parameter of your own"
    n_extra = sum(size * count for size, count in extra.items())
    too_many = f"{n_extra:,} parameter{'s' * (n_extra > 1)} more than three convolutions need"
    if _gradients(trial)[id(weight)] is None:
        return f"{title} is never used in forward. The encoder has {too_many}: leave it out."
    return f"{title} is too much. The encoder has {too_many}: leave it out."


def _explain_other_sizes(
    trial: Trial, other: Trial, found: list[int], missing: Counter, extra: Counter
) -> str:
    """Layers that are there, but with filters of another size or number."""
    named = _explain_kernel(trial, missing, extra) or _explain_filters(trial, other)
    if named:
        return named
    return (
        f"The encoder has {sum(found):,} parameters, but three convolutions 4×4 with "
        f"{in_words(trial.sizes)} filters have {sum(sizes_of_weights(trial.sizes)):,}. Are "
        "there exactly these three layers?"
    )


def _explain_kernel(trial: Trial, missing: Counter, extra: Counter) -> str | None:
    if missing.total() != extra.total():
        return None
    for kernel in (1, 2, 3, 5, 6, 7, 8):
        pairs = zip(
            sizes_of_weights(trial.sizes)[::2],
            sizes_of_weights(trial.sizes, kernel)[::2],
            strict=True,
        )
        layers = [ORDINALS[i] for i, (n, m) in enumerate(pairs) if missing[n] and extra[m]]
        if layers:
            which = "every" if len(layers) == 3 else f"the {in_words(layers)}"
            return (
                f"The filters of {which} convolution are {kernel}×{kernel}, but 4×4 is asked for: "
                "kernel_size=4."
            )
    return None


def _explain_filters(trial: Trial, other: Trial) -> str | None:
    """Numbers of filters that do not follow the arguments."""
    seen, other_seen = _filters(trial), _filters(other)
    if not seen or not other_seen:
        return None
    i = 0 if seen[0] != trial.sizes[0] else 1  # the third one was seen in the shape of the code
    argument, wanted = ARGUMENTS[i], trial.sizes[i]
    if seen[:2] == (trial.sizes[1], trial.sizes[0]):
        return (
            "out_c1 and out_c2 are interchanged: the first convolution needs out_c1 filters, the "
            "second out_c2."
        )
    for used, size, other_size in zip(ARGUMENTS, trial.sizes, other.sizes, strict=True):
        if (seen[i], other_seen[i]) == (size, other_size):
            return f"The {ORDINALS[i]} convolution has {used} filters, but needs {argument}."
    if seen[i] == other_seen[i]:
        return (
            f"The {ORDINALS[i]} convolution has {seen[i]} filters whatever {argument} is: write "
            f"{argument} in place of the number."
        )
    return (
        f"With {argument} = {wanted}, the {ORDINALS[i]} convolution has {seen[i]} filters, but "
        f"needs {wanted}."
    )


def _filters(trial: Trial) -> tuple[int, ...] | None:
    """Numbers of filters that would explain all of an encoder's parameters."""
    found = sorted(weight.numel() for weight in trial.model.parameters())
    candidates = sorted({n for n in found if n <= 512})
    for sizes in product(candidates, candidates, trial.sizes[2:]):
        if sorted(sizes_of_weights(sizes)) == found:
            return sizes
    return None


def fill_with_noise(model: nn.Module) -> None:
    """Give all weights new values, so large that every activation function shows its shape."""
    generator = torch.Generator().manual_seed(1)
    with torch.no_grad():
        for weight in model.parameters():
            per_output = weight.numel() / max(weight.shape[0], 1)
            noise = torch.randn(weight.shape, generator=generator)
            weight.copy_(noise * (4 / per_output**0.5 if per_output > 1 else 1))


def check_gradients(trial: Trial) -> None:
    """See whether training would reach every weight.

    Raises:
        Mistake: it would not.
    """
    frozen = [name for name, w in trial.model.named_parameters() if not w.requires_grad]
    if frozen:
        raise Mistake(
            f"{frozen[0]} has requires_grad = False, so training would not change it. Leave "
            "requires_grad as it is."
        )
    gradients = _gradients(trial)
    names = [name for name, w in trial.model.named_parameters() if gradients[id(w)] is None]
    if len(names) == len(gradients):
        raise Mistake(
            "No gradient reaches the weights, so the encoder would not learn. Leave out "
            "torch.no_grad(), .detach() and .data in forward."
        )
    if names:
        raise Mistake(
            f"No gradient reaches {names[0]}, so training would not change it. Is there a "
            ".detach(), a .data or torch.no_grad() in the middle of forward, or is it not used?"
        )


def _gradients(trial: Trial) -> dict[int, Tensor | None]:
    weights = list(trial.model.parameters())
    code = encode(trial.model, IMAGES)
    found = [None] * len(weights)
    if code.requires_grad:
        needed = [w for w in weights if w.requires_grad]
        gradients = call(
            "Computing gradients",
            lambda: torch.autograd.grad(code.square().sum(), needed, allow_unused=True),
        )
        known = dict(zip(map(id, needed), gradients, strict=True))
        found = [known.get(id(w)) for w in weights]
    return dict(zip(map(id, weights), found, strict=True))


def check_fresh_weights(trial: Trial) -> None:
    """Refuse filters that all start with the same number: they would stay alike for ever.

    Raises:
        Mistake: the weights of a layer are all equal.
    """
    for name, weight in trial.model.named_parameters():
        is_bias = weight.numel() in trial.sizes  # biases may start at 0
        if not is_bias and (weight == weight.flatten()[0]).all():
            raise Mistake(
                f"All numbers of {name} start at {weight.flatten()[0].item():g}, so its filters "
                "would all learn the same. Leave PyTorch's random values."
            )

"""Exercise 5.3: the forward pass of the convolutional network."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from workshop_utils.exercises.answers import random_tensor
from workshop_utils.exercises.engine import table, together
from workshop_utils.exercises.functions import Case, FunctionExercise, Run, gradients
from workshop_utils.exercises.result import CheckResult
from workshop_utils.networks.classifiers import BasicConvNet

Forward = Callable[[BasicConvNet, Tensor], Tensor]


def cnn_forward(cnn: BasicConvNet, x: Tensor) -> Tensor:
    """Scores of a `BasicConvNet`, N×n_classes, for images N×3×32×32."""
    x = cnn.pool(F.relu(cnn.conv1(x)))  # N×3×32×32 -> N×out_c1×14×14
    x = cnn.pool(F.relu(cnn.conv2(x)))  # -> N×out_c2×5×5
    x = x.flatten(start_dim=1)  # -> N×(out_c2·5·5)
    x = F.relu(cnn.fc1(x))  # -> N×dense_units
    return cnn.logits(x)  # -> N×n_classes


def check_cnn_forward(fn: Forward) -> CheckResult:
    """Compare a function with the forward pass of `BasicConvNet`, for networks of several sizes.

    Args:
        fn: the student's function, called with a network and images in this order.

    Returns:
        What was found; it has been shown already.
    """
    return CNN_FORWARD.judge(fn)


@dataclass(frozen=True, kw_only=True)
class _ForwardPass(FunctionExercise):
    """What comes out, and whether a gradient finds its way back."""

    def observe(self, run: Run, case: Case) -> Iterator[tuple[str, Any]]:
        x = case["x"].clone().requires_grad_()
        called: list[nn.Module] = []
        hook = case["cnn"].register_forward_pre_hook(lambda cnn, _: called.append(cnn))
        try:
            result = run({"cnn": case["cnn"], "x": x})
        finally:
            hook.remove()
        yield "number of calls of the network itself", len(called)
        yield "result", result
        yield from gradients(result, {"x": x}).items()


def _cases() -> Iterator[Case]:
    for n, sizes in enumerate(((4, 5, 12, 7), (8, 16, 20, 10), (3, 2, 9, 4))):
        cnn = BasicConvNet(*sizes)
        with torch.no_grad():
            for seed, weight in enumerate(cnn.parameters()):
                wide = 6 / weight[0].numel() ** 0.5
                weight.copy_(wide * (random_tensor(*weight.shape, seed=seed) - 0.5))
        yield {"cnn": cnn, "x": 2 * random_tensor(3 - n, 3, 32, 32, seed=1) - 0.5}


# --- wrong solutions ---

Step = Callable[[Tensor], Tensor]


def _nothing(x: Tensor) -> Tensor:
    return x


def _flat(x: Tensor) -> Tensor:
    return x.flatten(start_dim=1)


def _network(
    relu1: Step = F.relu,
    relu2: Step = F.relu,
    relu3: Step = F.relu,
    pool1: Step | None = None,
    pool2: Step | None = None,
    flatten: Step = _flat,
    last: Step = _nothing,
) -> Forward:
    """The forward pass with one of its steps replaced."""

    def forward(cnn: BasicConvNet, x: Tensor) -> Tensor:
        x = (pool1 or cnn.pool)(relu1(cnn.conv1(x)))
        x = (pool2 or cnn.pool)(relu2(cnn.conv2(x)))
        x = relu3(cnn.fc1(flatten(x)))
        return last(cnn.logits(x))

    return forward


def _averaged(x: Tensor) -> Tensor:
    return F.avg_pool2d(x, 2)


NO_RELU = "A ReLU is missing after {}."
# What the mistakes that are often made together replace.
COMMON: dict[str, dict[str, Step]] = {
    "no-relu-after-conv1": {"relu1": _nothing},
    "no-relu-after-fc1": {"relu3": _nothing},
    "relu-at-the-end": {"last": F.relu},
    "softmax": {"last": lambda x: x.softmax(dim=1)},
    "average-pooling": {"pool1": _averaged, "pool2": _averaged},
}
# Short name -> sentence, solution.
MISTAKES: dict[str, tuple[str, Forward]] = {
    "no-relu-after-conv1": (NO_RELU.format("conv1"), _network(**COMMON["no-relu-after-conv1"])),
    "no-relu-after-conv2": (NO_RELU.format("conv2"), _network(relu2=_nothing)),
    "no-relu-after-fc1": (NO_RELU.format("fc1"), _network(**COMMON["no-relu-after-fc1"])),
    "no-relu-after-convolutions": (
        NO_RELU.format("both convolutions"),
        _network(relu1=_nothing, relu2=_nothing),
    ),
    "no-relu": (
        "All three ReLUs are missing: without them, convolutions and fully connected layers are "
        "linear, and all of them together no more than one.",
        _network(_nothing, _nothing, _nothing),
    ),
    "relu-at-the-end": (
        "A ReLU follows logits: scores may be negative.",
        _network(**COMMON["relu-at-the-end"]),
    ),
    "softmax": (
        "The scores are sent through softmax. Leave them as they are: the loss applies it.",
        _network(**COMMON["softmax"]),
    ),
    "log-softmax": (
        "The scores are sent through log_softmax. Leave them as they are: the loss applies it.",
        _network(last=lambda x: x.log_softmax(dim=1)),
    ),
    "softmax-over-images": (
        "The scores are sent through softmax, and over the images of the batch (dim=0) at that. "
        "Leave them as they are: the loss applies softmax.",
        _network(last=lambda x: x.softmax(dim=0)),
    ),
    "sigmoid": (
        "The scores are sent through sigmoid. Leave them as they are: the loss applies softmax.",
        _network(last=torch.sigmoid),
    ),
    "classes": (
        "That is the class with the highest score. All scores are needed: leave out argmax.",
        _network(last=lambda x: x.argmax(dim=1)),
    ),
    "average-pooling": (
        "Pooling takes the mean, but should take the largest of four: use cnn.pool.",
        _network(**COMMON["average-pooling"]),
    ),
    "tanh": ("tanh is used in place of ReLU.", _network(torch.tanh, torch.tanh, torch.tanh)),
    "sigmoid-for-relu": (
        "Sigmoid is used in place of ReLU.",
        _network(torch.sigmoid, torch.sigmoid, torch.sigmoid),
    ),
    "sigmoid-after-fc1": (
        "Sigmoid is used in place of ReLU after fc1.",
        _network(relu3=torch.sigmoid),
    ),
    "squeezed": (
        "A batch of a single image loses its first dimension: leave out squeeze, and flatten with "
        "start_dim=1.",
        _network(last=torch.squeeze),
    ),
    "network-called": (
        "The network's own forward pass is called, cnn(x): write it, layer by layer. (As a method "
        "it would call itself for ever.)",
        lambda cnn, x: cnn(x),
    ),
    "leaky-relu": (
        "leaky_relu lets negative numbers pass, made smaller: ReLU sets them to zero.",
        _network(F.leaky_relu, F.leaky_relu, F.leaky_relu),
    ),
    "divided-by-255": (
        "The images are divided by 255. They hold numbers between 0 and 1 already.",
        lambda cnn, x: cnn_forward(cnn, x / 255),
    ),
    "rows-and-columns": (
        "Rows and columns of the maps are exchanged before they are flattened.",
        _network(flatten=lambda x: x.transpose(2, 3).flatten(1)),
    ),
    "channels-last": (
        "The numbers are flattened in another order than fc1 has learnt: flatten channels, rows "
        "and columns as they stand.",
        _network(flatten=lambda x: x.movedim(1, -1).flatten(1)),
    ),
    "no-pool-after-conv1": (
        "Max-pooling is missing after conv1, so too many numbers reach fc1.",
        _network(pool1=_nothing),
    ),
    "no-pool-after-conv2": (
        "Max-pooling is missing after conv2, so too many numbers reach fc1.",
        _network(pool2=_nothing),
    ),
    "no-pool": (
        "Max-pooling is missing after both convolutions, so far too many numbers reach fc1.",
        _network(pool1=_nothing, pool2=_nothing),
    ),
    "no-flatten": (
        "fc1 takes a row of numbers for each image: flatten first, x.flatten(start_dim=1).",
        _network(flatten=_nothing),
    ),
    "batch-flattened": (
        "The images of the batch are flattened into one row: x.flatten(start_dim=1) keeps them "
        "apart.",
        _network(flatten=torch.flatten),
    ),
    "fc1-skipped": (
        "fc1 is left out: flatten, fc1, ReLU, logits.",
        lambda cnn, x: cnn.logits(_network_to_flat(cnn, x)),
    ),
    "logits-skipped": (
        "The last layer, logits, is left out: a score for each class is needed.",
        lambda cnn, x: F.relu(cnn.fc1(_network_to_flat(cnn, x))),
    ),
    "logits-skipped-relu-too": (
        "The last layer, logits, is left out, and the ReLU before it.",
        lambda cnn, x: cnn.fc1(_network_to_flat(cnn, x)),
    ),
    "conv2-skipped": (
        "conv2 is left out: after the first pooling come conv2, ReLU and pooling again.",
        lambda cnn, x: cnn.logits(F.relu(cnn.fc1(_flat(cnn.pool(F.relu(cnn.conv1(x))))))),
    ),
    "conv1-twice": (
        "conv1 is used twice: the second convolution is conv2.",
        lambda cnn, x: cnn.conv1(cnn.pool(F.relu(cnn.conv1(x)))),
    ),
    "conv2-first": (
        "conv2 comes first, but takes what conv1 puts out.",
        lambda cnn, x: cnn.conv2(x),
    ),
}


def _network_to_flat(cnn: BasicConvNet, x: Tensor) -> Tensor:
    x = cnn.pool(F.relu(cnn.conv1(x)))
    return _flat(cnn.pool(F.relu(cnn.conv2(x))))


MISTAKES |= together(MISTAKES, COMMON, _network)
CNN_FORWARD = _ForwardPass(
    name="cnn_forward",
    reference=cnn_forward,
    cases=_cases,
    todo=(
        "Send x through conv1, ReLU and pooling; conv2, ReLU and pooling; flatten; fc1 and ReLU; "
        "logits."
    ),
    right="Right: the scores of BasicConvNet, for networks of several sizes.",
    mistakes=table(MISTAKES),
)

"""The page's modules alone, in Chromium: every number is the one that PyTorch finds."""

import base64
import contextlib
import itertools

import pytest
import torch
import torch.nn.functional as F
from torch import nn

import workshop_utils as wu
from workshop_utils.inside import page as pages
from workshop_utils.inside.trace import trace

pytestmark = [
    pytest.mark.browser,
    pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel"),
]
NEAR = 1e-4
IMAGE = (3, 16, 16)

MODULES = ("network", "data", "sizes")
RUN = """([name, inputs, edits]) => {
  const net = new Network(networks[name]);
  for (const [k, kind, at, value] of edits) net.operations[k][kind][at] = value;
  const found = inputs.map((input) => {
    net.run(input);
    return net.values.map((values) => Array.from(values));
  });
  for (const [k] of edits) net.reset(k);
  return found;
}"""
WINDOWS = """([name, input, chosen]) => {
  const net = new Network(networks[name]);
  net.run(input);
  return chosen.map(([k, index]) => {
    const op = net.operations[k];
    return windows(op, net.values[k], index).map(({places, values, weightsAt}) => ({
      places, values,
      weights: op.weight ? weightsAt.map((at) => op.weight[at]) : null,
      filters: op.weight ? weightsAt.map((at) => filterOf(op, at)) : [],
    }));
  });
}"""


@pytest.fixture(scope="module")
def chains():
    """Chains of layers with every size that the page knows."""
    with torch.random.fork_rng():
        torch.manual_seed(0)
        made = {
            "convolutions": nn.Sequential(
                nn.Conv2d(3, 6, 5, stride=2, padding=1),
                nn.ReLU(),
                nn.Conv2d(6, 4, (3, 2), stride=(1, 2), padding=(2, 0), groups=2, bias=False),
                nn.Conv2d(4, 8, 3, dilation=2, padding="same"),
                nn.Conv2d(8, 8, 4, padding="same", groups=4),
                nn.Sigmoid(),
            ),
            "transposed": nn.Sequential(
                nn.ConvTranspose2d(3, 4, 4, stride=2, padding=1),
                nn.ConvTranspose2d(4, 6, 3, stride=2, padding=1, output_padding=1, groups=2),
                nn.ReLU(),
                nn.ConvTranspose2d(6, 3, (2, 3), dilation=2, padding=(3, 0), bias=False),
            ),
            "pooling": nn.Sequential(
                nn.MaxPool2d(3, stride=2, padding=1),
                nn.MaxPool2d(2, stride=1, dilation=2),
                nn.MaxPool2d(3, ceil_mode=True),
                nn.AvgPool2d(2, stride=1, padding=1),
                with_statistics(nn.BatchNorm2d(3)),
                nn.AdaptiveMaxPool2d(3),
                nn.AdaptiveAvgPool2d(1),
                nn.Flatten(),
                nn.Dropout(),
                nn.Linear(3, 7),
                nn.Linear(7, 2, bias=False),
            ),
        }
    return {name: model.eval() for name, model in made.items()}


def with_statistics(norm):
    norm.running_mean.uniform_(-1, 1)
    norm.running_var.uniform_(0.5, 2)
    nn.init.uniform_(norm.weight, -1, 1)
    nn.init.uniform_(norm.bias, -1, 1)
    return norm


@pytest.fixture(scope="module")
def compute(chromium, chains):
    """Call a function of JavaScript, which may use what the modules export, and `networks`."""
    context = chromium.new_context(offline=True)
    page = context.new_page()
    names = ", ".join(f"${name}" for name in (*MODULES, "ops"))
    page.evaluate(f"{''.join(map(pages.joined, MODULES))} Object.assign(window, {names})")
    written = {name: pages._network(trace(model, IMAGE), IMAGE) for name, model in chains.items()}
    page.evaluate(
        """(written) => {
          window.networks = Object.fromEntries(
            Object.entries(written).map(([name, network]) => [name, networkOf(network)]));
        }""",
        written,
    )
    yield page.evaluate
    context.close()


def differ(ours, theirs):
    """The largest difference of two lists of numbers that are equally long."""
    ours, theirs = torch.as_tensor(ours), theirs.detach().flatten()
    assert ours.shape == theirs.shape
    return (ours - theirs).abs().max()


def all_values(model, x):
    """What each step of a chain of layers hands on, one by one; dropout hands on nothing new."""
    found = [x]
    with torch.no_grad():
        for layer in model:
            x = layer(x)
            if not isinstance(layer, nn.Dropout):
                found.append(x)
    return found


every_chain = pytest.mark.parametrize("name", ["convolutions", "transposed", "pooling"])


@every_chain
def test_each_step_gives_what_pytorch_gives(compute, chains, name):
    images = torch.randn(4, *IMAGE, generator=torch.Generator().manual_seed(1))
    shown = compute(RUN, [name, images.flatten(1).tolist(), []])
    expected = all_values(chains[name], images)
    for image, values in enumerate(shown):
        assert len(values) == len(expected) > 4
        for ours, theirs in zip(values, expected, strict=True):
            assert differ(ours, theirs[image]) < NEAR


@every_chain
def test_what_follows_a_changed_weight_is_what_pytorch_gives(compute, chains, name):
    model, operations = chains[name], trace(chains[name], IMAGE)
    x = torch.randn(1, *IMAGE, generator=torch.Generator().manual_seed(2))
    [before] = compute(RUN, [name, x.flatten(1).tolist(), []])
    for k, operation in enumerate(operations):
        if operation.kind not in ("conv", "transposed", "linear"):
            continue
        weight = model[int(operation.name)].weight.data.view(-1)
        at, was = weight.numel() // 2, weight[weight.numel() // 2].item()
        weight[at] = was + 1.5
        expected = all_values(model, x)
        weight[at] = was
        [after] = compute(RUN, [name, x.flatten(1).tolist(), [[k, "weight", at, was + 1.5]]])
        assert after[: k + 1] == before[: k + 1]
        assert after[k + 1] != before[k + 1]
        assert max(map(differ, after, expected)) < NEAR


@every_chain
def test_the_window_of_a_number_is_what_it_depends_on(compute, chains, name):
    """The derivative of a number is the weights where its window is, and nothing elsewhere."""
    model = chains[name]
    x = torch.randn(1, *IMAGE, generator=torch.Generator().manual_seed(3))
    values = all_values(model, x)
    cases = [
        (k, operation, index)
        for k, operation in enumerate(trace(model, IMAGE))
        if operation.kind in ("conv", "transposed", "max", "mean")
        for n in [values[k + 1].numel()]
        for index in {0, n // 3, n // 2, n - 1}
    ]
    found = compute(WINDOWS, [name, x.flatten().tolist(), [[k, index] for k, _, index in cases]])
    for (k, operation, index), read in zip(cases, found, strict=True):
        source = values[k].detach().requires_grad_()
        output = model[int(operation.name)](source).flatten()
        [slope] = torch.autograd.grad(output[index], source)
        ours = torch.zeros(source.numel())
        for window in read:
            inside = torch.tensor(window["places"]) >= 0
            numbers = torch.tensor(window["values"])
            if operation.kind == "max":
                effect = torch.zeros(len(numbers))
                effect[numbers.where(inside, torch.tensor(-torch.inf)).argmax()] = 1
            elif operation.kind == "mean":
                effect = torch.full([len(numbers)], 1 / len(numbers))
            else:
                effect = torch.tensor(window["weights"])
            ours[torch.tensor(window["places"])[inside]] += effect[inside]
            plane = operation.shape[1] * operation.shape[2]
            assert set(window["filters"]) <= {index // plane}
        assert differ(ours, slope) < 1e-6


def test_an_image_is_moved_as_the_notebooks_move_it(compute):
    x = torch.rand(1, 3, 7, 5)
    for down, right in itertools.product((-6, -1, 0, 3), (-2, 0, 4)):
        moved = compute(
            "([x, down, right]) => Array.from(shifted(x, [3, 7, 5], down, right))",
            [x.flatten().tolist(), down, right],
        )
        expected = wu.shift(x, down, right)
        assert differ(moved, expected) < 1e-6


def test_maps_of_a_convolution_move_along_and_those_of_pooling_by_whole_places_only(compute):
    torch.manual_seed(0)
    model = nn.Sequential(nn.Conv2d(3, 4, 5), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten())
    x = torch.rand(1, *IMAGE)
    found = compute(
        """([network, x, y, moves]) => {
          const net = new Network(networkOf(network)), still = net.twin();
          net.run(y);
          still.run(x);
          return [0, 1, 2].map((k) => moves.map(([down, right]) => distanceFromMoved(
            net.values[k + 1], still.values[k + 1], net.shape(k), down, right)
          )).concat([[0, 1, 2, 3].map((k) => pixelsPerStep(net, k))]);
        }""",
        [
            pages._network(trace(model, IMAGE), IMAGE),
            x.flatten().tolist(),
            wu.shift(x, down=2, right=-4).flatten().tolist(),
            [[0, 0], [2, -4], [1, -2]],
        ],
    )
    (_, conv, _), (_, relu, _), (_, _, pool), pixels = found
    assert max(conv, relu, pool) < 1e-6
    assert min(found[0][0], found[0][2], found[2][0], found[2][1]) > 0.05
    assert pixels == [1, 1, 2, 0]


def test_scores_become_probabilities_and_errors_add_up(compute):
    scores = torch.tensor([1000.0, 998.0, -3.0])
    found = compute("(x) => softmax(x)", scores.tolist())
    assert differ(found, scores.softmax(dim=0)) < 1e-6
    assert compute("([a, b]) => squaredError(a, b)", [[1, 2, 3], [1, 0, 6]]) == 13


def test_the_bench_has_the_sizes_and_numbers_of_pytorch(compute):
    sizes = ("n", "k", "stride", "padding")
    choices = list(itertools.product((2, 5, 8), (1, 2, 3, 5), (1, 2, 4), (0, 1, 3)))
    cases = [
        {"direction": direction, **dict(zip(sizes, choice, strict=True))}
        for choice in choices
        for direction in ("forward", "transposed")
    ]
    generator = torch.Generator().manual_seed(0)
    inputs = [torch.randint(0, 4, (c["n"], c["n"]), generator=generator).float() for c in cases]
    filters = [torch.randint(-1, 3, (c["k"], c["k"]), generator=generator).float() for c in cases]
    found = compute(
        """([cases, inputs, filters]) => cases.map((settings, i) => {
          const side = sideAfter(settings);
          if (side < 1) return [side, []];
          const output = new Float32Array(side * side);
          compute(operationOf(settings, filters[i], side), inputs[i], output);
          return [side, Array.from(output)];
        })""",
        [
            cases,
            [each.flatten().tolist() for each in inputs],
            [each.flatten().tolist() for each in filters],
        ],
    )
    n_empty = 0
    for case, x, weight, (side, values) in zip(cases, inputs, filters, found, strict=True):
        function = F.conv2d if case["direction"] == "forward" else F.conv_transpose2d
        sizes = {"stride": case["stride"], "padding": case["padding"]}
        if side < 1:
            n_empty += 1
            with contextlib.suppress(RuntimeError):  # else it gives nothing
                assert function(x[None, None], weight[None, None], **sizes).numel() == 0
        else:
            expected = function(x[None, None], weight[None, None], **sizes)
            assert expected.shape[2:] == (side, side)
            assert torch.equal(torch.tensor(values), expected.flatten())
    assert 0 < n_empty < len(cases) / 4


def test_weights_and_images_arrive_bit_for_bit(compute):
    numbers = torch.randn(5, 3)
    op = {"weight": pages._in_text(numbers.T), "bias": pages._in_text(numbers[0])}
    found = compute("(op) => Array.from(networkOf({operations: [op]}).operations[0].weight)", op)
    assert torch.equal(torch.tensor(found), numbers.T.flatten())
    assert base64.b64decode(op["bias"]) == numbers[0].numpy().tobytes()

"""Errors of a student's code in words: what happened, in which of their lines, what to do."""

import linecache
import re
import sysconfig
import traceback
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import FrameType

import torch

# Where code lies that no student has written: Python's, PyTorch's and ours.
FOREIGN = (
    *{sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib")},
    str(Path(torch.__file__).parent),
    str(Path(__file__).parent.parent),
    "<frozen",
)
LONGEST_TEXT = 160

# (what an error says, what it means). Groups of the pattern fill the braces.
MEANINGS = [
    (
        r"expected input\[.*\] to have (\d+) channels, but got (\d+) channels",
        "this convolution expects {0} channels but is given {1}. The input channels of each "
        "convolution are the output channels of the one before; the first takes the 3 colours",
    ),
    (
        r"before Module\.__init__\(\) call",
        "a layer is set before PyTorch is ready for it. Begin __init__ with super().__init__()",
    ),
    (
        r"must be Tensor, not (Conv2d|Linear|Sequential|\w*Pool2d|ReLU)",
        "a function such as F.relu is given the layer ({0}), not a tensor. Call the layer on the "
        "images first: F.relu(self.conv1(x))",
    ),
    (
        r"must be Tensor, not (\w+)",
        "a tensor is needed here, but a {0} is given",
    ),
    (
        r"(?:conv2d\(\) received an invalid combination|Boolean value of Tensor)",
        "this call has the wrong arguments. F.relu and torch.relu are called on a tensor, "
        "F.relu(x); nn.ReLU and nn.Conv2d are made first and then called, nn.ReLU()(x)",
    ),
    (
        r"Expected 3D \(unbatched\) or 4D \(batched\) input to conv2d.*\[([^\]]*)\]",
        "a convolution needs images N×channels×height×width, but is given a tensor of shape "
        "[{0}]. Do not flatten the images",
    ),
    (
        r"mat1 and mat2 shapes cannot be multiplied \((\S+) and (\S+)\)",
        "a linear layer (matrices {0} and {1}) does not fit what it is given",
    ),
    (
        r"[Kk]ernel size can't be greater than actual input size|Output size is too small",
        "the image has become smaller than the filter. Are there more than three layers, or "
        "pooling beside the strides?",
    ),
    (
        r"einsum\(\): subscript (\w) has size (\d+) for operand (\d)",
        "in einsum, {0} stands for dimensions of different sizes. Compare the letters with the "
        "shapes of both tensors",
    ),
    (
        r"must be tuple of ints|'float' object cannot be interpreted as an integer",
        "a size or a number of steps is a decimal number here. Divide whole numbers with //",
    ),
    (
        r"list is not a Module subclass",
        "nn.Sequential takes the layers themselves, not a list of them: nn.Sequential(*layers)",
    ),
    (
        r"(\w+) is not a Module subclass",
        "this is the class, not a layer. Make one of it with parentheses: nn.ReLU()",
    ),
    (
        r"Expected 3D \(unbatched\) or 4D \(batched\) input to conv_transpose2d.*\[([^\]]*)\]",
        "the decoder takes codes N×channels×height×width, but is given a tensor of shape [{0}]. "
        "Is there an unsqueeze too many?",
    ),
    (
        r"divisible by groups",
        "every filter must see all channels. Leave out groups=",
    ),
    (
        r"shape '(.*)' is invalid for input of size (\d+)",
        "{1} numbers cannot be arranged as {0}. Is a size written as a number that changes from "
        "call to call, such as the number of images or of filters?",
    ),
    (
        r"size of tensor a \((\d+)\) must match the size of tensor b \((\d+)\)",
        "two tensors do not fit together: {0} entries along one dimension of the first, {1} of "
        "the second. Print both shapes just before. A window that sticks out at the edge is too "
        "small: are there more positions than fit? To multiply whole images by one number each, "
        "give the numbers the shape N×1×1×1, or go through them in a loop",
    ),
    (
        r"[Tt]he expanded size of the tensor \((\d+)\) must match the existing size \((\d+)\)",
        "{1} entries do not fit into a place for {0}. Is a shape written as numbers? Take it from "
        "the tensor: start.shape",
    ),
    (
        r"Sizes of tensors must match|stack expects each tensor to be equal size",
        "the tensors put together have different shapes",
    ),
    (
        r"Expected all tensors to be on the same device|is on meta|should be the same",
        "images and weights are of different kinds or on different devices. The check gives "
        "float32 images on the CPU: leave out .to(), .double() and device=",
    ),
    (
        r"expected scalar type|expected m1 and m2 to have the same dtype|must have the same dtype",
        "tensors of different number types meet. Leave them all float32, as they come",
    ),
    (
        r"'?ellipsis'?",
        "there is still a ... to be replaced by your code",
    ),
    (
        r"'NoneType' object|and 'NoneType'|not 'NoneType'",
        "something here is None. Is a return statement missing, or a value not filled in yet?",
    ),
    (
        r"(?:name|variable) '(F|nn|torch|np)' ",
        "{0} is not imported. Run the notebook's first cell again",
    ),
    (
        r"name '(conv\w*|relu\w*|layers?\w*|net|model|pool\w*)' is not defined",
        "there is no variable {0}. A layer belongs to the object: self.{0}",
    ),
    (
        r"name '(\w+)' is not defined",
        "there is no variable {0}. Is it misspelt, or the name of an argument?",
    ),
    (
        r"local variable '(\w+)'",
        "{0} is used before it has a value",
    ),
    (
        r"'Tensor' object has no attribute '(\w+)'",
        "a tensor has no {0}. Is it misspelt?",
    ),
    (
        r"module '([\w.]+)' has no attribute '(\w+)'",
        "{0} has no {1}. Is it misspelt?",
    ),
    (
        r"'(\w+)' object has no attribute '(\w+)'",
        "this {0} has no {1}. Is it misspelt, or was it never made in __init__?",
    ),
    (
        r"got an unexpected keyword argument '(\w+)'",
        "there is no argument called {0}",
    ),
    (
        r"maximum recursion depth",
        "a function calls itself again and again. Does forward call self(x) or self.forward(x)?",
    ),
    (
        r"leaf Variable that requires grad|modified by an inplace operation",
        "a tensor is changed in place (+=, x[...] =, or a function whose name ends in _). Make a "
        "new tensor instead",
    ),
]


def not_written(todo: str) -> str:
    """What to tell a student who has not begun, or has forgotten to remove the stub's line."""
    return f"Not written yet, or a line with raise NotImplementedError is still there. {todo}"


def explain(error: BaseException, doing: str, todo: str) -> str:
    """Say what an error means.

    Args:
        error: what a student's code raised.
        doing: what the check was doing, as the beginning of a sentence.
        todo: what to write, for a student who has not begun.
    """
    text = _text(error)
    if isinstance(error, NotImplementedError) and "Module [" not in text and _is_theirs(error):
        return not_written(todo)
    line = _students_line(error)
    where = f" in your line “{line}”" if line else ""
    if isinstance(error, (SystemExit, KeyboardInterrupt)):
        return f"{doing} stopped{where}: it ends the whole program. Return a value instead."
    meaning = next(
        (
            said.format(*match.groups())
            for pattern, said in MEANINGS
            if (match := re.search(pattern, text))
        ),
        None,
    )
    said = (meaning or text).rstrip(".")
    end = "" if said.endswith("?") else "."
    return f"{doing} stopped{where} ({type(error).__name__}){': ' if said else ''}{said}{end}"


def students_frames(frames: Iterable[FrameType]) -> Iterator[FrameType]:
    """Those frames of a stack that run a student's code."""
    for frame in frames:
        if not frame.f_code.co_filename.startswith(FOREIGN):
            yield frame


def _is_theirs(error: BaseException) -> bool:
    """Whether a line of the student's raised it, as a stub does, and not PyTorch."""
    frames = [frame for frame, _ in traceback.walk_tb(error.__traceback__)]
    return not frames or next(students_frames(frames[-1:]), None) is not None


def _students_line(error: BaseException) -> str:
    """The student's line that raised, as it is written; empty if it cannot be found."""
    lines = {frame: number for frame, number in traceback.walk_tb(error.__traceback__)}
    frames = list(students_frames(lines))
    if not frames:
        return ""
    code, number = frames[-1].f_code, lines[frames[-1]]
    return _shortened(linecache.getline(code.co_filename, number).strip())


def _text(error: BaseException) -> str:
    """What an error says: its first line, not too long, the same every time."""
    try:
        lines = str(error).strip().splitlines()
    except Exception:
        return ""
    return _shortened(re.sub(r" at 0x[0-9a-fA-F]+", "", lines[0] if lines else ""))


def _shortened(text: str) -> str:
    return text if len(text) <= LONGEST_TEXT else text[:LONGEST_TEXT] + "…"

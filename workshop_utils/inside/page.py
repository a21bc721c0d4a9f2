"""The page: one file with the networks, some images, and all that computes and shows them."""

import base64
import json
import re
from dataclasses import dataclass
from html import escape
from pathlib import Path
from string import Template
from typing import Any

import torch
from torch import Tensor, nn

from workshop_utils.inside.examples import Examples
from workshop_utils.inside.trace import CannotShowError, Operation, trace
from workshop_utils.networks.evaluation import format_shape

PARTS = Path(__file__).parent / "page"
LARGEST = 2_000_000  # bytes of a page, which is handed round; the CNN and the autoencoder need half
IMPORT = re.compile(r'^import \{([^}]*)\} from "\./(\w+)\.js";\n', re.MULTILINE)
EXPORT = re.compile(r"^export ((?:async )?(?:const|function|class) (\w+))", re.MULTILINE)

SECTION = """<section id="{name}" aria-labelledby="{name}-title">
<h2 id="{name}-title">{title}</h2>
<p>{about}</p>
<div class="view"></div>
</section>"""
NETWORK = (
    "An image on its way through the network",
    "Choose an image, draw on it, or move it. Click on a number of a map, or go there with Tab and "
    "the arrow keys, to see how it comes about. Its filter can be changed (Enter goes there, "
    "Escape back), and all that follows changes with it. Colours run "
    '<span class="scale" aria-hidden="true"></span> from blue (below zero) to orange (above zero); '
    "± says for each layer which number has the full colour. Maps, rows and columns are counted "
    "from 0, as in PyTorch.",
)
BENCH = (
    "A convolution on the bench",
    "Set the sizes, and choose a number of the output with a click or the arrow keys: what it is "
    "made of is framed. Hatched is what is left out, dashed is padding.",
)
AUTOENCODER = (
    "Between two images",
    "On the left the pixels of two images are blended; on the right their <em>codes</em> are, and "
    "then decoded. Reconstructions are what stands at both ends. <strong>Look for</strong> the "
    "middle: do you see one object, or two at once?",
)


@dataclass(frozen=True)
class Subject:
    """What a part of the page is about.

    Args:
        networks: a network of images; or an encoder and its decoder.
        examples: images to choose from.
        about: a sentence on where the networks come from.
    """

    networks: tuple[nn.Module, ...]
    examples: Examples
    about: str = ""


def to_page(*subjects: Subject) -> str:
    """Make a page that needs no server and no network.

    Args:
        subjects: a network, an autoencoder, or both.

    Returns:
        The page, as HTML.

    Raises:
        CannotShowError: a network does what the page cannot compute, or is too large.
    """
    data = {}
    sections = {"network": None, "bench": BENCH, "autoencoder": None}
    for subject in subjects:
        name = "network" if len(subject.networks) == 1 else "autoencoder"
        data[name] = (_classifier if name == "network" else _autoencoder)(subject)
        title, text = NETWORK if name == "network" else AUTOENCODER
        sections[name] = title, f"{text} {escape(subject.about)}"
    shown = [(name, *texts) for name, texts in sections.items() if texts]
    page = Template((PARTS / "index.html").read_text(encoding="utf-8")).substitute(
        title="Look inside the network",
        style=(PARTS / "style.css").read_text(encoding="utf-8"),
        links=" ".join(f'<a href="#{name}">{title}</a>' for name, title, _ in shown),
        sections="\n".join(
            SECTION.format(name=name, title=title, about=about) for name, title, about in shown
        ),
        data=json.dumps(data).replace("<", "\\u003c"),  # no text of it ends the script
        script=joined("main"),
    )
    if len(page.encode()) > LARGEST:
        raise CannotShowError(
            f"The network is too large for the page, which would have {len(page) / 1e6:.1f} MB "
            f"rather than at most {LARGEST / 1e6:.1f}. That is enough for about 330,000 parameters."
        )
    return page


def joined(name: str) -> str:
    """A module of the page and all that it imports, as one script without imports.

    Each module becomes a constant such as `$ops`, which holds what it exports.
    """
    code: dict[str, str] = {}

    def add(name: str) -> None:
        if name in code:
            return
        source = (PARTS / f"{name}.js").read_text(encoding="utf-8")
        for _names, needed in IMPORT.findall(source):
            add(needed)
        exported = ", ".join(found[1] for found in EXPORT.findall(source))
        body = IMPORT.sub(r"const {\1} = $\2;\n", EXPORT.sub(r"\1", source))
        body = re.sub(r"^ *(//.*\n)?", "", body, flags=re.MULTILINE)  # a quarter of its size
        code[name] = f"const ${name} = (() => {{\n{body}return {{{exported}}};\n}})();\n"

    add(name)
    return "".join(code.values())


def _classifier(subject: Subject) -> dict[str, Any]:
    examples = subject.examples
    operations = trace(subject.networks[0], _image_shape(examples))
    shape = operations[-1].shape
    classes: list[str] | None = None
    if len(shape) == 1:
        named = len(examples.classes) == shape[0]
        classes = [*(examples.classes if named else map(str, range(shape[0])))]
    return {
        "network": _network(operations, _image_shape(examples)),
        "classes": classes,
        "images": _images(examples),
    }


def _autoencoder(subject: Subject) -> dict[str, Any]:
    examples, image = subject.examples, _image_shape(subject.examples)
    encoder, decoder = subject.networks
    encoding = trace(encoder, image)
    code = encoding[-1].shape
    decoding = trace(decoder, code)
    if decoding[-1].shape != image:
        raise CannotShowError(
            f"The decoder makes {format_shape(decoding[-1].shape)} numbers of a code, but an image "
            f"has {format_shape(image)}."
        )
    return {
        "encoder": _network(encoding, image),
        "decoder": _network(decoding, code),
        "images": _images(examples),
    }


def _image_shape(examples: Examples) -> tuple[int, ...]:
    return tuple(examples.images.shape[1:])


def _network(operations: list[Operation], input_shape: tuple[int, ...]) -> dict[str, Any]:
    return {
        "input": input_shape,
        "operations": [
            {
                "kind": operation.kind,
                "name": operation.name,
                "shape": operation.shape,
                **operation.sizes,
                **{name: _in_text(numbers.float()) for name, numbers in operation.weights.items()},
            }
            for operation in operations
        ],
    }


def _images(examples: Examples) -> dict[str, Any]:
    return {
        "shape": _image_shape(examples),
        "classes": examples.classes,
        "labels": examples.labels.tolist(),
        "pixels": _in_text(examples.images),
    }


def _in_text(numbers: Tensor) -> str:
    """The bytes of a tensor, row after row, as base64."""
    plain = torch.empty_like(numbers, memory_format=torch.contiguous_format).copy_(numbers)
    return base64.b64encode(plain.detach().cpu().numpy().tobytes()).decode()

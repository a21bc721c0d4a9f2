"""Small sets of images, quick to train on, and a watch over every test."""

import base64
import dataclasses
import io
from collections.abc import Iterator
from pathlib import Path

import pytest
from leaks import nothing_changes, watch_all_calls
from making import make_official, noise
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
from PIL import Image

import workshop_utils as wu
from workshop_utils.images import cifar10
from workshop_utils.images.dataset import CLASSES, ImageData
from workshop_utils.settings import Settings

watch_all_calls()


@pytest.fixture(autouse=True)
def nothing_leaks() -> Iterator[None]:
    """No test, and nothing that it calls, leaves changed what others share."""
    with nothing_changes():
        yield


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Settings whose folders are empty and thrown away."""
    return dataclasses.replace(
        Settings.from_environment(), data_dir=tmp_path / "data", runs_dir=tmp_path / "runs"
    )


@pytest.fixture
def data() -> ImageData:
    """200 training and 90 test images of noise; three bright rows tell the class."""
    return noise()


@pytest.fixture
def loaders(data: ImageData) -> tuple[wu.Loader, wu.Loader]:
    """A training and a test loader whose last batches are smaller than the others."""
    return data.loaders(batch_size=64)


@pytest.fixture(autouse=True)
def users_cache(nothing_leaks: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The user's own cache folder, for data folders that cannot be written."""
    monkeypatch.setattr("workshop_utils.images.cache.user_cache_path", lambda _: tmp_path / "user")
    return tmp_path / "user"


@pytest.fixture
def official(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Path, Path]:
    """A folder and an archive in the official format, 20 + 10 images, with fitting sums."""
    return make_official(tmp_path / "made", monkeypatch.setattr)


@pytest.fixture
def image_folder(settings: Settings) -> Path:
    """Two images per class and part; the value of every pixel is ten times the label."""
    for part in ("train", "test"):
        for label, name in enumerate(CLASSES):
            folder = settings.data_dir / cifar10.IMAGE_FOLDER / part / name
            folder.mkdir(parents=True)
            for number in range(2):
                image = Image.new("RGB", (32, 32), (10 * label,) * 3)
                image.save(folder / f"{number}.png")
    return settings.data_dir / cifar10.IMAGE_FOLDER


@pytest.fixture(scope="session")
def lesson() -> NotebookNode:
    """A notebook with an exercise, and with one of everything that is hard to show."""

    def text(source: str, *tags: str) -> NotebookNode:
        return new_markdown_cell(source, metadata={"tags": list(tags)})

    def code(source: str, *outputs: NotebookNode, tags: tuple[str, ...] = ()) -> NotebookNode:
        return new_code_cell(source, outputs=list(outputs), metadata={"tags": list(tags)})

    def shown(alt: str, size: tuple[int, int]) -> NotebookNode:
        file = io.BytesIO()
        Image.new("RGB", size, "orange").save(file, "PNG")
        picture = base64.b64encode(file.getvalue()).decode()
        about = {"image/png": {"alt": alt}}
        return new_output("display_data", {"image/png": picture}, metadata=about)

    def printed(said: str) -> NotebookNode:
        return new_output("stream", name="stdout", text=said)

    def fold(summary: str, inside: str) -> str:
        return f"<details><summary><b>{summary}</b></summary>\n\n{inside}\n\n</details>"

    long_function = "def run(x):\n" + "\n".join(f"    x = step_{i}(x)" for i in range(60))
    widest = f"x = '{'m' * 94}'"
    log = "".join(f"epoch {epoch:2}/48 | loss {100 / epoch:.3f}\n" for epoch in range(1, 49))
    table = "| layer | shape |\n|---|---|\n" + "| convolution | 8×28×28 |\n" * 5
    task = "\n\n".join(
        f"Part {part} of the task is this: " + "count them. " * 12 for part in "abcd"
    )
    source = new_output(
        "display_data", {"text/html": '<div class="highlight">', "text/plain": long_function}
    )
    return new_notebook(
        cells=[
            text("# 7 · A & B\n\n**What you will learn**\n\n- to test with $x^2$;\n- little else."),
            text(fold("For tutors", "Plan: *ten* minutes for $y_1$."), "tutor"),
            code("import preparation"),
            text(
                "## First\n\nTickets cost $5 or $10, `a$b$c`.\n\n$$ \\sum_k x_k $$\n\nWhat is it?"
            ),
            code("wu.show(1)", shown('a "wide" picture', (900, 300))),
            text("Which part of it is orange?"),
            code("wu.show(2)", shown("a tall picture", (300, 400))),
            code(widest + "\nprint(x)", printed("m" * 94 + "\n" + "n" * 130 + "\n")),
            code("wu.show_source(run)", source),
            code("train()", printed(log)),
            text(table),
            text(f"**Exercise** (easy, 5 minutes)\n\n{task}", "exercise"),
            text(fold("Wrong answers", "They say 6. Ask: why?"), "tutor"),
            text(fold("Hint 1", "Look closely."), "hint"),
            text(fold("Hint 2", "Look again.")),
            text("Look elsewhere.", "hint"),
            code("answer = 42", tags=("exercise",)),
            code("print(answer)", printed("42\n"), tags=("check",)),
            text("Now " + "and then " * 300 + "\n\n" + fold("Solution on paper", "It is 42.")),
            text("## Second\n\n```python\nlast = True\n```\n\n[The start](01_mlp.ipynb#section-1)"),
        ]
    )

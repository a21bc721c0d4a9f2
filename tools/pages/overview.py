"""Draw the picture at the top of README.md from figures of the executed notebooks.

    python -m tools.pages.overview

writes docs/overview.png.
"""

from PIL import Image

from tools.pages.rendering import description, executed, opened, pictures
from tools.places import DOCS
from workshop_utils.files import written_whole

PICTURE = DOCS / "overview.png"
FIGURES = (  # notebook, and how the description of the figure begins; row by row
    ("a_layers", "Through the network"),
    ("02_cnn", "Trained and validated on pixels"),
    ("03_autoencoder", "One change at a time"),
    ("04_interpolation", "From frog to airplane"),
)
WIDTH, MARGIN = 760, 24  # of a figure, in pixels


def find_figure(notebook: str, beginning: str) -> Image.Image:
    """The figure of an executed notebook whose description begins so."""
    for output in pictures(executed()[notebook]):
        if description(output).startswith(beginning):
            return opened(output)
    raise LookupError(f"{notebook} has no figure whose description begins with {beginning!r}.")


def draw() -> Image.Image:
    """All figures, two in a row, each in the middle of its place."""
    figures = []
    for notebook, beginning in FIGURES:
        figure = find_figure(notebook, beginning).convert("RGB")
        height = round(figure.height * WIDTH / figure.width)
        figures.append(figure.resize((WIDTH, height), Image.Resampling.LANCZOS))
    rows = [figures[start : start + 2] for start in range(0, len(figures), 2)]
    heights = [max(figure.height for figure in row) for row in rows]
    size = (2 * WIDTH + 3 * MARGIN, sum(heights) + MARGIN * (len(rows) + 1))
    picture = Image.new("RGB", size, "white")
    top = MARGIN
    for row, height in zip(rows, heights, strict=True):
        for column, figure in enumerate(row):
            left = MARGIN + column * (WIDTH + MARGIN)
            picture.paste(figure, (left, top + (height - figure.height) // 2))
        top += height + MARGIN
    return picture


def main() -> None:
    """Draw and write."""
    with written_whole(PICTURE) as part:
        # 256 colours take a third of the room. An octree also keeps those of thin lines.
        small = draw().quantize(256, Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE)
        small.save(part, "PNG", optimize=True)


if __name__ == "__main__":
    main()

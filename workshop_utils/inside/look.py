"""The page in a notebook or in a file; a picture where pages do not run."""

from html import escape
from pathlib import Path

import matplotlib.pyplot as plt
import torch
import torch.nn.functional as F
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from torch import Tensor, nn

from workshop_utils.figures.style import BLUE, GREY, ORANGE, show_figure, styled
from workshop_utils.files import written_whole
from workshop_utils.images.dataset import CIFAR10, ImageData
from workshop_utils.inside.examples import Examples, examples_for, examples_of
from workshop_utils.inside.page import Subject, to_page
from workshop_utils.inside.trace import CannotShowError
from workshop_utils.networks.evaluation import evaluating, format_shape
from workshop_utils.networks.layers import layer_outputs
from workshop_utils.say import say
from workshop_utils.settings import progress_bars_wanted

HEIGHT = 800  # pixels of the screen, for the page in a notebook
IN_A_ROW, MAP = 16, 0.6  # maps in the picture, and the inches that each has
SIGNED = LinearSegmentedColormap.from_list("signed", [BLUE, "white", ORANGE])


def look_inside(
    model: nn.Module,
    decoder: nn.Module | None = None,
    *,
    data: ImageData | None = None,
    file: str | Path | None = None,
) -> None:
    """Show a page on which a network runs, with every number to look at and to change.

    Where pages do not run, as with WORKSHOP_PROGRESS=0, a picture of the maps takes its place. A
    network that the page cannot compute gets a sentence that says what and where.

    Args:
        model: turns images N×3×32×32 into scores; or an encoder, with its decoder.
        decoder: turns codes into images N×3×32×32.
        data: whose validation images to choose from; None takes those of the workbook.
        file: where to write the page instead, to open it in a browser or to hand it round.
    """
    networks = (model,) if decoder is None else (model, decoder)
    examples = examples_of(data) if data else examples_for(CIFAR10)
    try:
        page = to_page(Subject(networks, examples))
    except CannotShowError as error:
        say(error)
        return
    if file is not None:
        with written_whole(Path(file)) as part:
            part.write_text(page, encoding="utf-8")
        say(f"{file}: {len(page) / 1e6:.1f} MB, to be opened in a browser.")
    elif progress_bars_wanted():
        _show_page(page)
    else:
        _show_picture(networks, examples)


def _show_page(page: str) -> None:
    from IPython.display import display

    frame = (
        f'<iframe srcdoc="{escape(page)}" title="Look inside the network" sandbox="allow-scripts" '
        f'style="width: 100%; height: {HEIGHT}px; border: 1px solid {GREY}"></iframe>'
    )
    display({"text/html": frame, "text/plain": "A page that needs a browser."}, raw=True)


@styled
def _show_picture(networks: tuple[nn.Module, ...], examples: Examples) -> None:
    """Draw the maps of every layer for one image, and the scores if there are any."""
    x = examples.images[:1] / 255
    maps: dict[str, Tensor] = {}
    for network in networks:
        x = x.to(next(network.parameters(), x))
        for name, output in layer_outputs(network, x).items():
            if output.dim() == 4:
                maps[f"{name}\n{format_shape(tuple(output.shape[1:]))}"] = output[0].cpu()
        with evaluating(network):
            x = network(x)
    heights = [MAP * -(-len(each) // IN_A_ROW) for each in maps.values()]  # rounded up
    has_scores = x.dim() == 2 and x.shape[1] == len(examples.classes)
    is_image = x.shape[1:] == examples.images.shape[1:]
    heights = [2 * MAP, *heights, *([2 * MAP] if has_scores or is_image else [])]
    figure, grid = plt.subplots(
        len(heights), 1, figsize=(MAP * IN_A_ROW, sum(heights) + 1), height_ratios=heights
    )
    shown = examples.classes[int(examples.labels[0])]
    _draw_image(grid[0], examples.images[0] / 255, shown)
    for axes, (name, values) in zip(grid[1:], maps.items(), strict=False):
        largest = values.abs().max().item() or 1.0
        axes.imshow(_in_rows(values).numpy(), cmap=SIGNED, vmin=-largest, vmax=largest)
        _label(axes, name)
    if has_scores:
        scores = x[0].tolist()
        grid[-1].grid(visible=False)
        colours = [BLUE if score < 0 else ORANGE for score in scores]
        grid[-1].bar(examples.classes, scores, color=colours)
        grid[-1].tick_params(axis="x", labelsize=9, length=0)
        grid[-1].set_ylabel("score")
    elif is_image:
        _draw_image(grid[-1], x[0].cpu(), "decoded")
    title = f"Inside {' and '.join(type(network).__name__ for network in networks)}"
    layers = "; ".join(name.replace("\n", ", ") for name in maps)
    below = "Blue is below zero, orange above. In JupyterLab: a page on which all of it runs"
    figure.suptitle(title)
    figure.supxlabel(below, fontsize=11, color=GREY)
    show_figure(figure, f"{title}: an image ({shown}) and the maps of {layers}.")


def _draw_image(axes: Axes, image: Tensor, text: str) -> None:
    axes.imshow(image.permute(1, 2, 0).clamp(0, 1).numpy(), interpolation="nearest")
    _label(axes, text)


def _label(axes: Axes, text: str) -> None:
    axes.set_anchor("W")
    axes.axis("off")
    axes.text(-0.02, 0.5, text, transform=axes.transAxes, ha="right", va="center", fontsize=10)


def _in_rows(maps: Tensor) -> Tensor:
    """Maps C×H×W beside each other with gaps, in rows of 16; what is no map is NaN."""
    framed = F.pad(maps, (0, 1, 0, 1), value=torch.nan)
    rows = [torch.cat(list(row), dim=1) for row in framed.split(IN_A_ROW)]
    missing = rows[0].shape[1] - rows[-1].shape[1]  # in the last row
    rows[-1] = F.pad(rows[-1], (0, missing), value=torch.nan)
    return torch.cat(rows)

"""The look that all figures share: colours, sizes, and a description for those who cannot see."""

import textwrap
from contextlib import ContextDecorator
from typing import Any, cast

import matplotlib.pyplot as plt
from matplotlib.figure import Figure

from workshop_utils.figures.numbers import numbers_of

# Okabe and Ito (2008): told apart with every common form of colour blindness.
BLUE, ORANGE, GREEN, PURPLE, GREY = "#0072B2", "#D55E00", "#009E73", "#CC79A7", "#6B6B6B"
LINES = ((ORANGE, "--"), (BLUE, "-"), (GREEN, "-."), (PURPLE, ":"))  # also told apart in grey

# Beside Matplotlib's own defaults: settings of the reader's may turn images upside down, or their
# colours, or need a TeX that is not there.
STYLE: dict[Any, Any] = {
    "figure.dpi": 100,
    "figure.constrained_layout.use": True,
    "font.size": 12,
    "axes.titlesize": 13,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.color": "#DDDDDD",
    "lines.linewidth": 2,
    "legend.frameon": False,
}

LETTERS_PER_INCH, INCHES_PER_LINE = 12.5, 0.18  # of text with 11 points

# Use as a decorator: the style holds inside the function and nowhere else.
styled = cast(ContextDecorator, plt.style.context(["default", STYLE]))


def show_plot(figure: Figure, title: str, finding: str, details: str = "") -> None:
    """Show a plot with its finding written below it, then forget it.

    The finding says what the numbers say; it is computed, since every run finds its own. The
    details say more of what the plot shows, for those who cannot see it.
    """
    lines = textwrap.wrap(finding, width=int(LETTERS_PER_INCH * figure.get_figwidth()))
    figure.set_figheight(figure.get_figheight() + INCHES_PER_LINE * len(lines))
    figure.supxlabel("\n".join(lines), fontsize=11, color=GREY)
    show_figure(figure, f"{title}. {finding} {details}".rstrip())


def show_figure(figure: Figure, alt: str) -> None:
    """Show a figure in the notebook (elsewhere: in a window) with its words for screen readers.

    The numbers of a plot travel in the output's metadata, where the pages find them.
    """
    from IPython import get_ipython
    from IPython.display import display

    if get_ipython():
        numbers = numbers_of(figure)
        about = {"alt": alt, "numbers": numbers} if numbers else {"alt": alt}
        display(figure, metadata={"image/png": about})
    else:
        plt.show()
    plt.close(figure)

"""The look that all figures share: colours, sizes, and a description for those who cannot see."""

import matplotlib.pyplot as plt
from matplotlib.figure import Figure

# Okabe and Ito (2008): told apart with every common form of colour blindness.
BLUE, ORANGE, GREEN, PURPLE, GREY = "#0072B2", "#D55E00", "#009E73", "#CC79A7", "#6B6B6B"
LINES = ((ORANGE, "--"), (BLUE, "-"), (GREEN, "-."), (PURPLE, ":"))  # also told apart in grey

STYLE = {
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

# Use as a decorator: the style holds inside the function and nowhere else.
styled = plt.rc_context(STYLE)


def show_figure(figure: Figure, alt: str) -> None:
    """Show a figure in the notebook (elsewhere: in a window), then forget it.

    Args:
        figure: what to show.
        alt: what it shows, in words, read aloud by screen readers.
    """
    from IPython import get_ipython
    from IPython.display import display

    if get_ipython():
        display(figure, metadata={"image/png": {"alt": alt}})
    else:
        plt.show()
    plt.close(figure)

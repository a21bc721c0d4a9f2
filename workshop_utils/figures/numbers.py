"""The numbers that a plot shows, read from the plot itself, for those who cannot see it.

A label that begins with an underscore stays out of the legend, and names a series here. What has
the same label is one series: bars and the range above them, a line and the band around it.
"""

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.collections import PathCollection, PolyCollection, QuadMesh
from matplotlib.container import BarContainer, ErrorbarContainer
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Ellipse
from matplotlib.ticker import FixedLocator

MOST_ROWS = 50  # of a longer curve, one point in two or three or ... is told


@dataclass
class Table:
    """Numbers in words: a caption, names of the columns, rows whose first cell is their heading."""

    caption: str
    columns: list[str]
    rows: list[list[str]]


@dataclass
class Point:
    """What a series shows at one place: values, and the ends of a range."""

    values: list[float] = field(default_factory=list)
    ends: list[float] = field(default_factory=list)

    def __str__(self) -> str:
        """The values, and the range in brackets."""
        texts = [", ".join(dict.fromkeys(map(in_short, self.values)))]
        if self.ends:
            texts.append(f"({in_short(min(self.ends))} to {in_short(max(self.ends))})")
        return " ".join(filter(None, texts))


Series = dict[str, Point]  # place, in words -> what is shown there


def numbers_of(figure: Figure) -> list[dict]:
    """What the plots of a figure show, as tables; pictures and drawings have none.

    Args:
        figure: with everything drawn into it.

    Returns:
        the fields of each `Table`.
    """
    return [
        asdict(table)
        for axes in figure.axes
        for kind in (_curves, _heat_maps, _clouds, _ellipses)
        for table in kind(axes)
    ]


def in_short(number: float) -> str:
    """A number with four digits, or all that stand before the point."""
    return f"{number:,.0f}" if abs(number) >= 1000 else f"{number:.4g}"


def _curves(axes: Axes) -> Iterator[Table]:
    """Lines, points and bars: a table for all at the same places, one for those at their own."""
    along, what = _label(axes, "x"), _label(axes, "y")
    if _words(axes.yaxis):
        along, what = what, along
    together: dict[tuple[str, ...], dict[str, Series]] = defaultdict(dict)
    for name, points in _series(axes).items():
        together[tuple(points)][name] = points
    alone = [series for series in together.values() if len(series) == 1]
    shown = f"{what} by {along}" if along else what
    for places, series in together.items():
        if len(series) == 1 and len(alone) > 1:
            continue
        rows = [[place, *(str(points[place]) for points in series.values())] for place in places]
        columns = [along, *(name or what for name in series)]
        whose = f" ({'; '.join(series)})" if len(together) > 1 else ""
        yield _table(axes, shown + whose, columns, [rows])
    if len(alone) > 1:
        parts = [
            [[name, place, str(point)] for place, point in points.items()]
            for series in alone
            for name, points in series.items()
        ]
        yield _table(axes, shown, ["", along, what], parts)
    levels = [[_name(line), in_short(_points(line)[0, 1])] for line in _levels(axes)]
    if levels:
        yield _table(axes, f"{what}, lines across", ["", what], [levels])


def _series(axes: Axes) -> dict[str, Series]:
    """What lines, points and bars show, by the names of the series, from left to right."""
    words = _words(axes.xaxis) or _words(axes.yaxis)
    shown = list(_shown(axes))
    found: dict[str, Series] = {name: defaultdict(Point) for name, _, _ in shown}
    for name, x, seen in sorted(shown, key=lambda one: one[1]):
        point = found[name][_place(x, words)]
        point.values += seen.values
        point.ends += seen.ends
    return found


def _shown(axes: Axes) -> Iterator[tuple[str, float, Point]]:
    """Each point of lines, bars, ranges and bands: its series, its place, what is seen there."""
    levels = _levels(axes)
    for line in axes.lines:
        if line.get_label() != "_nolegend_" and line not in levels:  # what is part of a range
            for x, y in _points(line)[:, :: -1 if _words(axes.yaxis) else 1]:
                yield _name(line), x, Point([y])
    for container in axes.containers:
        if isinstance(container, BarContainer):
            for bar in container:
                yield _name(container), bar.get_x() + bar.get_width() / 2, Point([bar.get_height()])
        elif isinstance(container, ErrorbarContainer):
            means, _, [ranges] = container.lines
            for (x, y), ends in zip(_points(means), ranges.get_segments(), strict=True):
                yield _name(container), x, Point([y], list(ends[:, 1]))
    for band in axes.collections:
        if isinstance(band, PolyCollection):
            for x, y in np.array(band.get_paths()[0].vertices):
                yield _name(band), x, Point(ends=[y])


def _heat_maps(axes: Axes) -> Iterator[Table]:
    """The squares of a heat map, which has a colour bar."""
    for mesh in axes.collections:
        if isinstance(mesh, QuadMesh) and mesh.colorbar:
            row, column = _label(axes, "y"), _label(axes, "x")
            what = f"{mesh.colorbar.ax.get_ylabel()}, rows: {row}, columns: {column}"
            names, numbers = _words(axes.yaxis).values(), np.array(mesh.get_array())
            rows = [[name, *map(in_short, x)] for name, x in zip(names, numbers, strict=True)]
            yield _table(axes, what, [row, *_words(axes.xaxis).values()], [rows])


def _clouds(axes: Axes) -> Iterator[Table]:
    """How many points there are of each kind, where places have no numbers."""
    clouds = [cloud for cloud in axes.collections if isinstance(cloud, PathCollection)]
    if clouds:
        rows = [[_name(cloud), str(len(np.array(cloud.get_offsets())))] for cloud in clouds]
        yield _table(axes, "places have no numbers", ["", "points"], [rows])


def _ellipses(axes: Axes) -> Iterator[Table]:
    """Centres of ellipses, and how far these reach to either side."""
    ellipses = [patch for patch in axes.patches if isinstance(patch, Ellipse)]
    rows = []
    for number, one in enumerate(ellipses, start=1):
        across = f"{in_short(one.center[0])} ± {in_short(one.width / 2)}"
        up = f"{in_short(one.center[1])} ± {in_short(one.height / 2)}"
        rows.append([_name(one) or str(number), across, up])
    if rows:
        across, up = _label(axes, "x"), _label(axes, "y")
        what = f"{up} by {across}, ellipses: centre ± half width"
        yield _table(axes, what, ["", across, up], [rows])


def _table(axes: Axes, what: str, columns: list[str], parts: list[list[list[str]]]) -> Table:
    """A table that says what it shows; of long parts, only some rows."""
    step = -(-max(map(len, parts)) // MOST_ROWS)
    title = _title(axes)
    caption = f"{title}: {what}" if title else what
    if step > 1:
        caption += f" (one point in {step})"
    return Table(caption, columns, [row for part in parts for row in part[::step]])


def _title(axes: Axes) -> str:
    """The title of a plot, or of one above it in a grid of plots."""
    columns = {
        other: place.colspan
        for other in axes.figure.axes
        if (place := other.get_subplotspec())  # a colour bar has none
    }
    above = [other for other, column in columns.items() if column == columns.get(axes)]
    return next(filter(None, (other.get_title() for other in (axes, *above))), "")


def _levels(axes: Axes) -> list[Line2D]:
    """Lines that go straight across the whole plot."""
    return [line for line in axes.lines if line.get_transform() == axes.get_yaxis_transform()]


def _name(artist: Any) -> str:  # noqa: ANN401 - artists, and containers of them
    """The name of a series; empty if it was given none."""
    label = str(artist.get_label())
    return "" if re.match("_(child|container)[0-9]", label) else label.removeprefix("_")


def _points(line: Line2D) -> np.ndarray:
    """The points of a line, N×2."""
    return np.array(line.get_xydata())


def _label(axes: Axes, which: str) -> str:
    """The label of the x or y axis, or of that of another plot which shares its values."""
    shared = {"x": axes.get_shared_x_axes, "y": axes.get_shared_y_axes}[which]()
    labels = [getattr(one, f"get_{which}label")() for one in (axes, *shared.get_siblings(axes))]
    return next(filter(None, labels), "").replace("\n", " ")


def _words(axis: Axis) -> dict[float, str]:
    """What is written at the ticks, if these are names and no numbers: place -> name."""
    if not isinstance(axis.get_major_locator(), FixedLocator):
        return {}
    texts = [label.get_text() for label in axis.get_ticklabels()]
    if any(text[:1] in "-−0123456789" for text in texts):
        return {}
    return dict(zip(axis.get_ticklocs(), texts, strict=True))


def _place(x: float, words: dict[float, str]) -> str:
    """A place on an axis as words: of names, the nearest."""
    return words[min(words, key=lambda place: abs(place - x))] if words else in_short(x)

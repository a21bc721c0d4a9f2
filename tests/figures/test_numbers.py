"""The numbers that pages tell beside a plot are those that were drawn."""

from unittest.mock import MagicMock

import pytest
import torch
from test_figures import FIGURES, history

import workshop_utils as wu
from workshop_utils.figures.numbers import MOST_ROWS, in_short


@pytest.fixture
def tables(data, monkeypatch):
    """The tables of a figure, by their captions."""
    noted = []
    monkeypatch.setattr("IPython.get_ipython", MagicMock)
    monkeypatch.setattr(
        "IPython.display.display", lambda _, metadata: noted.append(metadata["image/png"])
    )

    def of(draw):
        draw(data)
        found = [(x["caption"], (x["columns"], x["rows"])) for x in noted[-1].get("numbers", [])]
        assert len(dict(found)) == len(found)
        assert all(len(row) == len(columns) for _, (columns, rows) in found for row in rows)
        return dict(found)

    return of


# Of every kind of plot: caption, and the table or a row of it.
PIXELS = ["", "pixels in order", "pixels shuffled"]
PIXELS_FOUND = [
    ["MLP", "45 (40 to 50)", "45 (40 to 50)"],
    ["CNN", "60 (60 to 60)", "45 (40 to 50)"],
]
ERROR, DIVERGENCE = "squared error per validation image", "divergence, nats per validation image"
VARIANTS = ["epoch", "as above", "without ReLU", "as above, longer", "yours"]
SHIFTS = "A title: accuracy, % by validation images moved by, in pixels"
EXPECTED = {
    "pixels": ("A title: validation accuracy, %", PIXELS, PIXELS_FOUND),
    "variants": (
        f"A title: {ERROR} by epoch",
        VARIANTS,
        [
            ["1", "50 (50 to 50)", "50 (50 to 50)", "50", "50"],
            ["2", "20 (20 to 20)", "20 (20 to 20)", "20", "20"],
            ["3", "10.5 (10 to 11)", "5.5 (5 to 6)", "10", "5"],
        ],
    ),
    "balance": (
        f"A title: {ERROR} by {DIVERGENCE}",
        ["", DIVERGENCE, ERROR],
        [["β = 0.1", "10", "0.1, 1.1"], ["β = 1", "100", "1, 2"]],
    ),
    "sweep": (
        "A title: validation accuracy, %",
        ["", "seeds", "mean"],
        [
            ["width 1, learning_rate 0.1", "50, 60", "55"],
            ["width 2, learning_rate 0.1", "60, 70", "65"],
        ],
    ),
    "labels": (
        "A title: accuracy, % by labelled images",
        ["labelled images", "pixels", "CNN"],
        [
            ["100", "25.5 (25 to 26)", "20.5 (20 to 21)"],
            ["500", "35.5 (35 to 36)", "50.5 (50 to 51)"],
        ],
    ),
    "experiments": (
        "A title: validation loss by out_c1",
        ["out_c1", "validation loss"],
        [["8", "1"], ["16", "0.9"]],
    ),
    "lines": (
        "same: probability of the ends' classes, % by α",
        ["α", "pixels", "codes"],
        [["0", "50", "50"], ["0.5", "40", "30"], ["1", "50", "50"]],
    ),
    "shifts": (SHIFTS, [SHIFTS[24:], "A", "B"], [["0", "60", "50"], ["8", "30", "20"]]),
}


@pytest.mark.parametrize("name", EXPECTED)
def test_a_table_holds_what_was_drawn(name, tables):
    caption, columns, rows = EXPECTED[name]
    assert tables(FIGURES[name])[caption] == (columns, rows)


def test_lines_straight_across_are_told_once(tables):
    assert tables(FIGURES["variants"])[f"A title: {ERROR}, lines across"] == (
        ["", ERROR],
        [["PCA", "2"], ["PCA on patches", "3"]],
    )
    [[name, value]] = tables(FIGURES["shifts"])["A title: accuracy, %, lines across"][1]
    assert (name, value) == ("chance", "10")


def test_a_heat_map_has_a_row_for_each_class(tables):
    [(caption, (columns, rows))] = tables(FIGURES["confusion"]).items()
    assert caption.endswith("class, rows: right class, columns: predicted class")
    assert columns == ["right class", *"abcdefghij"]
    assert rows[2] == ["c", "0", "0", "50", "50", *"000000"]


def test_of_a_long_curve_some_points_are_told_and_the_table_says_so(tables):
    long = {name: history(n_epochs=30) for name in ("A", "B")}  # of 10 batches each
    found = tables(lambda _: wu.plot_batch_curves(long, "A title"))
    smooth = [caption for caption in found if "one point in 6" in caption]  # 280 without the ends
    assert len(smooth) == 2
    for caption in smooth:
        columns, rows = found[caption]
        assert columns == ["batches seen", "A", "B"]
        assert [row[0] for row in rows] == [str(x) for x in range(10, 290, 6)]
        assert len(rows) <= MOST_ROWS
    validated = "A, validation images; B, validation images"
    columns, rows = found[f"accuracy, % by batches seen ({validated})"]
    assert columns == ["batches seen", "A, validation images", "B, validation images"]
    assert (rows[-1], len(rows)) == (["300", "50", "50"], 30)


def test_of_points_without_a_scale_their_number_is_told(tables):
    found = tables(FIGURES["planes"])
    assert [rows for _, rows in found.values()] == [[[name, "2"] for name in "abcdefghij"]] * 2


def test_ellipses_are_told_with_the_circle_of_the_prior(tables):
    mean = torch.tensor([[2.0, 1, 0], [-2, -1, 0]])[:, :, None, None]
    spread = torch.tensor([0.5, 0.5, 1]).log()[None, :, None, None].expand_as(mean) * 2
    found = tables(lambda _: wu.plot_posteriors(mean, spread, "A title"))
    rows, prior = [rows for _, rows in found.values()], ["prior", "0 ± 1", "0 ± 1"]
    assert rows[0] == [["1", "2 ± 0.5", "1 ± 0.5"], ["2", "-2 ± 0.5", "-1 ± 0.5"], prior]
    assert rows[1][0] == ["1", "2 ± 0.5", "0 ± 1"]


@pytest.mark.parametrize("name", ["one image", "rows", "mistakes", "network", "convolution"])
def test_pictures_and_drawings_have_words_alone(name, tables):
    assert tables(FIGURES[name]) == {}


@pytest.mark.parametrize("name", FIGURES)
def test_every_series_has_a_name(name, tables):
    for columns, rows in tables(FIGURES[name]).values():
        assert all(columns[1:])
        assert all(row[0] for row in rows)
        assert not any(text.startswith("_") or "nolegend" in text for text in columns)


def test_numbers_have_four_digits_and_thousands_are_whole():
    numbers = (0, 0.5, 12.3456, 999.96, 1234.5678, 1234567, -0.00012345)
    assert [*map(in_short, numbers)] == [
        "0",
        "0.5",
        "12.35",
        "1000",
        "1,235",
        "1,234,567",
        "-0.0001234",
    ]

import base64
import io
import re
import sys
from unittest.mock import MagicMock

import pytest
import torch
from PIL import Image

import workshop_utils as wu
from workshop_utils.figures.slider import N_STEPS, new_slider


@pytest.fixture
def networks():
    torch.manual_seed(0)
    return wu.ConvEncoder(8, 16, 32), wu.ConvDecoder(8, 16, 32)


@pytest.fixture
def images():
    return torch.rand(4, 3, 32, 32, generator=torch.Generator().manual_seed(0))


@pytest.fixture
def parts(networks, images):
    menus, step, pictures, error = new_slider(*networks, images, list("abcd")).children
    return (*menus.children, step, pictures, error)


def shown(pictures):
    """The two pictures of the widget, 2×3×32×32."""
    found = []
    for text in re.findall(r"base64,([^\"]+)", pictures.value):
        with Image.open(io.BytesIO(base64.b64decode(text))) as picture:
            values = torch.tensor(list(picture.convert("RGB").tobytes()))
        found.append(values.reshape(32, 32, 3).permute(2, 0, 1) / 255)
    return torch.stack(found)


def test_the_slider_shows_the_point_of_both_lines(networks, images, parts):
    first, second, step, pictures, error = parts
    for start, end, k in ((0, 1, N_STEPS // 2), (2, 3, 0), (3, 1, N_STEPS - 1), (1, 0, 4)):
        first.value, second.value, step.value = start, end, k
        line = wu.interpolate(images[start], images[end], N_STEPS)[k]
        decoded = wu.latent_line(*networks, images[start], images[end], N_STEPS)[k]
        assert torch.allclose(shown(pictures), torch.stack([line, decoded]), atol=0.51 / 255)
        assert error.value.endswith(f": {(line - decoded).square().sum().item():.1f}")


def test_pictures_have_a_description_and_menus_the_names(parts):
    first, _second, step, pictures, _error = parts
    assert re.findall('alt="([^"]*)"', pictures.value) == [
        "blend of pixels",
        "blend of codes, decoded",
    ]
    assert [name for name, _number in first.options] == ["1: a", "2: b", "3: c", "4: d"]
    assert [name for name, _k in step.options][:: N_STEPS - 1] == ["0.00", "1.00"]


@pytest.mark.parametrize(("wanted", "kind"), [("1", "VBox"), ("0", "Figure")])
def test_without_sliders_there_are_pictures(networks, images, monkeypatch, wanted, kind):
    displayed = []
    monkeypatch.setenv("WORKSHOP_PROGRESS", wanted)
    monkeypatch.setattr("IPython.display.display", lambda x, **_: displayed.append(x))
    monkeypatch.setattr("IPython.get_ipython", MagicMock)
    wu.explore_lines(*networks, images, list("abcd"))
    assert [type(x).__name__ for x in displayed] == [kind]


def test_without_ipywidgets_a_sentence_and_pictures(networks, images, monkeypatch, capsys):
    displayed = []
    monkeypatch.setenv("WORKSHOP_PROGRESS", "1")
    monkeypatch.setitem(sys.modules, "ipywidgets", None)  # as if it were not installed
    monkeypatch.setattr("IPython.display.display", lambda x, **_: displayed.append(x))
    monkeypatch.setattr("IPython.get_ipython", MagicMock)
    wu.explore_lines(*networks, images, list("abcd"))
    assert [type(x).__name__ for x in displayed] == ["Figure"]
    assert "A slider needs ipywidgets" in capsys.readouterr().out

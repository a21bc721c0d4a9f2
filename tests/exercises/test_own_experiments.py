"""Every question of notebook 8's menu can be asked with the lines that its hints offer."""

import re

import jupytext
import pytest
import torch
from students.asking import ask
from torch import nn

import workshop_utils as wu
from tools.places import SOURCES

SOURCE = SOURCES / "homework" / "08_experiment.py"
MENU = {
    "batch": {"batch_size": (32, 64)},
    "optimizer": {"learning_rate": (0.001, 0.01)},
    "filters": {"use": (0, 1)},
    "depth": {"use": (0, 1)},
    "images": {"n_images": (64, 128)},
    "mirror": {"use": (0, 1)},
}


def hinted():
    """Name of the question -> the lines of the hint."""
    [block] = re.findall(r"```python\n(.*?)```", text_of_notebook(), flags=re.DOTALL)
    parts = re.split(r"^# (\w+).*\n", block, flags=re.MULTILINE)[1:]
    return dict(zip(parts[::2], parts[1::2], strict=True))


def text_of_notebook():
    cells = jupytext.read(SOURCE, fmt="py:percent").cells
    return "\n".join(cell.source for cell in cells if cell.cell_type == "markdown")


def test_every_question_has_its_lines():
    assert list(hinted()) == list(MENU)
    for name in MENU:
        assert f"| **{name}** " in text_of_notebook()


@pytest.mark.parametrize("name", MENU)
def test_a_question_of_the_menu_can_be_asked(name, data, settings):
    lines = hinted()[name]

    def try_out(data, settings, **choices):
        torch.manual_seed(settings.seed)
        model = wu.BasicConvNet(8, 16, 256)
        train_loader, validation_loader = data.loaders(128)
        names = {"wu": wu, "torch": torch, "nn": nn, "data": data, "model": model, **choices}
        names["train_loader"], names["validation_loader"] = train_loader, validation_loader
        if choices.get("use", 1):
            exec(lines, names)
        optimizer = names.get("optimizer") or torch.optim.SGD(model.parameters(), lr=0.1)
        history = wu.train(model, names["train_loader"], validation_loader, optimizer, n_epochs=1)
        return history, wu.count_parameters(model)

    result = ask(wu.check_try_out, try_out, MENU[name], data, settings)
    assert result.passed, result
    assert "is every choice used" not in result.message

"""What is printed on a console that knows few letters."""

import io
import sys

import pytest
import torch

import workshop_utils as wu
from workshop_utils.experiments.experiments import Trial
from workshop_utils.experiments.sweeps import Sweep


def trained(keep, data):
    model = wu.BasicConvNet(2, 3, 4)
    wu.train(model, *data.loaders(64), torch.optim.SGD(model.parameters(), 0.01), 1, keep)
    return model


def experiments(word):
    tried = wu.Experiments(lambda width: (wu.History(validation_loss=[1.0]), 100))
    tried.run(width=1)
    tried.trials[0].choices["word"] = word
    return tried


SAID = {
    "layers": lambda data, settings: wu.show_layers(wu.BasicConvNet(2, 3, 4)),
    "source": lambda data, settings: wu.show_source(wu.train),
    "result": lambda data, settings: wu.show_result("pca_test_loss", 3.0, data, settings),
    "images": lambda data, settings: wu.load_data(settings),
    "training": lambda data, settings: trained(wu.Keep("Ж×", data, settings), data),
    "test set": lambda data, settings: wu.open_test_set(
        wu.Keep("Ж×", data, settings), wu.BasicConvNet(2, 3, 4)
    ),
    "solution": lambda data, settings: wu.use_solution("interpolate"),
    "check": lambda data, settings: wu.check_shapes({}, wu.BasicConvNet(2, 3, 4)),
    "prediction": lambda data, settings: wu.check_prediction("8×8", ("8×8", "Ж"), "×"),
    "table": lambda data, settings: experiments("Ж × ✓").show(),
    "sweep": lambda data, settings: Sweep(
        "stand-in", [Trial({"α": "×", "seed": 0}, wu.History(validation_loss=[1.0]), 1, 1.0)]
    ).show(),
}


@pytest.mark.parametrize("encoding", ["ascii", "cp1251", "cp437"])
@pytest.mark.parametrize("what", SAID)
def test_letters_that_a_console_lacks_are_no_obstacle(what, encoding, data, settings, monkeypatch):
    console = io.TextIOWrapper(io.BytesIO(), encoding=encoding)
    monkeypatch.setattr(sys, "stdout", console)
    SAID[what](data, settings)
    console.flush()
    assert console.buffer.getvalue().strip()


def test_where_there_is_utf_8_every_letter_is_shown(capsys):
    wu.show_layers(wu.BasicConvNet(2, 3, 4))
    assert "3×32×32" in capsys.readouterr().out

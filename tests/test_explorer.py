"""make explorer: always a page, with the best networks that there are."""

import dataclasses

import pytest
import torch

import workshop_utils as wu
from tools.pages import explorer
from workshop_utils.images.dataset import CIFAR10, STANDIN
from workshop_utils.settings import PROFILES
from workshop_utils.training.runs import RunError


@pytest.fixture
def history():
    return wu.History([1.0], [0.5], [1.0], [0.5], [1.0], [0.5], [0.1], [1.0])


@pytest.fixture
def saved(data, settings, history):
    """Save a CNN of one's own as trained on a data set."""

    def save(dataset):
        model = explorer.CLASSIFIERS["CNN"]()
        wu.save_run("cnn", history, dataclasses.replace(data, name=dataset), settings, model=model)
        return model

    return save


def loaded(settings):
    """What the explorer takes, and the first weight of it."""
    model = explorer.CLASSIFIERS["CNN"]()
    return explorer.load("cnn", settings, model=model), model.conv1.weight


def with_choice(settings, dataset):
    return dataclasses.replace(settings, dataset=dataset)


def test_on_a_fresh_computer_the_page_has_the_networks_that_came_with_the_workbook(
    monkeypatch, tmp_path, capsys
):
    monkeypatch.setenv("WORKSHOP_RUNS", str(tmp_path / "none"))
    monkeypatch.setenv("WORKSHOP_DATA", str(tmp_path / "none"))
    monkeypatch.setattr(explorer, "PAGES", tmp_path)
    explorer.main()
    assert capsys.readouterr().out.count(": the run that came with the workbook") == 2
    page = (tmp_path / "explorer.html").read_text(encoding="utf-8")
    assert "Here: cnn: the run that came with the workbook, 10 epochs on CIFAR-10" in page
    assert "Here: autoencoder: the run that came with the workbook, 48 epochs" in page


def test_your_own_run_goes_before(settings, saved):
    model = saved(CIFAR10)
    subject, weight = loaded(with_choice(settings, "auto"))
    assert torch.equal(weight, model.conv1.weight)
    assert "your own run" in subject.about
    assert subject.examples.title.startswith(CIFAR10)


def test_a_run_on_the_standin_is_shown_drawings(settings, saved):
    model = saved(STANDIN)
    for choice in ("auto", "standin"):
        subject, weight = loaded(with_choice(settings, choice))
        assert torch.equal(weight, model.conv1.weight)
        assert subject.examples.title == STANDIN
    subject, weight = loaded(with_choice(settings, "cifar10"))
    assert "came with the workbook" in subject.about


def test_a_damaged_run_is_told_and_the_workbooks_own_taken(settings, saved, capsys):
    saved(CIFAR10)
    [file] = settings.runs_dir.glob("*.safetensors")
    file.write_bytes(file.read_bytes()[:-10])
    subject, _weight = loaded(with_choice(settings, "cifar10"))
    assert "is damaged. Remove it" in capsys.readouterr().out
    assert "came with the workbook" in subject.about


def test_a_workbook_without_its_networks_says_so(settings, monkeypatch, tmp_path):
    monkeypatch.setattr("workshop_utils.training.runs.SHIPPED_RUNS", tmp_path)
    with pytest.raises(RunError, match="The cnn that came with the workbook is missing"):
        loaded(dataclasses.replace(settings, profile=PROFILES["full"]))

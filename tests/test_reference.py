import json

import pytest

import workshop_utils as wu
from workshop_utils.experiments import reference
from workshop_utils.experiments.reference import (
    INSIDE,
    METRICS,
    OUTSIDE,
    UNKNOWN,
    load_reference,
    recorded,
)
from workshop_utils.images.dataset import CIFAR10, STANDIN

PLACES = [(dataset, profile) for dataset in (CIFAR10, STANDIN) for profile in ("full", "quick")]


@pytest.fixture
def known(monkeypatch, tmp_path):
    """A record that knows one metric on the stand-in: 40 % to 60 %."""
    entry = {
        "measured_on": "the stand-in's drawings",
        "variant": "",
        "seeds": [0, 1, 2],
        "seconds": {},
        "metrics": {"mlp_test_accuracy": {"values": [0.49, 0.5, 0.51], "low": 0.4, "high": 0.6}},
    }
    file = tmp_path / "reference.json"
    file.write_text(json.dumps({STANDIN: {"quick": entry}}), encoding="utf-8")
    monkeypatch.setattr(reference.load_reference, "__defaults__", (file,))


@pytest.fixture
def shown(monkeypatch):
    """What is displayed, as (text, metadata)."""
    outputs = []

    def display(bundle, raw, metadata):
        assert raw
        outputs.append((bundle["text/plain"], metadata["workshop_result"]))

    monkeypatch.setattr("IPython.display.display", display)
    return outputs


@pytest.mark.parametrize(
    ("value", "verdict"), [(0.4, INSIDE), (0.6, INSIDE), (0.399, OUTSIDE), (0.601, OUTSIDE)]
)
def test_a_result_is_inside_its_range_or_outside(known, shown, data, settings, value, verdict):
    wu.report_result("mlp_test_accuracy", value, data, settings)
    text, result = shown[0]
    assert text == f"MLP, test accuracy: {verdict}"
    assert result["value"] == value
    assert (result["dataset"], result["profile"], result["seed"]) == (STANDIN, "quick", 0)


def test_not_a_number_is_outside(known, shown, data, settings):
    wu.report_result("mlp_test_accuracy", float("nan"), data, settings)
    assert shown[0][0].endswith(OUTSIDE)


def test_what_was_never_recorded_is_not_called_inside(known, shown, data, settings):
    wu.report_result("cnn_test_accuracy", 0.5, data, settings)
    assert shown[0][0] == f"CNN, test accuracy: {UNKNOWN}"


def test_a_result_is_printed_beside_its_range_and_data_set(known, data, settings, capsys):
    wu.show_result("mlp_test_accuracy", 0.5, data, settings)
    wu.show_result("cnn_test_accuracy", 0.5, data, settings)
    assert capsys.readouterr().out.splitlines() == [
        "MLP, test accuracy, stand-in: 50.0% (recorded: 40.0% to 60.0%)",
        "CNN, test accuracy, stand-in: 50.0% (nothing recorded)",
    ]


def test_an_unknown_metric_is_refused():
    with pytest.raises(ValueError, match="no metric 'accuracy'; there are mlp_test_accuracy"):
        recorded("accuracy", CIFAR10, "full")


def test_a_missing_record_says_how_to_install(tmp_path):
    with pytest.raises(FileNotFoundError, match="pip install -e"):
        load_reference(tmp_path / "reference.json")


# --- the record of this workbook ---


@pytest.mark.parametrize(("dataset", "profile"), PLACES)
def test_every_metric_was_recorded_with_several_seeds(dataset, profile):
    recording = load_reference()[dataset][profile]
    assert recording.metrics.keys() == METRICS.keys()
    for known in recording.metrics.values():
        assert len(known.values) >= (3 if profile == "full" else 5)
        assert all(known.low <= value <= known.high for value in known.values)


def test_cifar10_gives_what_the_worksheet_promises():
    metrics = load_reference()[CIFAR10]["full"].metrics
    mean = {name: known.mean for name, known in metrics.items()}
    assert mean["mlp_test_accuracy"] == pytest.approx(0.468, abs=0.02)
    assert mean["cnn_test_accuracy"] == pytest.approx(0.606, abs=0.02)
    assert min(metrics["cnn_minus_mlp"].values) >= 12
    assert 5.9 <= mean["autoencoder_test_loss"] <= 6.9
    assert metrics["autoencoder_test_loss"].high >= 6.75  # the worksheet's own, corrected
    assert mean["pca_test_loss"] < mean["autoencoder_test_loss"] / 2


def test_the_stand_in_teaches_the_same_lesson():
    metrics = load_reference()[STANDIN]["full"].metrics
    assert min(metrics["mlp_test_accuracy"].values) >= 0.40
    assert max(metrics["mlp_test_accuracy"].values) <= 0.65
    assert min(metrics["cnn_minus_mlp"].values) >= 12
    quick = load_reference()[STANDIN]["quick"].metrics["autoencoder_test_loss"]
    assert max(metrics["autoencoder_test_loss"].values) < min(quick.values) / 2


def test_the_jpeg_copy_is_named_where_it_was_used():
    for recording in load_reference()[CIFAR10].values():
        variants = {known.variant for known in recording.metrics.values()}
        assert ("JPEG copy" in variants) == ("JPEG copy" in recording.measured_on)

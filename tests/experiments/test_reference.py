import json
import math

import pytest

import workshop_utils as wu
from workshop_utils.experiments import reference
from workshop_utils.experiments.reference import INSIDE, METRICS, OUTSIDE, UNKNOWN, load_reference
from workshop_utils.images.dataset import CIFAR10, STANDIN

PLACES = [(dataset, profile) for dataset in (CIFAR10, STANDIN) for profile in ("full", "quick")]


@pytest.fixture
def known(monkeypatch, tmp_path):
    """A record that knows one metric on the stand-in: 40 % to 60 %."""
    entry = {
        "measured_on": "the stand-in's drawings",
        "variant": "",
        "seconds": {},
        "metrics": {"mlp_test_accuracy": {"values": [0.49, 0.5, 0.51], "low": 0.4, "high": 0.6}},
    }
    file = tmp_path / "reference.json"
    monkeypatch.setattr(reference, "REFERENCE_FILE", file)

    def write(variant):
        text = json.dumps({STANDIN: {"quick": {**entry, "variant": variant}}})
        file.write_text(text, encoding="utf-8")

    write("")
    return write


@pytest.fixture
def show(monkeypatch, data, settings):
    """Show a result; what is displayed, as (text, metadata)."""
    outputs = []
    monkeypatch.setattr(
        "IPython.display.display", lambda x, metadata: outputs.append((x, metadata))
    )

    def show(metric, value):
        wu.show_result(metric, value, data, settings)
        text, metadata = outputs.pop()
        assert repr(text) == text  # without quotation marks
        return text, metadata["workshop_result"]

    return show


@pytest.mark.parametrize(
    ("value", "shown", "verdict"),
    [
        (0.4, "40.0%", INSIDE),
        (0.6, "60.0%", INSIDE),
        (0.399, "39.9%", OUTSIDE),
        (0.601, "60.1%", OUTSIDE),
        (math.nan, "nan%", OUTSIDE),
    ],
)
def test_a_result_stands_beside_its_range_with_the_verdict(known, show, value, shown, verdict):
    text, result = show("mlp_test_accuracy", value)
    assert text == f"MLP, test accuracy, stand-in: {shown}, {verdict} (40.0% to 60.0%)"
    assert result == {
        "metric": "mlp_test_accuracy",
        "value": value,
        "dataset": STANDIN,
        "variant": "",
        "profile": "quick",
        "seed": 0,
        "verdict": verdict,
    }


def test_other_images_of_the_record_are_named(known, show):
    known("JPEG copy")
    text, _result = show("mlp_test_accuracy", 0.5)
    assert text.endswith("50.0%, inside the recorded range (40.0% to 60.0%, on the JPEG copy)")


def test_what_was_never_recorded_is_not_called_inside(known, show):
    text, result = show("cnn_test_accuracy", 0.5)
    assert text == "CNN, test accuracy, stand-in: 50.0%, not recorded"
    assert result["verdict"] == UNKNOWN


def test_an_unknown_metric_is_refused(show):
    with pytest.raises(ValueError, match="no metric 'accuracy'; there are mlp_test_accuracy"):
        show("accuracy", 0.5)


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

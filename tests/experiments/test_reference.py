import dataclasses
import json
import math

import numpy as np
import pytest

import workshop_utils as wu
from workshop_utils.experiments import reference
from workshop_utils.experiments.reference import (
    INSIDE,
    METRICS,
    OUTSIDE,
    UNKNOWN,
    Recorded,
    expected_range,
    load_reference,
)
from workshop_utils.images.dataset import CIFAR10, STANDIN

PLACES = [(dataset, each) for dataset, known in load_reference().items() for each in known]


@pytest.fixture
def known(monkeypatch, tmp_path):
    """A record that knows one metric on the stand-in, with two seeds; the first was run twice."""
    entry = {
        "measured_on": "the stand-in's drawings",
        "variant": "",
        "seconds": {},
        "metrics": {
            "mlp_test_accuracy": {"values": {"0": 0.5, "1": 0.52, "2": 0.54}, "again": [0.47]}
        },
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
        (0.411, "41.1%", INSIDE),
        (0.589, "58.9%", INSIDE),
        (0.409, "40.9%", OUTSIDE),
        (0.591, "59.1%", OUTSIDE),
        (math.nan, "nan%", OUTSIDE),
    ],
)
def test_a_recorded_seed_gives_what_it_gave(known, show, value, shown, verdict):
    """Within three times what another number of threads changed: 0.03."""
    text, result = show("mlp_test_accuracy", value)
    assert text == f"MLP, test accuracy, stand-in: {shown}, {verdict} (41.0% to 59.0%)"
    assert result.pop("expected") == pytest.approx((0.41, 0.59))
    assert result == {
        "metric": "mlp_test_accuracy",
        "value": value,
        "dataset": STANDIN,
        "variant": "",
        "profile": "quick",
        "seed": 0,
        "verdict": verdict,
    }


def test_another_seed_lands_where_99_of_100_do():
    rng = np.random.RandomState(0)
    inside = 0
    for _ in range(2000):
        *values, one_more = (10 + rng.normal(size=6)).tolist()
        low, high = Recorded(dict(enumerate(values)), [], "").range_for(seed=7)
        inside += low <= one_more <= high
    assert inside / 2000 == pytest.approx(0.99, abs=0.01)


def test_equal_values_leave_room_for_rounding():
    same = Recorded({0: 2.0, 1: 2.0, 2: 2.0}, [2.0], "")
    assert same.range_for(0) == same.range_for(9) == pytest.approx((1.996, 2.004))


def test_ranges_stay_among_possible_values(known, data):
    low, high = expected_range("mlp_test_accuracy", data, "quick", seed=9)
    assert 0 <= low < 0.5 < high <= 1


def test_on_all_of_cifar10_a_claim_of_the_texts_bounds_the_range(monkeypatch, data):
    gains = Recorded({0: 6.0, 1: 9.0, 2: 12.0}, [], "")
    monkeypatch.setattr(reference, "find_recorded", lambda *_: gains)
    cifar10 = dataclasses.replace(data, name=CIFAR10)
    assert METRICS["cnn_minus_mlp"].least == 5
    assert expected_range("cnn_minus_mlp", cifar10, "full", seed=9)[0] == 5
    assert expected_range("cnn_minus_mlp", cifar10, "quick", seed=9)[0] < 0
    assert expected_range("cnn_minus_mlp", data, "full", seed=9)[0] < 0


def test_results_on_other_images_are_not_compared(known, show):
    known("JPEG copy")
    text, result = show("mlp_test_accuracy", 0.5)
    assert text == "MLP, test accuracy, stand-in: 50.0%, not recorded"
    assert result["expected"] is None


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
    for name, known in recording.metrics.items():
        assert len(known.values) >= 3 and known.again, name


def test_cifar10_gives_what_the_worksheet_promises():
    metrics = load_reference()[CIFAR10]["full"].metrics
    mean = {name: known.mean for name, known in metrics.items()}
    assert mean["mlp_test_accuracy"] == pytest.approx(0.468, abs=0.02)
    assert mean["cnn_test_accuracy"] == pytest.approx(0.606, abs=0.02)
    assert min(metrics["cnn_minus_mlp"].values.values()) >= 10
    # With 50,000 images an epoch, as in the worksheet, it ended at 6.4 on average.
    assert 6.4 <= mean["autoencoder_test_loss"] <= 7.7
    assert mean["pca_test_loss"] < mean["autoencoder_test_loss"] / 2


def test_the_stand_in_teaches_the_same_lesson():
    metrics = load_reference()[STANDIN]["quick"].metrics
    assert 0.3 < metrics["mlp_test_accuracy"].mean < 0.65
    assert min(metrics["cnn_minus_mlp"].values.values()) > 0
    assert metrics["pca_test_loss"].mean < metrics["autoencoder_test_loss"].mean / 2


def test_the_jpeg_copy_is_named_where_it_was_used():
    for recording in load_reference()[CIFAR10].values():
        variants = {known.variant for known in recording.metrics.values()}
        assert ("JPEG copy" in variants) == ("JPEG copy" in recording.measured_on)

"""Twenty made-up entries: refereed, handed in, put on one board, and scored again."""

import csv
import dataclasses
from collections import defaultdict

import pytest
import torch
from test_contest import ENTRY, SUFFIX

import workshop_utils as wu
from tools.grading import contest
from workshop_utils.contest.judge import read
from workshop_utils.files import write_tensors
from workshop_utils.images.load import load_data
from workshop_utils.settings import PROFILES
from workshop_utils.training.runs import N_TESTS

pytestmark = pytest.mark.long
NETWORKS = {
    "linear": "nn.Sequential(nn.Flatten(), nn.Linear(3072, 10))",
    "small": "nn.Sequential(nn.AvgPool2d(4), nn.Flatten(), nn.Linear(192, 10))",
    "mlp": "wu.MultilayerPerceptronModel(n_features=3072, n_classes=10)",
    "cnn": "wu.BasicConvNet(out_c1=8, out_c2=16, dense_units=64)",
}
RATES = (0.003, 0.01, 0.03, 0.1)


def code(network, rate):
    """An entry like the first one, with another network."""
    first = "nn.Sequential(nn.AvgPool2d(2), nn.Flatten(), nn.Linear(3 * 16 * 16, 10))"
    text = ENTRY.replace(first, NETWORKS[network]).replace("rate=0.1", f"rate={rate}")
    return "import workshop_utils as wu\n" + text


@pytest.fixture
def settings(settings):
    profile = dataclasses.replace(PROFILES["quick"], contest_seconds=2)
    return dataclasses.replace(settings, profile=profile, dataset="standin", offline=True)


def test_edited_numbers_and_copies_are_found_and_nothing_else_is_called_edited(
    settings, tmp_path, capsys, monkeypatch
):
    data = load_data(settings)
    folder = tmp_path / "handed-in"
    entries = {}
    for network in NETWORKS:
        for rate in RATES:
            student = f"student{len(entries) + 1:02}"
            file = tmp_path / f"{student}.py"
            file.write_text(code(network, rate), encoding="utf-8")
            entries[student] = wu.referee(file, 1, data, settings)
            if len(entries) < 16:  # the last one has not handed in
                wu.hand_in(entries[student], data, settings)
    honest = {student: read(entry.file) for student, entry in entries.items()}

    def put(student, weights, about):
        write_tensors(folder / student / f"entry{SUFFIX}", weights, about)

    for student, (weights, about) in honest.items():
        put(student, weights, about)
    weights, about = honest["student01"]
    put("student01", weights, about | {"test_accuracy": about["test_accuracy"] + 0.01})
    weights, about = honest["student02"]
    put("student02", weights, about | {"validation_accuracy": 0.95, "test_accuracy": 0.95})
    weights, about = honest["student03"]
    put("student03", weights, about | {"test_accuracy": "90 %"})
    put("student17", *honest["student05"])
    put("student18", *honest["student06"])
    weights, about = honest["student07"]
    put("student19", weights, about | {N_TESTS: 7})
    weights, about = honest["student08"]
    put("student20", weights, about | {"code": code("mlp", 0.1)})

    monkeypatch.setattr(contest.Settings, "from_environment", lambda: settings)
    monkeypatch.setattr(contest, "load_data", lambda _: data)
    assert contest.main([str(folder)]) == 1
    said = capsys.readouterr().out
    remarks = defaultdict(str)
    for line in said.splitlines():
        if line.startswith("student") and ": " in line:
            remarks[line.split("/")[0]] += line
    edited = {student for student, line in remarks.items() if "EDITED" in line}
    assert edited == {"student01", "student02", "student03"}
    assert "not handed in" in remarks["student16"]
    assert "The same weights as" in remarks["student18"]
    assert "opened 7 times" in remarks["student19"]
    assert "ended with an error" in remarks["student20"]


def test_weights_learnt_from_test_images_are_true_and_another_training_finds_them(
    settings, tmp_path, monkeypatch
):
    data = load_data(settings)
    stolen = dataclasses.replace(data, train_images=data.test_images, train_labels=data.test_labels)
    network = wu.BasicConvNet(out_c1=8, out_c2=16, dense_units=64)
    optimizer = torch.optim.Adam(network.parameters())
    wu.train(network, *stolen.loaders(50), optimizer, 80)
    about = {"name": "cheat", "code": code("cnn", 0.03), "minutes": 1, "seed": 0, "choices": {}}
    about |= {"data": repr(data), "seconds_of_a_minute": 2, "n_parameters": 1, N_TESTS: 1}
    about |= contest.scores(about, network.state_dict(), data, settings)
    folder = tmp_path / "handed-in"
    write_tensors(folder / f"cheat{SUFFIX}", network.state_dict(), about)

    monkeypatch.setattr(contest.Settings, "from_environment", lambda: settings)
    monkeypatch.setattr(contest, "load_data", lambda _: data)
    assert contest.main([str(folder), "--retrain", "1"]) == 0
    (row,) = csv.DictReader((folder / "board.csv").read_text(encoding="utf-8").splitlines())
    assert row["remarks"] == ""
    test, again = (float(row[name].rstrip("%")) for name in ("test", "trained again"))
    assert test > 85
    assert again < test - 10

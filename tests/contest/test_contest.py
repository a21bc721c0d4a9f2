"""The contest: a budget that ends, a referee that scores, a board, a tutor who trusts nobody."""

import csv
import dataclasses
import time

import pytest
import torch
from torch import nn

import workshop_utils as wu
from tools.grading import contest
from workshop_utils.contest import board, child
from workshop_utils.contest.budget import Budget, recorded_ladder, seconds_of
from workshop_utils.contest.judge import SUFFIX, ContestError, Entry, predicted
from workshop_utils.files import write_tensors
from workshop_utils.settings import PROFILES
from workshop_utils.training.runs import N_TESTS

ENTRY = """
import torch
import torch.nn.functional as F
from torch import nn


def entry(data, settings, budget, rate=0.1):
    model = nn.Sequential(nn.AvgPool2d(2), nn.Flatten(), nn.Linear(3 * 16 * 16, 10))
    optimizer = torch.optim.SGD(model.parameters(), lr=rate, momentum=0.9)
    loader, _ = data.loaders(batch_size=50)
    for x, labels in budget.batches(loader):
        F.cross_entropy(model(x), labels).backward()
        optimizer.step()
        optimizer.zero_grad()
    return model
"""


@pytest.fixture
def settings(settings):
    """A minute lasts half a second."""
    profile = dataclasses.replace(PROFILES["quick"], contest_seconds=0.5)
    return dataclasses.replace(settings, profile=profile)


@pytest.fixture
def code(tmp_path):
    """Writes a file of code."""

    def write(text, name="mine"):
        file = tmp_path / f"{name}.py"
        file.write_text(text, encoding="utf-8")
        return file

    return write


# --- the budget ---


def test_batches_end_with_the_budget_in_the_middle_of_an_epoch():
    budget = Budget(1, seconds=0.05)
    last = max(budget.batches(range(10**9)))
    assert last < 10**9 - 1
    assert budget.used == 1


def test_batches_come_epoch_after_epoch():
    budget = Budget(1, seconds=0.2)
    assert len(list(budget.batches([1, 2]))) > 2


@pytest.mark.parametrize("batches", [iter([1, 2]), []])
def test_what_has_no_second_epoch_is_refused(batches):
    with pytest.raises(ValueError, match="a loader, not a generator"):
        list(Budget(1, seconds=5).batches(batches))


def test_waiting_costs_nothing_and_computing_does():
    budget = Budget(1, seconds=1)
    time.sleep(0.2)
    assert budget.used < 0.1
    while time.process_time() - budget._started < 0.2:
        pass
    assert 0.2 <= budget.used < 0.5


def test_without_a_budget_an_entry_gives_its_network_untrained(data, settings):
    entry = {}
    exec(ENTRY, entry)
    torch.manual_seed(0)
    model = entry["entry"](data, settings, Budget(1, 0))
    torch.manual_seed(0)
    untrained = nn.Linear(3 * 16 * 16, 10)
    assert torch.equal(model[2].weight, untrained.weight)


def test_a_slower_computer_gets_as_many_more_seconds(monkeypatch):
    step = recorded_ladder()["step"]
    monkeypatch.setattr("workshop_utils.contest.budget.seconds_of_a_step", lambda _: 3 * step)
    assert seconds_of(5) == pytest.approx(3 * 5 * 120)


# --- the referee ---


def test_an_entry_sees_no_test_images(data, settings, tmp_path):
    file = tmp_path / "data.safetensors"
    parts = {name: getattr(data, name) for name in child.PARTS}
    write_tensors(file, parts, {"name": data.name, "variant": data.variant})
    seen = child.read_data(file, seed=3)
    assert torch.equal(seen.train_images, data.train_images)
    assert torch.equal(seen.validation_labels, data.validation_labels)
    assert (len(seen.test_images), len(seen.test_labels), seen.seed) == (0, 0, 3)


def test_an_entry_is_trained_scored_handed_in_and_scored_again(
    code, data, settings, capsys, monkeypatch
):
    monkeypatch.setenv("WORKSHOP_DEVICE", "cuda")  # an entry computes on the processor
    entry = wu.referee(code(ENTRY), 1, data, settings)
    assert entry.about["validation_accuracy"] > 0.5  # three bright rows tell the class
    assert "test_accuracy" not in entry.about
    assert entry.about["threads"] <= 2
    wu.hand_in(entry, data, settings)
    assert "for the first time. Hand in this file" in capsys.readouterr().out

    again = contest.judged(entry.file, entry.file.parent, data, settings)
    assert again.scores == {name: entry.about[name] for name in again.scores}
    assert again.remarks == []


def test_what_is_wrong_with_a_file_is_remarked(data, settings, monkeypatch):
    true = {"validation_accuracy": 0.7, "test_accuracy": 0.6}
    monkeypatch.setattr(contest, "scores", lambda *_: true)
    weights = {"weight": torch.zeros(1, dtype=torch.bfloat16)}
    about = {"name": "a", "code": ENTRY, "minutes": 1, "seed": 0, "choices": {}, **true, N_TESTS: 1}
    about |= {"data": repr(data), "seconds_of_a_minute": settings.profile.contest_seconds}
    folder = settings.runs_dir
    write_tensors(folder / "right.safetensors", weights, about)
    write_tensors(folder / "b/edited.safetensors", weights, about | {"test_accuracy": 0.65})
    elsewhere = about | {"data": "stand-in", "test_accuracy": 0.9}
    write_tensors(folder / "elsewhere.safetensors", {"weight": torch.ones(1)}, elsewhere)
    write_tensors(folder / "other.safetensors", weights, {"name": "a run"})
    (folder / "damaged.safetensors").write_bytes((folder / "right.safetensors").read_bytes()[:-20])

    found = [contest.judged(file, folder, data, settings) for file in folder.rglob("*.safetensors")]
    contest.note_copies(found)
    by_file = {one.where: one for one in contest.best_first(found)}
    assert by_file["right.safetensors"].remarks == ["The same weights as b/edited.safetensors."]
    assert "EDITED: it says 0.65 (test)" in by_file["b/edited.safetensors"].remarks[0]
    assert by_file["elsewhere.safetensors"].remarks == [
        f"Its images were stand-in; here are {data!r}."
    ]
    assert "cut off or damaged" in by_file["damaged.safetensors"].remarks[0]
    assert by_file["other.safetensors"].remarks == ["This is no file of the contest."]

    contest.show(contest.best_first(found), folder)
    table = (folder / "board.csv").read_text(encoding="utf-8")
    assert len(list(csv.reader(table.splitlines()))) == 6
    assert (folder / "board.png").stat().st_size > 10_000


def test_a_file_cannot_give_itself_more_time_when_it_is_trained_again(
    data, settings, code, monkeypatch
):
    asked = []
    weights = {"weight": torch.zeros(1)}
    monkeypatch.setattr(
        contest, "trained", lambda about, *_: (asked.append(about), [weights, {}])[1]
    )
    monkeypatch.setattr(contest, "scores", lambda *_: {"test_accuracy": 0.5})
    about = {"name": "a", "code": ENTRY, "minutes": 1, "seed": 0, "choices": {}}
    one = contest.Judged("a", about | {"seconds": 1e6, "seconds_of_a_minute": 1e6})
    contest.train_again(one, data, settings)
    assert asked == [about | {"seconds_of_a_minute": settings.profile.contest_seconds}]
    assert one.again == 0.5


def test_the_test_set_is_counted_also_when_the_entry_is_trained_anew(
    data, settings, code, monkeypatch, capsys
):
    weights = {"weight": torch.zeros(1)}
    monkeypatch.setattr("workshop_utils.contest.judge.trained", lambda *_: (weights, USED))
    monkeypatch.setattr(
        "workshop_utils.contest.judge.predicted", lambda a, w, images, *_: torch.zeros(len(images))
    )
    for times in ("for the first time", "2 times by now, as its file says"):
        entry = wu.referee(code(ENTRY), 5, data, settings)
        wu.hand_in(entry, data, settings)
        assert times in capsys.readouterr().out
    another = wu.referee(code(ENTRY, "another"), 5, data, settings)
    wu.hand_in(another, data, settings)
    assert "for the first time" in capsys.readouterr().out


def test_an_older_entry_whose_place_another_has_taken_is_not_handed_in(
    data, settings, code, monkeypatch
):
    weights = {"weight": torch.zeros(1)}
    monkeypatch.setattr("workshop_utils.contest.judge.trained", lambda *_: (weights, USED))
    monkeypatch.setattr(
        "workshop_utils.contest.judge.predicted", lambda a, w, images, *_: torch.zeros(len(images))
    )
    first = wu.referee(code(ENTRY), 5, data, settings)
    second = wu.referee(code(ENTRY + "# changed"), 5, data, settings)
    with pytest.raises(ContestError, match="mine was trained again with other code"):
        wu.hand_in(first, data, settings)
    wu.hand_in(second, data, settings)


USED = {"n_parameters": 1, "budget": 60.0, "seconds": 30.0, "threads": 2}
SENTENCES = {
    "an error": (
        "def entry(data, settings, budget):\n    return data.pictures\n",
        r"Line 2, 'return data.pictures': AttributeError: .*no attribute 'pictures'",
    ),
    "no network": (
        "def entry(data, settings, budget):\n    pass\n",
        "entry returned no network but a NoneType: its last line is `return model`.",
    ),
    "no entry": ("x = 1\n", "There is no function `entry"),
    "no end": (
        "def entry(data, settings, budget):\n    print('begun')\n    while True:\n        pass\n",
        "used more than 1.1 times its budget and was ended.* Take all batches from",
    ),
    "no end of its first lines": ("while True:\n    pass\n", "used more than 1.1 times its budget"),
    "no network without batches": (
        ENTRY.replace("return", "print(x.shape)\n    return")
        .replace("optimizer.zero_grad", "print")
        .replace("print()", "print('begun')"),
        r"Line 15, 'print\(x.shape\)': UnboundLocalError",
    ),
    "another network without batches": (
        ENTRY.replace("return model", "return model if budget.seconds else nn.Linear(3, 10)"),
        'RuntimeError: Error.* Missing key.* "2.weight"',
    ),
    "scores of another shape": (
        ENTRY.replace("nn.Linear(3 * 16 * 16, 10))", "nn.Linear(3 * 16 * 16, 12))"),
        r"ValueError: the scores are \(\d+, 12\), not \d+ × 10",
    ),
    "a file beside it": ("open('beside.py')\n", "Line 1, .*FileNotFoundError: .*'beside.py'"),
    "an exit": ("raise SystemExit\n", r"ended with an error \(exit code 0\)"),
}


@pytest.mark.parametrize(
    "what", ["an error", *(pytest.param(each, marks=pytest.mark.long) for each in [*SENTENCES][1:])]
)
def test_what_goes_wrong_is_a_sentence(what, code, data, settings, monkeypatch, tmp_path, capsys):
    code("", "beside")
    monkeypatch.chdir(tmp_path)
    text, said = SENTENCES[what]
    with pytest.raises(ContestError, match=said):
        wu.referee(code(text), 1, data, settings)
    assert ("begun" in capsys.readouterr().out) == (what == "no end")
    assert not list(settings.runs_dir.rglob("*"))


@pytest.mark.long
def test_scoring_comes_to_an_end(data, settings, monkeypatch):
    monkeypatch.setattr("workshop_utils.contest.judge.SECONDS_TO_SCORE", 0.5)
    about = {"name": "mine", "code": SENTENCES["no end"][0], "minutes": 1, "seed": 0, "choices": {}}
    with pytest.raises(
        ContestError, match="mine was ended: scoring it took more than 0.5 processor seconds"
    ):
        predicted(about, {}, data.test_images, data, settings)


def test_what_cannot_be_is_said_before_anything_runs(code, data, settings, tmp_path):
    with pytest.raises(ContestError, match="cannot be read"):
        wu.referee(tmp_path / "none.py", 1, data, settings)
    with pytest.raises(ValueError, match="minutes is 3, but a contest gives 1, 5 or 10."):
        wu.referee(code(ENTRY), 3, data, settings)


# --- the board ---


def kept(settings, name, minutes, accuracy, **more):
    about = {"name": name, "minutes": minutes, "n_parameters": 1000, "seed": 0, "choices": {}}
    about |= {"validation_accuracy": accuracy, "data": "CIFAR-10: 45,000 training"}
    about |= {"seconds_of_a_minute": settings.profile.contest_seconds, **more}
    file = settings.runs_dir / "contest" / f"{name}-{minutes}-{len(more)}{SUFFIX}"
    write_tensors(file, {"weight": torch.zeros(1)}, about)
    return Entry(file, about)


def test_the_board_has_short_budgets_first_and_of_each_the_best(settings, capsys):
    for name, minutes, accuracy in (("a", 5, 0.5), ("b", 1, 0.2), ("c", 1, 0.4)):
        kept(settings, name, minutes, accuracy)
    assert [row.name for row in board.entries(settings)] == ["c", "b", "a"]
    wu.show_board(settings)
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[1] for line in lines if "ladder" not in line] == ["entry", "c", "b", "a"]


def test_the_board_tells_variants_apart_and_leaves_out_what_had_another_minute(settings):
    kept(settings, "a", 1, 0.3, choices={"without": "two looks"})
    kept(settings, "a", 1, 0.2, choices={}, data="stand-in: 500 training")
    kept(settings, "b", 1, 0.1, seconds_of_a_minute=60)
    assert [row.name for row in board.entries(settings)] == ["a, without two looks", "a, stand-in"]


def test_a_damaged_file_keeps_no_board_away(settings, capsys):
    kept(settings, "a", 1, 0.5)
    (settings.runs_dir / "contest" / f"b{SUFFIX}").write_bytes(b"nothing")
    assert [row.name for row in board.entries(settings)] == ["a"]
    assert "cut off or damaged" in capsys.readouterr().out

"""How long one epoch takes in each way, and from that the worksheet's whole programme."""

import dataclasses
import statistics

from tools.measuring.benchmarks.measuring import in_turn, paired, spread, timed
from tools.measuring.benchmarks.tasks import TASKS, Images, Task
from tools.measuring.benchmarks.ways import FLOOR, OURS, WAYS, WORKSHEET, ways_of

# All ways see the images in the same order, so that losses differ by rounding and dropout alone:
# by less than 0.3 per cent. A tenth of the learning rate, or no momentum, makes 2.4 per cent or
# more on 20,000 images.
LOSS_TOLERANCE = 0.02
FEW = 512  # images to warm up with


def few_of(images: Images, n_train: int, n_test: int) -> Images:
    """The first images of a set."""
    data = images.data
    return Images(
        dataclasses.replace(
            data,
            train_images=data.train_images[:n_train],
            train_labels=data.train_labels[:n_train],
            test_images=data.test_images[:n_test],
            test_labels=data.test_labels[:n_test],
        )
    )


def measure_epochs(images: Images, n_rounds: int, tasks: tuple[Task, ...] = TASKS) -> dict:
    """Train and evaluate each network in each way, in turn.

    Args:
        images: to train and to evaluate on.
        n_rounds: how many epochs of each; every round has its own initial weights.
        tasks: the networks.

    Returns:
        Task -> way -> lists with a value for each round, "train" and "test" in seconds, "loss" as
        the mean of the training images; and "counts", whether the loss is that of the others. A
        way whose package is not installed has nothing but None.
    """
    return {task.name: _measure_task(task, images, n_rounds) for task in tasks}


def _measure_task(task: Task, images: Images, n_rounds: int) -> dict:
    ways = ways_of(task)
    there = [name for name, way in ways.items() if way.is_installed]
    few = few_of(images, FEW, FEW)
    for name in there:  # what happens once happens before: imports, choices of algorithms
        for action in ways[name].prepare(task, few, 0):
            action()
    found = {name: {"train": [], "test": [], "loss": []} for name in there}
    for number, name in in_turn(there, n_rounds):
        train, evaluate = ways[name].prepare(task, images, number)
        train_seconds, loss = timed(train)
        test_seconds, _ = timed(evaluate)
        found[name]["train"].append(train_seconds)
        found[name]["test"].append(test_seconds)
        found[name]["loss"].append(loss)
        print(
            f"{task.title}, round {number + 1} of {n_rounds}, {ways[name].title}: "
            f"{train_seconds:.2f} + {test_seconds:.2f} s, loss {loss:.3f}",
            flush=True,
        )
    judge(found)
    return {name: found.get(name) for name in ways}


def judge(found: dict[str, dict]) -> None:
    """Note for each way whether it trained as the others did, so that its time counts.

    In each round, a way's loss is compared with what most ways find from the same weights; the
    middle of these comparisons may differ from one by `LOSS_TOLERANCE`. The floor always counts:
    it sees only one batch.

    Args:
        found: way -> its lists; "counts" is added to each.
    """
    others = [row["loss"] for name, row in found.items() if name != FLOOR]
    usual = [statistics.median(losses) for losses in zip(*others, strict=True)]
    for name, row in found.items():
        ratio = paired(row["loss"], usual)["median"]
        row["counts"] = name == FLOOR or abs(ratio - 1) <= LOSS_TOLERANCE


def programme(epochs: dict) -> dict:
    """The worksheet's whole programme, reckoned from single epochs: it is not run in full.

    Args:
        epochs: from `measure_epochs`, of all tasks.

    Returns:
        "seconds": way -> spread for the whole, from sums of each round; "faster": how many times
        as fast as the worksheet's way this workbook is, for each task and in "total";
        "over_floor": task -> how many times as long as the steps alone an epoch of training takes.

    Raises:
        ValueError: the worksheet's way or the workbook's trained something else.
    """
    for task in TASKS:
        for name in (WORKSHEET, OURS):
            if not epochs[task.name][name]["counts"]:
                raise ValueError(f"{task.title}: {WAYS[name].title} does not reach the usual loss.")
    totals = {name: _rounds_of_programme(epochs, name) for name in (WORKSHEET, OURS)}
    faster = {}
    for task in TASKS:
        both = [_rounds_of_task(epochs, task, name) for name in (WORKSHEET, OURS)]
        faster[task.name] = paired(*both)
    faster["total"] = paired(totals[WORKSHEET], totals[OURS])
    over_floor = {
        task.name: paired(epochs[task.name][OURS]["train"], epochs[task.name][FLOOR]["train"])
        for task in TASKS
    }
    seconds = {name: spread(values) for name, values in totals.items()}
    return {"seconds": seconds, "faster": faster, "over_floor": over_floor}


def _rounds_of_task(epochs: dict, task: Task, way: str) -> list[float]:
    """Seconds for a task's part of the programme, one for each round."""
    row = epochs[task.name][way]
    pairs = zip(row["train"], row["test"], strict=True)
    return [task.n_epochs * (train + test) for train, test in pairs]


def _rounds_of_programme(epochs: dict, way: str) -> list[float]:
    parts = [_rounds_of_task(epochs, task, way) for task in TASKS]
    return [sum(seconds) for seconds in zip(*parts, strict=True)]

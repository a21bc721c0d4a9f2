"""Record the contest's ladder into workshop_utils/recorded/ladder.json.

    python -m tools.notebooks.ladder    # two hours, on a computer that does nothing else

The workbook's own entry is trained with each budget, and for a minute without each of its tricks,
and without all of them. A minute is one of two cores of the computer that this runs on. For another
minute it is trained on one core, for as long as the referee's measurement gives it: that shows how
fair this is. Beside it stand networks that are trained plainly, with their validation accuracy on
the way. Finished trainings are kept in build/recording/ladder, so that it goes on where it was
stopped.
"""

import dataclasses
import inspect
import itertools
import json
import statistics
from collections.abc import Callable
from functools import partial
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

import workshop_utils as wu
from tools import places
from workshop_utils.contest import judge, ladder
from workshop_utils.contest.budget import CORES, MINUTES, RECORDED, Budget, seconds_of_a_step
from workshop_utils.images.dataset import ImageData
from workshop_utils.settings import PROFILES, Settings

KEPT = places.BUILD / "recording" / "ladder"
PROBES = 7  # measurements of the speed, of which the median is written
PLAIN = {
    "CNN": lambda: wu.BasicConvNet(8, 16, 256),
    "wide CNN": lambda: wu.BasicConvNet(32, 64, 256),
    "deeper": wu.DeeperConvNet,
}
POINTS = (0.25, 0.5, 1, 2, 3, 5, 7, 10)  # minutes after which plain networks are evaluated


def rung(
    data: ImageData, settings: Settings, minutes: int, without: str, threads: int
) -> dict[str, Any]:
    """A training of the workbook's own entry; one without a trick leaves the test set alone."""
    settings = dataclasses.replace(settings, threads=threads)
    about = {
        "name": "ladder",
        "code": inspect.getsource(ladder),
        "minutes": minutes,
        "seconds_of_a_minute": 60,
        "seed": settings.seed,
        "choices": {"without": without},
    }
    if threads == CORES:  # what others' seconds are scaled by
        about["seconds"] = 60 * CORES * minutes
    weights, used = judge.trained(about, data, settings)

    def accuracy(images: Tensor, labels: Tensor) -> float:
        return judge.right(judge.predicted(about, weights, images, data, settings), labels)

    found = {"minutes": minutes, "without": without, "seed": settings.seed, **used}
    found["n_steps"] = int(weights["block1.first.2.num_batches_tracked"])
    found["validation_accuracy"] = accuracy(data.validation_images, data.validation_labels)
    found["test_accuracy"] = None if without else accuracy(data.test_images, data.test_labels)
    if minutes == MINUTES[-1]:
        found["train_accuracy"] = accuracy(data.train_images, data.train_labels)
    print(found, flush=True)
    return found


def curve(data: ImageData, settings: Settings, network: str) -> dict[str, Any]:
    """A network's validation accuracy on its way: SGD at a constant rate, and nothing else."""
    torch.set_num_threads(CORES)
    torch.manual_seed(settings.seed)
    model = PLAIN[network]()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.9)
    train_loader, validation_loader = data.loaders(128)
    accuracies = []
    for before, minutes in itertools.pairwise((0, *POINTS)):
        for x, labels in Budget(0, 60 * CORES * (minutes - before)).batches(train_loader):
            F.cross_entropy(model(x), labels).backward()
            optimizer.step()
            optimizer.zero_grad()
        accuracies.append(wu.evaluate(model, F.cross_entropy, validation_loader)[1])
    return {
        "network": network,
        "n_parameters": wu.count_parameters(model),
        "seed": settings.seed,
        "minutes": POINTS,
        "validation_accuracy": accuracies,
    }


def kept(name: str, make: Callable[[], Any]) -> Any:  # noqa: ANN401
    """What an earlier run has kept under this name; else it is made, and kept."""
    file = KEPT / f"{name}.json"
    if not file.exists():
        places.write(file, json.dumps(make()))
    return json.loads(file.read_text(encoding="utf-8"))


def probed() -> float:
    """Processor seconds of a step here."""
    torch.set_num_threads(CORES)
    return statistics.median(seconds_of_a_step(1.0) for _ in range(PROBES))


def record() -> None:
    """Train what is not there yet, short trainings first, and write what is there after each."""
    settings = dataclasses.replace(
        Settings.from_environment(), profile=PROFILES["full"], dataset="cifar10", runs_dir=KEPT
    )
    data = wu.load_data(settings)
    recorded = {"measured_on": data.title, "step": kept("step", probed), "trials": [], "curves": []}
    write(recorded)
    each_seed = [dataclasses.replace(settings, seed=n) for n in settings.profile.sweep_seeds]
    of_a_minute = [(1, trick, CORES) for trick in ("", *ladder.TRICKS, "all tricks")]
    longer = [(minutes, "", CORES) for minutes in MINUTES if minutes > 1]
    for stage in (of_a_minute, longer, [(1, "", 1)]):
        for one, which in itertools.product(each_seed, stage):
            name = "-".join(map(str, (*which, one.seed)))
            recorded["trials"].append(kept(name, partial(rung, data, one, *which)))
            write(recorded)
    for network in PLAIN:
        made = kept(f"{network}-0", partial(curve, data, each_seed[0], network))
        recorded["curves"].append(made)
        write(recorded)


def write(recorded: dict[str, Any]) -> None:
    """Write what was recorded, a line for each training."""
    text = json.dumps(recorded).replace(' [{"', ' [\n{"').replace('}, {"', '},\n{"')
    places.write(RECORDED, text + "\n")


if __name__ == "__main__":
    record()

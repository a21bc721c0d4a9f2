"""Record the contest's ladder into workshop_utils/recorded/ladder.json.

    python -m tools.notebooks.ladder    # an hour and a half, on a computer that does nothing else

The workbook's own entry is trained with each budget, and for a minute without each of its tricks. A
minute is one of two cores of the computer that this runs on. Finished trainings are kept in
build/recording/ladder, so that it goes on where it was stopped.
"""

import dataclasses
import inspect
import itertools
import json
from collections.abc import Callable
from functools import partial
from typing import Any

import torch
from torch import Tensor

import workshop_utils as wu
from tools import places
from workshop_utils.contest import judge, ladder
from workshop_utils.contest.budget import CORES, MINUTES, RECORDED, seconds_of_a_step
from workshop_utils.images.dataset import ImageData
from workshop_utils.settings import PROFILES, Settings

KEPT = places.BUILD / "recording" / "ladder"
PROBES = 7  # measurements of the speed, of which the best is written


def rung(data: ImageData, settings: Settings, minutes: int, without: str) -> dict[str, Any]:
    """A training of the workbook's own entry; one without a trick leaves the test set alone."""
    about = {
        "name": "ladder",
        "code": inspect.getsource(ladder),
        "minutes": minutes,
        "seconds_of_a_minute": 60,
        "seconds": 60 * CORES * minutes,  # as they are on this computer
        "seed": settings.seed,
        "choices": {"without": without},
    }
    weights, used = judge.trained(about, data, settings)

    def accuracy(images: Tensor, labels: Tensor) -> float:
        return judge.right(judge.predicted(about, weights, images, data, settings), labels)

    found = {"minutes": minutes, "without": without, "seed": settings.seed, **used}
    found["validation_accuracy"] = accuracy(data.validation_images, data.validation_labels)
    found["test_accuracy"] = None if without else accuracy(data.test_images, data.test_labels)
    print(found, flush=True)
    return found


def kept(name: str, make: Callable[[], Any]) -> Any:  # noqa: ANN401
    """What an earlier run has kept under this name; else it is made, and kept."""
    file = KEPT / f"{name}.json"
    if not file.exists():
        places.write(file, json.dumps(make()))
    return json.loads(file.read_text(encoding="utf-8"))


def probed() -> float:
    """Processor seconds of a step here."""
    torch.set_num_threads(CORES)
    return min(seconds_of_a_step(1.0) for _ in range(PROBES))


def record() -> None:
    """Train what is not there yet, short trainings first, and write what is there after each."""
    settings = dataclasses.replace(
        Settings.from_environment(), profile=PROFILES["full"], dataset="cifar10", runs_dir=KEPT
    )
    data = wu.load_data(settings)
    recorded = {"measured_on": data.title, "step": kept("step", probed), "trials": []}
    write(recorded)
    each_seed = [dataclasses.replace(settings, seed=n) for n in settings.profile.sweep_seeds]
    of_a_minute = [(1, trick) for trick in ("", *ladder.TRICKS)]
    longer = [(minutes, "") for minutes in MINUTES if minutes > 1]
    for stage in (of_a_minute, longer):
        for one, which in itertools.product(each_seed, stage):
            name = "-".join(map(str, (*which, one.seed)))
            recorded["trials"].append(kept(name, partial(rung, data, one, *which)))
            write(recorded)


def write(recorded: dict[str, Any]) -> None:
    """Write what was recorded, a line for each training."""
    rows = ",\n".join(map(json.dumps, recorded["trials"]))
    head = json.dumps({name: recorded[name] for name in ("measured_on", "step")})
    places.write(RECORDED, f'{head[:-1]}, "trials": [\n{rows}\n]}}\n')


if __name__ == "__main__":
    record()

"""Exercise 7.1: which bug shows in which way. The symptoms are computed, not drawn."""

import dataclasses
import difflib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader, TensorDataset

from workshop_utils.exercises.answers import kind
from workshop_utils.exercises.engine import Exercise, exercises, table
from workshop_utils.exercises.repair import PLANTED
from workshop_utils.exercises.result import CheckResult
from workshop_utils.exercises.running import NotWritten, Wrong, value_of
from workshop_utils.figures.plots import Symptom
from workshop_utils.images.dataset import ImageData
from workshop_utils.networks.classifiers import MultilayerPerceptronModel
from workshop_utils.settings import Settings

CAUSES = tuple(PLANTED)
RIGHT = dict(zip("ABCDEFGH", (CAUSES[i] for i in (6, 4, 2, 1, 7, 0, 5, 3)), strict=True))
N_IMAGES, N_VALIDATION, N_EPOCHS, BATCH_SIZE, LEARNING_RATE = 1000, 500, 25, 32, 0.01
BATCH_SIZES = (50, 128, 200, 300, 400, 500)
N_SHOWN = 8  # images whose probabilities are added up
REPEATED = 6  # evaluations of one and the same network


def find_symptoms(data: ImageData, settings: Settings) -> dict[str, Symptom]:
    """Train the program once with each planted bug, and once with none.

    Args:
        data: of which the first 1,000 training images are used, half of them for validation.
        settings: seed and device.

    Returns:
        Letter -> what was seen with one of the bugs, beside the same without bugs.
    """
    images = data.train_images[:N_IMAGES] / 255
    labels = data.train_labels[:N_IMAGES]
    given = images, labels, settings
    healthy = {part: exercises()[part].reference for part, _ in PLANTED.values()}
    symptoms = {}
    with torch.random.fork_rng():  # nobody else's random numbers change
        whole = _run(healthy, *given)
        for letter, cause in RIGHT.items():
            part, bug = PLANTED[cause]
            broken = healthy | {part: exercises()[part].mistake(bug).solution}
            symptoms[letter] = _look(cause, broken, whole, *given)
    return symptoms


def causes() -> dict[str, str]:
    """The bug behind each symptom."""
    return dict(RIGHT)


def check_causes(answers: Mapping[str, str] | Callable[[], Mapping[str, str]]) -> CheckResult:
    """Compare which bug a student sees behind each symptom.

    Args:
        answers: letter of the symptom -> one of `CAUSES`; or a function that returns this.

    Returns:
        What was found; it has been shown already.
    """
    return CAUSES_OF_SYMPTOMS.judge(answers)


# --- running the program ---

Parts = dict[str, Callable[..., Any]]


@dataclass(frozen=True)
class _Run:
    """What came of a training."""

    parts: Parts
    model: nn.Module
    training: list[float]  # mean loss of each epoch
    validation: list[float]


def _run(parts: Parts, images: Tensor, labels: Tensor, settings: Settings) -> _Run:
    """Train with six functions, as the notebook's program does."""
    torch.manual_seed(settings.seed)
    criterion = nn.CrossEntropyLoss()
    train_images, train_labels, *validation = parts["split"](images, labels, N_VALIDATION)
    model, optimizer = parts["prepare"](
        lambda: MultilayerPerceptronModel(3 * 32 * 32, 10).to(settings.device), LEARNING_RATE
    )
    run = _Run(parts, model, [], [])
    for _ in range(N_EPOCHS):
        model.train()
        x, y = parts["shuffled"](train_images, train_labels)
        batches = zip(x.split(BATCH_SIZE), y.split(BATCH_SIZE), strict=True)
        losses = [parts["training_step"](model, criterion, optimizer, *b).item() for b in batches]
        run.training.append(sum(losses) / len(losses))
        run.validation.append(_loss(run, *validation))
    return run


def _loss(run: _Run, images: Tensor, labels: Tensor, batch_size: int = 128) -> float:
    loader = DataLoader(TensorDataset(images, labels), batch_size=batch_size)
    return run.parts["evaluate"](run.model, nn.CrossEntropyLoss(), loader)[0]


def _look(
    cause: str, broken: Parts, whole: _Run, images: Tensor, labels: Tensor, settings: Settings
) -> Symptom:
    """What shows a bug: curves, or, where they hide it, numbers of the network without bugs."""
    validation = images[:N_VALIDATION], labels[:N_VALIDATION]
    both = dataclasses.replace(whole, parts=broken), whole  # one network, measured in two ways
    whole.model.train()
    if cause == "the last batch counted as a whole one":
        seen, usual = ([_loss(run, *validation, size) for size in BATCH_SIZES] for run in both)
        return Symptom("batch size in evaluation", "validation loss", BATCH_SIZES, seen, usual)
    if cause == "dropout on in evaluation":
        times = tuple(range(1, REPEATED + 1))
        seen, usual = ([_loss(run, *validation) for _ in times] for run in both)
        return Symptom("evaluation of the same network", "validation loss", times, seen, usual)
    if cause == "softmax over the wrong dimension":
        places = tuple(range(1, N_SHOWN + 1))
        few = images[:N_SHOWN]
        whole.model.eval()
        seen, usual = (
            run.parts["probabilities"](whole.model, few).sum(dim=1).tolist() for run in both
        )
        return Symptom("image", "sum of its probabilities", places, seen, usual)
    run = _run(broken, images, labels, settings)
    epochs = tuple(range(1, N_EPOCHS + 1))
    return Symptom("epoch", "loss", epochs, run.validation, whole.validation, run.training)


# --- the exercise ---


@dataclass(frozen=True, kw_only=True)
class _Matching(Exercise):
    """A cause for each letter."""

    def judge(self, answers: Any) -> CheckResult:  # noqa: ANN401 - a student's
        """Compare a student's causes with the right ones."""
        return self.contained(lambda: self._look(value_of(answers)))

    def _look(self, answers: Any) -> str:  # noqa: ANN401 - a student's
        if answers is None or answers is Ellipsis:
            raise NotWritten
        if not isinstance(answers, Mapping):
            raise Wrong(f"A dictionary is needed, from letter to cause, not {kind(answers)}.")
        missing = [letter for letter in RIGHT if answers.get(letter, ...) is Ellipsis]
        if missing:
            raise Wrong(f"{missing[0]} has no cause yet: choose one of wu.CAUSES.", "missing")
        given = {letter: _known(letter, answers[letter]) for letter in RIGHT}
        wrong = [letter for letter, cause in given.items() if cause != RIGHT[letter]]
        if not wrong:
            return "Right: all eight causes."
        n_right = len(RIGHT) - len(wrong)
        mistake = self.mistake(given[wrong[0]])
        said = f"Right: {n_right} of {len(RIGHT)}. {wrong[0]}: {mistake.sentence}"
        if len(set(given.values())) < len(RIGHT):
            said += " (Each cause belongs to one letter.)"
        raise Wrong(said, mistake.name)


def _known(letter: str, cause: Any) -> str:  # noqa: ANN401 - a student's
    near = difflib.get_close_matches(str(cause).lower(), CAUSES, n=1, cutoff=0.8)
    if not near:
        said = f"{letter}: {cause!r} is none of the causes. Copy one of wu.CAUSES."
        raise Wrong(said, "unknown")
    return near[0]


def _everywhere(cause: str) -> Callable[[], dict[str, str]]:
    return lambda: dict.fromkeys(RIGHT, cause)


# What each bug would show, which a student reads who sees it in the wrong place.
WOULD_SHOW = {
    "validation images in training": (
        "if validation images were learnt from, the validation loss would go on falling, far below "
        "that of the program without bugs."
    ),
    "images and labels shuffled apart": (
        "if the labels were not those of the images, nothing could be learnt, but the weights "
        "would move: the loss would stay near log 10 = 2.303, and change a little all the time."
    ),
    "the optimizer holds another network": (
        "if another network were trained, this one would stay as it was: a validation loss that "
        "is the same to the last digit after every epoch."
    ),
    "softmax before a loss that has its own": (
        "a second softmax squeezes all scores between 0 and 1 before the loss: the training loss "
        "would fall, but slowly, and never below 1.46; the validation loss, measured without it, "
        "would leave 2.303."
    ),
    "gradients added up": (
        "if gradients were added up, steps would become larger and larger: the loss would fall, "
        "then jump about or rise."
    ),
    "dropout on in evaluation": (
        "if dropout were on, evaluating one and the same network again would give another number "
        "each time."
    ),
    "the last batch counted as a whole one": (
        "if the last batch counted as a whole one, the loss would depend on the batch size, and be "
        "right where the batches come out even."
    ),
    "softmax over the wrong dimension": (
        "if softmax ran over the images, the probabilities of one image would not add up to 1."
    ),
}
CAUSES_OF_SYMPTOMS = _Matching(
    name="causes",
    reference=causes,
    todo="Write one of wu.CAUSES beside each letter.",
    mistakes=table({cause: (said, _everywhere(cause)) for cause, said in WOULD_SHOW.items()}),
)

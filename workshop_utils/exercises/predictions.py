"""Predictions: they cannot be wrong, only missing. They are kept, compared and counted."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from workshop_utils.exercises.result import BLUE, GREY, CheckResult, StopHere, show_box

LONGEST_GUESS = 100  # characters that are shown of one in the reader's own words


@dataclass(frozen=True)
class Prediction(CheckResult):
    """A prediction, kept until it is compared with what was found.

    Args:
        predicted: one of the choices, or the reader's own words; empty if nothing was predicted.
        choices: what the notebook compares with.
        about: what it is about, in a word or two.
    """

    predicted: str = ""
    choices: tuple[str, ...] = ()
    about: str = ""
    # The latest finding, once there is one.
    _found: list[str] = field(default_factory=list, repr=False, compare=False)

    def __str__(self) -> str:
        return f"{'✓' if self.passed else '○'} {self.message}"

    @property
    def colour(self) -> str:
        """Of the box: grey where nothing was predicted, which is no mistake."""
        return BLUE if self.passed else GREY

    @property
    def found(self) -> str | None:
        """What it was compared with; None if nothing yet."""
        return self._found[-1] if self._found else None

    @property
    def is_surprise(self) -> bool | None:
        """Whether something else was found; None where only the reader can tell, or nobody yet."""
        if self.found is None or self.predicted not in self.choices:
            return None
        return self.predicted != self.found

    def for_statistics(self) -> dict[str, object]:
        """What the output's metadata say."""
        return {**super().for_statistics(), "about": self.about, "predicted": self.predicted}

    def must_pass(self) -> None:
        """Go on if something was predicted.

        Raises:
            StopHere: nothing was.
        """
        if not self.passed:
            raise StopHere(
                "The notebook stops here until you have predicted something (see ○ above).\n"
                "No guess is wrong: write yours, and run the cells again."
            )

    def compare(self, found: str) -> None:
        """Show the prediction beside what was found.

        Args:
            found: one of the choices, computed from the run.

        Raises:
            ValueError: it is none of the choices.
        """
        if found not in self.choices:
            raise ValueError(f"The finding {found!r} is none of {self.choices}.")
        self._found[:] = [found]
        if not self.passed:
            said = f"nothing predicted, found “{found}”."
        else:
            verdicts = {True: "A surprise.", False: "As predicted.", None: "Is it a surprise?"}
            said = f"{self.beside_finding()}. {verdicts[self.is_surprise]}"
        noted = {
            "exercise": self.exercise,
            "about": self.about,
            "predicted": self.predicted,
            "found": found,
            "surprise": self.is_surprise,
        }
        about = self.about or "prediction"
        show_box(f"→ {about}: {said}", GREY, {"workshop_prediction": noted})

    def beside_finding(self) -> str:
        """In words: what was predicted, and what was found."""
        return f"predicted “{self.predicted}”, found “{self.found}”"


def check_prediction(prediction: object, choices: tuple[str, ...], about: str = "") -> Prediction:
    """Note a prediction before the notebook shows what happens; every guess passes.

    Args:
        prediction: one of the choices, however it is spelt, or a guess in other words.
        choices: what may be predicted, and found.
        about: what it is about, in a word or two, for `tally`.

    Returns:
        The prediction, to be compared with what is found; it has passed unless there is none.
    """
    known = {_plain(choice): choice for choice in choices}
    if len(known) < len(choices) or "" in known:
        raise ValueError(f"These choices cannot be told apart: {choices}.")
    said = "" if prediction is None or prediction is ... else _as_text(prediction)
    plain = _plain(said)
    if not plain:  # such as "?"
        message = f"No prediction yet. Choose one of {_listed(choices)}, with the quotation marks."
        mistake, said = "not-written", ""
    elif plain in known:
        said, mistake = known[plain], None
        message = f"Noted: “{said}”. Run on, and compare."
    else:
        message = f"Noted as you wrote it: “{said}”. The notebook compares with {_listed(choices)}."
        mistake = None
    result = Prediction(mistake is None, message, "prediction", mistake, said, choices, about)
    result.show()
    return result


def tally(*predictions: Prediction) -> None:
    """Show how many predictions came out, and which were surprises.

    Args:
        predictions: what `check_prediction` returned, in the order of the notebook.
    """
    kinds: dict[str, list[str]] = {
        "as predicted": [],
        "surprises": [],
        "in your own words": [],
        "not compared": [],
        "not given": [],
    }
    for number, each in enumerate(predictions, start=1):
        name = each.about or f"prediction {number}"
        if not each.passed:
            kinds["not given"].append(name)
        elif each.found is None:
            kinds["not compared"].append(name)
        else:
            kind = {True: "surprises", False: "as predicted", None: "in your own words"}
            kinds[kind[each.is_surprise]].append(f"{name} ({each.beside_finding()})")
    n_given = len(predictions) - len(kinds["not given"])
    noted = {kind: len(names) for kind, names in kinds.items()}
    n_compared = noted["as predicted"] + noted["surprises"]
    lines = [f"{n_given} prediction{'s' * (n_given != 1)}."]
    if n_compared:
        lines[0] += (
            f" Of {n_compared} that can be compared, {noted['as predicted'] or 'none'} came out."
        )
    del kinds["as predicted"]
    lines += [f"{kind.capitalize()}: {'; '.join(names)}." for kind, names in kinds.items() if names]
    if noted["surprises"]:
        lines.append("A surprise is where one learns something: what did you expect, and why?")
    show_box("\n".join(lines), GREY, {"workshop_tally": noted})


def _as_text(guess: object) -> str:
    """A guess as one line, not too long."""
    try:
        text = " ".join(str(guess).split())
    except Exception:  # an object of the reader's own
        text = type(guess).__name__
    return text if len(text) <= LONGEST_GUESS else text[:LONGEST_GUESS] + "…"


def _plain(text: str) -> str:
    """What is left of a text where its spelling does not count: small letters, and digits."""
    text = re.sub(r"(?<=\d)\s*(?:[×x*·]|by)\s*(?=\d)", "x", text.casefold())  # 8×8, 8 x 8
    return re.sub(r"[\W_]+", "", text)


def _listed(choices: Iterable[str]) -> str:
    *most, last = (f'"{choice}"' for choice in choices)
    return f"{', '.join(most)} or {last}"

"""Answers that cannot be wrong, only missing: predictions and experiments of one's own."""

from workshop_utils.exercises.result import CheckResult
from workshop_utils.experiments.experiments import Experiments


def check_prediction(prediction: object, choices: tuple[str, ...]) -> CheckResult:
    """Note a prediction before the notebook shows what happens; every choice passes.

    Args:
        prediction: one of the choices, as a text.
        choices: what may be predicted.
    """
    said = prediction.strip().lower() if isinstance(prediction, str) else None
    if said in choices:
        result = CheckResult(True, f"Noted: “{said}”. Run on, and compare.", "prediction")
    else:
        *most, last = (f'"{choice}"' for choice in choices)
        message = f"Choose one of {', '.join(most)} or {last}, with the quotation marks."
        result = CheckResult(False, message, "prediction", "not-written")
    result.show()
    return result


def check_experiments(experiments: Experiments, at_least: int) -> CheckResult:
    """Ask for enough different runs to compare.

    Args:
        experiments: the runs so far.
        at_least: how many must differ in their choices.
    """
    n_different = len({tuple(sorted(trial.choices.items())) for trial in experiments.trials})
    if n_different >= at_least:
        result = CheckResult(True, f"{n_different} different runs to compare.", "experiments")
    else:
        message = (
            f"Different choices so far: {n_different}; to compare, {at_least} are needed. "
            "Add experiments.run(...) with others."
        )
        result = CheckResult(False, message, "experiments", "too-few")
    result.show()
    return result

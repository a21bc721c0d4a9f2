"""Answers as sources of notebook cells, taken from the tables of the exercises."""

import inspect
import re
import textwrap

from students import counts, interpolations, variationals

from workshop_utils.exercises.dictionaries import LayerExercise, steps_of
from workshop_utils.exercises.engine import exercises

FUNCTIONS = {
    "interpolate": interpolations.RIGHT,
    "sample_codes": variationals.RIGHT_SAMPLES,
    "kl_divergence": variationals.RIGHT_DIVERGENCES,
}


def filled_in(exercise, mistake, model):
    """The dictionary of a student who follows a wrong rule wherever it says something."""
    return {step.name: mistake.solution(step) or exercise.rule(step) for step in steps_of(model)}


def right_sources(name):
    """Right answers to an exercise that asks for a function, in the words of several students."""
    sources = []
    for answer in FUNCTIONS[name][1:]:  # the first is the reference
        source = textwrap.dedent(inspect.getsource(answer.given))
        source = re.sub(r"^@.*\n", "", source)
        sources.append(re.sub(r"^def \w+", f"def {name}", source))
    return sources


def wrong_source(name, mistake):
    """The source of a cell that answers an exercise with one of its known mistakes."""
    exercise = exercises()[name]
    if isinstance(exercise, LayerExercise):
        model = counts.MLP if name == "mlp_parameters" else counts.CNN
        answers = filled_in(exercise, exercise.mistake(mistake), model)
        return f"def {name}():\n    return {answers!r}\n"
    return (
        "from workshop_utils.exercises.engine import exercises\n"
        f"{name} = exercises()[{name!r}].mistake({mistake!r}).solution\n"
    )

"""What every check says about the reference solution and about a wrong one; run as a script, too.

As a script it imports `workshop_utils` and nothing else of the workbook.
"""

import json
import sys

import torch

import workshop_utils as wu
from workshop_utils.exercises.dictionaries import LayerExercise, steps_of
from workshop_utils.exercises.engine import exercises

NETWORKS = wu.ConvEncoder(8, 16, 32), wu.ConvDecoder(8, 16, 32)
IMAGES = torch.linspace(0, 1, 2 * 3072).reshape(2, 3, 32, 32)
MLP, CNN = wu.MultilayerPerceptronModel(3072, 10), wu.BasicConvNet(8, 16, 256)
CHECKS = {
    "mlp_parameters": lambda answer: wu.check_parameter_counts(answer, MLP),
    "cnn_parameters": lambda answer: wu.check_parameter_counts(answer, CNN),
    "cnn_shapes": lambda answer: wu.check_shapes(answer, CNN),
    "ConvEncoder": wu.check_encoder,
    "interpolate": wu.check_interpolation,
    "latent_line": lambda answer: wu.check_latent_line(answer, *NETWORKS, *IMAGES),
    "convolve": wu.check_convolution,
    "convolve_transposed": wu.check_transposed_convolution,
    "cnn_forward": wu.check_cnn_forward,
    "training_step": wu.check_training_step,
    "evaluate": wu.check_evaluation,
    "causes": wu.check_causes,
    "split": lambda answer: wu.check_repair(split=answer),
    "shuffled": lambda answer: wu.check_repair(shuffled=answer),
    "prepare": lambda answer: wu.check_repair(prepare=answer),
    "probabilities": lambda answer: wu.check_repair(probabilities=answer),
    "sample_codes": wu.check_sample_codes,
    "kl_divergence": wu.check_kl_divergence,
}


def wrong(name: str) -> object:
    """An answer with a known mistake."""
    exercise = exercises()[name]
    mistake = exercise.mistakes[0].solution
    if not isinstance(exercise, LayerExercise):
        return mistake
    steps = steps_of(MLP if name.startswith("mlp") else CNN)
    return {step.name: mistake(step) or exercise.rule(step) for step in steps}


def said() -> dict[str, list[str]]:
    """Exercise -> what its check says about the reference solution, and about a wrong one."""
    return {
        name: [str(check(answer)) for answer in (wu.use_solution(name), wrong(name))]
        for name, check in CHECKS.items()
    }


if __name__ == "__main__":
    answers = said()
    sources = {
        name: str(module.__file__)
        for name, module in sys.modules.items()
        if name.split(".")[0] in ("workshop_utils", "tools", "tests")
    }
    print(json.dumps([answers, sources]))

"""Checks of a student's answers: each shows ✓ or ✗ and a sentence about what to mend."""

from workshop_utils.checks.choices import check_experiments, check_prediction
from workshop_utils.checks.counts import check_parameter_counts
from workshop_utils.checks.interpolation import check_interpolation
from workshop_utils.checks.latent_line import check_latent_line
from workshop_utils.checks.result import CheckResult
from workshop_utils.checks.shapes import check_shapes
from workshop_utils.checks.variational import check_kl_divergence, check_sample_codes
from workshop_utils.exercises.encoder import check_encoder

__all__ = [
    "CheckResult",
    "check_encoder",
    "check_experiments",
    "check_interpolation",
    "check_kl_divergence",
    "check_latent_line",
    "check_parameter_counts",
    "check_prediction",
    "check_sample_codes",
    "check_shapes",
]

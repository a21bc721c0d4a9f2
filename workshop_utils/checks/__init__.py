"""Checks of a student's answers: each shows ✓ or ✗ and a sentence about what to mend."""

from workshop_utils.checks.choices import check_experiments, check_prediction
from workshop_utils.checks.encoder import check_encoder
from workshop_utils.checks.result import CheckResult

__all__ = ["CheckResult", "check_encoder", "check_experiments", "check_prediction"]

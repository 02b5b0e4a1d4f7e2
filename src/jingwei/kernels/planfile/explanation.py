"""Why a date of ours can differ from the one a file states: told from what the file itself says of the task."""

from __future__ import annotations

from jingwei.kernels.planfile.model import FileTask, PlanFile


def explain_miss(plan: PlanFile, task: FileTask, date: str) -> str:
    """The likeliest reason in words."""
    return "not yet explained"

"""The model as Microsoft Project XML."""

from __future__ import annotations

from jingwei.kernels.planfile.model import PlanFile


def write_mspdi(plan: PlanFile) -> bytes:
    """To be filled."""
    raise NotImplementedError(plan.title)

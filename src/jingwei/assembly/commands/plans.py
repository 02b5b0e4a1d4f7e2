"""Commands for numbers: schedules, levelling, simulation and earned value of files."""

from __future__ import annotations

from typing import Any


def add(families: Any) -> None:
    """Declare the commands (they come with the kernels that do the work)."""

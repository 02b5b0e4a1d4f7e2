"""What happened to the work."""

from __future__ import annotations

from dataclasses import dataclass

from jingwei.frame.telling.facts import Fact


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkChanged(Fact):
    """Something that dates depend on changed in a project."""

    project_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskSaved(WorkChanged):
    """A task was created or changed."""

    task_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskProgressed(TaskSaved):
    """Progress was reported."""

    percent: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskRemoved(WorkChanged):
    """A task and its parts were deleted."""

    task_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DependencyChanged(WorkChanged):
    """A link was made, changed or removed."""

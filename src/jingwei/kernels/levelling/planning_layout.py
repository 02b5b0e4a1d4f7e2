"""Who needs what, by index: tasks, resources and candidates for each assignment, checked."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass

from jingwei.kernels.calendar.stated import WorkCalendar
from jingwei.kernels.levelling.planning_input import LevellingError, PlanAssignment, PlanResource, PlanTask
from jingwei.kernels.plan.input import PROJECT_CALENDAR


@dataclass(frozen=True, slots=True)
class Need:
    """Units of one resource out of `candidates` (indices of resources; one only when it was named)."""

    units: int
    candidates: tuple[int, ...]
    skill: str | None


@dataclass(frozen=True)
class Layout:
    """Tasks in the order given, resources in the order given, what each task needs, and every calendar by name."""

    tasks: tuple[PlanTask, ...]
    resources: tuple[PlanResource, ...]
    needs: tuple[tuple[Need, ...], ...]
    calendars: dict[str, WorkCalendar]
    zone: str

    @classmethod
    def of(
        cls,
        tasks: Sequence[PlanTask],
        resources: Sequence[PlanResource],
        assignments: Sequence[PlanAssignment],
        calendars: Mapping[str, WorkCalendar],
        zone: str,
    ) -> Layout:
        """Check and index. Raises LevellingError naming the task and the resource at fault."""
        known = {PROJECT_CALENDAR: WorkCalendar(zone=zone), **calendars}
        for resource in resources:
            if resource.calendar not in known:
                raise LevellingError(
                    f"资源 {resource.key} 的日历 {resource.calendar} 不存在", f"the calendar {resource.calendar} of resource {resource.key} does not exist"
                )
            if resource.capacity < 0:
                raise LevellingError(f"资源 {resource.key} 的容量为负", f"the capacity of resource {resource.key} is negative")
        place = {task.activity.key: i for i, task in enumerate(tasks)}
        needs: list[list[Need]] = [[] for _ in tasks]
        index = {resource.key: r for r, resource in enumerate(resources)}
        for assignment in assignments:
            if assignment.task not in place:
                raise LevellingError(f"分配中的任务 {assignment.task} 不存在", f"the task {assignment.task} of an assignment does not exist")
            if assignment.units <= 0:
                raise LevellingError(f"任务 {assignment.task} 的分配单位须为正", f"units assigned to task {assignment.task} must be positive")
            needs[place[assignment.task]].append(_need(assignment, resources, index))
        for task, own in zip(tasks, needs, strict=True):
            _check_sums(task, own, resources)
        return cls(tuple(tasks), tuple(resources), tuple(tuple(own) for own in needs), known, zone)


def _need(assignment: PlanAssignment, resources: Sequence[PlanResource], index: Mapping[Hashable, int]) -> Need:
    task, units = assignment.task, assignment.units
    if (assignment.resource is None) == (assignment.skill is None):
        raise LevellingError(f"任务 {task} 的分配须指明资源或技能之一", f"an assignment of task {task} must name either a resource or a skill")
    if assignment.skill is not None:
        able = [r for r, resource in enumerate(resources) if assignment.skill in resource.skills]
        if not able:
            raise LevellingError(f"任务 {task} 需要技能 {assignment.skill}，无人具备", f"task {task} needs the skill {assignment.skill}, which nobody has")
        enough = tuple(r for r in able if resources[r].capacity >= units)
        if not enough:
            most = max(resources[r].capacity for r in able)
            raise LevellingError(
                f"任务 {task} 需要技能 {assignment.skill} {units} 个单位，最多只有 {most} 个",
                f"task {task} needs {units} of the skill {assignment.skill}, but nobody has more than {most}",
            )
        return Need(units, enough, assignment.skill)
    if assignment.resource not in index:
        raise LevellingError(
            f"任务 {task} 分配的资源 {assignment.resource} 不存在", f"the resource {assignment.resource} assigned to task {task} does not exist"
        )
    return Need(units, (index[assignment.resource],), None)


def _check_sums(task: PlanTask, needs: Sequence[Need], resources: Sequence[PlanResource]) -> None:
    """All that one task needs of one named resource must fit into it."""
    sums: dict[int, int] = {}
    for need in needs:
        if need.skill is None:
            sums[need.candidates[0]] = sums.get(need.candidates[0], 0) + need.units
    for r, units in sums.items():
        if units > resources[r].capacity:
            name, most = resources[r].key, resources[r].capacity
            raise LevellingError(
                f"任务 {task.activity.key} 需要资源 {name} {units} 个单位，但只有 {most} 个",
                f"task {task.activity.key} needs {units} of resource {name}, but there are only {most}",
            )

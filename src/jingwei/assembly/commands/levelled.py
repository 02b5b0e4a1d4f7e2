"""A schedule file levelled: what must wait so that nobody has more to do than they can, as a preview."""

from __future__ import annotations

from datetime import datetime
from importlib.util import find_spec
from typing import Any

from jingwei.assembly.commands import Refused, local


def levelled(plan: Any, *, seconds: float, seed: int) -> dict[str, Any]:
    """Moves with their reasons, what stays overloaded, and the finish before and after. Raises Refused, and what level_plan raises.

    A demand above what a resource can give counts as all of it.
    """
    if find_spec("jingwei.kernels.levelling") is None:
        raise Refused("此版本不含资源平衡", "levelling is not available in this version")
    from jingwei.kernels import levelling
    from jingwei.kernels.levelling.planning import summary_assignments
    from jingwei.kernels.plan.input import PROJECT_CALENDAR
    from jingwei.kernels.planfile.scheduling import network_of

    if not plan.from_start:
        raise Refused(
            "计划从完成日期排程：资源平衡只会推迟任务，请先改为从开始日期排程",
            "the plan is scheduled from its finish: levelling only delays, schedule it from its start first",
        )
    activities, links, setting = network_of(plan)
    tasks = {task.uid: task for task in plan.tasks}
    calendars = setting.placing.calendars
    people = {each.uid: each for each in plan.resources if each.kind == "work" and round(each.max_units * 100) > 0}
    resources = [
        levelling.PlanResource(each.uid, round(each.max_units * 100), each.calendar if each.calendar in calendars else PROJECT_CALENDAR)
        for each in people.values()
    ]
    keys = {activity.key for activity in activities}
    assignments = []
    for each in plan.assignments:
        key = f"{each.task}/{each.uid}" if f"{each.task}/{each.uid}" in keys else each.task
        units = round(each.units * 100)
        if each.resource in people and key in keys and units > 0:
            assignments.append(levelling.PlanAssignment(key, each.resource, units=min(units, round(people[each.resource].max_units * 100))))
    wanted = [levelling.PlanTask(activity, priority=tasks[activity.key.split("/")[0]].priority) for activity in activities]
    try:
        found = levelling.level_plan(
            wanted, links, resources, assignments, calendars, start=setting.base, seconds=seconds, seed=seed, zone="UTC"
        )  # fmt: skip
    except levelling.LevellingError as problem:
        raise Refused(problem.text.zh, problem.text.en) from problem
    left_out = summary_assignments(wanted, assignments)
    ignored = [{"uid": each.task, "resource": people[str(each.resource)].name, "why": {"zh": text.zh, "en": text.en}} for each, text in left_out]
    return _answer(found, tasks, people) | {"ignored": ignored}


def _answer(found: Any, tasks: dict[str, Any], people: dict[str, Any]) -> dict[str, Any]:
    def last(moments: dict[Any, datetime]) -> str | None:
        return local(max(moments.values(), default=None))

    def overload(each: Any) -> dict[str, Any]:
        return {"resource": people[each.resource].name, "start": local(each.start), "finish": local(each.finish), "units_percent": each.units}

    def move(each: Any) -> dict[str, Any]:
        uid = each.task.split("/")[0]
        before = None if each.waits_for is None else str(each.waits_for).split("/")[0]
        return {
            "uid": uid, "name": tasks[uid].name, "old_start": local(each.old_start), "old_finish": local(each.old_finish), "new_start": local(each.new_start),
            "new_finish": local(each.new_finish), "delay_minutes": each.delay_minutes, "kind": each.kind,
            "resource": people[each.resource].name if each.resource in people else None,
            "waits_for": None if before not in tasks else {"uid": before, "name": tasks[before].name}, "why": {"zh": each.text.zh, "en": each.text.en},
        }  # fmt: skip

    return {
        "finish_before": last(found.project_finish_before), "finish": last(found.project_finish), "gap": found.gap,
        "overloads_before": [overload(each) for each in found.overloads_before], "overloads": [overload(each) for each in found.overloads],
        "moves": [move(each) for each in found.moves],
        "unresolved": [{"uid": each.task.split("/")[0], "why": {"zh": each.text.zh, "en": each.text.en}} for each in found.unresolved],
    }  # fmt: skip

"""Turns a levelled plan into what people are shown: every move with its one reason, what remains, and how good it is."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from jingwei.kernels.calendar.stated import zone_of
from jingwei.kernels.levelling.planning_engine import Attempt, Engine
from jingwei.kernels.levelling.planning_input import Move, PlanLevelling, Unresolved
from jingwei.kernels.network.critical_path import Cause
from jingwei.kernels.text import Text


def report(engine: Engine, before: Attempt, best: Attempt, rounds: int, is_cancelled: bool) -> PlanLevelling:
    """The preview of one attempt beside the plan as it stands."""
    starts, finishes = engine.moments(best.dates)
    overloads = engine.overloads(best.dates, best.chosen)
    names = {engine.key(i): tuple(engine.layout.resources[r].key for r in served) for i, served in best.chosen.items()}
    ends_before = engine.project_finishes(before.dates)
    ends = engine.project_finishes(best.dates)
    unresolved = tuple(Unresolved(engine.key(i), _unmet(engine, i, r)) for i, r in best.unresolved.items())
    return PlanLevelling(
        starts=starts,
        finishes=finishes,
        project_finish_before={project: engine.moment(wall) for project, wall in zip(engine.projects, ends_before, strict=True)},
        project_finish={project: engine.moment(wall) for project, wall in zip(engine.projects, ends, strict=True)},
        overloads_before=engine.overloads(before.dates, before.chosen),
        overloads=overloads,
        moves=tuple(_moves(engine, before, best)),
        unresolved=unresolved,
        resources_chosen=names,
        lower_bound=engine.moment(best.lower_bound),
        gap=None if overloads else _gap(engine, best),
        rounds=rounds,
        is_cancelled=is_cancelled,
        _engine=engine,
    )


def _gap(engine: Engine, best: Attempt) -> float:
    """In working minutes of the project calendar, over those from the start to the finish."""
    calendar = engine.calendars[0]
    length = calendar.minutes_between(engine.project_start, best.finish)
    return max(calendar.minutes_between(best.lower_bound, best.finish), 0) / length if length else 0.0


def _moves(engine: Engine, before: Attempt, best: Attempt) -> list[Move]:
    found = []
    for i, task in enumerate(engine.layout.tasks):
        old, new = int(before.starts[i]), int(best.starts[i])
        if engine.network.is_summary[i] or old < 0 or (old == new and before.dates.early_finish[i] == best.dates.early_finish[i]):
            continue
        old_finish, new_finish = int(before.dates.early_finish[i]), int(best.dates.early_finish[i])
        moments = engine.moment(old), engine.moment(old_finish), engine.moment(new), engine.moment(new_finish)
        wait = best.waits.get(i)
        if wait is None:
            other = _follows(engine, best, i)
            text = Text("随其紧前任务移动", "follows a predecessor that moved")
            if other is not None:
                text = Text(f"随紧前任务 {engine.key(other)} 移动", f"follows its predecessor {engine.key(other)}, which moved")
            waits_for = None if other is None else engine.key(other)
            found.append(Move(engine.key(i), task.project, *moments, 0, "predecessor", None, None, waits_for, None, text))
            continue
        resource = engine.layout.resources[wait.resource].key
        skill = engine.layout.needs[i][wait.need].skill
        since = engine.moment(wait.since)
        kind, text = _waiting(engine, resource, skill, None if wait.booked is None else str(engine.key(wait.booked)), since)
        other_key = None if wait.booked is None else engine.key(wait.booked)
        hold = engine.moment(int(best.hold[i]))
        found.append(Move(engine.key(i), task.project, *moments, wait.delay, kind, resource if skill is None else None, skill, other_key, since, text, hold))
    return sorted(found, key=lambda move: (move.new_start, str(move.task)))


def _waiting(engine: Engine, resource: object, skill: str | None, other: str | None, since: datetime) -> tuple[Literal["resource", "absence"], Text]:
    when = since.astimezone(zone_of(engine.layout.zone)).strftime("%Y-%m-%d %H:%M")
    who_zh, who_en = (f"资源 {resource}", str(resource)) if skill is None else (f"具备技能 {skill} 的人", f"everybody with the skill {skill}")
    if other is None:
        return "absence", Text(f"{who_zh}自 {when} 起不在工作时间", f"{who_en} does not work from {when}")
    return "resource", Text(f"{who_zh}自 {when} 起已满，等待任务 {other} 完成", f"{who_en} is full from {when}; waits for task {other}")


def _follows(engine: Engine, best: Attempt, task: int) -> int | None:
    """The predecessor that now sets the start; helper milestones are looked through to the last of those they stand for."""
    while True:
        linked = [driver.predecessor for driver in best.dates.driving_links(task) if driver.cause is Cause.LINK]
        if not linked or linked[0] is None:
            return None
        task = linked[0]
        if task < engine.count:
            return task


def _unmet(engine: Engine, task: int, resource: int) -> Text:
    key, name = engine.key(task), engine.layout.resources[resource].key
    if engine.within_slack:
        return Text(f"任务 {key} 在总浮动内等不到资源 {name}", f"within its total float, task {key} cannot get resource {name}")
    return Text(f"任务 {key} 等不到资源 {name} 而不推迟已固定的任务", f"task {key} cannot get resource {name} without pushing what is fixed")

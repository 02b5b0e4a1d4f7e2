"""Why a date of ours differs from the one a file states: told by what the file itself says. Files are often saved without recalculation."""

from __future__ import annotations

from datetime import datetime

from jingwei.kernels.planfile.model import FileTask, PlanFile

LATE_BEFORE_START = "the file's late finish lies before its own late start"
LATE_TOO_SHORT = "the file states a late finish on the day of the late start of a task that takes days"
STARTS_TOO_EARLY = "the file was not recalculated: a task starts before a predecessor ends"
LEAVES_TOO_LATE = "the file was not recalculated: a late finish lies behind the late start of a successor"
NOT_THE_END = "the file was not recalculated: nothing follows the task, yet its late finish is not the project's finish"
FOLLOWS = "follows from dates of the file that were not recalculated"
UNKNOWN = "not explained"


def explain_miss(plan: PlanFile, task: FileTask, date: str) -> str:
    """The likeliest reason why `date` of a task differs, judged only by the file's own dates contradicting each other."""
    of_task = contradictions(plan, task)
    if date.startswith("late"):
        found = next((each for each in of_task if each != STARTS_TOO_EARLY), None)
    else:
        found = next((each for each in of_task if each == STARTS_TOO_EARLY), None)
    if found is not None:
        return found
    return FOLLOWS if any(contradictions(plan, other) for other in plan.tasks) else UNKNOWN


def contradictions(plan: PlanFile, task: FileTask) -> list[str]:
    """What of a task's stated dates cannot be the outcome of one calculation."""
    found, tasks = [], {each.uid: each for each in plan.tasks}
    late_start, late_finish = task.stated.get("late_start"), task.stated.get("late_finish")
    if late_start and late_finish and (not task.actual_start or not task.percent):
        if late_finish.date() < late_start.date():
            found.append(LATE_BEFORE_START)
        elif late_finish.date() == late_start.date() and task.duration_minutes > 1440:
            found.append(LATE_TOO_SHORT)
    for link in plan.links:
        if link.type != "FS" or link.lag_minutes < 0 or (link.lag_percent or 0) < 0:
            continue
        if link.successor == task.uid and not task.is_manual and not task.actual_start:
            before, after = tasks[link.predecessor].stated.get("early_finish"), task.stated.get("early_start")
            if before and after and after < before:
                found.append(STARTS_TOO_EARLY)
        other = tasks[link.successor]
        if link.predecessor == task.uid and not other.actual_start and not task.actual_finish:
            due = other.stated.get("late_start")
            if late_finish and due and (late_finish.date() > due.date() or (_is_day(late_finish) and task.duration_minutes and late_finish == due)):
                found.append(LEAVES_TOO_LATE)
    if _nothing_follows(plan, task) and late_finish and late_finish.date() != _end(plan):
        found.append(NOT_THE_END)
    return found


def _is_day(moment: datetime) -> bool:
    return moment.hour == moment.minute == 0


def _end(plan: PlanFile) -> object:
    ends = [end for task in plan.tasks if isinstance(end := task.stated.get("early_finish"), datetime)]
    return max(ends).date() if ends else None


def _nothing_follows(plan: PlanFile, task: FileTask) -> bool:
    if task.is_summary or task.deadline or task.actual_finish or task.constraint in ("SNLT", "FNLT", "MFO", "MSO"):
        return False
    parents = {each.uid: each.parent for each in plan.tasks}
    bound = {link.predecessor for link in plan.links}
    uid: str | None = task.uid
    while uid is not None:
        if uid in bound:
            return False
        uid = parents[uid]
    return True

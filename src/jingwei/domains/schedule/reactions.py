"""Whatever dates depend on demands a recalculation of its project; a storm folds into one."""

from __future__ import annotations

from jingwei.domains.directory.facts import ProjectPlanningChanged
from jingwei.domains.schedule import causes
from jingwei.domains.work.facts import WorkChanged
from jingwei.domains.worktime.facts import CalendarChanged
from jingwei.frame.models import Project
from jingwei.frame.records import origins
from jingwei.frame.telling import facts
from jingwei.frame.work import jobs
from jingwei.hub.facts import InterfaceHealthChanged


def on_work_changed(fact: WorkChanged) -> None:
    """Tasks or links changed."""
    jobs.demand("schedule.recalculate", fact.project_id)


facts.reacts_to(WorkChanged)(on_work_changed)


@facts.reacts_to(ProjectPlanningChanged)
def on_project_planning_changed(fact: ProjectPlanningChanged) -> None:
    """A project's start, required finish, data date or way of scheduling changed."""
    jobs.demand("schedule.recalculate", fact.project_id)


@facts.reacts_to(InterfaceHealthChanged)
def on_interface_health_changed(fact: InterfaceHealthChanged) -> None:
    """An interface went down or recovered: what waits for it moves."""
    if "down" in (fact.state, fact.before):
        jobs.demand("schedule.recalculate", fact.project_id)


@facts.reacts_to(CalendarChanged)
def on_calendar_changed(fact: CalendarChanged) -> None:
    """Working time changed: of one project, or of all that are not closed."""
    changed = [fact.project_id] if fact.project_id is not None else Project.objects.exclude(status="closed").values_list("pk", flat=True)
    for project_id in changed:
        jobs.demand("schedule.recalculate", project_id)


origins.tells("schedule", reason=causes.told)

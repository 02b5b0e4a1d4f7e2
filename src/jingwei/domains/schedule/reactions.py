"""Whatever dates depend on demands a recalculation of its project; a storm folds into one."""

from __future__ import annotations

from jingwei.domains.work.facts import WorkChanged
from jingwei.frame import facts, jobs
from jingwei.hub.facts import InterfaceHealthChanged


def on_work_changed(fact: WorkChanged) -> None:
    """Tasks or links changed."""
    jobs.demand("schedule.recalculate", fact.project_id)


facts.reacts_to(WorkChanged)(on_work_changed)


@facts.reacts_to(InterfaceHealthChanged)
def on_interface_health_changed(fact: InterfaceHealthChanged) -> None:
    """An interface went down or recovered: what waits for it moves."""
    if "down" in (fact.state, fact.before):
        jobs.demand("schedule.recalculate", fact.project_id)

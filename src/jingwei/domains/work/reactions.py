"""What the work does when a project is scheduled the other way round, and what it tells of an interface: the tasks that wait for it."""

from __future__ import annotations

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from jingwei.domains.directory.facts import ProjectTurned
from jingwei.domains.work import queries, services
from jingwei.domains.work.models import Task
from jingwei.frame.rights.access import Access
from jingwei.frame.telling import facts
from jingwei.hub import stakes
from jingwei.hub.stakes import Stake, Stakes


@facts.reacts_to(ProjectTurned)
def on_project_turned(fact: ProjectTurned) -> None:
    """Tasks without a date of their own follow."""
    services.tasks_turn(project_id=fact.project_id, is_from_finish=fact.is_from_finish)


def _at_stake(access: Access, project_id: int, interface_id: int) -> Stakes | None:
    """Open tasks bound to an interface and the milestones that come after them."""
    if not access.allows("work.task.view", project_id):
        return None
    tasks = queries.bound_to(project_id, interface_id)
    behind = queries.milestones_behind(project_id, [task.pk for task in tasks]) if tasks else []
    return Stakes(
        [_stake(task) for task in tasks],
        [_stake(task) for task in behind if task not in tasks],
        f"{reverse('records', args=['work.task'])}?project={project_id}",
    )


def _stake(task: Task) -> Stake:
    day = timezone.localtime(task.finish).strftime("%Y-%m-%d") if task.finish else ""
    is_late = task.finish is not None and task.deadline is not None and task.finish > task.deadline
    return Stake(task.name, reverse("record", args=["work.task", task.pk]), _("%(day)s, behind its deadline") % {"day": day} if is_late else day)


stakes.tells(_at_stake)

"""What keeps the demo telling its story however long it runs: an outage endangers the milestone that waits for the interface."""

from __future__ import annotations

from jingwei.assembly.demo.plan import spare, tested
from jingwei.domains.schedule import services as schedule
from jingwei.domains.work import services as work
from jingwei.domains.work.models import Task
from jingwei.frame import scope
from jingwei.frame.models import History, Tenant
from jingwei.frame.work import scheduler
from jingwei.hub.models import Interface

least, most = spare / 2, spare * 3 / 2  # of time between a milestone and its deadline: no less unless something is wrong, no more than an outage takes


@scheduler.every(300, "demo.deadlines")
def deadlines_follow() -> int:
    """Put the deadline of each joint test a little behind its plan again, where time or the systems' own traffic has moved the two apart; returns how many.

    Nothing is touched while an interface of the project is down, nor what a person has written to.
    """
    if not Tenant.objects.filter(pk=scope.current().tenant_id, code="demo").exists():
        return 0
    moved = 0
    for task in Task.objects.select_related("project").filter(name=tested, is_milestone=True, percent__lt=100, finish__isnull=False, deadline__isnull=False):
        is_down = Interface.objects.filter(project=task.project, stage=Interface.Stage.LIVE, state=Interface.State.DOWN).exists()
        if is_down or least < task.deadline - task.finish < most or _is_somebodys(task):
            continue
        with scope.because(origin="demo", reason="演示继续"):
            work.task_save(instance=task, deadline=task.finish + spare)
            schedule.project_recalculate(project_id=task.project_id)
        moved += 1
    return moved


def _is_somebodys(task: Task) -> bool:
    return History.objects.filter(resource="work.task", object_id=task.pk, actor_id__isnull=False).exists()

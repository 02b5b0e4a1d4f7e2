"""The demo's change requests: one that waits for votes with its computed effect, one that is still written."""

from __future__ import annotations

from collections.abc import Mapping

from jingwei.domains.change import services
from jingwei.domains.work.models import Task
from jingwei.frame.models import Project
from jingwei.frame.records import commands
from jingwei.frame.records.resource import resource
from jingwei.frame.rights.access import system_access


def load(projects: Mapping[str, Project]) -> None:
    """Make them for the project that everything else of the demo happens in; the plan has been calculated."""
    project = projects["MES-ROLL"]
    waiting = Task.objects.filter(project=project, is_summary=False, is_milestone=False, percent=0, actual_start=None)
    task = waiting.filter(name__contains="试运行").order_by("-is_critical", "-start", "id").first()  # of the critical ones, if there are
    if task is not None:
        longer = {str(task.pk): {"duration_minutes": task.duration_minutes + 2400}}
        text = "班组只有白班能配合，两周跑不满验收要求的产量。"
        asked = services.request_propose(project=project, title="试运行延长一周", changes=longer, reason=text)
        commands.act(resource("change.changerequest"), "submit", asked, {}, system_access(project.tenant_id))
    services.request_save(project=project, title="增加一条检测线", kind="scope", reason="一分厂提出：检测线也要接入 MES，待评估影响。")

"""Tasks and their links, declared."""

from __future__ import annotations

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from jingwei.domains.work import loops, queries, services
from jingwei.domains.work.models import Dependency, Task
from jingwei.frame.records.resource import Resource
from jingwei.frame.records.verbs import Children, Verb
from jingwei.frame.traces import Trace
from jingwei.frame.views import Board, Month, Timeline

board = Board(
    "status", columns=(Task.Status.TODO, Task.Status.DOING, Task.Status.BLOCKED, Task.Status.DONE), only=Q(is_summary=False), order=("finish", "position"),
    title_from="name", owner="assignee", due="finish", tags=("is_endangered", "is_critical"), refreshes="plan-changed",
)  # fmt: skip
tasks = Resource(
    Task,
    columns=("wbs", "code", "name", "status", "percent", "assignee", "calendar", "start", "finish", "deadline", "is_critical"),
    fields=(
        "project", "code", "name", "parent", "status", "percent", "is_milestone", "duration_minutes", "optimistic_minutes", "pessimistic_minutes", "work_hours", "units_percent", "task_type",
        "is_effort_driven", "priority",
        "assignee", "skill", "calendar", "constraint", "constraint_at", "deadline", "levelled_until", "actual_start", "actual_finish", "interface", "external_ref", "description",
    ),
    natural_key=("project__code", "code"),
    folded=(
        "optimistic_minutes", "pessimistic_minutes", "work_hours", "units_percent", "task_type", "is_effort_driven", "priority", "skill", "calendar", "constraint", "constraint_at",
        "levelled_until", "actual_start", "actual_finish", "external_ref",
    ),
    beside=queries.late_told,
    shows=(Children("links_in", ("predecessor", "type", "lag_minutes"), _("Waits for")), Children("links_out", ("successor", "type", "lag_minutes"), _("Is waited for by"))),
    filters=("project", "status", "assignee", "is_milestone", "is_critical", "interface"),
    search=("code", "name", "external_ref"),
    inline=("name", "status", "percent", "assignee", "duration_minutes"),
    order=("project__code", "position", "id"),
    roles={"manager": "*", "engineer": "add change import", "crew": "view", "pmo": "*"},
    carries=("files", "talk", "tags", "watch"),
    templated=(
        "code", "name", "parent", "is_milestone", "duration_minutes", "optimistic_minutes", "pessimistic_minutes", "work_hours", "units_percent", "task_type", "is_effort_driven", "priority",
        "assignee", "skill", "calendar", "constraint", "constraint_at", "deadline", "description",
    ),
    icon="check",
    menu="plan",
    veiled=("interface",),
    reasons_need={"schedule": "hub.interface.view"},  # a recalculation names the interfaces that are down
    views=(board, Month("finish"), Month("deadline", name="deadlines", title=_("Deadlines")), Timeline("start", "finish", group="assignee", done="percent", title_from="name")),
    rules=(services.check_tree, services.check_place, services.check_task, services.check_calendar),
    write=services.task_save,
    write_many=services.tasks_save,
    remove=services.task_remove,
    remove_many=services.tasks_remove,
    verbs=(
        Verb("report_progress", _("Report progress"), services.task_report_progress, fields=("percent",), icon="activity"),
        Verb("complete", _("Complete"), services.task_complete, icon="check", bulk=True, when=lambda task: task.percent < 100),
        Verb("reopen", _("Reopen"), services.task_reopen, icon="refresh", bulk=True, when=lambda task: task.percent == 100),
    ),
    example=lambda: {"code": "T-1", "name": "接口联调", "duration_minutes": 960},
)  # fmt: skip
dependencies = Resource(
    Dependency,
    columns=("predecessor", "successor", "type", "lag_minutes"),
    fields=("predecessor", "successor", "type", "lag_minutes"),
    natural_key=("predecessor__project__code", "predecessor__code", "successor__code"),
    filters=("type",),
    search=("predecessor__code", "predecessor__name", "successor__code", "successor__name"),
    inline=("type", "lag_minutes"),
    roles={"manager": "*", "engineer": "add change delete import", "crew": "view", "pmo": "*"},
    icon="link",
    menu="plan",
    rules=(services.check_ends, loops.check_link),
    write=services.dependency_save,
    write_many=services.dependencies_write,
    templated=("predecessor", "successor", "type", "lag_minutes"),
    remove=services.dependency_remove,
)
builds = Trace("builds", _("builds"), _("is built by"), source="work.task", target="hub.interface", suspect_on=("name", "requirement"))

"""Verbs of change requests: write, assess, submit, decide by another person, carry out, verify, close."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from jingwei.domains.change import queries
from jingwei.domains.change.models import ChangeRequest
from jingwei.domains.schedule import queries as schedule_queries
from jingwei.domains.schedule import services as schedule
from jingwei.domains.schedule.facts import PlanCarriedOut
from jingwei.frame import scope
from jingwei.frame.declare import Approval, Authors, Everything, Lifecycle, Stage, Step
from jingwei.frame.models import Project
from jingwei.frame.records import turns
from jingwei.frame.records.turns import in_turn

Status = ChangeRequest.Status


@in_turn
def request_save(*, instance: ChangeRequest | None = None, **values: Any) -> ChangeRequest:
    """Write a request. Other changes or another project need a new assessment."""
    request = instance or ChangeRequest(requested_by_id=scope.current().user_id)
    before = (request.changes, request.project_id)
    for name, value in values.items():
        setattr(request, name, value)
    if "changes" in values or "project" in values:
        check_changes(request)
    if request.pk is not None and (request.changes, request.project_id) != before:
        request.status, request.effect, request.assessed_at = Status.DRAFT, {}, None
    request.save()
    return request


def check_changes(request: ChangeRequest) -> None:
    """A rule: what it asks for are changes of tasks of its project. It is kept as they are written."""
    request.changes = schedule.checked_changes(request.project, request.changes)


@in_turn
def request_propose(*, project: Project, title: str, changes: Mapping[str, Any], reason: str = "", costs: Sequence[Mapping[str, Any]] = ()) -> ChangeRequest:
    """A what-if as a request, its effect assessed at once. Sent twice it is one request: the open one of that title and those changes."""
    if not changes and not costs:
        raise ValidationError(_("Nothing would be different."))
    turns.take([project.pk])
    states = (*ChangeRequest.open_states, Status.SUBMITTED)
    same: dict[str, Any] = {"title": title[:120], "changes": dict(changes), "costs": [dict(each) for each in costs]}
    twin: ChangeRequest | None = ChangeRequest.objects.filter(project=project, status__in=states, **same).first()
    if twin is not None:
        return twin
    made = request_save(project=project, reason=reason, **same)
    return life.take(made, "assess")


@in_turn
def what_if_propose(*, scenario: Any, version: int | None = None) -> ChangeRequest:
    """The same of a what-if as it was looked at. Raises ValidationError when it was changed since, or carried out already."""
    seen = schedule.scenario_seen(instance=scenario, version=version)
    return request_propose(project=seen.project, title=seen.name, changes=seen.changes, costs=seen.costs)


def request_assess(request: ChangeRequest) -> None:
    """Calculate what it would do now and keep it."""
    request.effect, request.assessed_at = queries.effect_of(request), timezone.now()


def request_agree(request: ChangeRequest) -> None:
    """Why it was put off before is not why it is agreed to now."""
    request.decision = ""


def check_assessment(request: ChangeRequest) -> None:
    """Nobody agrees to figures that the plan has left behind."""
    if queries.is_stale(request, queries.effect_of(request)):
        raise ValidationError(_("The plan has moved since the assessment. Assess the request again, then decide."))


def check_not_spent(fact: PlanCarriedOut) -> None:
    """Nothing is spent a second time: raise ValidationError when a request of that name with this money was carried out."""
    same = ChangeRequest.objects.filter(project_id=fact.project_id, title=fact.label[:120], costs=[dict(each) for each in fact.costs])
    if (done := same.exclude(implemented_at=None).first()) is not None:
        raise ValidationError(_("It was carried out already, as %(request)s.") % {"request": done})


def check_not_carried_out(request: ChangeRequest) -> None:
    """The same the other way round: the what-if that it was made from was carried out by itself since."""
    if schedule_queries.was_carried_out(request.project_id, request.title, request.changes, request.costs, since=request.created_at):
        raise ValidationError(_("The what-if “%(name)s” that it was made from was carried out already. Defer this request.") % {"name": request.title})


def request_implement(request: ChangeRequest) -> None:
    """Carry it out in one commit of the plan, and take a baseline named after it. One without changes only says that it was done."""
    check_not_carried_out(request)
    request.implemented_at = timezone.now()
    if request.changes or request.costs:
        with scope.because(reason=_("Change request %(name)s") % {"name": request.code}):  # its title is for those who may read it
            schedule.changes_apply(project=request.project, changes=request.changes, costs=request.costs, label=request.code)
            schedule.baseline_take(project=request.project, name=str(request)[:120])


others = Authors(("title", "reason", "changes", "project", "extra"), named=("requested_by",), moved_to=(Status.SUBMITTED,))
decides: dict[str, Any] = {"stamps": "decided", "never_by": others}
life = Lifecycle(
    "status",
    start=Status.DRAFT,
    steps=(
        Step("assess", gettext_lazy("Assess the effect"), ChangeRequest.open_states, Status.ASSESSED, stays_in=(Status.SUBMITTED,), does=request_assess, icon="activity"),
        Step("submit", gettext_lazy("Submit for decision"), (Status.ASSESSED,), Status.SUBMITTED, icon="send"),
        Step("withdraw", gettext_lazy("Take the request back"), (Status.SUBMITTED,), Status.ASSESSED, icon="refresh"),
        Step("approve", gettext_lazy("Approve"), (Status.SUBMITTED,), Status.APPROVED, needs=(check_assessment,), does=request_agree, **decides),
        Step("reject", gettext_lazy("Reject"), (Status.SUBMITTED,), Status.REJECTED, asks=("decision",), icon="x", **decides),
        Step("defer", gettext_lazy("Defer"), (Status.SUBMITTED, Status.APPROVED), Status.DEFERRED, asks=("decision",), icon="clock", **decides),
        Step("implement", gettext_lazy("Carry it out"), (Status.APPROVED,), Status.IMPLEMENTED, does=request_implement, icon="play", confirm=True),
        Step("verify", gettext_lazy("Mark as verified"), (Status.IMPLEMENTED,), Status.VERIFIED, icon="clipboard-check"),
        Step("close", gettext_lazy("Close"), (Status.VERIFIED, Status.REJECTED), Status.CLOSED),
    ),
    tones={Status.APPROVED: "good", Status.REJECTED: "bad", Status.DEFERRED: "warn", Status.IMPLEMENTED: "good", Status.VERIFIED: "good"},
    locked=dict.fromkeys(set(Status) - set(ChangeRequest.open_states), Everything),
    removable=(Status.DRAFT, Status.ASSESSED),
    stays_after=(Status.SUBMITTED,),
    mend=gettext_lazy("Write a new one."),
)  # fmt: skip
approval = Approval(
    on="submit", yes="approve", no="reject", days=3, late="escalate", voids_on=("title", "reason", "kind", "changes", "effect", "extra"),
    stages=(Stage("decision", gettext_lazy("Decision")),), back="withdraw",
)  # fmt: skip

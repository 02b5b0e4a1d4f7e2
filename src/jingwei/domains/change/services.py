"""Verbs of change requests: write, assess, submit, decide by another person, carry out, verify, close."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from jingwei.domains.change import queries
from jingwei.domains.change.models import ChangeRequest
from jingwei.domains.schedule import services as schedule
from jingwei.domains.work import queries as work
from jingwei.frame import eyes, scope
from jingwei.frame.models import Project
from jingwei.frame.steps import require_state

Status = ChangeRequest.Status
open_states = (Status.DRAFT, Status.ASSESSED, Status.DEFERRED)
steps = {  # verb → the states it starts from
    "assess": (*open_states, Status.SUBMITTED), "submit": (Status.ASSESSED,), "approve": (Status.SUBMITTED,), "reject": (Status.SUBMITTED,), "defer": (Status.SUBMITTED, Status.APPROVED),
    "implement": (Status.APPROVED,), "verify": (Status.IMPLEMENTED,), "close": (Status.VERIFIED, Status.REJECTED),
}  # fmt: skip


@transaction.atomic
def request_save(*, instance: ChangeRequest | None = None, **values: Any) -> ChangeRequest:
    """Write a request. Other changes or another project need a new assessment; once submitted, it is not changed any more."""
    request = instance or ChangeRequest(requested_by_id=scope.current().user_id)
    if request.pk is not None and request.status not in open_states:
        raise ValidationError(_("This request was submitted; it is not changed any more. Write a new one."))
    before = (request.changes, request.project_id)
    for name, value in values.items():
        setattr(request, name, value)
    if "changes" in values or "project" in values:
        request.changes = checked_changes(request.project, request.changes)
    if request.pk is not None and (request.changes, request.project_id) != before:
        request.status, request.effect, request.assessed_at = Status.DRAFT, {}, None
    if not request.code:
        request.code = _next_code(request.project)
    request.save()
    return request


def _take_turn(project: Project) -> None:
    """Writers of one project wait for each other."""
    list(Project.objects.select_for_update(of=("self",), no_key=True).filter(pk=project.pk).values_list("pk"))


def _next_code(project: Project) -> str:
    """CR-7 after CR-6."""
    _take_turn(project)
    given = ChangeRequest.objects.filter(project=project, code__startswith="CR-").values_list("code", flat=True)
    return f"CR-{max((int(tail) for code in given if (tail := code.removeprefix('CR-')).isdecimal()), default=0) + 1}"


def checked_changes(project: Project, changes: Any) -> dict[str, dict[str, Any]]:
    """The changes if they are what a what-if may hold of tasks of this project. Raises ValidationError at `changes`."""
    if not isinstance(changes, Mapping):
        raise ValidationError({"changes": _("Give an object: task id → what changes.")})
    known = set(work.tasks_of(project.pk).filter(is_summary=False).values_list("pk", flat=True))
    for key, values in changes.items():
        if not (str(key).isdecimal() and int(key) in known):
            raise ValidationError({"changes": _("There is no such task in this project: %(task)s.") % {"task": key}})
        if not isinstance(values, Mapping) or not values or set(values) - {"duration_minutes", "not_before"}:
            raise ValidationError({"changes": _("A task changes by duration_minutes and not_before only.")})
        minutes, moment = values.get("duration_minutes", 0), values.get("not_before")
        if not isinstance(minutes, int) or isinstance(minutes, bool) or not 0 <= minutes <= 10_000_000:
            raise ValidationError({"changes": _("duration_minutes is a whole number from 0 on.")})
        if moment is not None and not _is_moment(moment):
            raise ValidationError({"changes": _("not_before is a moment with its zone, such as 2026-11-21T09:00:00+08:00.")})
    return {str(int(key)): dict(values) for key, values in changes.items()}


def _is_moment(text: Any) -> bool:
    try:
        return isinstance(text, str) and datetime.fromisoformat(text).tzinfo is not None
    except ValueError:
        return False


@transaction.atomic
def request_propose(*, project: Project, title: str, changes: Mapping[str, Any], reason: str = "") -> ChangeRequest:
    """A what-if as a request, its effect assessed at once. Sent twice it is one request: the open one of that title and those changes."""
    if not changes:
        raise ValidationError(_("Nothing would be different."))
    _take_turn(project)
    twin = ChangeRequest.objects.filter(project=project, title=title[:120], changes=dict(changes), status__in=(*open_states, Status.SUBMITTED)).first()
    if twin is not None:
        return twin
    return request_assess(instance=request_save(project=project, title=title[:120], changes=dict(changes), reason=reason))


def _step(request: ChangeRequest, verb: str, status: str) -> ChangeRequest:
    require_state(request, steps[verb])
    request.status = status
    request.save()
    return request


@transaction.atomic
def request_assess(*, instance: ChangeRequest) -> ChangeRequest:
    """Calculate what it would do now and keep it. A submitted request stays submitted, with the new figures."""
    require_state(instance, steps["assess"])
    instance.effect, instance.assessed_at = queries.effect_of(instance), timezone.now()
    if instance.status != Status.SUBMITTED:
        instance.status = Status.ASSESSED
    instance.save()
    return instance


@transaction.atomic
def request_submit(*, instance: ChangeRequest) -> ChangeRequest:
    """Ask for a decision."""
    return _step(instance, "submit", Status.SUBMITTED)


def _decide(request: ChangeRequest, verb: str, status: str, decision: str) -> ChangeRequest:
    me = scope.current().user_id
    content = ("title", "reason", "changes", "project_id")
    if me is not None and (request.requested_by_id == me or eyes.wrote("change.changerequest", [request.pk], content, me, moved_to=Status.SUBMITTED)):
        raise ValidationError(_("Another person must decide than those who asked, wrote in it or submitted it."))
    request.decision, request.decided_by_id, request.decided_at = decision, me, timezone.now()
    return _step(request, verb, status)


@transaction.atomic
def request_approve(*, instance: ChangeRequest) -> ChangeRequest:
    """Agree: never the person who asked, and never on figures the plan has left behind."""
    require_state(instance, steps["approve"])
    if queries.is_stale(instance, queries.effect_of(instance)):
        raise ValidationError(_("The plan has moved since the assessment. Assess the request again, then decide."))
    return _decide(instance, "approve", Status.APPROVED, "")


@transaction.atomic
def request_reject(*, instance: ChangeRequest, decision: str) -> ChangeRequest:
    """Refuse, with the reason."""
    if not decision.strip():
        raise ValidationError({"decision": _("Say why.")})
    return _decide(instance, "reject", Status.REJECTED, decision)


@transaction.atomic
def request_defer(*, instance: ChangeRequest, decision: str) -> ChangeRequest:
    """Not now, with the reason; it can be assessed and submitted again. Also what was approved and cannot be carried out any more."""
    if not decision.strip():
        raise ValidationError({"decision": _("Say why.")})
    return _decide(instance, "defer", Status.DEFERRED, decision)


@transaction.atomic
def request_implement(*, instance: ChangeRequest) -> ChangeRequest:
    """Carry it out in one commit of the plan, and take a baseline named after it. One without changes of tasks only says that it was done."""
    require_state(instance, steps["implement"])
    if instance.changes:
        name = str(instance)[:120]
        with scope.because(reason=_("Change request %(name)s") % {"name": instance.code}):  # its title is for those who may read it
            schedule.changes_apply(project=instance.project, changes=instance.changes)
            schedule.baseline_take(project=instance.project, name=name)
    instance.implemented_at = timezone.now()
    return _step(instance, "implement", Status.IMPLEMENTED)


@transaction.atomic
def request_verify(*, instance: ChangeRequest) -> ChangeRequest:
    """Somebody looked whether it does what was wanted."""
    return _step(instance, "verify", Status.VERIFIED)


@transaction.atomic
def request_close(*, instance: ChangeRequest) -> ChangeRequest:
    """Nothing is left to do."""
    return _step(instance, "close", Status.CLOSED)

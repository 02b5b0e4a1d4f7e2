"""Levelling as a page: asked for, watched, previewed with a reason for every move, accepted in whole or in part, taken back."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from jingwei.domains.schedule import queries, services
from jingwei.domains.schedule.pages.opening import project_asked
from jingwei.domains.work import queries as work
from jingwei.frame.models import LongWork, Project
from jingwei.frame.models.values import whole
from jingwei.frame.ui.undoing import offer_undo
from jingwei.frame.web import Request
from jingwei.frame.work import longwork

usual_seconds = 5
beside_days = 12 * 7  # from today, for who is overloaded over all projects


@require_GET
def page(request: Request, code: str) -> HttpResponse:
    """The question, the progress, or the preview of `work`."""
    project = project_asked(request, code)
    held = work.tasks_of(project.pk).filter(levelled_until__isnull=False).count()
    context: dict[str, Any] = {"project": project, "held": held, "may_edit": request.access.allows("work.task.change", project.pk), "seconds": usual_seconds}
    today = timezone.localdate()
    window = queries.Window(today, today + timedelta(days=beside_days - 1), "week", project.zone)
    people = [each for each in queries.beside(project, list(work.projects_seen(request.access)), window) if each.over_days]
    context |= {"window": window, "overloaded": sorted(people, key=lambda each: -each.over_days)}
    asked = request.GET.get("work", "")
    kept = longwork.found(request.access, whole(asked), payload__kind=queries.levelling)
    if kept is not None:
        context |= {
            "work": kept,
            "preview": _shown(kept.outcome) if kept.status == LongWork.Status.DONE else None,
            "seconds": kept.payload.get("seconds", usual_seconds),
        }
    return render(request, "schedule/levelling.html", context)


def _shown(outcome: dict[str, Any]) -> dict[str, Any]:
    """The kept outcome with moments as moments and reasons in the reader's language."""
    language = "zh" if (get_language() or "zh").startswith("zh") else "en"
    moment = datetime.fromisoformat
    return {
        "projects": [each | {"before": moment(each["before"]), "after": moment(each["after"]), "days": (moment(each["after"]) - moment(each["before"])).days} for each in outcome["projects"]],
        "moves": [each | {name: moment(each[name]) for name in ("old_start", "old_finish", "new_start", "new_finish")} | {"reason": each["reason"][language]} for each in outcome["moves"]],
        "overloads_before": len(outcome["overloads_before"]), "overloads": [each | {name: moment(each[name]) for name in ("start", "finish")} for each in outcome["overloads"]],
        "unresolved": outcome["unresolved"], "ignored": outcome.get("ignored", ()), "gap": outcome["gap"], "lower_bound": moment(outcome["lower_bound"]), "rounds": outcome["rounds"], "is_cancelled": outcome["is_cancelled"],
    }  # fmt: skip


@require_POST
def begin(request: Request, code: str) -> HttpResponse:
    """Start a preview for this project, or for all that the person may change."""
    project = project_asked(request, code, "change")
    projects = [project]
    if request.POST.get("everything"):
        projects += [
            each
            for each in Project.objects.exclude(pk=project.pk).exclude(status="closed").exclude(scheduled_from="finish")
            if request.access.allows("work.task.change", each.pk)
        ]
    try:
        seconds = int(request.POST.get("seconds") or usual_seconds)
        kept = services.levelling_begin(
            projects=projects,
            within_slack=bool(request.POST.get("within_slack")),
            seconds=seconds,
            user=request.user,
            url=reverse("levelling", args=[code]) + "?work={id}",
        )
    except ValueError:
        messages.error(request, _("Say the seconds as a number."))
        return redirect("levelling", code=code)
    except ValidationError as problem:
        messages.error(request, " ".join(problem.messages))
        return redirect("levelling", code=code)
    return redirect(kept.url)


@require_POST
def accept(request: Request, code: str, pk: int) -> HttpResponse:
    """Carry out the ticked moves of a preview."""
    project_asked(request, code, "change")
    kept = longwork.found(request.access, pk, status=LongWork.Status.DONE, payload__kind=queries.levelling)
    try:
        if kept is None:
            raise ValidationError(_("The preview is gone. Level again."))
        for each in kept.outcome["projects"]:
            request.access.require("work.task.change", each["id"])
        chosen = {task for each in request.POST.getlist("task") if (task := whole(each)) is not None}
        count = services.levelling_accept(outcome=kept.outcome, chosen=chosen)
        offer_undo(request, _("%(count)s tasks are held back now.") % {"count": count})
    except ValidationError as problem:
        messages.error(request, " ".join(problem.messages))
        return redirect(kept.url if kept else reverse("levelling", args=[code]))
    return redirect("levelling", code=code)


@require_POST
def clear(request: Request, code: str) -> HttpResponse:
    """Let everything go that levelling holds back."""
    project = project_asked(request, code, "change")
    count = services.levelling_clear(project=project)
    offer_undo(request, _("%(count)s tasks were let go.") % {"count": count})
    return redirect("levelling", code=code)

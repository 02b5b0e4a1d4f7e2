"""Change requests of a project: the list, one with its effect before and after, its steps, and the offer on a what-if."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST

from jingwei.domains.change import queries, services
from jingwei.domains.change.models import ChangeRequest
from jingwei.domains.schedule import queries as schedule
from jingwei.frame.approvals.shown import approval_of
from jingwei.frame.models import Project
from jingwei.frame.records import commands
from jingwei.frame.records.resource import resource
from jingwei.frame.records.verbs import Verb
from jingwei.frame.ui.menu import ProjectPage, register_project_page
from jingwei.frame.web import Request, project_named, version_asked

register_project_page(ProjectPage(gettext_lazy("Changes"), "change-requests", "git-merge", "change.changerequest.view", 38, "scope"))
asks_why = ("defer",)


@require_GET
def desk(request: Request, code: str) -> HttpResponse:
    """All change requests of a project."""
    project = project_named(request, code, "change.changerequest.view")
    return render(request, "change/desk.html", {"project": project, "requests": queries.requests_of(project.pk)})


def _kept(project: Project, pk: int) -> ChangeRequest:
    return get_object_or_404(queries.requests_of(project.pk), pk=pk)


@require_GET
def page(request: Request, code: str, pk: int) -> HttpResponse:
    """One request: its effect as it was assessed; while it is still to be decided, also whether the plan has moved since."""
    project = project_named(request, code, "change.changerequest.view")
    return _page(request, project, _kept(project, pk))


def _page(request: Request, project: Project, kept: ChangeRequest, problem: str = "") -> HttpResponse:
    """`problem` is why a step was not taken: somebody had changed what its button stood beside."""
    steps = verbs_of(request, kept)
    context: dict[str, Any] = {
        "project": project, "kept": kept, "verbs": [verb for verb in steps if verb.name not in asks_why], "asking": [verb for verb in steps if verb.name in asks_why], "effect": queries.effect_told(kept.effect, project.pk) if kept.effect else None,
        "approval": approval_of(resource("change.changerequest"), kept, request.access), "resource": resource("change.changerequest"), "row": kept, "sees_money": request.access.allows("cost.line.view", project.pk),
        "sees_interfaces": request.access.allows("hub.interface.view", project.pk),
    }  # fmt: skip
    if kept.effect and kept.status in (*ChangeRequest.open_states, ChangeRequest.Status.SUBMITTED):
        try:
            now = queries.effect_of(kept)
            context |= {"is_stale": queries.is_stale(kept, now), "now": queries.effect_told(now, project.pk)}
        except ValidationError as refusal:
            context["problems"] = refusal.messages
    if problem:
        context |= {"problems": [problem, *context.get("problems", ())], "decision": request.POST.get("decision", "")}
    return render(request, "change/request.html", context, status=409 if problem else 200)


def verbs_of(request: Request, kept: ChangeRequest) -> list[Verb]:
    """The steps this person may take now; what is voted on is none of them."""
    declared = resource("change.changerequest")
    return [
        verb for verb in declared.verbs
        if request.access.allows(declared.permission(verb.name), kept.project_id) and services.life.may_take(kept, verb.name)
    ]  # fmt: skip


@require_POST
def act(request: Request, code: str, pk: int) -> HttpResponse:
    """Take a step with the request as it was shown."""
    project = project_named(request, code, "change.changerequest.view")
    kept, name = _kept(project, pk), request.POST.get("verb", "")
    declared = resource("change.changerequest")
    if name not in services.life.names:
        raise Http404
    try:
        asked = {"decision": request.POST.get("decision", "")} if name in asks_why else {}
        done = commands.act(declared, name, kept, asked, request.access, version=version_asked(request))
        messages.success(request, _("%(request)s: %(state)s.") % {"request": done, "state": done.get_status_display()})
    except ValidationError as problem:
        messages.error(request, " ".join(problem.messages))
    except commands.Stale as problem:
        return _page(request, project, _kept(project, pk), str(problem))
    return redirect("change-request", code=code, pk=pk)


@require_GET
def offer(request: Request, code: str, pk: int) -> HttpResponse:
    """The button on a what-if; empty for those who may not propose."""
    project = project_named(request, code, "work.task.view")
    scenario = schedule.scenarios(project.pk).filter(pk=pk).first()
    if scenario is None or scenario.applied_at or not (scenario.changes or scenario.costs) or not request.access.allows("change.changerequest.add", project.pk):
        return HttpResponse("")
    return render(request, "change/_offer.html", {"project": project, "scenario": scenario, "version": request.GET.get("version", scenario.version)})


@require_POST
def propose(request: Request, code: str, pk: int) -> HttpResponse:
    """A what-if as it was seen as a change request, assessed at once."""
    project = project_named(request, code, "change.changerequest.add")
    scenario = schedule.scenarios(project.pk).filter(pk=pk).first()
    if scenario is None:
        raise Http404
    if not request.access.allows("change.changerequest.assess", project.pk):
        raise PermissionDenied
    try:
        made = services.what_if_propose(scenario=scenario, version=version_asked(request))
    except ValidationError as problem:
        messages.error(request, " ".join(problem.messages))
        return redirect("scenario", code=code, pk=pk)
    return redirect("change-request", code=code, pk=made.pk)


address = "changes/"
urlpatterns = [
    path("<str:code>/", desk, name="change-requests"),
    path("<str:code>/<int:pk>/", page, name="change-request"),
    path("<str:code>/<int:pk>/act/", act, name="change-request-act"),
    path("<str:code>/what-if/<int:pk>/", offer, name="change-offer"),
    path("<str:code>/what-if/<int:pk>/propose/", propose, name="change-propose"),
]

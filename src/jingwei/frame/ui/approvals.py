"""The pages of approvals: voting on a row, what stages ask in an organisation and its projects, and who stands in for whom."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from jingwei.frame import narrowing, waiting
from jingwei.frame.approvals import arranging, shown, voting
from jingwei.frame.models import Case, Deputy, Project
from jingwei.frame.models.values import whole
from jingwei.frame.records.fields import MemberField
from jingwei.frame.ui.menu import MenuItem, register
from jingwei.frame.ui.records import beside_of, found, row_of
from jingwei.frame.web import Request

register(MenuItem("waiting", gettext_lazy("My work"), "/waiting/", "checklist", "", 5))
register(MenuItem("settings", gettext_lazy("Approvals and deputies"), "/settings/approvals/", "scale", arranging.permission, 12))
done = {
    Case.State.OPEN: gettext_lazy("Your vote is counted."),
    Case.State.APPROVED: gettext_lazy("Your vote is counted; with it this is approved."),
    Case.State.REJECTED: gettext_lazy("Your vote is counted; with it this is rejected."),
}


@require_http_methods(["GET", "POST"])
def vote(request: Request, key: str, pk: int) -> HttpResponse:
    """Vote, with a word; what was typed stays when something is wrong."""
    resource = found(request, key)
    row = row_of(request, resource, pk)
    if resource.approval is None:
        raise Http404
    voting.require_voter(resource, row, request.access)
    errors: dict[str, list[str]] = {}
    if request.method == "POST":
        given = {name: str(request.POST.get(name, "")) for name in ("choice", "word", "seen")}
        try:
            case = voting.vote(resource, row, given["choice"], request.access, word=given["word"], seen=given["seen"])
            messages.success(request, str(done[Case.State(case.state)]))
            back = request.POST.get("next", "")
            return redirect(back if url_has_allowed_host_and_scheme(back, None) else reverse("record", args=[key, pk]))
        except ValidationError as problem:
            errors = problem.message_dict if hasattr(problem, "error_dict") else {NON_FIELD_ERRORS: problem.messages}
    context = {
        "resource": resource, "row": row, "approval": shown.approval_of(resource, row, request.access), "word": request.POST.get("word", ""),
        "errors": [text for many in errors.values() for text in many], "next": request.POST.get("next", ""), "beside": beside_of(request, resource, row),
    }  # fmt: skip
    return render(request, "frame/records/vote.html", context, status=422 if errors else 200)


@require_GET
def mine(request: Request) -> HttpResponse:
    """Everything that waits for me, and who stands in for me."""
    own = arranging.own_deputies(request.access) if _is_whole(request) else Deputy.objects.none()
    return render(request, "frame/waiting.html", {"kinds": _waiting(request), "deputies": own, "now": timezone.now()})


@require_GET
def count(request: Request) -> HttpResponse:
    """How much waits for me, for the bar above every page."""
    number = sum(len(rows) for _kind, rows in _waiting(request))
    return render(request, "frame/_waiting_count.html", {"number": number})


def _waiting(request: Request) -> list[tuple[waiting.Kind, list[waiting.Waiting]]]:
    return waiting.waiting_for(request.access) if request.access is not None else []


def _is_whole(request: Request) -> bool:
    """What is personal is for the person, not for a program with a limited token."""
    return request.access is not None and narrowing.shows_everything(request.access.limits)


@require_POST
def stand_in(request: Request) -> HttpResponse:
    """Name a deputy for oneself, or (an administrator) for somebody else."""
    is_admin = "person" in request.POST
    back = "approvals" if is_admin else "waiting"
    try:
        arranging.deputy_name(
            access=request.access, person=_member(request, "person") if is_admin else request.user.pk, deputy=_member(request, "deputy"),
            from_on=request.POST.get("from_on", ""), until_on=request.POST.get("until_on", ""), project=_project(request),
        )  # fmt: skip
        messages.success(request, _("Saved."))
    except ValidationError as problem:
        messages.error(request, " ".join(problem.messages))
    return redirect(back)


def _member(request: Request, name: str) -> int | None:
    """The id of a member by user name, e-mail, name or pinyin, or as a program gives it; None for nobody."""
    text = str(request.POST.get(name, ""))
    try:
        found = MemberField(required=False).clean(text)
    except ValidationError as problem:
        if problem.code == "several":
            raise ValidationError({name: problem.messages}) from None
        return whole(text)
    return found.pk if found is not None else None


@require_POST
def stand_down(request: Request, pk: int) -> HttpResponse:
    """End it: the person himself, the deputy, or an administrator."""
    row = Deputy.objects.filter(pk=pk).first()
    if row is None:
        raise Http404
    arranging.deputy_end(access=request.access, row=row)
    messages.success(request, _("Removed."))
    return redirect("approvals" if request.POST.get("from") == "approvals" else "waiting")


@require_http_methods(["GET", "POST"])
def page(request: Request) -> HttpResponse:
    """What each stage asks, as declared and as adapted; and all deputies."""
    request.access.require_anywhere(arranging.permission)
    if request.method == "POST":
        given = {name: str(request.POST.get(name, "")) for name in ("stage", "quorum", "days")}
        key, _colon, stage = given["stage"].partition(":")
        try:
            arranging.rule_keep(access=request.access, key=key, stage=stage, project=_project(request), quorum=given["quorum"], days=given["days"])
            messages.success(request, _("Saved."))
        except ValidationError as problem:
            messages.error(request, " ".join(problem.messages))
        return redirect("approvals")
    places = request.access.projects(arranging.permission)
    projects = Project.objects.all() if places is None else Project.objects.filter(pk__in=places)
    context: dict[str, Any] = {
        "stages": list(arranging.stages()), "rules": arranging.rules(request.access), "projects": projects[:200], "is_everywhere": places is None,
        "deputies": Deputy.objects.select_related("person", "deputy", "project").order_by("-until_on", "pk")[:200] if places is None else (),
    }  # fmt: skip
    return render(request, "frame/approvals.html", context)


def _project(request: Request) -> Project | None:
    """The project that was chosen; None for the organisation."""
    text = str(request.POST.get("project", ""))
    chosen: Project | None = Project.objects.filter(pk=whole(text) or 0).first() if text else None
    if text and chosen is None:
        raise Http404
    return chosen

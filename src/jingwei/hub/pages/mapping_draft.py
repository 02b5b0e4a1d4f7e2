"""A mapping's draft: kept while it is typed, discarded with a way back, and looked at whole (what it changes, what it would do) before it is published."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from jingwei.frame.models.values import whole
from jingwei.frame.records.commands import Stale
from jingwei.frame.ui.drawing import moment
from jingwei.frame.ui.undoing import offer_undo
from jingwei.frame.walls import heavy
from jingwei.frame.web import Request
from jingwei.hub import contract
from jingwei.hub.engine import rehearse as rehearsal
from jingwei.hub.models import Interface, MappingDraft
from jingwei.hub.pages import dry_run_shown, mapping_form, mapping_mending
from jingwei.hub.pages.interfaces import interface_or_404
from jingwei.hub.pages.mapping import clash_of, refuse, refuse_clash
from jingwei.hub.pages.mapping_away import reason_of, sides_of, unpublished
from jingwei.hub.pages.values_shown import Fields
from jingwei.hub.register import changes, drafts, places, services
from jingwei.hub.register.overtaking import Overtaken
from jingwei.hub.register.versions import compile_spec
from jingwei.hub.rights import may_see_values
from jingwei.kernels.mapping import MappingError

note_longest = 300


@require_POST
def keep(request: Request, key: str) -> HttpResponse:
    """Keep what is typed as the interface's draft; who typed upon something older is told what is there now."""
    interface = interface_or_404(request, key, "change")
    spec, tables = mapping_form.spec_from(request.POST)
    note, seen = str(request.POST.get("note") or "")[:note_longest], str(request.POST.get("seen") or "")
    try:
        draft = drafts.keep(interface=interface, mapping=spec, tables=tables, note=note, seen=seen)
    except Stale as problem:
        return JsonResponse({"html": render_to_string("hub/_draft_clash.html", clash_of(interface, problem.row, spec, tables), request)}, status=409)
    return JsonResponse({"seen": drafts.mark(interface, draft), "text": kept_text(draft)})


def kept_text(draft: MappingDraft) -> str:
    """Saved 14:03."""
    local = timezone.localtime(draft.updated_at)
    form = "%H:%M" if local.date() == timezone.localdate() else "%m-%d %H:%M"
    return _("Saved %(time)s") % {"time": local.strftime(form)}


@require_POST
def discard(request: Request, key: str) -> HttpResponse:
    """Throw the draft away; one click brings it back."""
    interface = interface_or_404(request, key, "change")
    try:
        if drafts.discard(interface=interface, seen=str(request.POST.get("seen") or "")):
            offer_undo(request, _("The draft is discarded."))
    except Stale:
        messages.error(request, _("Somebody has written on this draft since you opened it; it stays. This is what it says now."))
    return redirect("hub:mapping", key=key)


@require_POST
def check(request: Request, key: str) -> HttpResponse:
    """From the editor to the look before publishing: what the form holds is kept, and must be right."""
    interface = interface_or_404(request, key, "change")
    spec, tables = mapping_form.spec_from(request.POST)
    note = str(request.POST.get("note") or "")[:note_longest]
    try:
        drafts.keep(interface=interface, mapping=spec, tables=tables, note=note, seen=str(request.POST.get("seen") or ""))
        compile_spec(_whole(interface, spec, tables))
    except Stale as problem:
        return refuse_clash(request, interface, spec, tables, problem.row)
    except MappingError as problem:
        return refuse(request, interface, spec, tables, [str(each) for each in places.problems_said(problem.problems, spec)], 422)
    except (contract.ConnectorError, LookupError) as problem:
        return refuse(request, interface, spec, tables, unpublished(problem), 422)
    return redirect("hub:mapping-review", key=key)


def _whole(interface: Interface, spec: dict[str, Any], tables: dict[str, Any]) -> dict[str, Any]:
    return services.spec_of(interface, spec, mapping_form.finished(tables))


@require_GET
def review(request: Request, key: str) -> HttpResponse:
    """What the draft changes, and what its last dry run told, before it is published."""
    interface = interface_or_404(request, key, "change")
    return _reviewed(request, interface, drafts.of(interface))


def _reviewed(
    request: Request, interface: Interface, draft: MappingDraft | None, report: dict[str, Any] | None = None, problem: str = "", status: int = 422
) -> HttpResponse:
    if draft is None:
        return redirect("hub:mapping", key=interface.key)
    before = interface.published.spec if interface.published is not None else {}
    after = {"mapping": draft.mapping, "code_tables": mapping_form.finished(draft.code_tables)}
    gaps = mapping_mending.gaps_of(draft.mapping, draft.code_tables, sides_of(interface))
    rehearsed = draft.rehearsed if draft.rehearsed_version == draft.version else None
    context = {
        "interface": interface, "draft": draft, "seen": drafts.mark(interface, draft), "upon": interface.published_id or 0, "report": report, "problem": problem, "shown": may_see_values(request.access, interface),
        "changes": changes.changes({"mapping": before.get("mapping", {}), "code_tables": before.get("code_tables", {})}, after, Fields(interface)),
        "rehearsed": rehearsed, "rehearsed_at": moment(datetime.fromisoformat(rehearsed["at"])) if rehearsed else "", "is_behind": draft.base_id != interface.published_id,
        "open_count": sum(len(gap.a) + len(gap.b) for gap in gaps),
    }  # fmt: skip
    return render(request, "hub/mapping_review.html", context, status=status if problem else 200)


@require_POST
def rehearse(request: Request, key: str) -> HttpResponse:
    """Dry run the draft: both sides are read, nothing is written; its outcome is kept with the draft."""
    interface = interface_or_404(request, key, "change")
    draft = drafts.of(interface)
    if draft is None or not may_see_values(request.access, interface):
        return _reviewed(request, interface, draft, problem=_("The values are not shown: that takes the right to view these records."))
    try:
        whole = _whole(interface, draft.mapping, draft.code_tables)
        compile_spec(whole)
        with heavy.turn(request):
            report = rehearsal.dry_run(interface.pk, spec=whole)
    except MappingError as problem:
        return _reviewed(request, interface, draft, problem="; ".join(str(each) for each in places.problems_said(problem.problems, draft.mapping)))
    except (contract.ConnectorError, LookupError) as problem:
        return _reviewed(request, interface, draft, problem=reason_of(problem))
    except PermissionDenied as problem:
        return _reviewed(request, interface, draft, problem=str(problem))
    told = {
        "at": timezone.now().isoformat(), "read": report["counts"]["read"], "writes": len(report["writes"]), "calls": report["calls"],
        "conflicts": len(report["conflicts"]), "parked": len(report["quarantine"]),
    }  # fmt: skip
    drafts.note_rehearsal(draft, told)
    draft.rehearsed, draft.rehearsed_version = told, draft.version
    return _reviewed(request, interface, draft, dry_run_shown.shown(report, interface, request.access, whole))


@require_POST
def publish(request: Request, key: str) -> HttpResponse:
    """Publish the draft that was looked at, as it stands."""
    interface = interface_or_404(request, key, "change")
    draft, seen = drafts.of(interface), str(request.POST.get("seen") or "")
    if draft is None or drafts.mark(interface, draft) != seen:
        text = _("Somebody has changed this mapping since you opened it. Look at what it says now before you publish.")
        if draft is not None:
            return _reviewed(request, interface, draft, problem=text, status=409)
        messages.error(request, text)
        return redirect("hub:mapping", key=key)
    upon = whole(str(request.POST.get("upon") or ""))  # what the page compared it with; else what the draft was begun from
    try:
        spec = _whole(interface, draft.mapping, draft.code_tables)
        version = services.version_publish(interface=interface, spec=spec, note=draft.note, upon=draft.base_id or 0 if upon is None else upon)
    except Overtaken as problem:
        return _reviewed(request, interface_or_404(request, key, "change"), draft, problem=str(problem), status=409)
    except ValidationError as problem:
        return _reviewed(request, interface, draft, problem=" ".join(problem.messages))
    except PermissionDenied as problem:
        text = _("Publishing gives the interface this right with our own records, and only somebody who holds it can give it.")
        return _reviewed(request, interface, draft, problem=f"{problem} {text}")
    except (contract.ConnectorError, LookupError) as problem:
        return _reviewed(request, interface, draft, problem=" ".join(unpublished(problem)))
    drafts.finish(interface=interface, mapping=draft.mapping, tables=draft.code_tables, seen=seen)
    messages.success(request, _("Version %(number)s is published.") % {"number": version.number})
    return redirect("hub:dry-run" if interface.stage == Interface.Stage.DRAFT else "hub:interface", key=key)

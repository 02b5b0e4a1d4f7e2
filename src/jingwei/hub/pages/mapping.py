"""The mapping editor: pairs, steps, code tables and policies, with real rows mapped before one's eyes; kept as a draft until it is published."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from jingwei.frame.web import Request
from jingwei.hub import contract
from jingwei.hub.models import Interface, MappingDraft
from jingwei.hub.pages import mapping_form, mapping_mending, mapping_shown
from jingwei.hub.pages.interfaces import interface_or_404
from jingwei.hub.pages.mapping_away import Sides, rows_of, sides_of, unpublished
from jingwei.hub.pages.systems import steps
from jingwei.hub.pages.values_shown import Fields
from jingwei.hub.register import changes, drafts, services
from jingwei.hub.register.overtaking import Overtaken


@require_GET
def edit(request: Request, key: str) -> HttpResponse:
    """The editor with the draft, with the published mapping, or with a proposal."""
    interface = interface_or_404(request, key, "change")
    sides, draft = sides_of(interface), drafts.of(interface)
    spec, tables = _now(interface, draft, sides)
    return render(request, "hub/mapping.html", page_context(request, interface, sides, spec, tables, draft))


def _now(interface: Interface, draft: MappingDraft | None, sides: Sides) -> tuple[dict[str, Any], dict[str, Any]]:
    if draft is not None:
        return draft.mapping, draft.code_tables
    if interface.published is not None:
        return interface.published.spec["mapping"], interface.published.spec.get("code_tables", {})
    return mapping_form.proposal(sides.a, sides.b)


def page_context(
    request: Request, interface: Interface, sides: Sides, spec: dict[str, Any], tables: dict[str, Any], draft: MappingDraft | None
) -> dict[str, Any]:
    """The whole page: the editor, the draft and what it was begun upon."""
    rows = rows_of(interface, spec.get("filters", {}).get("a", {}), request.access)
    return {
        **mapping_shown.editor(interface, sides, rows, spec, tables), "steps": steps(4), "draft": draft, "seen": drafts.mark(interface, draft),
        "note": draft.note if draft is not None else "", "is_behind": draft is not None and draft.base_id != interface.published_id,
    }  # fmt: skip


@require_POST
def preview(request: Request, key: str) -> HttpResponse:
    """What was just changed, with the sample rows mapped by it."""
    interface = interface_or_404(request, key, "change")
    sides = sides_of(interface)
    spec, tables = mapping_form.spec_from(request.POST)
    rows = rows_of(interface, spec.get("filters", {}).get("a", {}), request.access)
    asked = str(request.POST.get("action") or "")
    mapping_mending.fill_tables(spec, tables, sides, request.POST)
    if asked.startswith("{"):
        mapping_mending.carry_out(asked, spec, tables, sides, rows.records)
    spare = mapping_form.apply_action(asked, spec, sides.a, sides.b)
    return render(request, "hub/_mapping.html", mapping_shown.editor(interface, sides, rows, spec, tables, spare))


@require_POST
def publish(request: Request, key: str) -> HttpResponse:
    """Publish what the form holds as a new version."""
    interface = interface_or_404(request, key, "change")
    spec, tables = mapping_form.spec_from(request.POST)
    seen, draft = str(request.POST.get("seen") or ""), drafts.of(interface)
    if draft is not None and seen and seen != drafts.mark(interface, draft) and not drafts.says(draft, spec, tables):
        return refuse_clash(request, interface, spec, tables, draft)
    answer = _published(request, interface, spec, tables, drafts.upon(draft, seen))
    if answer is None:
        drafts.finish(interface=interface, mapping=spec, tables=tables, seen=seen)
        return redirect("hub:dry-run" if interface.stage == Interface.Stage.DRAFT else "hub:interface", key=key)
    return answer


def _published(request: Request, interface: Interface, spec: dict[str, Any], tables: dict[str, Any], upon: int) -> HttpResponse | None:
    """None when it is; else the editor again with the reason."""
    try:
        whole = services.spec_of(interface, spec, mapping_form.finished(tables))
        version = services.version_publish(interface=interface, spec=whole, note=str(request.POST.get("note") or ""), upon=upon)
    except Overtaken as problem:
        return refuse_clash(request, interface, spec, tables, None, str(problem))
    except ValidationError as problem:
        return refuse(request, interface, spec, tables, problem.messages, 422)
    except PermissionDenied as problem:
        text = _("Publishing gives the interface this right with our own records, and only somebody who holds it can give it.")
        return refuse(request, interface, spec, tables, [str(problem), text], 403)
    except (contract.ConnectorError, LookupError) as problem:
        return refuse(request, interface, spec, tables, unpublished(problem), 422)
    messages.success(request, _("Version %(number)s is published.") % {"number": version.number})
    return None


def clash_of(interface: Interface, theirs: MappingDraft | None, spec: dict[str, Any], tables: dict[str, Any]) -> dict[str, Any]:
    """Who wrote what since, beside what a page holds: their draft, or else the version in use."""
    now = Interface.objects.select_related("published__author").get(pk=interface.pk)
    version, draft = now.published, drafts.of(now)
    if theirs is not None:
        there: dict[str, Any] = {"mapping": theirs.mapping, "code_tables": theirs.code_tables}
    else:
        there = version.spec if version is not None else {"mapping": {"pairs": []}}
    return {
        "interface": now, "theirs": theirs, "version": version, "seen": drafts.mark(now, draft), "is_kept": draft is not None,
        "changes": changes.changes({"mapping": there["mapping"], "code_tables": there.get("code_tables", {})}, {"mapping": spec, "code_tables": tables}, Fields(now)),
    }  # fmt: skip


def refuse_clash(
    request: Request, interface: Interface, spec: dict[str, Any], tables: dict[str, Any], theirs: MappingDraft | None, text: str = ""
) -> HttpResponse:
    """The editor again with what was typed in, who was faster with what, and the choice between both."""
    text = text or _("Somebody has changed this mapping since you opened it. Look at what it says now before you publish.")
    clash = render_to_string("hub/_draft_clash.html", clash_of(interface, theirs, spec, tables), request)
    return refuse(request, interface_or_404(request, interface.key, "change"), spec, tables, [text], 409, clash=clash)


def refuse(
    request: Request, interface: Interface, spec: dict[str, Any], tables: dict[str, Any], texts: list[str], status: int, *, clash: str = ""
) -> HttpResponse:
    """The editor again, with everything that was typed in and why it was not published."""
    context = page_context(request, interface, sides_of(interface), spec, tables, drafts.of(interface))
    typed = {
        "refused": texts,
        "note": str(request.POST.get("note") or ""),
        "seen": str(request.POST.get("seen") or context["seen"]),
        "is_typed": True,
        "clash": clash,
    }
    return render(request, "hub/mapping.html", {**context, **typed}, status=status)

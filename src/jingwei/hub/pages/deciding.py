"""Pages on which people decide: the conflict inbox, parked records, held deletes, dead letters."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from jingwei.frame.web import Request
from jingwei.hub.engine import decisions, worklist
from jingwei.hub.engine.questions import Question, questions
from jingwei.hub.models import Conflict, Interface, Quarantine
from jingwei.hub.pages import parked_form, parked_shown
from jingwei.hub.pages.values_shown import Fields
from jingwei.hub.rights import interface_named, may_see_values, require_writing, visible

shown_at_most = 200


def numbers(given: Iterable[str]) -> list[int]:
    """Ids of rows as a form sends them; Http404 for what is none."""
    found = [text for text in given if text.isascii() and text.isdigit() and len(text) < 19]
    if len(found) != len(list(given)):
        raise Http404
    return [int(text) for text in found]


def back_to(request: Request, fallback: str) -> str:
    """Where the form came from, when that is one of our pages."""
    wanted = str(request.POST.get("next", ""))
    return wanted if url_has_allowed_host_and_scheme(wanted, {request.get_host()}) and wanted.startswith("/hub/") else fallback


def complain(request: Request, problem: ValidationError) -> None:
    """Every sentence as a message of its own."""
    for text in problem.messages:
        messages.error(request, text)


@require_GET
def conflicts(request: Request) -> HttpResponse:
    """The conflict inbox: every question, in words, with both values and the answers that fit."""
    request.access.require_anywhere("hub.interface.view")
    interface = interface_named(request.access, request.GET["interface"]) if request.GET.get("interface") else None
    rows = worklist.conflicts(request.access, interface)
    asked = questions(rows[:shown_at_most], request.access)
    groups: dict[int, list[Question]] = {}
    for question in asked:
        groups.setdefault(question.conflict.link_id, []).append(question)
    may = {q.interface.pk: request.access.allows("hub.interface.change", q.interface.project_id) and not q.hidden for q in asked}
    interfaces = {q.interface.pk: q.interface for q in asked}
    context = {
        "groups": [(group, may[group[0].interface.pk]) for group in groups.values()], "total": rows.count(), "shown": len(asked), "wanted": interface,
        "interfaces": list(interfaces.values()), "bulk": any(may.values()) and len(asked) > 1, "offered": {answer.choice for q in asked for answer in q.answers}, "address": request.get_full_path(),
    }  # fmt: skip
    return render(request, "hub/conflicts.html", context)


@require_POST
def resolve(request: Request) -> HttpResponse:
    """Decide the named conflicts. What has changed since it was shown is not decided: the page comes back with what is there now."""
    fallback = reverse("hub:conflicts")
    ids = numbers(request.POST.getlist("conflict"))
    choice = str(request.POST.get("choice"))
    if choice not in decisions.choices:
        raise Http404
    if not ids:
        messages.info(request, _("Nothing was chosen."))
        return redirect(back_to(request, fallback))
    before = 0
    try:
        rows = worklist.chosen(worklist.conflicts(request.access), ids, request.access, seeing=True)
        before = len(rows)
        count = _resolved(request, rows, choice)
    except ValidationError as problem:
        complain(request, problem)
        count = before - Conflict.objects.filter(pk__in=ids, resolved_at=None).count()
    if count > 0:
        messages.success(request, _("%(count)s decided; the other side is being told.") % {"count": count})
    return redirect(back_to(request, fallback))


def _resolved(request: Request, rows: list[Conflict], choice: str) -> int:
    value: Any = request.POST.get("key" if choice == "pair" else "value")
    if choice == "value":
        for interface in {row.interface_id: row.interface for row in rows}.values():
            require_writing(request.access, interface)
    if choice == "pair" and not value:
        raise ValidationError(_("Choose the record it belongs to."))
    return decisions.conflict_resolve(conflicts=rows, choice=choice, value=value)


@require_GET
def parked_list(request: Request) -> HttpResponse:
    """Everything that is parked: records in quarantine, dead letters and held deletes, of one interface or of all that may be seen."""
    request.access.require_anywhere("hub.interface.view")
    interface = interface_named(request.access, request.GET["interface"]) if request.GET.get("interface") else None
    rows, lost = worklist.quarantine(request.access, interface), worklist.dead_letters(request.access, interface)
    held = worklist.held_among(visible(request.access) if interface is None else [interface])
    parked, letters = parked_shown.listed(rows[:shown_at_most], request.access), parked_shown.letters(lost[:shown_at_most], request.access)
    context = {
        "wanted": interface, "is_alone": interface is not None, "quarantine": parked, "dead_letters": letters, "held": held,
        "total": rows.count() + lost.count(), "shown": len(parked) + len(letters), "address": request.get_full_path(),
    }  # fmt: skip
    return render(request, "hub/parked_list.html", context)


@require_GET
def parked(request: Request, number: int) -> HttpResponse:
    """One parked record: what came in, what is wrong with it, and its values to be mended."""
    row = _parked(request, number)
    return _show_parked(request, row, parked_form.rows_of(row))


@require_POST
def mend(request: Request, number: int) -> HttpResponse:
    """Replay one parked record: with the values of the form, or as it is over there now; or discard it."""
    row = _parked(request, number, "change")
    action = str(request.POST.get("action"))
    back = redirect("hub:interface", key=row.interface.key)
    if action not in ("mended", "replay", "discard"):
        raise Http404
    if row.released_at is not None:
        _settled(request, 0, "")
        return back
    if action == "discard":
        _settled(request, decisions.quarantine_discard(rows=[row]), _("The record is left out. Its raw delivery is kept."))
        return back
    record = None
    try:
        if action == "mended":
            require_writing(request.access, row.interface)
            record = parked_form.record_of(row, request.POST)
        count = decisions.quarantine_release(rows=[row], record=record)
    except ValidationError as problem:
        return _show_parked(request, row, parked_form.rows_of(row, request.POST, problem), problem)
    _settled(request, count, _("The record goes in again; it leads to its pair or back here within seconds."))
    return back


def _settled(request: Request, count: int, text: str) -> None:
    if count:
        messages.success(request, text)
    else:
        messages.info(request, _("Somebody has settled this record in the meantime."))


def _parked(request: Request, number: int, verb: str = "view") -> Quarantine:
    rows = Quarantine.objects.select_related("delivery", "link", "interface", "interface__system_a", "interface__system_b", "interface__published")
    row = rows.filter(pk=number).first()
    if row is None:
        raise Http404
    request.access.require("hub.interface.view", row.interface.project_id)
    if verb != "view":
        request.access.require(f"hub.interface.{verb}", row.interface.project_id)
    return row


def _show_parked(request: Request, row: Quarantine, rows: list[parked_form.Line], problem: ValidationError | None = None) -> HttpResponse:
    shown = may_see_values(request.access, row.interface)
    may_change = request.access.allows("hub.interface.change", row.interface.project_id)
    other = [] if problem is None else ([] if hasattr(problem, "error_dict") and "record" not in problem.message_dict else problem.messages)
    context = {
        "row": row, "interface": row.interface, "system": row.interface.system(row.side or "a"), "shown": shown, "raw": worklist.raw_of(row.delivery) if shown else "",
        "name": parked_shown.names_of([row], request.access)[row.pk],
        "lines": rows if shown and row.delivery.record is not None else [], "may_change": may_change and row.released_at is None,
        "may_mend": may_change and shown and row.delivery.record is not None, "refused": other, "is_deleted": bool((row.delivery.record or {}).get("deleted")),
        "problems": parked_shown.titled(row.problems if shown else [worklist.without_values(each) for each in row.problems], Fields(row.interface), row.side or "a"),
    }  # fmt: skip
    return render(request, "hub/parked.html", context, status=422 if problem else 200)


@require_POST
def settle(request: Request) -> HttpResponse:
    """Replay or discard the ticked dead letters and parked records."""
    settlement = str(request.POST.get("settlement"))
    if settlement not in ("replay", "discard"):
        raise Http404
    count = 0
    try:
        letters = worklist.chosen(worklist.dead_letters(request.access), numbers(request.POST.getlist("letter")), request.access)
        rows = worklist.chosen(worklist.quarantine(request.access), numbers(request.POST.getlist("quarantine")), request.access)
        count += decisions.dead_letter_settle(letters=letters, settlement=settlement)
        count += decisions.quarantine_release(rows=rows) if settlement == "replay" else decisions.quarantine_discard(rows=rows)
    except ValidationError as problem:
        complain(request, problem)
    if count:
        messages.success(request, (_("%(count)s taken up again.") if settlement == "replay" else _("%(count)s discarded.")) % {"count": count})
    return redirect(back_to(request, reverse("hub:monitor")))


@require_POST
def deletes(request: Request, key: str) -> HttpResponse:
    """Let the held deletes pass, or keep the records."""
    interface = interface_named(request.access, key, "change")
    answer = str(request.POST.get("answer"))
    if answer not in ("allow", "refuse"):
        raise Http404
    if not worklist.held_deletes(interface).exists():
        messages.info(request, _("No delete is held any more: somebody has decided in the meantime."))
    elif answer == "allow":
        count = decisions.deletes_allow(interface=interface)
        messages.success(request, _("Deletes that go on: %(count)s.") % {"count": count})
    else:
        count = decisions.deletes_refuse(interface=interface)
        messages.success(request, _("Records that stay: %(count)s. What was deleted is made anew from them.") % {"count": count})
    return redirect("hub:interface", key=key)


def held_of(interface: Interface, shown: bool) -> dict[str, Any] | None:
    """What the banner says of held deletes; None when none is held."""
    entries = worklist.held_deletes(interface)
    count = entries.count()
    if not count:
        return None
    rows = worklist.deletes_as_plain(entries[:shown_at_most], shown)
    return {"count": count, "rows": rows, "names": {side: interface.system(side).name for side in ("a", "b")}}

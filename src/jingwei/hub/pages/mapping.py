"""The mapping editor: pairs, steps, code tables and policies, with real rows mapped before one's eyes."""

from __future__ import annotations

import time
from functools import lru_cache
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from jingwei.frame.rights.access import Access
from jingwei.frame.web import Request
from jingwei.frame.words import in_words
from jingwei.hub import contract
from jingwei.hub.contract import Record, Stream
from jingwei.hub.models import Interface
from jingwei.hub.pages import mapping_form
from jingwei.hub.pages.interfaces import interface_or_404
from jingwei.hub.pages.systems import said, steps
from jingwei.hub.peers import catalogue
from jingwei.hub.peers.session import session_for, stream_of
from jingwei.hub.register import services
from jingwei.hub.register.places import place_name
from jingwei.hub.rights import may_see_values
from jingwei.kernels.mapping import MappingError, Trace, compile_mapping
from jingwei.kernels.mapping.operations import operations

sample_size = 4
pages_at_most = 8


@require_GET
def edit(request: Request, key: str) -> HttpResponse:
    """The editor with the published mapping, or with a proposal."""
    interface = interface_or_404(request, key, "change")
    try:
        a, b = stream_of(interface, "a"), stream_of(interface, "b")
    except (contract.ConnectorError, KeyError) as problem:
        return render(request, "hub/mapping.html", {"interface": interface, "problem": str(problem), "steps": steps(4)})
    if interface.published is not None:
        spec, tables = interface.published.spec["mapping"], interface.published.spec.get("code_tables", {})
    else:
        spec, tables = mapping_form.proposal(a, b)
    context = _context(interface, a, b, spec, tables, access=request.access)
    return render(request, "hub/mapping.html", {**context, "steps": steps(4)})


@require_POST
def preview(request: Request, key: str) -> HttpResponse:
    """What was just changed, with the sample rows mapped by it."""
    interface = interface_or_404(request, key, "change")
    a, b = stream_of(interface, "a"), stream_of(interface, "b")
    spec, tables = mapping_form.spec_from(request.POST)
    spare = mapping_form.apply_action(str(request.POST.get("action") or ""), spec, a, b)
    return render(request, "hub/_mapping.html", _context(interface, a, b, spec, tables, spare=spare, access=request.access))


@require_POST
def publish(request: Request, key: str) -> HttpResponse:
    """Publish what the form holds as a new version."""
    interface = interface_or_404(request, key, "change")
    spec, tables = mapping_form.spec_from(request.POST)
    try:
        version = services.version_publish(interface=interface, spec=services.spec_of(interface, spec, tables), note=str(request.POST.get("note") or ""))
    except ValidationError as problem:
        return _refuse(request, interface, spec, tables, problem.messages, 422)
    except PermissionDenied as problem:
        text = _("Publishing gives the interface this right with our own records, and only somebody who holds it can give it.")
        return _refuse(request, interface, spec, tables, [str(problem), text], 403)
    messages.success(request, _("Version %(number)s is published.") % {"number": version.number})
    return redirect("hub:dry-run" if interface.stage == Interface.Stage.DRAFT else "hub:interface", key=key)


def _refuse(request: Request, interface: Interface, spec: dict[str, Any], tables: dict[str, Any], texts: list[str], status: int) -> HttpResponse:
    """The editor again, with everything that was typed in and why it was not published."""
    a, b = stream_of(interface, "a"), stream_of(interface, "b")
    return render(
        request, "hub/mapping.html", {**_context(interface, a, b, spec, tables, access=request.access), "steps": steps(4), "refused": texts}, status=status
    )


@lru_cache(maxsize=64)
def _read_samples(interface_id: int, side: str, wanted: tuple[tuple[str, tuple[str, ...]], ...], minute: int) -> tuple[Record, ...]:
    interface = Interface.objects.select_related("system_a", "system_b").get(pk=interface_id)
    session = session_for(interface, side)
    connector = catalogue.connector(interface.system(side).connector)
    found: dict[str, Record] = {}
    cursor: dict[str, Any] = {}
    for _page in range(pages_at_most):
        page = connector.read(session, interface.stream(side), cursor, 100)
        found |= {r.key: r for r in page.records if not r.deleted and all(str(r.values.get(n)) in values for n, values in wanted)}
        if len(found) >= sample_size or not page.more:
            break
        cursor = page.cursor
    return tuple(found.values())[:sample_size]


def samples(interface: Interface, side: str, filters: dict[str, list[str]]) -> tuple[Record, ...]:
    """A few real records of one side that the filter lets in, read at most once a minute."""
    wanted = tuple((name, tuple(str(v) for v in values)) for name, values in sorted(filters.items()))
    return _read_samples(interface.pk, side, wanted, int(time.time() // 60))


def _context(interface: Interface, a: Stream, b: Stream, spec: dict[str, Any], tables: dict[str, Any], *, access: Access, spare: int = 0) -> dict[str, Any]:
    """What the editor shows; real rows only to whoever may see values of this interface."""
    problems: list[dict[str, str]] = []
    traces: list[list[Trace]] = []
    rows: tuple[Record, ...] = ()
    try:
        rows = samples(interface, "a", spec.get("filters", {}).get("a", {})) if may_see_values(access, interface) else ()
    except contract.ConnectorError as problem:
        problems.append({"place": interface.system_a.name, "text": problem.message})
    try:
        compiled = compile_mapping(spec, a.fields, b.fields, tables)
        traces = [list(compiled.trace(record.values)) for record in rows]
    except MappingError as problem:
        problems += [{"place": in_words(place_name(p.place, spec)), "text": in_words(p.message)} for p in problem.problems]
    return {
        "interface": interface, "fields_a": [(f.name, said(f.title), f.type) for f in a.fields], "fields_b": [(f.name, said(f.title), f.type, f.required, f.read_only) for f in b.fields],
        "pairs": [_row(number, pair, spec, traces) for number, pair in enumerate(spec["pairs"])], "spare": [len(spec["pairs"]) + n for n in range(spare)],
        "row_count": len(spec["pairs"]) + spare, "problems": problems, "tables": mapping_form.table_rows(spec, tables, a, b), "extras": _extras(spec),
        "operations": [(o.name, in_words(o.title)) for o in operations.values()], "is_ready": not problems, "sample_count": len(rows),
    }  # fmt: skip


def _row(number: int, pair: dict[str, Any], spec: dict[str, Any], traces: list[list[Trace]]) -> dict[str, Any]:
    steps_ = []
    for order, step in enumerate(pair.get("steps", ())):
        operation = operations.get(step.get("op", ""))
        parameters = [
            {"name": n, "kind": k.partition(":")[0], "options": k.partition(":")[2].split("|"), "value": step.get(n, d if d is not None else "")}
            for n, k, d in (operation.parameters if operation else ())
        ]
        steps_.append({"order": order, "op": step.get("op"), "parameters": parameters})
    shown = [trace[number] for trace in traces if number < len(trace)]
    return {
        "number": number, "a": mapping_form.source_text(pair.get("a") or ""), "is_joined": isinstance(pair.get("a"), list), "b": pair.get("b"), "direction": pair.get("direction", "both"), "policy": pair.get("policy", "ask"), "steps": steps_,
        "required": pair.get("required", False), "is_key": pair.get("b") in spec.get("key", ()),
        "samples": [{"from": t.steps[0] if t.steps else None, "to": t.steps[-1] if t.steps else None, "problem": in_words(t.problem.message) if t.problem else ""} for t in shown],
    }  # fmt: skip


def _extras(spec: dict[str, Any]) -> list[dict[str, Any]]:
    """Filters and fixed values as rows, with an empty one to write into."""
    rows = [
        {"kind": "filter", "side": side, "field": name, "value": ", ".join(values if isinstance(values, list) else [values])}
        for side, rules in spec.get("filters", {}).items()
        for name, values in rules.items()
    ]
    rows += [{"kind": "constant", **each} for each in spec.get("constants", ())]
    return [*rows, {"kind": "filter", "side": "", "field": "", "value": ""}]

"""One interface: what it is, how it is, what it did; dry run, switching, verify, trace, replay."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from jingwei.frame import jobs
from jingwei.frame.web import Request
from jingwei.hub import contract, queries
from jingwei.hub.engine import decisions
from jingwei.hub.engine import rehearse as rehearsal
from jingwei.hub.models import Conflict, DeadLetter, Interface, Quarantine
from jingwei.hub.monitor import health
from jingwei.hub.monitor import trace as tracing
from jingwei.hub.pages.reasons import shown, why_text
from jingwei.hub.pages.systems import steps
from jingwei.hub.register import files, services
from jingwei.hub.sync import compare


def interface_or_404(request: Request, key: str, verb: str = "view") -> Interface:
    """The interface, when this person may do `verb` to it."""
    interface = queries.interfaces_of().filter(key=key).first()
    if interface is None:
        raise Http404
    request.access.require(f"hub.interface.{verb}", interface.project_id)
    return interface


@require_GET
def detail(request: Request, key: str) -> HttpResponse:
    """Health, mapping, links, runs and everything open, on one page."""
    interface = interface_or_404(request, key)
    may_change = request.access.allows("hub.interface.change", interface.project_id)
    found = health.reasons_of([interface])[interface.pk] if interface.stage == Interface.Stage.LIVE else []
    context = {
        "interface": interface, "reasons": shown([each.as_plain() for each in found], may_change=may_change), "counts": queries.open_counts([interface.pk])[interface.pk], "runs": queries.last_runs(interface), "links": queries.links_of(interface),
        "availability": queries.availability(interface), "versions": interface.versions.all()[:10], "periods": interface.health_periods.order_by("-since")[:8],
        "quarantine": Quarantine.objects.filter(interface=interface, released_at=None).select_related("delivery").order_by("-id")[:20],
        "dead_letters": DeadLetter.objects.filter(interface=interface, settled_at=None).select_related("entry", "entry__link").order_by("-id")[:20],
        "conflicts": queries.conflicts_open(interface)[:20], "series": _series(queries.flow_per_minute(60, interface.pk)),
        "may_change": may_change,
    }  # fmt: skip
    return render(request, "hub/interface.html", context)


def _series(rows: list[dict[str, Any]]) -> dict[str, list[Any]]:
    return {
        "at": [timezone.localtime(r["at"]).strftime("%H:%M") for r in rows],
        **{name: [r[name] for r in rows] for name in ("arrived", "written", "failed")},
    }


@require_POST
def switch(request: Request, key: str) -> HttpResponse:
    """Switch on, pause or retire."""
    interface = interface_or_404(request, key, "change")
    from django.contrib import messages

    try:
        services.interface_switch(instance=interface, stage=str(request.POST.get("stage")))
        messages.success(request, _("“%(name)s” is now: %(stage)s") % {"name": interface.name, "stage": Interface.Stage(str(request.POST.get("stage"))).label})
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    return redirect("hub:interface", key=key)


@require_POST
def run_now(request: Request, key: str) -> HttpResponse:
    """Have a worker look at it now."""
    interface = interface_or_404(request, key, "change")
    services.wake([interface.pk])
    return redirect("hub:interface", key=key)


@require_GET
def dry_run(request: Request, key: str) -> HttpResponse:
    """What would be written, field by field."""
    interface = interface_or_404(request, key)
    report, problem = None, ""
    if interface.published is None:
        problem = _("Publish a mapping first.")
    else:
        try:
            report = rehearsal.dry_run(interface.pk)
        except contract.ConnectorError as error:
            problem = error.message
    return render(request, "hub/dry_run.html", {"interface": interface, "report": report, "problem": problem, "steps": steps(5)})


@require_http_methods(["GET", "POST"])
def verify(request: Request, key: str) -> HttpResponse:
    """Both sides compared with the base; posted, a worker does it and the result is kept."""
    if request.method == "POST":
        interface = interface_or_404(request, key, "change")
        from django.contrib import messages

        jobs.defer("hub.compare", once=str(interface.pk), interface_id=interface.pk)
        messages.success(request, _("The comparison is queued; health tells its result."))
        return redirect("hub:interface", key=key)
    interface = interface_or_404(request, key)
    report, problem = None, ""
    try:
        report = compare.verify(interface) if interface.published else None
    except contract.ConnectorError as error:
        problem = error.message
    for each in (report or {}).get("explained", ()):
        each["why_text"] = why_text(each["why"])
    return render(request, "hub/verify.html", {"interface": interface, "report": report, "problem": problem})


@require_GET
def export(request: Request, key: str) -> HttpResponse:
    """The interface as a TOML file."""
    interface = interface_or_404(request, key)
    response = HttpResponse(files.export(interface), content_type="application/toml; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{interface.key}.toml"'
    return response


def _kept_reasons(request: Request, interface: Interface) -> list[dict[str, Any]]:
    is_live = interface.stage == Interface.Stage.LIVE
    return shown(interface.state_detail if is_live else (), may_change=request.access.allows("hub.interface.change", interface.project_id))


@require_GET
def monitor(request: Request) -> HttpResponse:
    """Throughput, lag, errors, dead letters over all interfaces."""
    request.access.require("hub.interface.view")
    interfaces = list(queries.interfaces_of().exclude(stage="draft"))
    counts, lag, newest = queries.open_counts(), queries.lag_seconds(), queries.newest_arrivals([i.pk for i in interfaces])
    context = {
        "rows": [(i, counts[i.pk], lag.get(i.pk, 0.0), newest.get(i.pk), _kept_reasons(request, i)) for i in interfaces],
        "totals": {name: sum(c[name] for c in counts.values()) for name in ("conflicts", "quarantine", "dead", "inbox", "outbox")},
        "series": _series(queries.flow_per_minute(60)),
        "dead_letters": DeadLetter.objects.filter(settled_at=None).select_related("interface", "entry", "entry__link").order_by("-id")[:50],
        "quarantine": Quarantine.objects.filter(released_at=None).select_related("interface", "delivery").order_by("-id")[:50],
    }
    return render(request, "hub/_monitor.html" if request.headers.get("HX-Request") else "hub/monitor.html", context)


@require_POST
def settle(request: Request) -> HttpResponse:
    """Replay or discard the ticked dead letters and quarantined records."""
    settlement = str(request.POST.get("settlement"))
    letters = list(DeadLetter.objects.filter(pk__in=request.POST.getlist("letter")).select_related("interface", "entry"))
    parked = list(Quarantine.objects.filter(pk__in=request.POST.getlist("quarantine")).select_related("interface", "delivery"))
    for row in (*letters, *parked):
        request.access.require("hub.interface.change", row.interface.project_id)
    if settlement not in ("replay", "discard"):
        raise Http404
    count = decisions.dead_letter_settle(letters=letters, settlement=settlement)
    count += decisions.quarantine_release(rows=parked) if settlement == "replay" else decisions.quarantine_discard(rows=parked)
    from django.contrib import messages

    messages.success(request, _("%(count)s taken up again.") % {"count": count} if settlement == "replay" else _("%(count)s discarded.") % {"count": count})
    return redirect(request.POST.get("next") if str(request.POST.get("next", "")).startswith("/hub/") else "hub:monitor")


@require_GET
def trace(request: Request) -> HttpResponse:
    """Where is my record?"""
    request.access.require("hub.interface.view")
    wanted = request.GET.get("id", "").strip()
    return render(request, "hub/trace.html", {"wanted": wanted, "found": tracing.trace(wanted, access=request.access) if wanted else None})


@require_GET
def conflicts(request: Request) -> HttpResponse:
    """The conflict inbox: every pair in which both sides changed the same field."""
    request.access.require("hub.interface.view")
    by_link: dict[int, list[Conflict]] = {}
    for conflict in queries.conflicts_open()[:200]:
        by_link.setdefault(conflict.link_id, []).append(conflict)
    return render(request, "hub/conflicts.html", {"groups": list(by_link.values())})


@require_POST
def resolve(request: Request) -> HttpResponse:
    """Decide ticked conflicts for A, for B, or one with a value typed in."""
    rows = list(Conflict.objects.filter(pk__in=request.POST.getlist("conflict"), resolved_at=None).select_related("interface"))
    for row in rows:
        request.access.require("hub.interface.change", row.interface.project_id)
    choice = str(request.POST.get("choice"))
    if choice not in ("a", "b", "value"):
        raise Http404
    count = decisions.conflict_resolve(conflicts=rows, choice=choice, value=request.POST.get("value"))
    from django.contrib import messages

    messages.success(request, _("%(count)s decided; the other side is being told.") % {"count": count})
    return redirect("hub:conflicts")

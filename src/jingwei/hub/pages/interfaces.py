"""One interface: what it is, how it is, what it did; dry run, switching, verify, trace, replay."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from jingwei.frame.walls import heavy
from jingwei.frame.web import Request, stands_in
from jingwei.frame.work import jobs
from jingwei.hub import contract, queries
from jingwei.hub.engine import decisions, worklist
from jingwei.hub.engine import rehearse as rehearsal
from jingwei.hub.models import Grant, Interface, InterfaceVersion, Run
from jingwei.hub.monitor import health
from jingwei.hub.pages import parked_shown, trace_shown
from jingwei.hub.pages.deciding import complain, held_of
from jingwei.hub.pages.dry_run_shown import shown as in_words_of
from jingwei.hub.pages.reasons import shown as reasons_shown
from jingwei.hub.pages.reasons import troubles_shown, why_text
from jingwei.hub.pages.systems import joins, said, steps
from jingwei.hub.peers import grants
from jingwei.hub.register import drafts, files, services
from jingwei.hub.register.stages import life
from jingwei.hub.rights import interface_named, may_do, may_see_values, switching, visible
from jingwei.hub.stakes import at_stake
from jingwei.hub.sync import compare


def interface_or_404(request: Request, key: str, verb: str = "view") -> Interface:
    """The interface, when this person may do `verb` to it."""
    interface = interface_named(request.access, key, verb)
    stands_in(request, interface.project_id, reverse("records", args=["hub.interface"]), "integration")
    return interface


@require_GET
def detail(request: Request, key: str) -> HttpResponse:
    """Health, mapping, links, runs and everything open, on one page."""
    interface = interface_or_404(request, key)
    may_change = request.access.allows("hub.interface.change", interface.project_id)
    found = health.reasons_of([interface])[interface.pk] if interface.stage == Interface.Stage.LIVE else []
    shown = may_see_values(request.access, interface)
    parked = worklist.quarantine(request.access, interface)[:20]
    context = {
        "interface": interface, "counts": queries.open_counts([interface.pk])[interface.pk], "runs": _runs(interface), "links": queries.links_of(interface),
        "availability": queries.availability(interface), "versions": interface.versions.select_related("author")[:5], "periods": interface.health_periods.order_by("-since")[:8],
        "quarantine": parked_shown.listed(parked, request.access),
        "dead_letters": parked_shown.letters(worklist.dead_letters(request.access, interface)[:20], request.access), "is_alone": True,
        "series": _series(queries.flow_per_minute([interface.pk])), "held": held_of(interface, shown), "grant": grants.in_force(interface), "last_grant": _last_grant(interface),
        "may_change": may_change, "stakes": at_stake(request.access, interface.project_id, interface.pk), "joins": joins([interface])[interface.pk], "draft": drafts.of(interface) if may_change else None, "may_retire": may_do(request.access, interface, "retire") and life.may_begin(interface, "retire"),
        "reasons": reasons_shown([each.as_plain() for each in found], may_change=may_change),
        "wanted_permissions": grants.permissions_of(interface, interface.published.spec) if interface.published else [],
    }  # fmt: skip
    return render(request, "hub/interface.html", context)


def _runs(interface: Interface) -> list[Run]:
    runs = list(queries.last_runs(interface))
    for run in runs:
        run.troubles = troubles_shown(interface, run.error)  # type: ignore[attr-defined]
    return runs


def _last_grant(interface: Interface) -> Grant | None:
    return interface.grants.select_related("granted_by", "revoked_by").order_by("-id").first()


def _series(rows: list[dict[str, Any]]) -> dict[str, list[Any]]:
    return {
        "at": [timezone.localtime(r["at"]).strftime("%H:%M") for r in rows],
        **{name: [r[name] for r in rows] for name in ("arrived", "written", "failed")},
    }


@require_POST
def switch(request: Request, key: str) -> HttpResponse:
    """Switch on, pause or retire."""
    stage = str(request.POST.get("stage"))
    if stage not in Interface.Stage.values:
        raise Http404
    interface = interface_or_404(request, key, switching[stage])
    try:
        services.interface_switch(instance=interface, stage=stage)
        messages.success(request, _("“%(name)s” is now: %(stage)s") % {"name": interface.name, "stage": Interface.Stage(stage).label})
    except ValidationError as error:
        complain(request, error)
    return redirect("hub:interface", key=key)


@require_POST
def run_now(request: Request, key: str) -> HttpResponse:
    """Have a worker look at it now."""
    interface = interface_or_404(request, key, "change")
    services.hurry([interface.pk])
    messages.success(request, _("A worker looks at it now."))
    return redirect("hub:interface", key=key)


@require_POST
def release(request: Request, key: str) -> HttpResponse:
    """Go on after the machinery had stopped itself."""
    interface = interface_or_404(request, key, "change")
    decisions.interface_release(interface=interface)
    messages.success(request, _("“%(name)s” goes on.") % {"name": interface.name})
    return redirect("hub:interface", key=key)


@require_POST
def grant(request: Request, key: str) -> HttpResponse:
    """Take back what the interface may do with our own records, or grant it again."""
    interface = interface_or_404(request, key, "change")
    if str(request.POST.get("action")) == "revoke":
        grants.revoke(interface=interface)
        messages.success(request, _("The grant is taken back: “%(name)s” reads and writes nothing of ours any more.") % {"name": interface.name})
        return redirect("hub:interface", key=key)
    try:
        grants.restore(interface=interface)
        services.wake([interface.pk])
        messages.success(request, _("Granted: “%(name)s” may work with our records again.") % {"name": interface.name})
    except PermissionDenied as problem:
        messages.error(request, str(problem))
    return redirect("hub:interface", key=key)


@require_GET
def dry_run(request: Request, key: str) -> HttpResponse:
    """What would be written, field by field; of the published version or of an earlier one."""
    interface = interface_or_404(request, key)
    report, problem, version = None, "", _version(interface, request.GET.get("version", ""))
    shown = may_see_values(request.access, interface)
    if interface.published is None:
        problem = _("Publish a mapping first.")
    elif shown:
        try:
            with heavy.turn(request):
                report = rehearsal.dry_run(interface.pk, version=version)
        except contract.ConnectorError as error:
            problem = _said(error)
        except PermissionDenied as error:
            problem = str(error)
    context = {
        "interface": interface,
        "report": in_words_of(report, interface, request.access, version.spec if version is not None else None),
        "problem": problem,
        "steps": steps(5),
        "version": version,
        "shown": shown,
    }
    return render(request, "hub/dry_run.html", context)


def _version(interface: Interface, number: str) -> InterfaceVersion | None:
    if not number:
        return None
    found = interface.versions.filter(number=int(number)).first() if number.isascii() and number.isdigit() and len(number) < 9 else None
    if found is None:
        raise Http404
    return found


def _said(problem: contract.ConnectorError) -> str:
    return problem.message + (f" — {said(problem.mend)}" if problem.mend else "")


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
    report, problem, shown = None, "", may_see_values(request.access, interface)
    try:
        if interface.published and shown:
            with heavy.turn(request):
                report = compare.verify(interface)
    except contract.ConnectorError as error:
        problem = _said(error)
    for each in (report or {}).get("explained", ()):
        each["why_text"] = why_text(each["why"])
    return render(request, "hub/verify.html", {"interface": interface, "report": report, "problem": problem, "shown": shown})


@require_GET
def export(request: Request, key: str) -> HttpResponse:
    """The interface as a TOML file."""
    interface = interface_or_404(request, key)
    response = HttpResponse(files.export(interface), content_type="application/toml; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{interface.key}.toml"'
    return response


def _kept_reasons(request: Request, interface: Interface) -> list[dict[str, Any]]:
    is_live = interface.stage == Interface.Stage.LIVE
    return reasons_shown(interface.state_detail if is_live else (), may_change=request.access.allows("hub.interface.change", interface.project_id))


@require_GET
def monitor(request: Request) -> HttpResponse:
    """Throughput, lag, errors, held deletes, parked records over all interfaces that may be seen."""
    request.access.require_anywhere("hub.interface.view")
    interfaces = list(queries.interfaces_of().filter(pk__in=visible(request.access).values("pk")).exclude(stage="draft"))
    ids = [i.pk for i in interfaces]
    counts, lag, newest = queries.open_counts(ids), queries.lag_seconds(), queries.newest_arrivals(ids)
    parked = worklist.quarantine(request.access)[:50]
    context = {
        "rows": [(i, counts[i.pk], lag.get(i.pk, 0.0), newest.get(i.pk), _kept_reasons(request, i)) for i in interfaces],
        "totals": {name: sum(c[name] for c in counts.values()) for name in ("conflicts", "quarantine", "dead", "inbox", "outbox")},
        "series": _series(queries.flow_per_minute(ids)), "held": worklist.held_among(interfaces),
        "dead_letters": parked_shown.letters(worklist.dead_letters(request.access)[:50], request.access),
        "quarantine": parked_shown.listed(parked, request.access),
    }  # fmt: skip
    return render(request, "hub/_monitor.html" if request.headers.get("HX-Request") else "hub/monitor.html", context)


@require_GET
def trace(request: Request) -> HttpResponse:
    """Where is my record?"""
    request.access.require_anywhere("hub.interface.view")
    wanted = request.GET.get("id", "").strip()
    return render(request, "hub/trace.html", {"wanted": wanted, "found": trace_shown.shown(wanted, request.access) if wanted else None})

"""Topology, systems with their connections, and the wizard that joins two of them."""

from __future__ import annotations

import re
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from jingwei.frame.models import Project
from jingwei.frame.models.values import number_of, whole
from jingwei.frame.records import commands, doubles
from jingwei.frame.records.resource import resource
from jingwei.frame.web import Request
from jingwei.hub import contract, queries
from jingwei.hub.contract import Title
from jingwei.hub.models import Connection, Interface, System, SystemUse
from jingwei.hub.pages.reasons import shown, trouble_shown
from jingwei.hub.peers import catalogue, uses
from jingwei.hub.peers.session import streams_of
from jingwei.hub.peers.titles import connector_title, stream_titles
from jingwei.hub.register import services
from jingwei.hub.rights import system_named, systems, visible


def said(title: Title | dict[str, str] | None) -> str:
    """A two-language title in the language of the page."""
    if title is None:
        return ""
    zh, en = (title.zh, title.en) if isinstance(title, Title) else (title.get("zh", ""), title.get("en", ""))
    return zh if (get_language() or "zh").startswith("zh") else en


@require_GET
def topology(request: Request) -> HttpResponse:
    """The picture of systems and interfaces."""
    request.access.require_anywhere("hub.interface.view")
    picture = _picture(request)
    interfaces = list(_interfaces(request))
    counts = queries.open_counts([i.pk for i in interfaces])
    joined = joins(interfaces)
    return render(request, "hub/topology.html", {"picture": picture, "rows": [(i, counts[i.pk], _reasons(request, i), joined[i.pk]) for i in interfaces]})


def joins(interfaces: list[Interface]) -> dict[int, dict[str, str]]:
    """What each interface joins, by the names of its streams, and which way it goes."""
    titles = stream_titles(interfaces)
    return {
        each.pk: {"a": titles[each.system_a_id, each.stream_a], "b": titles[each.system_b_id, each.stream_b], "arrow": queries.arrow(each)} for each in interfaces
    }  # fmt: skip


def _interfaces(request: Request) -> QuerySet[Interface]:
    return queries.interfaces_of().filter(pk__in=visible(request.access).values("pk"))


def _picture(request: Request) -> dict[str, Any]:
    return queries.topology(systems(request.access), _interfaces(request))


def _reasons(request: Request, interface: Interface) -> list[dict[str, Any]]:
    is_live = interface.stage == Interface.Stage.LIVE
    return shown(interface.state_detail if is_live else (), may_change=request.access.allows("hub.interface.change", interface.project_id))


@require_GET
def topology_json(request: Request) -> HttpResponse:
    """The same as JSON, for the picture."""
    request.access.require_anywhere("hub.interface.view")
    return JsonResponse(_picture(request))


@require_GET
def system_detail(request: Request, key: str) -> HttpResponse:
    """One system: its connection, its streams, its interfaces."""
    system = system_named(request.access, key)
    may_connect = uses.may_give(system, request.access)
    streams: list[contract.Stream] = []
    problem = ""
    if request.GET.get("streams"):
        try:
            streams = list(streams_of(system).values())
        except contract.ConnectorError as error:
            problem = error.message
    interfaces = [i for i in _interfaces(request) if system.pk in (i.system_a_id, i.system_b_id)]
    context = {
        "system": system, "connection": getattr(system, "connection", None), "manifest": catalogue.manifest(system.connector), "streams": [(s, said(s.title)) for s in streams],
        "stream_problem": problem, "interfaces": interfaces, "fields": connection_fields(system.connector, system), "summary": said(catalogue.manifest(system.connector).get("summary")),
        "trouble": trouble_shown(system.connection.last_error) if hasattr(system, "connection") else None,
        "hook_url": request.build_absolute_uri(f"/hooks/{system.connection.endpoint}") if may_connect and "webhook" in catalogue.manifest(system.connector) else "",
        "may_connect": may_connect, "uses": list(SystemUse.objects.filter(system=system).select_related("project").order_by("project__code")) if may_connect else [],
        "projects": list(Project.objects.exclude(status="closed")) if may_connect and system.connector != "local" else [],
    }  # fmt: skip
    return render(request, "hub/system.html", context)


def connection_fields(connector: str, system: System | None = None, given: Any = None) -> list[dict[str, Any]]:
    """The fields a connector's manifest asks for, with what is known; secrets are never shown again."""
    manifest = catalogue.manifest(connector)
    config = system.connection.config if system is not None and hasattr(system, "connection") else {}
    fields = []
    for name, field in manifest.get("config", {}).get("fields", {}).items():
        value = (given or {}).get(f"config-{name}", config.get(name, field.get("default", "")))
        fields.append(
            {
                "name": f"config-{name}",
                "label": said(field.get("title")),
                "help": said(field.get("help")),
                "kind": field.get("kind", "text"),
                "value": value,
                "required": field.get("required", False),
            }
        )
    for name, field in manifest.get("auth", {}).get("secrets", {}).items():
        known = system is not None and getattr(system, "connection", None) is not None and system.connection.credential_id is not None
        fields.append(
            {
                "name": f"secret-{name}",
                "label": said(field.get("title")),
                "help": said(field.get("help")),
                "kind": "password",
                "value": "",
                "required": not known,
                "known": known,
            }
        )
    if "webhook" in manifest:
        fields.append(
            {
                "name": "webhook_secret",
                "label": _("Webhook signing secret"),
                "help": _("Leave empty to keep the present one."),
                "kind": "password",
                "value": "",
                "required": False,
            }
        )
    return fields


def _posted(request: Request) -> tuple[dict[str, Any], dict[str, str], str]:
    config = {
        name.removeprefix("config-"): value.strip()
        for name, value in request.POST.items()
        if name.startswith("config-") and isinstance(value, str) and value.strip()
    }
    secrets = {name.removeprefix("secret-"): value for name, value in request.POST.items() if name.startswith("secret-") and isinstance(value, str) and value}
    return config, secrets, str(request.POST.get("webhook_secret") or "")


@require_POST
def connection_edit(request: Request, key: str) -> HttpResponse:
    """Save the connection and test it at once."""
    system = system_named(request.access, key, "connect")
    config, secrets, webhook_secret = _posted(request)
    context: dict[str, Any] = {"system": system}
    try:
        if config or secrets or webhook_secret:
            services.connection_change(system=system, config=config, credentials=secrets or None, webhook_secret=webhook_secret or None)
        context["check"] = services.connection_test(system=system_named(request.access, key))
    except ValidationError as error:
        context["errors"] = error.messages
    return render(request, "hub/_check.html", context)


@require_POST
def use(request: Request, key: str) -> HttpResponse:
    """Grant a project the use of the system's log-in, or take it back."""
    system = system_named(request.access, key, "connect")
    project = Project.objects.filter(code=str(request.POST.get("project", ""))).first()
    if project is None:
        raise Http404
    try:
        if request.POST.get("action") == "withdraw":
            uses.withdraw(system=system, project=project)
            messages.success(request, _("Interfaces of %(project)s may not use it any more.") % {"project": project.code})
        else:
            uses.give(system=system, project=project)
            messages.success(request, _("Interfaces of %(project)s may use it.") % {"project": project.code})
    except ValidationError as problem:
        messages.error(request, " ".join(problem.messages))
    return redirect("hub:system", key=key)


step_titles = ("System A", "System B", "Streams", "Mapping", "Dry run", "Switch on")


def steps(current: int) -> list[dict[str, Any]]:
    """The wizard's stepper."""
    titles = (_("System A"), _("System B"), _("Streams"), _("Mapping"), _("Dry run"), _("Switch on"))
    return [{"number": n + 1, "title": title, "done": n + 1 < current, "current": n + 1 == current} for n, title in enumerate(titles)]


@require_http_methods(["GET", "POST"])
def wizard(request: Request) -> HttpResponse:
    """Join two systems: A, then B, then their streams; the mapping editor goes on from there."""
    request.access.require_anywhere("hub.interface.add")
    known = systems(request.access)
    picked = {side: known.filter(key=request.GET.get(side, "")).first() for side in ("a", "b")}
    if picked["a"] is None:
        return _wizard_system(request, "a", picked)
    if picked["b"] is None:
        return _wizard_system(request, "b", picked)
    return _wizard_streams(request, picked["a"], picked["b"])


def _wizard_system(request: Request, side: str, picked: dict[str, System | None]) -> HttpResponse:
    connector = str(request.POST.get("connector") or request.GET.get("connector") or "")
    errors: dict[str, list[str]] = {}
    check = None
    if request.method == "POST":
        try:
            system = _register(request, connector)
            check = services.connection_test(system=system)
            if check.ok:
                return redirect(_with(request, side, system))
        except ValidationError as error:
            errors = error.message_dict if hasattr(error, "error_dict") else {"": error.messages}
    is_ours_known = System.objects.filter(connector="local").exists()
    entries = [
        {"key": key, "title": said(e.manifest.get("title")), "summary": said(e.manifest.get("summary")), "icon": e.manifest.get("icon", "plug")}
        for key, e in sorted(catalogue.entries().items())
        if not (key == "local" and is_ours_known)  # there is one of us
    ]
    chosen = connector if connector in catalogue.entries() else ""
    context = {
        "steps": steps(1 if side == "a" else 2), "side": side.upper(), "systems": [(s, _with(request, side, s), connector_title(s.connector)) for s in systems(request.access)], "entries": entries,
        "chosen": chosen, "chosen_title": said(catalogue.manifest(chosen).get("title")) if chosen else "", "errors": errors, "check": check, "given": request.POST,
        "fields": connection_fields(chosen, None, request.POST) if chosen else [], "a": picked["a"], "owners": _owners(request),
        "may_own_all": request.access.allows("hub.system.add") and request.access.allows("hub.system.connect"),
    }  # fmt: skip
    return render(request, "hub/wizard_system.html", context, status=422 if errors or (check and not check.ok) else 200)


def _owners(request: Request) -> list[Project]:
    """Projects for which this person may register a system."""
    wanted = ("hub.system.add", "hub.system.connect")
    return [each for each in Project.objects.exclude(status="closed") if all(request.access.allows(permission, each.pk) for permission in wanted)]


def _owner(request: Request) -> Project | None:
    """Whose a new system will be: the chosen project's, the only one's there is a right for, or the organisation's."""
    owners, wanted = _owners(request), str(request.POST.get("project") or "")
    if wanted:
        found = next((each for each in owners if each.code == wanted), None)
        if found is None:
            raise ValidationError({"project": _("Choose a project of yours.")})
        return found
    if request.access.allows("hub.system.add"):
        return None
    if len(owners) > 1:
        raise ValidationError({"project": _("Choose the project whose system this is.")})
    return owners[0] if owners else None


def _register(request: Request, connector: str) -> System:
    key = str(request.POST.get("key") or "").strip() or re.sub(r"[^A-Za-z0-9]+", "-", connector).strip("-")
    declared = resource("hub.system")
    system = declared.seen(request.access).filter(key=key).first()
    if system is not None and system.connector != connector:
        raise ValidationError({"key": _("This key is taken by another system.")})
    owner = _owner(request) if system is None else system.project
    for verb in ("add" if system is None else "change", "connect"):
        commands.authorise(request.access, declared, verb, system or System(project=owner))
    if system is None:
        doubles.refuse(System(tenant_id=request.tenant.pk, key=key), request.access, ("key",))
    system = services.system_save(instance=system, key=key, name=str(request.POST.get("name") or key).strip(), connector=connector, project=owner)
    config, secrets, webhook_secret = _posted(request)
    services.connection_save(system=system, config=config, credentials=secrets or None, webhook_secret=webhook_secret or None)
    return system


def _with(request: Request, side: str, system: System) -> str:
    other = "b" if side == "a" else "a"
    kept = f"&{other}={request.GET[other]}" if request.GET.get(other) else ""
    return f"{reverse('hub:wizard')}?{side}={system.key}{kept}"


def _wizard_streams(request: Request, a: System, b: System) -> HttpResponse:
    errors: dict[str, list[str]] = {}
    problems: list[str] = []
    offered: dict[str, list[tuple[str, str]]] = {}
    for side, system in (("a", a), ("b", b)):
        try:
            offered[side] = [(s.name, said(s.title)) for s in streams_of(system).values()]
        except contract.ConnectorError as error:
            offered[side] = []
            problems.append(f"{system.name}: {error.message}")
    projects = [each for each in Project.objects.all() if request.access.allows("hub.interface.add", each.pk)]
    if request.method == "POST":
        try:
            interface = _join(request, a, b)
            return redirect("hub:mapping", key=interface.key)
        except ValidationError as error:
            errors = error.message_dict if hasattr(error, "error_dict") else {"": error.messages}
    context = {
        "steps": steps(3), "a": a, "b": b, "offered_a": offered["a"], "offered_b": offered["b"], "problems": problems, "projects": projects, "errors": errors,
        "given": request.POST or {"project": request.session.get("project_id") or ""}, "suggested_key": f"{a.key}-{b.key}", "suggested_name": f"{a.name} – {b.name}",
    }  # fmt: skip
    return render(request, "hub/wizard_streams.html", context, status=422 if errors else 200)


def _join(request: Request, a: System, b: System) -> Interface:
    project = Project.objects.filter(pk=whole(request.POST.get("project", "")) or 0).first()
    if project is None:
        raise ValidationError({"project": _("Choose the project this interface belongs to.")})
    request.access.require("hub.interface.add", project.pk)
    key = str(request.POST.get("key") or "").strip()
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]*", key):
        raise ValidationError({"key": _("Use letters, digits, dot, dash and underscore only.")})
    doubles.refuse(Interface(tenant_id=request.tenant.pk, key=key), request.access, ("key",))
    return services.interface_save(
        project=project, key=key, name=str(request.POST.get("name") or key), system_a=a, stream_a=str(request.POST.get("stream_a")),
        system_b=b, stream_b=str(request.POST.get("stream_b")), owner=request.user, poll_seconds=number_of(request.POST.get("poll_seconds") or 30, "poll_seconds", least=1, most=86_400),
    )  # fmt: skip


def connections_waiting() -> int:
    """Connections whose breaker is open."""
    return Connection.objects.filter(open_until__isnull=False).count()

"""An interface as a file: systems, streams, mapping, code tables and policies in TOML; applied idempotently after its diff was shown."""

from __future__ import annotations

from typing import Any

import tomlkit
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from jingwei.frame.models import Project
from jingwei.hub.models import Interface, System
from jingwei.hub.register import services

own_fields = ("name", "requirement", "poll_seconds", "reconcile_hours", "on_delete", "on_leave", "delete_limit_percent", "freshness_seconds", "restore_minutes")


def export(interface: Interface) -> str:
    """The interface as TOML, without secrets and without anything that only this installation knows."""
    document = tomlkit.document()
    document.add(tomlkit.comment("Jingwei interface. Apply with: jingwei interface apply FILE"))
    document["interface"] = {"key": interface.key, "project": interface.project.code, **{name: getattr(interface, name) for name in own_fields}}
    for side in ("a", "b"):
        system = interface.system(side)
        connection = getattr(system, "connection", None)
        document[side] = {
            "system": system.key,
            "name": system.name,
            "connector": system.connector,
            "stream": interface.stream(side),
            "config": connection.config if connection else {},
        }
    if interface.published is not None:
        spec = interface.published.spec
        document["mapping"] = _without_none(spec["mapping"])
        document["code_tables"] = _without_none(spec.get("code_tables", {}))
    return tomlkit.dumps(document)


def read(text: str) -> dict[str, Any]:
    """Parse a file; ValidationError says where it is wrong."""
    try:
        parsed = tomlkit.parse(text).unwrap()
    except tomlkit.exceptions.ParseError as problem:
        raise ValidationError(_("The file is not valid TOML: %(problem)s"), params={"problem": problem}) from problem
    missing = [part for part in ("interface", "a", "b") if not isinstance(parsed.get(part), dict)]
    if missing:
        raise ValidationError(_("The file lacks the parts: %(parts)s."), params={"parts": ", ".join(missing)})
    for part, names in (("interface", ("key", "project")), ("a", ("system", "connector", "stream")), ("b", ("system", "connector", "stream"))):
        absent = [name for name in names if not parsed[part].get(name)]
        if absent:
            raise ValidationError(_("[%(part)s] lacks: %(names)s."), params={"part": part, "names": ", ".join(absent)})
    _check_kinds(parsed)
    return parsed


def _check_kinds(parsed: dict[str, Any]) -> None:
    """Every setting of the kind its field takes; tables where tables are due; no name that means nothing."""
    wrong: dict[str, Any] = {}
    for name, value in parsed["interface"].items():
        if name not in (*own_fields, "key", "project"):
            wrong[f"interface.{name}"] = _("There is no such setting.")
        elif name != "project":
            try:
                Interface._meta.get_field(name).clean(value, None)  # type: ignore[union-attr]
            except ValidationError as problem:
                wrong[f"interface.{name}"] = problem
    wrong |= {name: _("This must be a table.") for name in ("mapping", "code_tables") if not isinstance(parsed.get(name, {}), dict)}
    wrong |= {f"{side}.config": _("This must be a table.") for side in ("a", "b") if not isinstance(parsed[side].get("config", {}), dict)}
    wrong |= {name: _("There is no such part.") for name in parsed if name not in ("interface", "a", "b", "mapping", "code_tables")}
    if wrong:
        raise ValidationError(wrong)


def difference(wanted: dict[str, Any]) -> list[str]:
    """What applying would change, line by line, `- old` and `+ new`."""
    interface = Interface.objects.select_related("system_a", "system_b", "published", "project").filter(key=wanted["interface"]["key"]).first()
    now = read(export(interface)) if interface is not None else {}
    return [line for line in _lines(now, wanted) if line]


def _lines(old: Any, new: Any, path: str = "") -> list[str]:
    if isinstance(new, dict) and isinstance(old, dict | type(None)):
        out: list[str] = []
        for name in [*(old or {}), *(n for n in new if n not in (old or {}))]:
            if name in new or path.startswith(("mapping", "code_tables")):
                out += _lines((old or {}).get(name), new.get(name), f"{path}.{name}".lstrip("."))
        return out
    if old == new:
        return []
    return [*([f"- {path} = {old!r}"] if old is not None else []), *([f"+ {path} = {new!r}"] if new is not None else [])]


def touched_systems(wanted: dict[str, Any], owner: Project | None) -> list[tuple[System, tuple[str, ...]]]:
    """Systems that applying would register (for this owner) or say anew where they are, each with what is done to it."""
    out: list[tuple[System, tuple[str, ...]]] = []
    for side in ("a", "b"):
        system = System.objects.select_related("connection").filter(key=wanted[side]["system"]).first()
        if system is None:
            out.append((System(project=owner), ("add", "connect")))
        elif wanted[side].get("config") and wanted[side]["config"] != system.connection.config:
            out.append((system, ("connect",)))
    return out


@transaction.atomic
def register_systems(wanted: dict[str, Any], owner: Project | None = None) -> list[System]:
    """The two systems, registered when they are not there yet; they stay also when the interface cannot be made yet."""
    return [_system(wanted[side], owner) for side in ("a", "b")]


@transaction.atomic
def apply(wanted: dict[str, Any], upon: int | None = None) -> Interface:
    """Make it so. Systems that do not exist are registered (their credentials are put in with `jingwei credential set` or on the page).

    A file is whole by intent: it takes the place of the mapping in use, and the note of the version says of which. `upon` is the version that the
    difference was shown against, or that the file was written from: Overtaken when another one is in use.
    """
    head = wanted["interface"]
    project = Project.objects.filter(code=head["project"]).first()
    if project is None:
        raise ValidationError(_("There is no project “%(code)s”."), params={"code": head["project"]})
    systems = {side: _system(wanted[side]) for side in ("a", "b")}
    interface = Interface.objects.filter(key=head["key"]).first()
    values = {name: head[name] for name in own_fields if name in head}
    interface = services.interface_save(
        instance=interface, key=head["key"], project=project, system_a=systems["a"], stream_a=wanted["a"]["stream"],
        system_b=systems["b"], stream_b=wanted["b"]["stream"], **{"name": head["key"], **values},
    )  # fmt: skip
    if wanted.get("mapping"):
        interface = Interface.objects.select_related("system_a", "system_b", "published", "project").get(pk=interface.pk)
        spec = services.spec_of(interface, wanted["mapping"], wanted.get("code_tables"))
        before = interface.published
        note = gettext("from file, in place of version %(number)s") % {"number": before.number} if before is not None else gettext("from file")
        services.version_publish(interface=interface, spec=spec, note=note, upon=upon)
    return interface


def _system(side: dict[str, Any], owner: Project | None = None) -> System:
    system = System.objects.filter(key=side["system"]).first()
    if system is None:
        values = {"key": side["system"], "name": side.get("name", side["system"]), "connector": side["connector"]}
        system = services.system_save(**services.cleaned_system(values), project=owner)
    elif system.connector != side["connector"]:
        raise ValidationError(_("System “%(key)s” has another connector here: %(connector)s."), params={"key": system.key, "connector": system.connector})
    if side.get("config") and side["config"] != system.connection.config:
        services.connection_save(system=system, config=side["config"])
    return system


def _without_none(value: Any) -> Any:
    """TOML has no null: what is not said is left out."""
    if isinstance(value, dict):
        return {k: _without_none(v) for k, v in value.items() if v is not None}
    if isinstance(value, list):
        return [_without_none(v) for v in value if v is not None]
    return value

"""What people do in the hub: register and test systems, join streams, publish, switch on, decide conflicts, replay."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Max, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from jingwei.frame import facts, jobs, scope, secrets
from jingwei.hub.contract import Check
from jingwei.hub.facts import InterfacePublished, InterfaceStageChanged
from jingwei.hub.models import Connection, Interface, InterfaceVersion, System
from jingwei.hub.peers import catalogue, grants, mending
from jingwei.hub.peers.session import host_of, session_of, stream_of
from jingwei.hub.register import overlaps, versions
from jingwei.kernels.mapping import MappingError


@transaction.atomic
def system_save(*, instance: System | None = None, **values: Any) -> System:
    """Register or rename a system; its connector never changes once interfaces stand on it."""
    system = instance or System()
    if instance is not None and values.get("connector", instance.connector) != instance.connector and instance.interfaces_a.exists():
        raise ValidationError({"connector": _("Interfaces stand on this system; register a new one instead.")})
    for name, value in values.items():
        setattr(system, name, value)
    if system.connector not in catalogue.entries():
        raise ValidationError({"connector": _("There is no such connector. Installed: %(names)s.") % {"names": ", ".join(sorted(catalogue.entries()))}})
    system.save()
    Connection.objects.get_or_create(system=system, defaults={"tenant_id": system.tenant_id})
    return system


@transaction.atomic
def connection_save(*, system: System, config: dict[str, Any], credentials: dict[str, str] | None = None, webhook_secret: str | None = None) -> Connection:
    """Say where a system is and how to log in. Credentials are sealed and bound to the host of the address.

    When the host changes, credentials must be entered again: an old secret is never sent to a new address.
    """
    manifest = catalogue.manifest(system.connector)
    wanted = manifest.get("config", {}).get("fields", {})
    missing = {name: [_("This is needed.")] for name, field in wanted.items() if field.get("required") and not config.get(name)}
    if missing:
        raise ValidationError(missing)
    connection, _made = Connection.objects.get_or_create(system=system)
    host = host_of(str(config.get("base_url", "")))
    if connection.credential_id and host not in connection.hosts and not credentials:
        raise ValidationError({"base_url": _("The address has another host. Enter the credentials again: they are bound to the old host.")})
    connection.config = config
    connection.hosts = [host] if host else []
    connection.requests_per_minute = int(config.get("requests_per_minute") or manifest.get("budget", {}).get("requests_per_minute", 600))
    if credentials:
        connection.credential = secrets.seal(f"connection:{system.key}", json.dumps(credentials))
    if webhook_secret:
        connection.webhook_secret_before, connection.webhook_secret = connection.webhook_secret, secrets.seal(f"webhook:{system.key}", webhook_secret)
    connection.failures, connection.open_until = 0, None
    connection.save(
        update_fields=[
            "config",
            "hosts",
            "requests_per_minute",
            "credential",
            "webhook_secret",
            "webhook_secret_before",
            "failures",
            "open_until",
        ]
    )  # fmt: skip  (what the running sessions note is theirs)
    if connection.held_since is not None:
        jobs.after_commit(lambda: mending.release_if_mended(connection))
    return connection


def connection_test(*, system: System) -> Check:
    """Make an authenticated call and say who we are over there; the outcome is kept on the connection. What was held goes on when it passes."""
    connection = Connection.objects.filter(system=system).first()
    if connection is None:
        check = catalogue.connector(system.connector).check(session_of(system))
    else:
        was_held = connection.held_since is not None
        check = mending.try_credentials(connection)
        if check.ok and was_held:
            wake(Interface.objects.filter(Q(system_a=system) | Q(system_b=system), stage=Interface.Stage.LIVE).values_list("pk", flat=True))
        told = {"last_ok_at": timezone.now()} if check.ok else {"last_error": check.message, "last_error_at": timezone.now()}
        Connection.objects.filter(pk=connection.pk).update(account=check.account, **told)
    System.objects.filter(pk=system.pk).update(state=System.State.OK if check.ok else System.State.DOWN)
    return check


@transaction.atomic
def interface_save(*, instance: Interface | None = None, **values: Any) -> Interface:
    """Create or change an interface; its streams are fixed once a version is published."""
    interface = instance or Interface()
    fixed = ("system_a", "stream_a", "system_b", "stream_b", "project")
    if instance is not None and instance.published_id is not None:
        changed = [name for name in fixed if name in values and values[name] != getattr(instance, name)]
        if changed:
            raise ValidationError({name: _("A published interface keeps its two streams; make a new interface instead.") for name in changed})
    for name, value in values.items():
        setattr(interface, name, value)
    if interface.system_a_id == interface.system_b_id and interface.stream_a == interface.stream_b:
        raise ValidationError({"stream_b": _("An interface joins two different streams.")})
    # what the machinery notes on the row meanwhile is not written back from what a form had read
    interface.save(update_fields=[*values] if instance is not None else None)
    return interface


def spec_of(interface: Interface, mapping: dict[str, Any], code_tables: dict[str, Any] | None = None) -> dict[str, Any]:
    """A complete version spec: the mapping together with both streams' fields as they are offered now."""
    streams = {side: versions.stream_fields(stream_of(interface, side)) for side in ("a", "b")}
    return {"mapping": mapping, "code_tables": code_tables or {}, "streams": streams}


@transaction.atomic
def version_publish(*, interface: Interface, spec: dict[str, Any], note: str = "") -> InterfaceVersion:
    """Publish an immutable version. An equal spec publishes nothing new. Checkpoints and links stay: nothing is skipped."""
    try:
        versions.compile_spec(spec)
    except MappingError as problem:
        raise ValidationError([f"{p.message.zh} / {p.message.en}" for p in problem.problems]) from problem
    grants.require(interface, spec)
    mark = versions.fingerprint(spec)
    row = Interface.objects.select_for_update(of=("self",)).get(pk=interface.pk)
    if row.published is not None and row.published.fingerprint == mark:
        return row.published
    number = (row.versions.aggregate(top=Max("number"))["top"] or 0) + 1
    version = InterfaceVersion(
        interface=row,
        tenant_id=row.tenant_id,
        number=number,
        spec=spec,
        fingerprint=mark,
        note=note,
        author_id=scope.current().user_id,
        published_at=timezone.now(),
    )
    version.save()
    row.published = version
    row.save(update_fields=["published"])
    interface.published = version
    grants.give(row, spec)
    overlaps.refuse(row)
    if number > 1:
        see_anew(row)
    facts.state(InterfacePublished(interface_id=row.pk, version_number=number))
    return version


def see_anew(interface: Interface) -> None:
    """A new mapping sees every record anew: both sides are read a second time from the start, beside the reading that goes on from where
    it was, so that nothing that happens meanwhile is missed. Equal values change nothing."""
    interface.checkpoints.update(again={})


@transaction.atomic
def version_switch(*, interface: Interface, number: int, note: str = "") -> InterfaceVersion:
    """Go back (or forward) to the content of an earlier version: it is published as a new one, so the history stays whole."""
    wanted = InterfaceVersion.objects.filter(interface=interface, number=number).first()
    if wanted is None:
        known = ", ".join(str(n) for n in interface.versions.order_by("number").values_list("number", flat=True))
        raise ValidationError({"number": _("There is no version %(number)s; there are: %(known)s.") % {"number": number, "known": known or "–"}})
    return version_publish(interface=interface, spec=wanted.spec, note=note or _("content of version %(number)s") % {"number": number})


@transaction.atomic
def interface_switch(*, instance: Interface, stage: str) -> Interface:
    """Switch an interface on, pause it, or retire it. Pausing keeps checkpoints, links and everything that waits."""
    row = Interface.objects.select_for_update(of=("self",)).get(pk=instance.pk)
    if stage == Interface.Stage.LIVE and row.published_id is None:
        raise ValidationError(_("Publish a mapping first."))
    if stage == Interface.Stage.LIVE:
        overlaps.refuse(row)
    row.stage = stage
    row.next_poll_at = timezone.now()
    row.save(update_fields=["stage", "next_poll_at"])
    facts.state(InterfaceStageChanged(interface_id=row.pk, stage=stage))
    if stage == Interface.Stage.LIVE:
        jobs.after_commit(lambda: wake([row.pk]))
    instance.stage = stage
    return row


def interface_switch_on(*, instance: Interface) -> Interface:
    """Switch on."""
    return interface_switch(instance=instance, stage=Interface.Stage.LIVE)


def interface_pause(*, instance: Interface) -> Interface:
    """Pause."""
    return interface_switch(instance=instance, stage=Interface.Stage.PAUSED)


def wake(interface_ids: Iterable[int]) -> None:
    """Have a worker look at these interfaces now."""
    for pk in interface_ids:
        jobs.defer("hub.cycle", once=str(pk), interface_id=pk)

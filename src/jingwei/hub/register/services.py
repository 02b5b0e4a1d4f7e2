"""What people do in the hub: register and test systems, join streams, publish, switch on, decide conflicts, replay."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import urlsplit

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Max, Q
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from jingwei.frame import scope, secrets
from jingwei.frame.records.turns import in_turn
from jingwei.frame.telling import facts
from jingwei.frame.work import jobs
from jingwei.hub.contract import Check
from jingwei.hub.facts import InterfacePublished
from jingwei.hub.models import Connection, Interface, InterfaceVersion, OutboxEntry, System
from jingwei.hub.peers import catalogue, grants, mending, uses
from jingwei.hub.peers import places as where
from jingwei.hub.peers.session import bound_of, session_of, stream_told
from jingwei.hub.register import overlaps, overtaking, places, stages, versions
from jingwei.hub.register.stages import wake
from jingwei.kernels.mapping import MappingError


@in_turn
def system_save(*, instance: System | None = None, **values: Any) -> System:
    """Register or rename a system; its connector never changes once interfaces stand on it."""
    system = instance or System()
    if instance is not None and values.get("connector", instance.connector) != instance.connector and instance.interfaces_a.exists():
        raise ValidationError({"connector": _("Interfaces stand on this system; register a new one instead.")})
    for name, value in values.items():
        setattr(system, name, value)
    check_connector(system)
    system.save()
    Connection.objects.get_or_create(system=system, defaults={"tenant_id": system.tenant_id})
    return system


def check_connector(system: System) -> None:
    """A rule: its connector is installed."""
    if system.connector not in catalogue.entries():
        names = ", ".join(sorted(catalogue.entries()))
        raise ValidationError({"connector": ValidationError(_("There is no such connector. Installed: %(names)s."), params={"names": names})})


def _held(system: System) -> Connection:
    """Its connection, as it is now, held till the transaction ends: who changes a part of it stands on what is there."""
    made, _made = Connection.objects.get_or_create(system=system)
    found: Connection = Connection.objects.select_for_update(of=("self",), no_key=True).select_related("credential", "system").get(pk=made.pk)
    return found


@in_turn
def connection_change(*, system: System, config: dict[str, Any], credentials: dict[str, str] | None = None, webhook_secret: str | None = None) -> Connection:
    """Say some of the settings anew; the others stay as they are."""
    return connection_save(system=system, config={**_held(system).config, **config}, credentials=credentials, webhook_secret=webhook_secret)


@in_turn
def connection_save(*, system: System, config: dict[str, Any], credentials: dict[str, str] | None = None, webhook_secret: str | None = None) -> Connection:
    """Say where a system is and how to log in. Credentials are sealed and bound to the host of the address.

    When the host changes, credentials must be entered again: an old secret is never sent to a new address. Settings that would make an interface
    of this system lead where another one leads already are refused.
    """
    manifest = catalogue.manifest(system.connector)
    wanted = manifest.get("config", {}).get("fields", {})
    wrong: dict[str, Any] = {name: _("This is needed.") for name, field in wanted.items() if field.get("required") and not config.get(name)}
    wrong |= {
        name: _("This is a secret: it is entered as a credential, never as a setting.")
        for name in manifest.get("auth", {}).get("secrets", {})
        if name in config
    }
    budget = str(config.get("requests_per_minute") or manifest.get("budget", {}).get("requests_per_minute", 600))
    if not (budget.isascii() and budget.isdigit() and 0 < int(budget) < 10_000_000):
        wrong["requests_per_minute"] = _("This must be a whole number above zero.")
    try:
        bound = bound_of(str(config.get("base_url", "")))
    except ValueError:
        wrong["base_url"] = _("This is no address: write it as in https://tracker.example.com or http://10.0.0.5:3000.")
    if wrong:
        raise ValidationError(wrong)
    connection = _held(system)
    if connection.credential_id and not credentials:
        _still_bound(connection, bound)
    leads_elsewhere = connection.config != config
    connection.config = config
    connection.hosts = [*([bound] if bound else []), *_further_hosts(manifest)]
    connection.requests_per_minute = int(budget)
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
    if leads_elsewhere:
        for interface in where.forget(system):
            if interface.stage in (Interface.Stage.LIVE, Interface.Stage.PAUSED) and interface.published_id is not None:
                overlaps.refuse(interface)
    if connection.held_since is not None:
        jobs.after_commit(lambda: mending.release_if_mended(connection))
    return connection


def _further_hosts(manifest: Mapping[str, Any]) -> list[str]:
    """Where else our credentials go: to whoever gives tokens for them, when that is another host."""
    address = str(manifest.get("auth", {}).get("token", {}).get("address", ""))
    return [bound_of(address)] if urlsplit(address).scheme else []


def _still_bound(connection: Connection, bound: str) -> None:
    """The stored credentials may go there: the same host, and never from https to http."""
    before = set(connection.hosts)
    with contextlib.suppress(ValueError):  # stored before such an address was refused
        before.add(bound_of(str(connection.config.get("base_url", ""))))
    host = bound.removeprefix("https://")
    if host not in {each.removeprefix("https://") for each in before}:
        raise ValidationError({"base_url": _("The address has another host. Enter the credentials again: they are bound to the old host.")})
    if bound == host and f"https://{host}" in before:
        raise ValidationError(
            {"base_url": _("The address was https and would now be http, where everybody on the way can read. Enter the credentials again if this is meant.")}
        )


@in_turn
def credentials_save(*, system: System, given: dict[str, str]) -> Connection:
    """Put in some of a system's secrets; the others and the address stay. Raises ValidationError naming the secrets there are."""
    connection = _held(system)
    known = set(catalogue.manifest(system.connector).get("auth", {}).get("secrets", {}))
    unknown = sorted(set(given) - known)
    if unknown:
        params = {"name": unknown[0], "known": ", ".join(sorted(known)) or "–"}
        raise ValidationError({"name": ValidationError(_("This system keeps no secret “%(name)s”; it keeps: %(known)s."), params=params)})
    kept: dict[str, str] = {}
    if connection.credential is not None and known - set(given):
        try:
            kept = json.loads(secrets.open_secret(connection.credential).reveal())
        except secrets.CannotOpen:
            kept = {}  # its key is lost: what is put in now replaces everything
    return connection_save(system=system, config=connection.config, credentials={**kept, **given})


def secrets_missing(system: System) -> list[str]:
    """Secrets the connector needs that are not put in yet."""
    wanted = catalogue.manifest(system.connector).get("auth", {}).get("secrets", {})
    connection = Connection.objects.select_related("credential").filter(system=system).first()
    if connection is None or connection.credential is None:
        return sorted(wanted)
    try:
        kept = json.loads(secrets.open_secret(connection.credential).reveal())
    except secrets.CannotOpen:
        return sorted(wanted)
    return sorted(name for name, field in wanted.items() if field.get("required", True) and not kept.get(name))


def cleaned_system(values: dict[str, Any]) -> dict[str, Any]:
    """Values from a file or a command line as the fields take them. Raises ValidationError by field."""
    out, wrong = {}, {}
    for name, value in values.items():
        try:
            out[name] = System._meta.get_field(name).clean(value, None)  # type: ignore[union-attr]
        except ValidationError as problem:
            wrong[name] = problem
    if wrong:
        raise ValidationError(wrong)
    return out


def connection_test(*, system: System) -> Check:
    """Make an authenticated call and say who we are over there; the outcome is kept on the connection."""
    connection = Connection.objects.filter(system=system).select_related("credential", "system").first()
    if connection is not None and system.connector != "local":
        check = mending.try_credentials(connection)  # a hold ends with a check that passes, and begins with one that is refused
    else:
        check = catalogue.connector(system.connector).check(session_of(system))
    Connection.objects.filter(system=system).update(
        account=check.account,
        **({"last_ok_at": timezone.now(), "failures": 0, "open_until": None} if check.ok else {"last_error": check.message, "last_error_at": timezone.now()}),
    )
    System.objects.filter(pk=system.pk).update(state=System.State.OK if check.ok else System.State.DOWN)
    if check.ok and connection is not None and connection.held_since is not None:
        wake_system(system)
    return check


def wake_system(system: System) -> None:
    """Have a worker look at every live interface of a system now, also at what had been put off."""
    live = Interface.objects.filter(stage=Interface.Stage.LIVE).filter(Q(system_a=system) | Q(system_b=system))
    ids = list(live.values_list("pk", flat=True))
    hurry(ids)


def hurry(interface_ids: Iterable[int]) -> None:
    """Have a worker look at these interfaces now: it polls, and tries once more what had been put off.

    Writes of an unknown outcome and disappearances to be confirmed keep their time: it is what makes them sure.
    """
    ids = list(interface_ids)
    OutboxEntry.objects.filter(interface_id__in=ids, state=OutboxEntry.State.WAITING, not_before__isnull=False).update(not_before=None)
    with transaction.atomic():
        Interface.lock(ids)
        Interface.objects.filter(pk__in=ids).update(next_poll_at=timezone.now())
    wake(ids)


@in_turn
def interface_save(*, instance: Interface | None = None, **values: Any) -> Interface:
    """Create or change an interface; its streams are fixed once a version is published."""
    interface = instance or Interface()
    if instance is not None:
        Interface.held(instance.pk)  # before its systems, as everywhere
    fixed = ("system_a", "stream_a", "system_b", "stream_b", "project")
    if instance is not None and instance.published_id is not None:
        changed = [name for name in fixed if name in values and values[name] != getattr(instance, name)]
        if changed:
            raise ValidationError({name: _("A published interface keeps its two streams; make a new interface instead.") for name in changed})
    for name, value in values.items():
        setattr(interface, name, value)
    uses.take(interface)
    check_streams(interface)
    # what the machinery notes on the row meanwhile is not written back from what a form had read
    interface.save(update_fields=[*values] if instance is not None else None)
    return interface


def check_streams(interface: Interface) -> None:
    """A rule: it joins two."""
    if interface.system_a_id == interface.system_b_id and interface.stream_a == interface.stream_b:
        raise ValidationError({"stream_b": _("An interface joins two different streams.")})


def spec_of(interface: Interface, mapping: dict[str, Any], code_tables: dict[str, Any] | None = None) -> dict[str, Any]:
    """A complete version spec: the mapping together with both streams' fields as they are offered now. Raises ConnectorError when a system cannot be asked."""
    streams = {side: versions.stream_fields(stream_told(interface, side)) for side in ("a", "b")}
    return {"mapping": mapping, "code_tables": code_tables or {}, "streams": streams}


@in_turn
def version_publish(*, interface: Interface, spec: dict[str, Any], note: str = "", upon: int | None = None) -> InterfaceVersion:
    """Publish an immutable version. An equal spec publishes nothing new. Checkpoints and links stay: nothing is skipped.

    `upon` is the version in use that this was begun from (0: none yet); another one published since is not taken back unseen: Overtaken. Without it
    the spec is whole by intent, and takes the place of whatever is in use.
    """
    try:
        versions.compile_spec(spec)
    except MappingError as problem:
        raise ValidationError([ValidationError(each) for each in places.problems_said(problem.problems, spec["mapping"])]) from problem
    grants.require(interface, spec)
    mark = versions.fingerprint(spec)
    row = Interface.held(interface.pk)
    uses.take(interface)
    if row.published is not None and row.published.fingerprint == mark:
        return row.published
    overtaking.refuse(row, spec, upon)
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


def version_named(interface: Interface, number: int, field: str = "number") -> InterfaceVersion:
    """The version of that number. Raises ValidationError (under `field`) naming those there are."""
    wanted = InterfaceVersion.objects.filter(interface=interface, number=number).first()
    if wanted is None:
        known = ", ".join(str(n) for n in interface.versions.order_by("number").values_list("number", flat=True))
        text = _("There is no version %(number)s; there are: %(known)s.")
        raise ValidationError({field: ValidationError(text, params={"number": number, "known": known or "–"})})
    return wanted


@in_turn
def version_switch(*, interface: Interface, number: int, note: str = "", upon: int | None = None) -> InterfaceVersion:
    """Go back (or forward) to the content of an earlier version: it is published as a new one, so the history stays whole. Raises Overtaken."""
    wanted, told = version_named(interface, number), note or gettext("content of version %(number)s") % {"number": number}
    return version_publish(interface=interface, spec=wanted.spec, note=told, upon=upon)


@in_turn
def interface_switch(*, instance: Interface, stage: str) -> Interface:
    """Bring an interface to a stage by the step that leads there; nothing but a look at it when it is there already. ValidationError when no step does."""
    step = stages.step_to(stage)
    row = Interface.held(instance.pk, "system_a", "system_b", "project")
    if row.stage != stage:
        stages.life.take(row, step.name)
    elif stage == Interface.Stage.LIVE:
        hurry([row.pk])
    instance.stage = row.stage
    return row


def interface_switch_on(*, instance: Interface) -> Interface:
    """Switch on."""
    return interface_switch(instance=instance, stage=Interface.Stage.LIVE)


def interface_pause(*, instance: Interface) -> Interface:
    """Pause."""
    return interface_switch(instance=instance, stage=Interface.Stage.PAUSED)

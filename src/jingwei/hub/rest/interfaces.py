"""REST: what is done to an interface: versions, stage, grant, held deletes, comparing, and where a record is."""

from collections.abc import Callable
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from ninja import Query, Router

from jingwei.frame.walls import heavy
from jingwei.frame.web import Request
from jingwei.hub import contract
from jingwei.hub.engine import decisions, reconcile, worklist
from jingwei.hub.engine import rehearse as rehearsal
from jingwei.hub.models import Interface
from jingwei.hub.monitor import trace as tracing
from jingwei.hub.peers import grants
from jingwei.hub.register import changes, services
from jingwei.hub.rest.shapes import (
    ChangeOut,
    DeleteOut,
    Done,
    FoundOut,
    GrantOut,
    Rollback,
    StageOut,
    Switch,
    VersionOut,
    only,
    storable,
)
from jingwei.hub.rights import interface_named, may_see_values, require_values, switching
from jingwei.hub.sync import compare

router = Router(tags=["hub"])
Number = Query(..., ge=1, le=2**31 - 1)


def _asked(request: Request, work: Callable[[], Any]) -> Any:
    """In one's turn: both sides are read. A peer that cannot be is said as a sentence."""
    try:
        with heavy.turn(request):
            return work()
    except contract.ConnectorError as problem:
        raise ValidationError(problem.message) from problem


def _published(interface: Interface) -> Interface:
    if interface.published is None:
        raise ValidationError(_("Publish a mapping first."))
    return interface


def _stage(interface: Interface) -> dict[str, Any]:
    now = Interface.objects.select_related("published").get(pk=interface.pk)
    return {"key": now.key, "stage": now.stage, "held_reason": now.held_reason, "version": now.published.number if now.published else None}


@router.get("/interfaces/{key}/versions", response={200: list[VersionOut]}, operation_id="hub_versions")
def versions(request: Request, key: str) -> Any:
    """Every version, newest first."""
    interface = interface_named(request.access, key)
    return [
        {"number": v.number, "at": v.published_at, "author": str(v.author) if v.author else None, "note": v.note, "in_use": v.pk == interface.published_id}
        for v in interface.versions.select_related("author")
    ]


@router.get("/interfaces/{key}/versions/diff", response={200: list[ChangeOut]}, operation_id="hub_versions_diff")
def diff(request: Request, key: str, old: int = Number, new: int = Number) -> Any:
    """What differs between two versions."""
    only(request, "old", "new")
    interface = interface_named(request.access, key)
    one, two = (services.version_named(interface, number, name) for number, name in ((old, "old"), (new, "new")))
    return [change.as_plain() for change in changes.changes(one.spec, two.spec)]


@router.post("/interfaces/{key}/versions/rollback", response={200: StageOut}, operation_id="hub_versions_rollback")
def rollback(request: Request, key: str, asked: Rollback) -> Any:
    """Publish the content of an earlier version as a new one."""
    interface = interface_named(request.access, key, "change")
    storable(note=asked.note)
    upon = services.version_named(interface, asked.in_use, "in_use").pk if asked.in_use is not None else None
    services.version_switch(interface=interface, number=asked.number, note=asked.note, upon=upon)
    return _stage(interface)


@router.post("/interfaces/{key}/switch", response={200: StageOut}, operation_id="hub_switch")
def switch(request: Request, key: str, asked: Switch) -> Any:
    """Switch on, pause or retire."""
    interface = interface_named(request.access, key, switching[asked.stage])
    services.interface_switch(instance=interface, stage=asked.stage)
    return _stage(interface)


@router.post("/interfaces/{key}/release", response={200: StageOut}, operation_id="hub_release")
def release(request: Request, key: str) -> Any:
    """Go on after the machinery had stopped itself."""
    interface = interface_named(request.access, key, "change")
    decisions.interface_release(interface=interface)
    return _stage(interface)


@router.get("/interfaces/{key}/dry-run", response={200: dict[str, Any]}, operation_id="hub_dry_run")
def dry_run(request: Request, key: str, version: int | None = Query(None, ge=1, le=2**31 - 1)) -> Any:
    """What would be written now, by the published version or an earlier one. Nothing is."""
    only(request, "version")
    interface = _published(interface_named(request.access, key))
    require_values(request.access, interface)
    wanted = services.version_named(interface, version, "version") if version is not None else None
    return _asked(request, lambda: rehearsal.dry_run(interface.pk, version=wanted))


@router.get("/interfaces/{key}/deletes", response={200: list[DeleteOut]}, operation_id="hub_deletes")
def deletes(request: Request, key: str) -> Any:
    """Deletes that are held until somebody decides (at most 1,000 are told)."""
    interface = interface_named(request.access, key)
    return worklist.deletes_as_plain(worklist.held_deletes(interface)[:1000], may_see_values(request.access, interface))


@router.post("/interfaces/{key}/deletes/allow", response={200: Done}, operation_id="hub_deletes_allow")
def allow(request: Request, key: str) -> Any:
    """Let the held deletes pass."""
    return {"count": decisions.deletes_allow(interface=interface_named(request.access, key, "change"))}


@router.post("/interfaces/{key}/deletes/refuse", response={200: Done}, operation_id="hub_deletes_refuse")
def refuse(request: Request, key: str) -> Any:
    """Keep the records; what was deleted is made anew from them."""
    return {"count": decisions.deletes_refuse(interface=interface_named(request.access, key, "change"))}


@router.post("/interfaces/{key}/reconcile", response={200: FoundOut}, operation_id="hub_reconcile")
def reconcile_now(request: Request, key: str) -> Any:
    """Compare all keys of both sides with the links now; what is missing is looked up."""
    interface = _published(interface_named(request.access, key, "change"))
    with heavy.turn(request):
        found = reconcile.reconcile(interface.pk)
    services.wake([interface.pk])
    if problem := reconcile.unread(interface):
        raise ValidationError(_("A side could not be read to its end, so nothing is known of it: %(problem)s"), params={"problem": problem})
    return found


@router.get("/interfaces/{key}/verify", response={200: dict[str, Any]}, operation_id="hub_verify")
def verify(request: Request, key: str) -> Any:
    """Both sides compared with each other and with the base, value by value. Writes nothing."""
    interface = _published(interface_named(request.access, key))
    require_values(request.access, interface)
    return _asked(request, lambda: compare.verify(interface))


@router.get("/interfaces/{key}/grant", response={200: GrantOut}, operation_id="hub_grant")
def grant(request: Request, key: str) -> Any:
    """What the interface may do with our own records, and who granted it."""
    return _grant(interface_named(request.access, key))


@router.post("/interfaces/{key}/grant/revoke", response={200: GrantOut}, operation_id="hub_grant_revoke")
def revoke(request: Request, key: str) -> Any:
    """Take it back."""
    interface = interface_named(request.access, key, "change")
    grants.revoke(interface=interface)
    return _grant(interface)


@router.post("/interfaces/{key}/grant/restore", response={200: GrantOut}, operation_id="hub_grant_restore")
def restore(request: Request, key: str) -> Any:
    """Grant again what the published version needs; you must hold it yourself."""
    interface = _published(interface_named(request.access, key, "change"))
    grants.restore(interface=interface)
    services.wake([interface.pk])
    return _grant(interface)


def _grant(interface: Interface) -> dict[str, Any]:
    now = grants.in_force(interface)
    return {
        "permissions": now.permissions if now else [], "granted_by": str(now.granted_by) if now and now.granted_by else None,
        "granted_at": now.granted_at if now else None,
        "needed": grants.permissions_of(interface, interface.published.spec) if interface.published else [],
    }  # fmt: skip


@router.get("/trace", response={200: dict[str, Any]}, operation_id="hub_trace")
def trace(request: Request, id: str = Query(..., min_length=1, max_length=300)) -> Any:
    """Everything known of a record, by any id somebody may hold of it."""
    only(request, "id")
    request.access.require_anywhere("hub.interface.view")
    return tracing.trace(id, access=request.access)

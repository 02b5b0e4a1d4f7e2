"""What an interface may do with our own records: the publisher must hold it, the interface gets it as a grant of its own, shown and revocable."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.db import transaction
from django.utils import timezone

from jingwei.frame import scope
from jingwei.frame.models import User
from jingwei.frame.records.resource import registry
from jingwei.frame.rights.access import Access, access_of
from jingwei.hub.models import Grant, Interface


def permissions_of(interface: Interface, spec: Mapping[str, Any]) -> list[str]:
    """The permissions a version needs on our own streams: to look at what it reads, to write where a field travels to."""
    out: list[str] = []
    for side, way in (("a", "b_to_a"), ("b", "a_to_b")):
        if interface.system(side).connector != "local":
            continue
        stream = interface.stream(side)
        out.append(f"{stream}.view")
        written = [pair for pair in spec["mapping"]["pairs"] if pair.get("direction", "both") in ("both", way)]
        if written:
            out += [f"{stream}.{verb}" for verb in ("add", "change", "delete")]
            out += [f"{stream}.{verb}" for verb in _guarding(stream, _fields_written(spec, side, written))]
    return sorted(set(out))


def require(interface: Interface, spec: Mapping[str, Any]) -> None:
    """Raise PermissionDenied when the person who publishes lacks a right that the interface would get. The machinery itself (no person) has all."""
    user_id = scope.current().user_id
    if user_id is None:
        return
    user = User.objects.filter(pk=user_id).first()
    access = access_of(user, scope.current().tenant_id) if user is not None else Access(scope.current().tenant_id, None)
    for permission in permissions_of(interface, spec):
        place = interface.project_id if _is_of_projects(permission) else None
        if place is None and permission.endswith(".view"):
            access.require_anywhere(permission)
        else:
            access.require(permission, place)


def _fields_written(spec: Mapping[str, Any], side: str, pairs: Sequence[Mapping[str, Any]]) -> set[str]:
    named = [pair.get(side) for pair in pairs] + [each.get("field") for each in spec["mapping"].get("constants", ()) if each.get("side") == side]
    return {name for each in named for name in (each if isinstance(each, list) else [each]) if isinstance(name, str)}


def _guarding(stream: str, fields: set[str]) -> list[str]:
    """Steps of a life whose state travels to us: what arrives in a state needs the right to bring it about."""
    life = found.life if (found := registry.get(stream)) is not None else None
    return sorted({step.name for step in life.steps}) if life is not None and life.field in fields else []


def _is_of_projects(permission: str) -> bool:
    """Whether the rows it is about belong to projects; else it must be held organisation-wide."""
    found = registry.get(permission.rpartition(".")[0])
    return found is None or bool(found.model.project_path)


def give(interface: Interface, spec: Mapping[str, Any]) -> Grant | None:
    """Grant what the version needs, in place of what was granted before."""
    wanted = permissions_of(interface, spec)
    now = in_force(interface)
    if now is not None and now.permissions == wanted:
        return now
    if now is not None:
        _end(now)
    if not wanted:
        return None
    return Grant.objects.create(
        interface=interface, tenant_id=interface.tenant_id, permissions=wanted, granted_by_id=scope.current().user_id, granted_at=timezone.now()
    )


def in_force(interface: Interface) -> Grant | None:
    """The grant that holds now."""
    return Grant.objects.filter(interface=interface, revoked_at=None).select_related("granted_by").first()


def is_granted(interface: Interface) -> bool:
    """Whether the interface holds what its published version needs on our own side (nothing, when neither side is ours)."""
    if interface.published is None:
        return False
    wanted = permissions_of(interface, interface.published.spec)
    now = in_force(interface) if wanted else None
    return not wanted or (now is not None and set(wanted) <= set(now.permissions))


@transaction.atomic
def revoke(*, interface: Interface) -> bool:
    """Take the grant back: the interface reads and writes nothing of ours until somebody with the rights publishes or grants again."""
    now = in_force(interface)
    if now is not None:
        _end(now)
    return now is not None


@transaction.atomic
def restore(*, interface: Interface) -> Grant | None:
    """Grant again what the published version needs; who does it must hold it."""
    if interface.published is None:
        return None
    require(interface, interface.published.spec)
    return give(interface, interface.published.spec)


def _end(grant: Grant) -> None:
    Grant.objects.filter(pk=grant.pk).update(revoked_at=timezone.now(), revoked_by_id=scope.current().user_id)


def access_for(interface: Interface) -> Access:
    """The interface's own rights, in its project only."""
    grant = in_force(interface)
    permissions = frozenset(grant.permissions) if grant is not None else frozenset()
    of_projects = frozenset(each for each in permissions if _is_of_projects(each))
    return Access(interface.tenant_id, None, permissions - of_projects, {interface.project_id: permissions})

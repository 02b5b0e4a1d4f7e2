"""Who may look at, change or decide what in the hub; asked alike by pages, REST and the command line."""

from __future__ import annotations

from django.db.models import QuerySet
from django.http import Http404

from jingwei.frame.records import commands
from jingwei.frame.records.resource import resource
from jingwei.frame.rights.access import Access
from jingwei.hub.models import Interface, System
from jingwei.hub.monitor import health
from jingwei.hub.monitor.search import cleaned, local_resource, may_see_values, visible
from jingwei.hub.register import stages

__all__ = ["interface_named", "may_do", "may_see_values", "require_values", "require_writing", "switching", "system_named", "systems", "visible"]
switching = {"draft": "change"} | {step.to: step.name for step in stages.life.steps}  # stage → the right to bring it about
_related = ("system_a", "system_b", "published", "project")


def interface_named(access: Access, key: str, verb: str = "view") -> Interface:
    """The interface of that key. Raises Http404, and PermissionDenied when `verb` may not be done to it in its project."""
    if verb == "view":
        health.judge_if_stale()
    interface = Interface.objects.select_related(*_related).filter(key=cleaned(key)).first()
    if interface is None:
        raise Http404(key)
    access.require("hub.interface.view", interface.project_id)
    if verb != "view":
        access.require(f"hub.interface.{verb}", interface.project_id)
    return interface


def may_do(access: Access, interface: Interface, verb: str) -> bool:
    """Whether `verb` may be done to it."""
    return access.allows(f"hub.interface.{verb}", interface.project_id)


def systems(access: Access) -> QuerySet[System]:
    """The systems that somebody may know of: those that serve his projects, and for the whole organisation all."""
    return resource("hub.system").rows(access).select_related("connection", "project").order_by("key")


def system_named(access: Access, key: str, verb: str = "view") -> System:
    """The system of that key. Raises Http404, and PermissionDenied when `verb` may not be done to it everywhere it stands."""
    system = systems(access).filter(key=cleaned(key)).first()
    if system is None:
        raise Http404(key)
    if verb != "view":
        commands.authorise(access, resource("hub.system"), verb, system)
    return system  # type: ignore[no-any-return]


def require_values(access: Access, interface: Interface) -> None:
    """Whoever decides on values must be allowed to see them. Raises PermissionDenied naming the right."""
    _require(access, interface, "view")


def require_writing(access: Access, interface: Interface) -> None:
    """Whoever puts in a value of his own writes through the interface: he must hold the right to write it himself."""
    _require(access, interface, "change")


def _require(access: Access, interface: Interface, verb: str) -> None:
    for side in ("a", "b"):
        mine = local_resource(interface, side)
        if mine is not None:
            access.require(f"{mine.key}.{verb}", interface.project_id)

"""Who may look at, change or decide what in the hub; asked alike by pages, REST and the command line."""

from __future__ import annotations

from django.http import Http404

from jingwei.frame.access import Access
from jingwei.hub.models import Interface
from jingwei.hub.monitor import health
from jingwei.hub.monitor.search import cleaned, local_resource, may_see_values, visible

__all__ = ["interface_named", "may_see_values", "require_values", "require_writing", "visible"]
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

"""Where a stream really is: the same records under another name, another address or another spelling of it are the same place.

A place is a text: of our own streams the project; of a peer's what the connector says names it wherever it is reached from (`Stream.identity`),
else the address it resolves to and the part of the peer that is read. It is kept on the interface once it is known for sure.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from django.db.models import Q

from jingwei.frame.walls import egress
from jingwei.hub import contract
from jingwei.hub.models import Connection, Interface, System
from jingwei.hub.peers.session import streams_of

_says_nothing = ("base_url", "requests_per_minute", "reference_field")
_sides = ("a", "b")


def place_of(interface: Interface, side: str) -> str:
    """The stream of one side as a place, as it is kept, else looked up (and kept when the peer could be asked)."""
    kept: str = getattr(interface, f"place_{side}")
    if kept:
        return kept
    place, is_sure = _look_up(interface, side)
    if is_sure and interface.pk is not None:
        setattr(interface, f"place_{side}", place)
        Interface.objects.filter(pk=interface.pk).update(**{f"place_{side}": place})
    return place


def places_of(interface: Interface) -> dict[str, str]:
    """Both sides."""
    return {side: place_of(interface, side) for side in _sides}


def forget(system: System) -> list[Interface]:
    """A system's settings changed: where its interfaces lead is looked up anew. Gives those interfaces."""
    touched = list(Interface.objects.filter(Q(system_a=system) | Q(system_b=system)).select_related("system_a", "system_b", "published").order_by("pk"))
    for interface in touched:
        for side in _sides:
            if interface.system(side).pk == system.pk:
                setattr(interface, f"place_{side}", "")
        Interface.objects.filter(pk=interface.pk).update(place_a=interface.place_a, place_b=interface.place_b)
    return touched


def in_use(but: Interface) -> list[Interface]:
    """Every other interface that is or was on."""
    rows = Interface.objects.filter(stage__in=("live", "paused")).exclude(pk=but.pk)
    return list(rows.select_related("published", "system_a", "system_b"))


def _look_up(interface: Interface, side: str) -> tuple[str, bool]:
    """The place, and whether the peer itself told it."""
    system, stream = interface.system(side), interface.stream(side)
    if system.connector == "local":
        return f"local project {interface.project_id}: {stream}", True
    connection = Connection.objects.filter(system=system).first()
    config: dict[str, Any] = connection.config if connection is not None else {}
    try:
        found = streams_of(system).get(stream)
    except contract.ConnectorError:
        found = None
    if found is not None and found.identity:
        return f"{system.connector} {found.identity}: {stream}", True
    part = found.place if found is not None and found.place else repr(sorted((k, str(v)) for k, v in config.items() if k not in _says_nothing))
    return f"{system.connector} {address(str(config.get('base_url', '')))} {part}: {stream}"[:300], found is not None


def address(url: str) -> str:
    """Host (as the address it resolves to), port and path of a URL."""
    try:
        parts = urlsplit(url)
        port = parts.port or (443 if parts.scheme == "https" else 80)
    except ValueError:
        return url
    return f"{egress.resolved(parts.hostname or '', port)}:{port}{parts.path.rstrip('/')}"

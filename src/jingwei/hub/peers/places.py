"""Where a stream really is: the same records under another name or another spelling of the address are the same place."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from jingwei.frame import egress
from jingwei.hub import contract
from jingwei.hub.models import Connection, Interface, System
from jingwei.hub.peers.session import streams_of

Place = tuple[str, str, str, int]  # connector and address, what of it, stream, project (our own streams only)
_says_nothing = ("base_url", "requests_per_minute", "reference_field")


def place_of(interface: Interface, side: str) -> Place:
    """The stream of one side as a place; our own is one of its project."""
    system, stream = interface.system(side), interface.stream(side)
    if system.connector == "local":
        return "local", "", stream, interface.project_id
    connection = Connection.objects.filter(system=system).first()
    config: dict[str, Any] = connection.config if connection is not None else {}
    return f"{system.connector} {address(str(config.get('base_url', '')))}", _part(system, stream, config), stream, 0


def address(url: str) -> str:
    """Host (as the address it resolves to), port and path of a URL."""
    parts = urlsplit(url)
    try:
        port = parts.port or (443 if parts.scheme == "https" else 80)
    except ValueError:
        return url
    return f"{egress.resolved(parts.hostname or '', port)}:{port}{parts.path.rstrip('/')}"


def _part(system: System, stream: str, config: dict[str, Any]) -> str:
    """Which part of the peer is read: as the connector knows it, else as it was set up."""
    try:
        found = streams_of(system).get(stream)
    except contract.ConnectorError:
        found = None
    if found is not None and found.place:
        return found.place
    return repr(sorted((k, str(v)) for k, v in config.items() if k not in _says_nothing))


def aliases(system: System) -> list[int]:
    """The ids of all systems that are this one, whatever they are called."""
    mine = Connection.objects.filter(system=system).first()
    if mine is None or system.connector == "local":
        return [system.pk]
    where = address(str(mine.config.get("base_url", "")))
    others = Connection.objects.filter(system__connector=system.connector).values_list("system_id", "config")
    return [pk for pk, config in others if address(str((config or {}).get("base_url", ""))) == where]

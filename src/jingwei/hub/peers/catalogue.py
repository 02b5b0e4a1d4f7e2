"""The connectors that are installed. The assembly fills it, so that the hub knows none of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol

from jingwei.hub.contract import Connector


class Entry(Protocol):
    """A connector and what its manifest says."""

    @property
    def manifest(self) -> Mapping[str, Any]: ...

    @property
    def factory(self) -> Callable[[], Connector]: ...


_entries: dict[str, Entry] = {}


class UnknownConnector(LookupError):
    """No connector of that key is installed."""


def install(entries: Mapping[str, Entry]) -> None:
    """Make connectors known (called once at start)."""
    _entries.update(entries)


def entry(key: str) -> Entry:
    """The connector of that key; UnknownConnector names the ones there are."""
    try:
        return _entries[key]
    except KeyError:
        raise UnknownConnector(f"No connector {key!r}; installed are {sorted(_entries)}.") from None


def entries() -> dict[str, Entry]:
    """All of them by key."""
    return dict(_entries)


def connector(key: str) -> Connector:
    """A connector ready to work; connectors hold no state."""
    return entry(key).factory()


def manifest(key: str) -> Mapping[str, Any]:
    """What the connector says of itself."""
    return entry(key).manifest

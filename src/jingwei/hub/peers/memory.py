"""What is remembered of a peer for some minutes: a connection's lookups and the streams it offers. Forgotten when it is saved."""

from __future__ import annotations

import hashlib
import json
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from jingwei.hub import contract
from jingwei.hub.contract import Stream
from jingwei.hub.models import Connection, System

kept_seconds = 300.0
tried_again_seconds = 30.0  # streams that could not be read anew are given as they were so long
Mark = tuple[Any, ...]


@dataclass(slots=True)
class Kept:
    """Something remembered until a moment (monotonic)."""

    value: Any
    until: float
    problem: contract.ConnectorError | None = None  # why it is given as it was


_lookups: dict[Mark, Kept] = {}
_streams: dict[int, tuple[Mark, Kept]] = {}
_lock = threading.Lock()


def mark_of(connection: Connection) -> Mark:
    """A connection as it is set up: another credential or setting is another mark."""
    config = hashlib.sha256(json.dumps(connection.config, sort_keys=True, default=str).encode()).hexdigest()
    return (connection.pk, connection.version, connection.credential_id, config)


def lookups(mark: Mark) -> dict[str, Any]:
    """The one dictionary of this process for a connection as it is set up; empty again after five minutes."""
    now = time.monotonic()
    with _lock:
        kept = _lookups.get(mark)
        if kept is None or kept.until < now:
            for old in [each for each, what in _lookups.items() if what.until < now]:
                del _lookups[old]
            kept = _lookups[mark] = Kept({}, now + kept_seconds)
        found: dict[str, Any] = kept.value
        return found


def streams(system: System, connection: Connection | None, ask: Callable[[], dict[str, Stream]]) -> dict[str, Stream]:
    """A system's streams, asked at most every five minutes. What cannot be asked now is given as it was, if it was ever known."""
    mark = (system.pk, system.connector, system.tenant_id, *(mark_of(connection) if connection is not None else ()))
    now = time.monotonic()
    with _lock:
        known = _streams.get(system.pk)
    if known is not None and known[0] == mark and known[1].until > now:
        return dict(known[1].value)
    try:
        kept = Kept(ask(), now + kept_seconds)
    except contract.ConnectorError as problem:
        if known is None or known[0] != mark:
            raise
        kept = Kept(known[1].value, now + tried_again_seconds, problem)
    with _lock:
        _streams[system.pk] = (mark, kept)
    return dict(kept.value)


def trouble(system: System) -> contract.ConnectorError | None:
    """Why a system's streams were last given as they had been; None when it told them itself."""
    with _lock:
        known = _streams.get(system.pk)
    return known[1].problem if known is not None else None


def ask_again(system: System) -> None:
    """Whatever was remembered for want of an answer is asked anew the next time."""
    with _lock:
        known = _streams.get(system.pk)
        if known is not None and known[1].problem is not None:
            known[1].until = 0.0


def forget(connection: Connection) -> None:
    """The connection was saved: what it told may be another truth now."""
    with _lock:
        for mark in [each for each in _lookups if each[0] == connection.pk]:
            del _lookups[mark]
        _streams.pop(connection.system_id, None)

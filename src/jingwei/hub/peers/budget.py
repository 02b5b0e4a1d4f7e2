"""May a request be sent now? A process leases a quarter of a second's requests at a time from the budget all workers share."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from datetime import timedelta

from django.utils import timezone

from jingwei.hub import contract
from jingwei.hub.models import Connection
from jingwei.hub.peers import standing
from jingwei.hub.peers.breaker import BreakerOpen
from jingwei.hub.peers.standing import Drawn

lease_lives_seconds = 1.0  # so no process is more than a second behind what another one has learned
held_row_seconds = 2.0


@dataclass(slots=True)
class Lease:
    """Requests left that this process may send before `until` (monotonic), and what was known when they were drawn."""

    left: int
    until: float
    drawn: Drawn
    at: float


_leases: dict[int, Lease] = {}
_locks: dict[int, threading.Lock] = {}
_locks_lock = threading.Lock()


def admit(connection: Connection, *, checking: bool = False) -> Drawn:
    """Wait for a place (two seconds at most) and take it, or raise why nothing may be sent: Unauthorised, RateLimited, BreakerOpen."""
    with _lock_of(connection.pk):
        lease = _leases.get(connection.pk)
        now = time.monotonic()
        if lease is not None and now < lease.until and not checking:
            if lease.left:
                lease.left -= 1
                return lease.drawn
            if not lease.drawn.taken:
                _refuse(lease.drawn, now - lease.at, checking=checking)
        drawn = _draw(connection, checking=checking)
        _leases[connection.pk] = Lease(max(0, drawn.taken - 1) if not drawn.is_probe else 0, time.monotonic() + _life(drawn), drawn, time.monotonic())
    if not drawn.taken:
        _refuse(drawn, 0.0, checking=checking)
        raise contract.RateLimited("our own budget of requests a minute is spent", max(drawn.wait, 0.1))
    if drawn.wait > 0:
        time.sleep(drawn.wait)
    return drawn


def forget(connection_id: int) -> None:
    """What was leased and known is out of date: ask the database before the next request."""
    _leases.pop(connection_id, None)


def _draw(connection: Connection, *, checking: bool) -> Drawn:
    end = time.monotonic() + held_row_seconds
    while (drawn := standing.draw(connection, checking=checking)) is None:
        if time.monotonic() > end:
            raise contract.RateLimited("the connection is being changed by somebody", 1.0)
    return drawn


def _life(drawn: Drawn) -> float:
    """Until when a lease may be believed: no longer than what shuts it lasts."""
    if drawn.taken:
        return lease_lives_seconds
    ends = [each for each in (drawn.paused_seconds, drawn.open_seconds) if each > 0]
    return min(lease_lives_seconds, *ends) if ends else (lease_lives_seconds if drawn.is_held else 0.0)


def _refuse(drawn: Drawn, age: float, *, checking: bool) -> None:
    if drawn.is_held and not checking:
        raise contract.Unauthorised(drawn.held_reason or "held: the credentials were refused", mend=contract.Title(
            "重新填写该系统的凭据；检查通过后自动恢复", "Enter this system's credentials again; it goes on by itself once a check passes"))  # fmt: skip
    if drawn.paused_seconds - age > 0:
        raise contract.RateLimited("the peer asked us to wait", drawn.paused_seconds - age)
    if drawn.open_seconds - age > 0:
        raise BreakerOpen(timezone.now() + timedelta(seconds=drawn.open_seconds - age))


def _lock_of(connection_id: int) -> threading.Lock:
    with _locks_lock:
        return _locks.setdefault(connection_id, threading.Lock())

"""A side of a mapping as it is, or, while its system is away, as it was when it was last read, with the reason in people's words."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from jingwei.frame.rights.access import Access
from jingwei.hub import contract
from jingwei.hub.contract import Record, Stream, Title
from jingwei.hub.models import Interface
from jingwei.hub.pages.systems import said
from jingwei.hub.peers import catalogue, known, memory
from jingwei.hub.peers.session import BreakerOpen, session_for, stream_of
from jingwei.hub.rights import may_see_values
from jingwei.kernels.mapping import FieldLike

__all__ = ["Away", "FieldLike", "Rows", "Sides", "reason_of", "rows_of", "sides_of", "unpublished"]
sample_size = 4
pages_at_most = 8
failure_told_seconds = 10.0  # who types meanwhile does not wait for the same failure at every stroke


@dataclass(frozen=True, slots=True)
class Away:
    """A system that cannot be asked now. `as_of`: when its fields were last read, None when they never were."""

    side: str
    name: str
    key: str
    reason: str
    detail: str
    mend: str
    as_of: datetime | None


@dataclass(frozen=True, slots=True)
class Sides:
    """Both streams, and which of the two is told from memory."""

    a: Stream
    b: Stream
    away: tuple[Away, ...] = ()


@dataclass(frozen=True, slots=True)
class Rows:
    """A few real records of A, or why there are none."""

    records: tuple[Record, ...] = ()
    problem: str = ""
    away: Away | None = None


def sides_of(interface: Interface) -> Sides:
    """Both sides. What never was read at all is a stream without fields."""
    (a, away_a), (b, away_b) = (_side_of(interface, side) for side in ("a", "b"))
    return Sides(a, b, tuple(each for each in (away_a, away_b) if each is not None))


def _side_of(interface: Interface, side: str) -> tuple[Stream, Away | None]:
    system = interface.system(side)
    try:
        stream = stream_of(interface, side)
    except (contract.ConnectorError, LookupError) as problem:
        stream, as_of = _last_known(interface, side)
        return stream, _away(interface, side, problem, as_of)
    trouble = memory.trouble(system)
    return stream, _away(interface, side, trouble, known.read_at(system)) if trouble is not None else None


def _last_known(interface: Interface, side: str) -> tuple[Stream, datetime | None]:
    """As it was when the system was last asked, or when the version in use was published."""
    name = interface.stream(side)
    kept = known.last(interface.system(side), name)
    if kept is not None:
        return kept
    if interface.published is not None and (fields := interface.published.spec.get("streams", {}).get(side)):
        return Stream(name, Title(name, name), tuple(map(known.field_from_plain, fields))), interface.published.published_at
    return Stream(name, Title(name, name), ()), None


def _away(interface: Interface, side: str, problem: Exception, as_of: datetime | None) -> Away:
    system = interface.system(side)
    mend = said(getattr(problem, "mend", None))
    return Away(side, system.name, system.key, reason_of(problem), str(problem), mend, as_of)


def reason_of(problem: Exception) -> str:
    """Why a system cannot be asked, in people's words."""
    match problem:
        case BreakerOpen():
            at = timezone.localtime(problem.until).strftime("%H:%M:%S")
            return _("It failed several times in a row and is left alone until %(time)s.") % {"time": at}
        case contract.Unreachable():
            return _("There is no connection to its address: it is switched off, or the network or the address is wrong.")
        case contract.Unauthorised():
            return _("It refuses our credentials.")
        case contract.Forbidden():
            return _("Our account may not read this over there.")
        case contract.RateLimited():
            return _("It asks us to wait before the next request.")
        case contract.ServerFault():
            return _("It answers with a fault of its own, or not at all.")
        case contract.BrokenAnswer():
            return _("Its answer cannot be read.")
        case contract.ConnectorError():
            return said(Title(problem.zh or problem.message, problem.message))
    return _("Its connector is not installed here.")


def unpublished(problem: Exception) -> list[str]:
    """Why nothing is published while a system cannot be asked, and what becomes of what was typed."""
    return [reason_of(problem), _("Publishing takes both systems as they are now. The draft is kept; publish when the system answers again.")]


@lru_cache(maxsize=64)
def _read(interface_id: int, side: str, wanted: tuple[tuple[str, tuple[str, ...]], ...], minute: int) -> tuple[Record, ...]:
    interface = Interface.objects.select_related("system_a", "system_b").get(pk=interface_id)
    session = session_for(interface, side)
    connector = catalogue.connector(interface.system(side).connector)
    found: dict[str, Record] = {}
    cursor: dict[str, Any] = {}
    for _page in range(pages_at_most):
        page = connector.read(session, interface.stream(side), cursor, 100)
        found |= {r.key: r for r in page.records if not r.deleted and all(str(r.values.get(n)) in values for n, values in wanted)}
        if len(found) >= sample_size or not page.more:
            break
        cursor = page.cursor
    return tuple(found.values())[:sample_size]


_failed: dict[int, tuple[float, contract.ConnectorError]] = {}  # interface → until when its failure is told, and the failure


def rows_of(interface: Interface, filters: dict[str, list[str]], access: Access) -> Rows:
    """A few real records of A that the filter lets in, read at most once a minute, for whoever may see values of this interface."""
    if not may_see_values(access, interface):
        return Rows(problem=_("Real rows are not shown: that takes the right to view these records."))
    wanted = tuple((name, tuple(str(v) for v in values)) for name, values in sorted(filters.items()))
    now, (until, failure) = time.monotonic(), _failed.get(interface.pk, (0.0, None))
    if failure is None or until < now:
        try:
            records = _read(interface.pk, "a", wanted, int(time.time() // 60))
        except contract.ConnectorError as problem:
            failure = problem
            _failed[interface.pk] = (now + failure_told_seconds, problem)
        except LookupError as problem:
            return Rows(problem=reason_of(problem))
        else:
            _failed.pop(interface.pk, None)
            return Rows(records, "" if records else _("There are no rows over there that the filter lets in."))
    if interface.system_a.connector == "local":
        return Rows(problem=_("Real rows of our own are shown once a version is published: it gives the interface the right to read them."))
    away = _away(interface, "a", failure, known.read_at(interface.system_a))
    return Rows(problem=_("No real rows: “%(system)s” cannot be asked just now.") % {"system": away.name}, away=away)

"""Comparing values: both sides read from the beginning, mapped, and held against each other and the base. No checkpoint moves.

Per pair eight bytes are kept of each side and of the base; only pairs whose prints differ are looked at value by value, from a spool on
disk. What differs is explained by what is known (a conflict, a mark, something waiting, a side parked or left); what nothing explains is
looked up once more on both sides, and if it still differs it is handed to the inbox to be looked up there and planned like anything else.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from typing import Any

from django.utils import timezone

from jingwei.hub.contract import Absence, Found, RateLimited, Record, Stream
from jingwei.hub.inbox.deliveries import ask
from jingwei.hub.models import Conflict, DeadLetter, Interface, OutboxEntry, Quarantine
from jingwei.hub.peers import catalogue
from jingwei.hub.peers.session import HubSession, session_for, stream_of
from jingwei.hub.register.versions import Ready
from jingwei.hub.sync.comparing import Ledger, Spool, print_of
from jingwei.hub.sync.explaining import Explainer, Suspect, differing
from jingwei.hub.sync.terms import wording_of
from jingwei.kernels.merge import SideName, other, sides

page_limit = 1000
suspects_at_a_time = 500
recheck_at_most = 2000
examples_at_most = 20
listed_at_most = 10_000
asked_at_most = 10_000
waits_at_most = 20

soonest, latest = timedelta(minutes=1), timedelta(minutes=10)  # when what is in doubt is compared again


@dataclass(slots=True)
class Comparison:
    """What a comparison found. `differences` are what nothing explains, field by field; `doubtful` the keys of the pairs they are in."""

    interface: str
    records: dict[SideName, int] = field(default_factory=lambda: {"a": 0, "b": 0})
    links: int = 0
    agree: int = 0
    differences: list[dict[str, Any]] = field(default_factory=list)
    explained: list[dict[str, Any]] = field(default_factory=list)
    explained_pairs: int = 0
    differing_pairs: int = 0
    unlinked: dict[SideName, list[str]] = field(default_factory=lambda: {"a": [], "b": []})
    doubled: dict[SideName, list[str]] = field(default_factory=lambda: {"a": [], "b": []})
    doubtful: dict[SideName, set[str]] = field(default_factory=lambda: {"a": set(), "b": set()})
    seconds: float = 0.0

    @property
    def is_clean(self) -> bool:
        """Everything agrees, or is known to differ for a reason."""
        return not (self.differing_pairs or any(self.unlinked.values()) or any(self.doubled.values()))

    def as_plain(self, before: set[str]) -> dict[str, Any]:
        """As it is kept in `Interface.compared`. `before`: what was in doubt at the comparison before, as `side:key`; what still is
        counts as `differ` (and stays `standing`), what is new is `asked`: it is being looked up and counts if it is there next time."""
        doubtful = {f"{side}:{key}" for side in sides for key in self.doubtful[side]}
        again = {each["link"] for each in self.differences if f"a:{each['key_a']}" in before or f"b:{each['key_b']}" in before}
        strays = [{"side": side, "key": key, "field": None, "missing": other(side)} for side in sides for key in self.unlinked[side]]
        lasting = [each for each in strays if f"{each['side']}:{each['key']}" in before]
        doubled = sum(len(keys) for keys in self.doubled.values())
        return {
            "records_a": self.records["a"], "records_b": self.records["b"], "links": self.links, "agree": self.agree, "explained": self.explained_pairs,
            "differ": len(again) + len(lasting) + doubled, "examples": [*self.differences, *strays][:examples_at_most], "seconds": round(self.seconds, 1),
            "at": timezone.now().isoformat(), "asked": sorted(doubtful - before)[:asked_at_most], "standing": sorted(doubtful & before)[:asked_at_most],
        }  # fmt: skip


def compare(interface: Interface, *, heal: bool = True) -> Comparison:
    """Compare all values of both sides; the result is kept on the interface. With `heal`, what nothing explains is handed to the inbox.

    Raises ConnectorError when a side cannot be read to its end; then nothing is kept, and the last comparison grows old.
    """
    result = _Comparing(interface).run()
    last = interface.compared or {}
    plain = result.as_plain({*last.get("asked", ()), *last.get("standing", ())})
    interface.compared, interface.compared_at = plain, timezone.now()
    Interface.objects.filter(pk=interface.pk).update(compared=plain, compared_at=interface.compared_at)
    for side in sides if heal else ():
        if result.doubtful[side]:
            ask(interface, side, sorted(result.doubtful[side]), "comparison")
    return result


def is_due(interface: Interface) -> bool:
    """Whether a comparison's time has come: every `reconcile_hours`, and soon after one that left something in doubt or found a difference, which may have
    been mended since: after a minute, ten at the latest, where it takes a twentieth of the time at most."""
    if interface.compared_at is None:
        return interface.paired_at is not None
    last = interface.compared or {}
    soon = max(soonest, min(latest, timedelta(seconds=20 * float(last.get("seconds") or 0))))
    in_doubt = any(last.get(each) for each in ("asked", "standing", "differ"))
    return bool(interface.compared_at + (soon if in_doubt else timedelta(hours=interface.reconcile_hours)) <= timezone.now())


def verify(interface: Interface) -> dict[str, Any]:
    """Both sides compared with each other and with the base, for people: everything that differs, and why, if that is known. Writes nothing."""
    result = _Comparing(interface).run()
    return {
        "interface": interface.key, "links": result.links, "records_a": result.records["a"], "records_b": result.records["b"], "agree": result.agree,
        "differences": result.differences, "explained": result.explained, "unlinked_a": result.unlinked["a"], "unlinked_b": result.unlinked["b"],
        "doubled_a": result.doubled["a"], "doubled_b": result.doubled["b"], "seconds": round(result.seconds, 1),
        "open": {
            "conflicts": Conflict.objects.filter(interface=interface, resolved_at=None).count(),
            "quarantine": Quarantine.objects.filter(interface=interface, released_at=None).count(),
            "dead_letters": DeadLetter.objects.filter(interface=interface, settled_at=None).count(),
            "deliveries_waiting": interface.deliveries.filter(state="waiting").count(),
            "outbox_waiting": OutboxEntry.objects.filter(interface=interface, state__in=("waiting", "held", "sending", "unknown")).count(),
        },
    }  # fmt: skip


class _Comparing:
    """One comparison in progress."""

    def __init__(self, interface: Interface) -> None:
        self.interface, self.wording = interface, wording_of(interface)
        self.ready: Ready = self.wording.ready
        self.sessions: dict[SideName, HubSession] = {side: session_for(interface, side) for side in sides}
        self.connectors = {side: catalogue.connector(interface.system(side).connector) for side in sides}
        self.ledger = Ledger(interface)
        self.spools: dict[SideName, Spool] = {side: Spool() for side in sides}
        self.result = Comparison(interface.key)

    def run(self) -> Comparison:
        try:
            return self._run()
        finally:
            for spool in self.spools.values():
                spool.close()

    def _run(self) -> Comparison:
        begun = time.monotonic()
        self.ledger.load(self.ready)
        strays: dict[SideName, list[str]] = {side: self._read(side) for side in sides}
        result = self.result
        result.links = self.ledger.count
        result.doubled = {side: self.ledger.doubled(side) for side in sides}
        suspects = self.ledger.suspects()
        explainer = Explainer(self.interface, self.ready, self._creatable())
        rechecks = recheck_at_most
        for start in range(0, len(suspects), suspects_at_a_time):
            rechecks = self._judge(suspects[start : start + suspects_at_a_time], explainer, rechecks)
        for side in sides:
            result.unlinked[side] = self._truly_unlinked(side, strays[side], explainer)
            result.doubtful[side].update(result.unlinked[side])
        result.agree = result.links - result.explained_pairs - result.differing_pairs
        result.seconds = time.monotonic() - begun
        return result

    def _pages(self, side: SideName) -> Iterator[tuple[Record, ...]]:
        """Every record of one side as it is now, read from the start; no checkpoint moves."""
        connector, cursor = self.connectors[side], dict[str, Any]()
        while True:
            page = _patiently(partial(connector.read, self.sessions[side], self.interface.stream(side), cursor, page_limit))
            if page.records:
                yield page.records
            if not page.more:
                return
            cursor = dict(page.cursor)

    def _read(self, side: SideName) -> list[str]:
        """Take the prints of one side; keys that pass the filter and have no link."""
        strays: dict[str, None] = {}
        for records in self._pages(side):
            places = self.ledger.places(side, [record.key for record in records])
            for record, place in zip(records, places, strict=True):
                if record.deleted:
                    if place >= 0:
                        self.ledger.forget(side, place)
                    strays.pop(record.key, None)
                    continue
                meant = self.wording.is_meant(side, record)
                if place < 0:
                    if meant:
                        strays[record.key] = None
                    continue
                self._note(side, place, record, meant)
        self.result.records[side] = self.ledger.present(side) + len(strays)
        return list(strays)

    def _note(self, side: SideName, place: int, record: Record, meant: bool) -> None:
        values, problems = self.wording.canonical(side, record)
        self.ledger.note(side, place, print_of(values), left=not meant, unreadable=bool(problems))
        self.spools[side].put(place, values)

    def _creatable(self) -> dict[SideName, bool]:
        """Whether a record missing on that side could be made there: then a pair without it is a difference."""
        out: dict[SideName, bool] = {}
        for side in sides:
            stream: Stream = stream_of(self.interface, side)
            ways = ("both", "b_to_a" if side == "a" else "a_to_b")
            out[side] = stream.can_create and any(way in ways for way in self.ready.directions.values())
        return out

    def _judge(self, places: list[int], explainer: Explainer, rechecks: int) -> int:
        """Look at suspected pairs value by value; returns how many may still be looked up again."""
        suspects = [self._suspect(place, link) for place, link in self.ledger.links(places)]
        explainer.prepare([each.link for each in suspects])
        doubtful: list[Suspect] = []
        for suspect in suspects:
            if self._sort(suspect, explainer):
                doubtful.append(suspect)
        fresh = doubtful[:rechecks]
        if fresh:
            self._look_again(fresh)
            explainer.prepare([each.link for each in fresh], again=True)
            doubtful = [each for each in fresh if self._sort(each, explainer)] + doubtful[rechecks:]
        for suspect in doubtful:
            self._differs(suspect, explainer)
        return rechecks - len(fresh)

    def _suspect(self, place: int, link: Any) -> Suspect:
        suspect = Suspect(link)
        for side in sides:
            suspect.values[side] = self.spools[side].get(place) if self.ledger.is_present(side, place) else None
            suspect.left[side] = self.ledger.is_left(side, place)
            suspect.unreadable[side] = self.ledger.is_unreadable(side, place)
        return suspect

    def _sort(self, suspect: Suspect, explainer: Explainer) -> bool:
        """True when something differs that nothing explains; what is explained is noted the first time."""
        findings = differing(self.ready, suspect, explainer.creatable, keeps_left=self.interface.on_leave == "keep")
        suspect.findings = [each for each in findings if explainer.why(suspect, each) is None]
        if suspect.findings:
            return True
        if findings:
            self.result.explained_pairs += 1
            if len(self.result.explained) < listed_at_most:
                self.result.explained += [{**suspect.named(each), "why": explainer.why(suspect, each)} for each in findings]
        return False

    def _look_again(self, suspects: list[Suspect]) -> None:
        """Both sides of each pair as they are at this moment: what was edited while we read is no difference."""
        for suspect in suspects:
            suspect.link.refresh_from_db()
        for side in sides:
            keys = {getattr(each.link, f"key_{side}"): each for each in suspects if getattr(each.link, f"key_{side}")}
            for key, found in _lookup(self.connectors[side], self.sessions[side], self.interface.stream(side), list(keys)).items():
                suspect = keys[key]
                if isinstance(found, Record) and not found.deleted:
                    suspect.values[side], problems = self.wording.canonical(side, found)
                    suspect.unreadable[side] = bool(problems)
                    suspect.left[side] = not self.wording.is_meant(side, found)
                else:
                    suspect.values[side] = None

    def _differs(self, suspect: Suspect, explainer: Explainer) -> None:
        result = self.result
        result.differing_pairs += 1
        if len(result.differences) < listed_at_most:
            result.differences += [suspect.named(each) for each in suspect.findings]
        for side in sides:
            if key := getattr(suspect.link, f"key_{side}"):
                result.doubtful[side].add(key)

    def _truly_unlinked(self, side: SideName, keys: list[str], explainer: Explainer) -> list[str]:
        """Records that have no link even now, still exist, and are neither parked nor on their way in."""
        left = []
        for start in range(0, len(keys), suspects_at_a_time):
            batch = explainer.unlinked(side, keys[start : start + suspects_at_a_time])
            found = _lookup(self.connectors[side], self.sessions[side], self.interface.stream(side), batch) if start < recheck_at_most else {}
            for key in batch:
                now = found.get(key)
                gone = isinstance(now, Absence) or (isinstance(now, Record) and (now.deleted or not self.wording.is_meant(side, now)))
                if not gone:
                    left.append(key)
        return sorted(left)


def _lookup(connector: Any, session: HubSession, stream: str, keys: list[str]) -> dict[str, Found]:
    """Each key as it is now."""
    return dict(_patiently(partial(connector.lookup, session, stream, keys))) if keys else {}


def _patiently(call: Callable[[], Any]) -> Any:
    """A comparison is in no hurry: when the peer asks us to wait, we do, some times over."""
    for _ in range(waits_at_most):
        try:
            return call()
        except RateLimited as problem:
            time.sleep(min(problem.after, 30.0))
    return call()

"""Why two records differ, when that is known: what the database holds of conflicts, marks, parked sides and things under way."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Q

from jingwei.hub.contract import Values
from jingwei.hub.models import Conflict, DeadLetter, Delivery, Interface, Link, OutboxEntry, Quarantine
from jingwei.hub.register.versions import Ready
from jingwei.kernels.merge import SideName, sides, whole

open_states = ("waiting", "held", "sending", "unknown")


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is not as it should be: a field whose values are not one, or the record itself (`missing`, `what`)."""

    field: str | None = None
    a: Any = None
    b: Any = None
    base: Any = None
    missing: SideName | None = None
    what: str = ""  # unreadable, left: of the side `missing` is not about


@dataclass(slots=True)
class Suspect:
    """A pair that does not look alike: its link and both sides as read."""

    link: Link
    values: dict[SideName, Values | None] = field(default_factory=lambda: {"a": None, "b": None})
    left: dict[SideName, bool] = field(default_factory=lambda: {"a": False, "b": False})
    unreadable: dict[SideName, bool] = field(default_factory=lambda: {"a": False, "b": False})
    findings: list[Finding] = field(default_factory=list)

    def named(self, finding: Finding) -> dict[str, Any]:
        """As it is reported."""
        plain = {"link": self.link.pk, "key_a": self.link.key_a, "key_b": self.link.key_b, "field": finding.field}
        if finding.field is None:
            return {**plain, **({"missing": finding.missing} if finding.missing else {}), **({"what": finding.what} if finding.what else {})}
        return {**plain, "a": finding.a, "b": finding.b, "base": finding.base}


def differing(terms: Ready, suspect: Suspect, creatable: Mapping[SideName, bool], *, keeps_left: bool) -> list[Finding]:
    """Everything about a pair that is not as it should be. One-way fields need only arrive; the others must equal the base, too."""
    link, a, b = suspect.link, suspect.values["a"], suspect.values["b"]
    if not keeps_left:
        for side in sides:
            if suspect.values[side] is not None and suspect.left[side] != getattr(link, f"left_{side}"):
                return [Finding(what="left", missing=None)]
        if link.left_a or link.left_b:
            return []
    if a is None and b is None:
        return []
    if a is None or b is None:
        missing: SideName = "a" if a is None else "b"
        is_half = getattr(link, f"key_{missing}") is None
        if is_half and not (creatable[missing] and link.state == Link.State.LINKED):
            return []
        return [Finding(missing=missing)]
    if any(suspect.unreadable.values()):
        return [Finding(what="unreadable")]
    return _fields(terms, link, a, b)


def _fields(terms: Ready, link: Link, a: Values, b: Values) -> list[Finding]:
    out, base = [], link.base or {}
    for name in sorted(terms.fields):
        if name not in a or name not in b:
            continue
        is_agreed = a[name] == b[name] and (terms.directions.get(name, "both") != "both" or a[name] == base.get(name))
        if not is_agreed:
            out.append(Finding(name, a[name], b[name], base.get(name)))
    return out


@dataclass(slots=True)
class Explainer:
    """Knows of a batch of links what is open; `prepare` reads it, in a number of queries that does not grow with the batch."""

    interface: Interface
    ready: Ready
    creatable: Mapping[SideName, bool]
    _conflicts: dict[int, set[str]] = field(default_factory=lambda: defaultdict(set))
    _parked: set[int] = field(default_factory=set)
    _parked_keys: set[tuple[str, str]] = field(default_factory=set)
    _outbox: dict[int, str] = field(default_factory=dict)
    _dead: set[int] = field(default_factory=set)
    _inbox: set[tuple[str, str]] = field(default_factory=set)

    def prepare(self, links: Iterable[Link], *, again: bool = False) -> None:
        """Read what is open of these links; `again`: as it is now, forgetting what was known."""
        batch = list(links)
        if not again:
            for known in (self._conflicts, self._parked, self._parked_keys, self._outbox, self._dead, self._inbox):
                known.clear()
        ids = [link.pk for link in batch]
        for pk, name in Conflict.objects.filter(link_id__in=ids, resolved_at=None).values_list("link_id", "field"):
            self._conflicts[pk].add(name)
        self._outbox.update(OutboxEntry.objects.filter(link_id__in=ids, state__in=open_states).values_list("link_id", "state"))
        self._dead.update(DeadLetter.objects.filter(entry__link_id__in=ids, settled_at=None).values_list("entry__link_id", flat=True))
        self._parked.update(Quarantine.objects.filter(link_id__in=ids, released_at=None).values_list("link_id", flat=True))
        for side in sides:
            self._keys(side, [key for link in batch if (key := getattr(link, f"key_{side}"))])

    def _keys(self, side: SideName, keys: list[str]) -> None:
        waiting = Delivery.objects.filter(interface=self.interface, side=side, record_key__in=keys, state="waiting")
        self._inbox.update((side, key) for key in waiting.values_list("record_key", flat=True))
        parked = Quarantine.objects.filter(interface=self.interface, released_at=None).filter(
            Q(side=side, record_key__in=keys) | Q(delivery__side=side, delivery__record_key__in=keys)
        )
        for key, delivered in parked.values_list("record_key", "delivery__record_key"):
            self._parked_keys.update({(side, key), (side, delivered)})

    def why(self, suspect: Suspect, finding: Finding) -> str | None:
        """What explains a finding; None when nothing does."""
        link = suspect.link
        if link.state == Link.State.UNLINKED:
            return "unlinked"
        keys = {(side, key) for side in sides if (key := getattr(link, f"key_{side}"))}
        if link.parked_a or link.parked_b or link.pk in self._parked or keys & self._parked_keys:
            return "parked"
        if self._conflicts.get(link.pk, set()) & {finding.field or whole, whole}:
            return "conflict"
        if (mark := self._mark(link, finding)) is not None:
            return mark
        if (state := self._outbox.get(link.pk)) is not None:
            return "held" if state == "held" else "outbox"
        if link.pk in self._dead:
            return "dead_letter"
        return "inbox" if keys & self._inbox else None

    def _mark(self, link: Link, finding: Finding) -> str | None:
        """A mark explains a field only as long as both sides hold what they held when it was made."""
        mark = (link.apart or {}).get(finding.field or whole)
        if mark is None or mark.get("why") == "told":
            return None
        if finding.field is None or (mark.get("a") == finding.a and mark.get("b") == finding.b):
            return str(mark.get("why"))
        return None

    def unlinked(self, side: SideName, keys: list[str]) -> list[str]:
        """Those of these keys that have no link even now, are not parked and not on their way in."""
        linked = set(Link.objects.filter(interface=self.interface, **{f"key_{side}__in": keys}).values_list(f"key_{side}", flat=True))
        self._keys(side, keys)
        known = self._parked_keys | self._inbox
        dead = Delivery.objects.filter(interface=self.interface, side=side, record_key__in=keys, state="dead").values_list("record_key", flat=True)
        return [key for key in keys if key not in linked | set(dead) and (side, key) not in known]

"""One link in progress: its row in the database as the planner's pair, with its open entries and conflicts, and back again."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta

from django.utils import timezone

from jingwei.hub.models import Conflict, Link, OutboxEntry
from jingwei.kernels import merge
from jingwei.kernels.merge import Apart, Half, Pair, SideName, Write

clock_noise = timedelta(seconds=5)  # clocks of several machines differ by less
UNDER_WAY = ("sending", "unknown")  # it may have had its effect, and nobody has told us
OPEN = ("waiting", "held", *UNDER_WAY)
link_fields = (
    "key_a", "key_b", "base", "seen_a", "seen_b", "gone_a", "gone_b", "changed_a_at", "changed_b_at", "stamp_a", "stamp_b", "read_a_at", "read_b_at",
    "version_a", "version_b", "sequence_a", "sequence_b", "parked_a", "parked_b", "left_a", "left_b", "apart", "flips", "hops", "state",
)  # fmt: skip


@dataclass(slots=True)
class Row:
    """A link, its pair, and what is open for it."""

    link: Link
    pair: Pair
    entries: dict[str, OutboxEntry] = field(default_factory=dict)
    conflicts: dict[str, Conflict] = field(default_factory=dict)
    is_planned: bool = False

    @property
    def pk(self) -> int:
        """The link's id."""
        return int(self.link.pk)

    def under_way(self) -> dict[SideName, Write]:
        """Writes that have no answer yet, by side."""
        return {side: Write(entry.action, entry.values) for side in merge.sides if (entry := self.entries.get(side)) and entry.state in UNDER_WAY}

    def label(self) -> str:
        """A key to name it by."""
        return str(self.link.key_a or self.link.key_b or "")


def row_of(link: Link) -> Row:
    """A link as the planner sees it."""
    return Row(link, Pair(_half(link, "a"), _half(link, "b"), link.base, {name: Apart(**mark) for name, mark in (link.apart or {}).items()}))


def _half(link: Link, side: str) -> Half:
    return Half(
        key=getattr(link, f"key_{side}"), seen=getattr(link, f"seen_{side}"), gone=getattr(link, f"gone_{side}"), left=getattr(link, f"left_{side}"),
        parked=getattr(link, f"parked_{side}"), version=getattr(link, f"version_{side}"), sequence=getattr(link, f"sequence_{side}"),
        stamp=getattr(link, f"stamp_{side}"), changed_at=getattr(link, f"changed_{side}_at"), read_at=_not_ahead(getattr(link, f"read_{side}_at")),
    )  # fmt: skip


def _not_ahead(read_at: datetime | None) -> datetime | None:
    """When it was read, unknown where that lies ahead: our clock was put back, and everything read since would pass for older."""
    return None if read_at is not None and read_at > timezone.now() + clock_noise else read_at


def store_row(row: Row) -> Link:
    """The link as it is to be saved."""
    link = row.link
    for side in merge.sides:
        half = row.pair.half(side)
        for name, value in (
            (f"key_{side}", half.key), (f"seen_{side}", half.seen), (f"gone_{side}", half.gone), (f"left_{side}", half.left), (f"parked_{side}", half.parked),
            (f"version_{side}", half.version), (f"sequence_{side}", half.sequence), (f"stamp_{side}", half.stamp), (f"changed_{side}_at", half.changed_at),
            (f"read_{side}_at", half.read_at),
        ):  # fmt: skip
            setattr(link, name, value)
    link.base = row.pair.base
    link.apart = {name: asdict(mark) for name, mark in row.pair.apart.items()}
    return link


def state_of(row: Row, plan: merge.Plan) -> str:
    """How the link stands, for lists and counts."""
    if plan.clashes:
        return str(Link.State.CLASH)
    if plan.standing in (merge.Standing.HALF, merge.Standing.WAITS):
        return str(Link.State.HELD)
    if plan.standing == merge.Standing.UNLINKED:
        return str(Link.State.UNLINKED)
    return str(Link.State.WRITING if plan.writes else Link.State.LINKED)

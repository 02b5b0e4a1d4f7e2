"""Times as a peer writes them: ISO 8601, seconds or milliseconds since 1970, or a pattern with a fixed offset. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from typing import Any

from jingwei.hub.contract import BrokenAnswer
from jingwei.kernels import bounds

zone_form = re.compile(r"UTC|[+-](0\d|1[0-4]):[0-5]\d")
_start = datetime(1970, 1, 1, tzinfo=UTC)
_units = {"epoch_s": timedelta(seconds=1), "epoch_ms": timedelta(milliseconds=1)}


@dataclass(frozen=True, slots=True)
class Format:
    """How times are written: "iso", "epoch_s", "epoch_ms" or a strptime pattern; `zone` where the text itself has none.

    Only fixed offsets: a clock with summer time writes one text for two moments, and reading on from one of them could pass over the other.
    """

    kind: str = "iso"
    zone: str = ""

    @property
    def offset(self) -> tzinfo | None:
        """The zone of a text that has none."""
        if not self.zone:
            return None
        if self.zone == "UTC":
            return UTC
        hours, minutes = int(self.zone[1:3]), int(self.zone[4:6])
        return timezone((-1 if self.zone[0] == "-" else 1) * timedelta(hours=hours, minutes=minutes))

    @property
    def holds(self) -> timedelta:
        """The finest difference that the form can tell."""
        if self.kind in _units:
            return _units[self.kind]
        if self.kind == "iso" or "%f" in self.kind:
            return timedelta(microseconds=1)
        finest = (("%S", 1), ("%T", 1), ("%X", 1), ("%c", 1), ("%s", 1), ("%M", 60), ("%H", 3600), ("%I", 3600))
        return timedelta(seconds=next((seconds for mark, seconds in finest if mark in self.kind), 86_400))

    def read(self, value: Any) -> datetime:
        """In UTC; raises BrokenAnswer."""
        try:
            if self.kind in _units:
                if (number := bounds.number_of(value)) is None:
                    raise ValueError
                return _start + timedelta(microseconds=int(number * int(_units[self.kind] / timedelta(microseconds=1))))
            parsed = datetime.fromisoformat(value) if self.kind == "iso" else datetime.strptime(value, self.kind)
        except (TypeError, ValueError, ArithmeticError):
            raise BrokenAnswer(f"not a time: {value!r}"[:200]) from None
        if parsed.tzinfo is None:
            if self.offset is None:
                raise BrokenAnswer(f"a time without its zone: {value!r}"[:200])
            parsed = parsed.replace(tzinfo=self.offset)
        return parsed.astimezone(UTC)

    def write(self, moment: datetime) -> str | int:
        """As the peer writes it, cut to what the form can hold."""
        if self.kind in _units:
            return (moment - _start) // _units[self.kind]
        local = moment.astimezone(self.offset or UTC)
        return local.isoformat() if self.kind == "iso" else local.strftime(self.kind)


def cut(moment: datetime, step: timedelta, offset: tzinfo | None = None) -> datetime:
    """The last whole step at or before it, as a clock of that offset counts them."""
    start = _start if offset is None else _start - (offset.utcoffset(None) or timedelta())
    return start + (moment - start) // step * step

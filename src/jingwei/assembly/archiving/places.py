"""What stands in an archive's folder and which moments it holds: bases, segments of the write-ahead log, files; gaps end a span.

`base-<UTC moment>.jwb`, `wal/<segment>.jww`, `files/<number>.jwf`: all sealed (see backups/sealed.py), with heads that hold nothing secret.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any

from jingwei.assembly.backups import sealed

segment_bytes = 16 * 1024 * 1024
segments_a_log = 0x1_0000_0000 // segment_bytes
margin = timedelta(seconds=1)  # a change is stamped a moment before it is written
spooled = re.compile(r"[0-9A-F]{24}(?:\.[0-9A-F]{8}\.backup)?|[0-9A-F]{8}\.history")
_segment = re.compile(r"([0-9A-F]{24})\.jww")
_base = re.compile(r"base-(\d{8}T\d{6})Z\.jwb")
_stamp = "%Y%m%dT%H%M%S"


def number_of(segment: str) -> int:
    """Which piece of the whole log it is."""
    return int(segment[8:16], 16) * segments_a_log + int(segment[16:], 16)


def following(segment: str) -> str:
    """The name of the segment after this one."""
    line, log, number = segment[:8], int(segment[8:16], 16), int(segment[16:], 16) + 1
    return f"{line}{log + number // segments_a_log:08X}{number % segments_a_log:08X}"


def base_name(ended: datetime) -> str:
    """A base is named by the first full second at which it holds everything."""
    return f"base-{_full_second(ended).strftime(_stamp)}Z.jwb"


def _full_second(moment: datetime) -> datetime:
    utc = moment.astimezone(UTC)
    return utc.replace(microsecond=0) + timedelta(seconds=bool(utc.microsecond))


@dataclass(frozen=True)
class Base:
    """A base: moments from `ended` on can be reached from it."""

    path: Path
    ended: datetime

    @cached_property
    def head(self) -> Mapping[str, Any]:
        """What it says of itself; sealed.Damaged, NotABackup or OSError when it cannot be read."""
        return self.read()

    def read(self) -> Mapping[str, Any]:
        """Read its head."""
        head = sealed.head_of(self.path)
        if head.get("kind") != "base" or not spooled.fullmatch(str(head.get("first"))):
            raise sealed.NotABackup
        return head

    @property
    def first(self) -> str:
        """The first segment needed from it on."""
        return str(self.head["first"])


@dataclass(frozen=True, slots=True)
class Span:
    """Every moment from `start` to `end` can be brought back; `last` is the segment it ends with, None when only the base is there."""

    start: datetime
    end: datetime
    last: str | None


class Archive:
    """An archive's folder as it is at this moment. Reading it raises OSError when it is away."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.wal, self.files = folder, folder / "wal", folder / "files"

    def is_there(self) -> bool:
        """Whether it was made into an archive. An empty folder where a disk should be is none."""
        return self.wal.is_dir() and self.files.is_dir()

    def make(self) -> None:
        """Make the folder an archive."""
        for each in (self.folder, self.wal, self.files):
            each.mkdir(mode=0o700, exist_ok=True)

    @cached_property
    def bases(self) -> list[Base]:
        """From the oldest on."""
        found = ((path, _base.fullmatch(path.name)) for path in self.folder.iterdir())
        return sorted((Base(path, datetime.strptime(m[1], _stamp).replace(tzinfo=UTC)) for path, m in found if m), key=lambda each: each.ended)

    @cached_property
    def segments(self) -> list[str]:
        """The names of the segments, in order."""
        return sorted(m[1] for path in self.wal.iterdir() if (m := _segment.fullmatch(path.name)))

    def segment(self, name: str) -> Path:
        """Where a segment stands."""
        return self.wal / f"{name}.jww"

    def closed(self, name: str) -> datetime:
        """When the server wrote into a segment for the last time, as its head says."""
        return moment_of(sealed.head_of(self.segment(name)), "closed")

    def run(self, first: str) -> list[str]:
        """The segments from one on, up to the first that is missing."""
        there, out = set(self.segments), []
        while first in there:
            out.append(first)
            first = following(first)
        return out

    def span(self, base: Base) -> Span:
        """The moments that can be reached from a base."""
        run = self.run(base.first)
        end = self.closed(run[-1]) - margin if run else base.ended
        return Span(base.ended, max(base.ended, end), run[-1] if run else None)

    def spans(self) -> list[Span]:
        """All moments that can be brought back; those that touch are one. What cannot be read is passed over."""
        out: list[Span] = []
        for base in self.bases:
            try:
                span = self.span(base)
            except (sealed.Damaged, sealed.NotABackup, OSError):
                continue
            if out and span.start <= out[-1].end:
                out[-1] = Span(out[-1].start, max(out[-1].end, span.end), span.last)
            else:
                out.append(span)
        return out


def moment_of(head: Mapping[str, Any], name: str) -> datetime:
    """A moment in a head; sealed.Damaged when it holds none."""
    try:
        found = datetime.fromisoformat(str(head[name]))
    except (KeyError, ValueError) as problem:
        raise sealed.Damaged(f"{name} cannot be read") from problem
    if found.tzinfo is None:
        raise sealed.Damaged(f"{name} has no zone")
    return found

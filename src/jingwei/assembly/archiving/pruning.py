"""What is too old leaves the archive: bases that no kept moment needs, and what came before the oldest base that stays."""

from __future__ import annotations

import contextlib
import re
import time
from datetime import UTC, datetime, timedelta

from jingwei.assembly.archiving import places
from jingwei.assembly.archiving.places import Archive, Base
from jingwei.assembly.backups import sealed

bases_kept = 2
_beside = re.compile(r"([0-9A-F]{24})(?:\.[0-9A-F]{8}\.backup)?\.jww")
_part_seconds = 86_400


def kept(bases: list[Base], days: int, now: datetime) -> list[Base]:
    """The bases that stay, of all from the oldest on: those of the last days, the one before them (it reaches into those days), and at least two."""
    young = [each for each in bases if each.ended >= now - timedelta(days=days)]
    return bases[-max(len(young) + 1, bases_kept) :]


def prune(archive: Archive, days: int) -> int:
    """Remove what is too old; how many files that were. What cannot be read is left alone."""
    stay = kept(archive.bases, days, datetime.now(UTC))
    gone = 0
    for each in archive.bases:
        if each not in stay:
            each.path.unlink(missing_ok=True)
            gone += 1
    with contextlib.suppress(sealed.Damaged, sealed.NotABackup, IndexError):
        first, began = stay[0].first, places.moment_of(stay[0].head, "began")
        gone += _prune_log(archive, first) + _prune_files(archive, began)
    for part in (part for folder in (archive.folder, archive.wal, archive.files) for part in folder.glob(".*.part")):
        with contextlib.suppress(OSError):
            if time.time() - part.stat().st_mtime > _part_seconds:
                part.unlink()
    return gone


def _prune_log(archive: Archive, first: str) -> int:
    old = [path for path in archive.wal.iterdir() if (m := _beside.fullmatch(path.name)) and m[1] < first]
    for path in old:
        path.unlink(missing_ok=True)
    return len(old)


def _prune_files(archive: Archive, began: datetime) -> int:
    """Those sealed before the base began are in it."""
    gone = 0
    for path in archive.files.glob("*.jwf"):
        with contextlib.suppress(sealed.Damaged, sealed.NotABackup, OSError):
            if places.moment_of(sealed.head_of(path), "seen") < began:
                path.unlink()
                gone += 1
    return gone

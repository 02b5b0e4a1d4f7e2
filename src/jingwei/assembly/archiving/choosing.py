"""What is needed from an archive to bring a moment back, found by names and heads alone: refused before anything is unpacked."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from jingwei.assembly.archiving import places
from jingwei.assembly.archiving.places import Archive, Base
from jingwei.assembly.backups import bringing, sealed
from jingwei.assembly.commands import Refused
from jingwei.frame.postgres import address


@dataclass(frozen=True, slots=True)
class Plan:
    """A base, the segments to replay on it and the files beside it; `until` None when all that there is shall be replayed, up to `as_of`.

    `bytes` is what it takes on the disk, `unreadable` which files beside the database are no longer what was sealed,
    by their heads; unpacking adds those whose content is not.
    """

    archive: Archive
    base: Base
    segments: list[str]
    files: list[Path]
    until: datetime | None
    as_of: datetime
    bytes: int
    unreadable: list[Path]


class BaseDamaged(Refused):
    """A base is not what was sealed; an older one may still lead there."""

    def __init__(self, path: Path) -> None:
        super().__init__(damaged(path).zh, damaged(path).en)
        self.path = path


def choose(folder: Path, until: datetime | None, key: bytes, without: Collection[Path] = ()) -> Plan:
    """The newest base before a moment (the last there is, without one) and what follows it. Refused when the moment cannot be reached.

    `without`: bases that are known to be damaged.
    """
    archive = Archive(folder)
    try:
        if not archive.is_there() or not archive.bases:
            raise Refused(f"{folder} 里没有归档（没有基准备份）", f"there is no archive in {folder} (no base)")
        base = _base(archive, until, without)
        bringing.require_key(_head(base.path), key)
        _check_server(base)
        segments, as_of = _segments(archive, base, until, key)
        files, unreadable = _files(archive, base, until)
        return Plan(archive, base, segments, files, until, as_of, _room(base, segments, files), unreadable)
    except (sealed.Damaged, sealed.NotABackup, ValueError, TypeError, OverflowError):  # a head that holds something else than it should
        raise damaged(folder) from None
    except OSError as problem:
        where = problem.filename or folder
        raise Refused(f"读不了 {where}：{problem.strerror}；数据没有改动", f"{where} cannot be read: {problem.strerror}; nothing was changed") from problem


def _room(base: Base, segments: list[str], files: list[Path]) -> int:
    """The server and the backup made of it, the files twice, and the log."""
    size, beside = int(base.head.get("bytes") or 0), int(base.head.get("file_bytes") or 0) + sum(each.stat().st_size for each in files)
    return 2 * size + 2 * beside + len(segments) * places.segment_bytes + bringing.spare_bytes


def told(moment: datetime) -> str:
    """A moment for people, in UTC and to the second."""
    return moment.astimezone(UTC).isoformat(timespec="seconds")


def _head(path: Path) -> Mapping[str, Any]:
    try:
        return sealed.head_of(path)
    except (sealed.Damaged, sealed.NotABackup):
        raise damaged(path) from None


def damaged(path: Path, upto: datetime | None = None) -> Refused:
    """Refused as a piece of the archive is not what was sealed."""
    zh, en = (f"；可恢复到 {told(upto)}", f"; up to {told(upto)} can be brought back") if upto else ("", "")
    return Refused(f"{path} 已损坏、不完整或被改动，数据没有改动{zh}", f"{path} is damaged, not whole or was changed; nothing was changed{en}")


def _base(archive: Archive, until: datetime | None, without: Collection[Path]) -> Base:
    found = [each for each in archive.bases if each.path not in without and (until is None or each.ended <= until)]
    if not found and without:
        raise BaseDamaged(next(iter(without)))
    if not found:
        first = told(archive.bases[0].ended)
        raise Refused(f"最早能恢复到 {first}，之前没有基准备份", f"the first moment that can be brought back is {first}; there is no base before it")
    try:
        found[-1].read()
    except (sealed.Damaged, sealed.NotABackup):
        raise BaseDamaged(found[-1].path) from None
    return found[-1]


def _check_server(base: Base) -> None:
    """A data folder is opened by its own release of PostgreSQL only."""
    here = int((address.data_folder() / "PG_VERSION").read_text())
    if base.head.get("postgres") != here:
        raise Refused(
            f"归档来自 PostgreSQL {base.head.get('postgres')}，本程序带 {here}；请用当时的版本恢复，或用普通备份",
            f"the archive is of PostgreSQL {base.head.get('postgres')}, this program brings {here}; use the release that made it, or an ordinary backup",
        )


def _segments(archive: Archive, base: Base, until: datetime | None, key: bytes) -> tuple[list[str], datetime]:
    """Those from the base to the one after the first that was closed later than the moment, each looked at; and the moment they reach.

    One more than needed, as a disk that stalls may let a change be stamped earlier than the segment before it was finished.
    """
    needed: list[str] = []
    end = base.ended
    is_reached = False
    for name in archive.run(base.first):
        path = archive.segment(name)
        head = _head(path)
        if head.get("system") != base.head.get("system") or head.get("name") != name or head.get("kind") != "wal":
            raise Refused(
                f"{path} 不属于这个归档（来自另一个安装或已改名），数据没有改动；可恢复到 {told(end)}",
                f"{path} does not belong to this archive (of another installation, or renamed); nothing was changed; up to {told(end)} can be brought back",
            )
        bringing.require_key(head, key)
        needed.append(name)
        try:
            end = max(end, places.moment_of(head, "closed") - places.margin)
        except sealed.Damaged:
            raise damaged(path, end) from None
        if is_reached:
            break
        is_reached = until is not None and end >= until
    if until is not None and end < until:
        raise _beyond(archive, base, needed, end)
    return needed, until or end


def _beyond(archive: Archive, base: Base, needed: list[str], end: datetime) -> Refused:
    missing = places.following(needed[-1]) if needed else base.first
    if archive.segments and archive.segments[-1] > missing:
        return Refused(
            f"归档缺少日志段 {missing}，到不了这个时点；这之前可恢复到 {told(end)}，数据没有改动",
            f"the segment {missing} is missing from the archive, so that moment cannot be reached; before it, up to {told(end)}; nothing was changed",
        )
    return Refused(f"归档只到 {told(end)}，没有之后的日志；数据没有改动", f"the archive ends at {told(end)}, there is no log after it; nothing was changed")


def _files(archive: Archive, base: Base, until: datetime | None) -> tuple[list[Path], list[Path]]:
    """Files sealed since the base was begun that stood there by then (all, when all of the log is replayed), from the oldest on; and those no longer read."""
    since = places.moment_of(base.head, "began") - timedelta(minutes=1)
    found: list[tuple[datetime, Path]] = []
    unreadable: list[Path] = []
    for path in archive.files.glob("*.jwf"):
        try:
            head = sealed.head_of(path)
            at, seen = places.moment_of(head, "at"), places.moment_of(head, "seen")
        except (sealed.Damaged, sealed.NotABackup):
            unreadable.append(path)  # one file does not keep all the others away: the restore tells which are missing
            continue
        if head.get("system") == base.head.get("system") and seen >= since and (until is None or at <= until):
            found.append((at, path))
    return [path for _at, path in sorted(found)], unreadable

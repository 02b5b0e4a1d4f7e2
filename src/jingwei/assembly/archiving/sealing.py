"""Sealing what the archive takes: a file is written under another name, brought to the disk, and only then bears its own."""

from __future__ import annotations

import contextlib
import errno
import hmac
import io
import os
import secrets
import sys
import tarfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO

from jingwei.assembly.archiving.places import Archive, segment_bytes
from jingwei.assembly.backups import keys, sealed


class Differs(Exception):
    """Something of this name with another content is in the archive."""


class Foreign(Exception):
    """A segment that another database server has written."""


@dataclass(frozen=True, slots=True)
class Seal:
    """The key and whose it is: what every head of this installation's archive says."""

    key: bytes
    system: str

    def head(self, kind: str, **more: Any) -> dict[str, Any]:
        """A head."""
        return {"key": keys.key_id(self.key), "kind": kind, "system": self.system, **more}


@contextmanager
def written(folder: Path, name: Callable[[], str]) -> Iterator[BinaryIO]:
    """A file that bears its name, asked for at the end, once all of it is on the disk; nothing of it is left when that fails."""
    part = folder / f".{os.getpid()}-{secrets.token_hex(4)}.part"
    try:
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.replace(part, folder / name())
        settle(folder)
    finally:
        with contextlib.suppress(OSError):
            part.unlink(missing_ok=True)


def settle(folder: Path) -> None:
    """Have the names in a folder on the disk; some network disks know no such thing."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    except OSError as problem:
        if problem.errno not in (errno.EINVAL, errno.ENOTSUP):
            raise
    finally:
        os.close(descriptor)


def seal_segment(spooled: Path, archive: Archive, seal: Seal) -> None:
    """One piece of the log into the archive. One that is there already is left when it is the same, replaced when it does not open. Differs otherwise."""
    content, target = spooled.read_bytes(), archive.segment(spooled.name)
    if len(content) == segment_bytes and _system_in(content) != seal.system:
        raise Foreign(spooled.name)
    if target.exists():
        try:
            if open_segment(target, seal.key) == content:
                return
        except (sealed.Damaged, sealed.NotABackup):
            pass  # what it was worth is in our hands
        else:
            raise Differs(spooled.name)
    closed = datetime.fromtimestamp(spooled.stat().st_mtime, UTC)
    head = seal.head("wal", name=spooled.name, closed=closed.isoformat())
    with written(target.parent, lambda: target.name) as file, sealed.Writer(file, seal.key, head) as writer:
        writer.write(zlib.compress(content, 1))


def _system_in(content: bytes) -> str:
    """Which server wrote a segment: its first page's long head says so (XLogLongPageHeaderData)."""
    return str(int.from_bytes(content[24:32], sys.byteorder))


def open_segment(path: Path, key: bytes) -> bytes:
    """What was sealed; sealed.Damaged when it is not whole."""
    try:
        with path.open("rb") as file, sealed.Reader(file, key) as reader:
            return zlib.decompress(reader.readall() or b"")
    except zlib.error as problem:
        raise sealed.Damaged(str(problem)) from problem


def number_of(name: str, path: Path, key: bytes) -> str:
    """By which a file beside the database is known in the archive; it tells nothing of its name. OSError when it is gone."""
    stat = path.stat()
    return hmac.digest(key, f"{name}\0{stat.st_size}\0{stat.st_mtime_ns}".encode(errors="surrogateescape"), "sha256").hex()[:32]


def seal_file(number: str, name: str, path: Path, archive: Archive, seal: Seal) -> None:
    """One uploaded file or key into the archive."""
    content, stat = path.read_bytes(), path.stat()
    member = tarfile.TarInfo(name)
    member.size, member.mtime, member.mode = len(content), int(stat.st_mtime), 0o600
    head = seal.head("file", at=datetime.fromtimestamp(stat.st_mtime, UTC).isoformat(), seen=datetime.now(UTC).isoformat())
    with (
        written(archive.files, lambda: f"{number}.jwf") as file,
        sealed.Writer(file, seal.key, head) as writer,
        tarfile.open(fileobj=writer, mode="w|") as out,
    ):
        out.addfile(member, io.BytesIO(content))


def is_ours(head: Mapping[str, Any], seal: Seal) -> bool:
    """Whether a head is of the same server."""
    return head.get("system") == seal.system

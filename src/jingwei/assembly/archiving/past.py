"""Bringing a moment back: its base and log unpacked beside what is there, replayed by a server of their own, which an ordinary backup is taken of.

That backup is brought back like any other (backups/bringing.py): proof and swap are the same. What is wrong before that has touched nothing.
"""

from __future__ import annotations

import io
import json
import os
import shutil
import tarfile
import tempfile
import time
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import psycopg

from jingwei.assembly.archiving import base, choosing, sealing
from jingwei.assembly.archiving.choosing import Plan
from jingwei.assembly.archiving.replaying import PastServer
from jingwei.assembly.archiving.switch import hand_over
from jingwei.assembly.backups import bringing, journal, keys, sealed, taking
from jingwei.assembly.backups.bringing import Restored
from jingwei.assembly.backups.unpacking import put, unpack
from jingwei.assembly.commands import Refused
from jingwei.frame.postgres import address

Tell = Callable[[str, str], None]


def bring(folder: Path, until: datetime | None, key: bytes, tell: Tell, *, accepts: Sequence[str] = ()) -> Restored:
    """Replace the present data by those of a moment of the archive; Refused, with everything as it was, when that cannot be."""
    began = time.monotonic()
    url = address.owner_url()
    with bringing.alone():
        journal.finish(url)
        bringing.sweep_pasts()
        place = Path(tempfile.mkdtemp(prefix=bringing.past_prefix, dir=address.home()))
        try:
            backup, damaged = backup_of_moment(folder, until, place, key, tell)
            tell("时点已重放，开始验证", "the moment is replayed; it is proven now")
            done = bringing.bring_alone(backup, key, accepts=accepts)
        finally:
            bringing.sweep_pasts()
    return replace(done, seconds=time.monotonic() - began, damaged=tuple(sorted(each.name for each in damaged)))


def backup_of_moment(folder: Path, until: datetime | None, place: Path, key: bytes, tell: Tell) -> tuple[Path, list[Path]]:
    """An ordinary backup of a moment, from the newest base that is whole; and what of the archive was damaged and passed over."""
    without: list[Path] = []
    while True:
        try:
            plan = choosing.choose(folder, until, key, without)
            _check_room(plan)
            return _backup_of(plan, place, key, tell), [*without, *plan.unreadable]
        except choosing.BaseDamaged as problem:
            if problem.path in without:  # there is no older one
                raise
            without.append(problem.path)
            tell(f"{problem.path.name} 已损坏，改用更早的基准备份", f"{problem.path.name} is damaged; an older base is tried")
        except Refused as problem:
            if not without:
                raise
            names = ", ".join(each.name for each in without)
            raise Refused(f"{problem.zh}；已损坏的基准备份：{names}", f"{problem.en}; damaged bases: {names}") from problem
        for each in place.iterdir():
            shutil.rmtree(each)  # what was unpacked of it


def _check_room(plan: Plan) -> None:
    need, free = plan.bytes, shutil.disk_usage(address.home()).free
    if free < need:
        raise Refused(
            f"磁盘空间不够：需要 {need / 1e6:.0f} MB，只有 {free / 1e6:.0f} MB",
            f"the disk has too little room: {need / 1e6:.0f} MB are needed, {free / 1e6:.0f} MB are free",
        )


def _backup_of(plan: Plan, place: Path, key: bytes, tell: Tell) -> Path:
    """An ordinary backup of the moment, with nothing else of it left."""
    backup = place / "moment.jwb"
    with replayed(plan, place, key, tell) as server:
        try:
            with os.fdopen(os.open(backup, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                url = server.url(journal.database_of(address.owner_url()))
                taking.write(file, key, keys.key_id(key), url=url, folder=place / "home", as_of=plan.as_of)
        except psycopg.Error as problem:
            said = str(problem).strip().splitlines()[0][:200]
            raise Refused(
                f"那个时点的数据库读不出来（可能还没有安装）：{said}；数据没有改动",
                f"the database of that moment cannot be read (was it installed by then?): {said}; nothing was changed",
            ) from problem
        except OSError as problem:
            raise Refused(
                f"写不了 {place}：{problem.strerror}；数据没有改动", f"{place} cannot be written: {problem.strerror}; nothing was changed"
            ) from problem
    for each in ("data", "wal", "home"):
        shutil.rmtree(place / each, ignore_errors=True)
    return backup


@contextmanager
def replayed(plan: Plan, place: Path, key: bytes, tell: Tell) -> Iterator[PastServer]:
    """A server that stands at the moment, as long as it is looked at; the files of the moment are in `home` beside it."""
    tell(f"解开基准备份 {plan.base.path.name}", f"unpacking the base, and {len(plan.segments)} segments of the log")
    try:
        _unpack(plan, place, key)
    except OSError as problem:
        where = problem.filename or place
        raise Refused(f"读写 {where} 出错：{problem.strerror}；数据没有改动", f"{where}: {problem.strerror}; nothing was changed") from problem
    server = PastServer(place / "data", plan.until, plan.segments[-1] if plan.segments else None)
    try:
        server.replay(tell)
        yield server
    finally:
        server.end()


def _unpack(plan: Plan, place: Path, key: bytes) -> None:
    data, wal, home = place / "data", place / "wal", place / "home"
    for each in (data, wal, home):
        each.mkdir(mode=0o700)
    last = plan.base.ended
    for name in plan.segments:
        path = plan.archive.segment(name)
        try:
            (wal / name).write_bytes(sealing.open_segment(path, key))
            last = max(last, plan.archive.closed(name))
        except (sealed.Damaged, sealed.NotABackup):
            raise choosing.damaged(path, last) from None
    _unpack_base(plan, place, key)
    plan.unreadable.extend(path for path in plan.files if not _unpack_file(path, home, key))
    hand_over(data, wal, *data.rglob("*"), *wal.iterdir())


def _unpack_base(plan: Plan, place: Path, key: bytes) -> None:
    """The server's folder is unpacked while its parts are read; the rest goes beside it."""
    source = plan.base.path
    try:
        with source.open("rb") as file, sealed.Reader(file, key) as reader:
            with tarfile.open(fileobj=reader, mode="r|") as archive:
                parts = _Parts(archive)
                with tarfile.open(fileobj=parts, mode="r|") as inner:
                    unpack(inner, place / "data")
                parts.drain()
                _put(archive, parts.member, place / "home")
            while reader.read(sealed.piece_bytes):
                pass
        told: dict[str, Any] = json.loads((place / "home" / base.manifest_name).read_text())
    except (sealed.Damaged, tarfile.TarError, zlib.error, EOFError, ValueError, FileNotFoundError) as problem:
        raise choosing.BaseDamaged(source) from problem
    if told.get("system") != plan.base.head.get("system") or datetime.fromisoformat(str(told.get("ended"))) > plan.base.ended:
        raise choosing.BaseDamaged(source)  # it bears another's name


def _put(archive: tarfile.TarFile, member: tarfile.TarInfo | None, home: Path) -> None:
    while member is not None:
        put(archive, member, home)
        member = archive.next()


class _Parts:
    """The parts of the inner tar as one stream; `member` is the first that is none of them."""

    def __init__(self, archive: tarfile.TarFile) -> None:
        self.archive, self.member, self._open = archive, archive.next(), io.BytesIO()

    def read(self, count: int) -> bytes:
        """At most so many bytes, none at the end."""
        while not (out := self._open.read(count)) and self.member is not None and self.member.name.startswith(f"{base.part_name}."):
            file = self.archive.extractfile(self.member)
            assert file is not None
            self._open = io.BytesIO(zlib.decompress(file.read()))
            self.member = self.archive.next()
        return out

    def drain(self) -> None:
        """Pass over what follows the end of the inner tar."""
        while self.read(base.part_bytes):
            pass


def _unpack_file(path: Path, home: Path, key: bytes) -> bool:
    """One file beside the database, in the place of an older one; False when it is not what was sealed, and then nothing of it is there."""
    with tempfile.TemporaryDirectory(dir=home.parent, prefix="file-") as part:
        try:
            with path.open("rb") as file, sealed.Reader(file, key) as reader, tarfile.open(fileobj=reader, mode="r|") as archive:
                unpack(archive, Path(part))
                while reader.read(sealed.piece_bytes):
                    pass
        except (sealed.Damaged, sealed.NotABackup, tarfile.TarError, EOFError):
            return False
        shutil.copytree(part, home, dirs_exist_ok=True, copy_function=os.replace)
    return True

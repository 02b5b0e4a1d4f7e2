"""The archive's keeper: seals what the server has spooled, takes bases when they are due, removes what is too old, and writes down how it fares.

A segment leaves the spool only when it is sealed and on the disk of the archive. Killed anywhere, it does the same step once more.
"""

from __future__ import annotations

import contextlib
import errno
import os
import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import structlog

from jingwei.assembly.archiving import base, known, places, pruning, sealing, state, switch
from jingwei.assembly.archiving.lag import Lag
from jingwei.assembly.archiving.places import Archive
from jingwei.assembly.archiving.sealing import Seal
from jingwei.assembly.archiving.state import State, Trouble
from jingwei.assembly.archiving.switch import Switch
from jingwei.assembly.backups import journal, keys, sealed
from jingwei.assembly.commands import Refused
from jingwei.frame.postgres import address
from jingwei.frame.work import disk, pulse

look_seconds = 2.0
base_every = timedelta(days=1)
base_again_seconds = 300.0
server_asked_every = 30.0
lag_looked_at_every = 5.0
folder_read_every = 10.0
spool_left_times = 2  # so many times what must stay free on the disk is left by the spool

log = structlog.get_logger(__name__)


class Keeper:
    """Keeps one archive. `round` never raises: what goes wrong is the state's trouble."""

    def __init__(self, on: Switch) -> None:
        self.on, self.archive = on, Archive(on.path)
        self.state = state.read() or State()
        self.stopping = threading.Event()
        self._base: threading.Thread | None = None
        self._base_at = self._asked_at = self._due_asked_at = self._read_at = float("-inf")
        self._lag, self._lag_at = Lag(), float("-inf")
        self._sealed_before = ""
        self._base_trouble: Trouble | None = None
        self._server_trouble: Trouble | None = None

    def run(self) -> None:
        """Keep it until told to stop, or until it is switched off or elsewhere."""
        while not self.stopping.is_set() and switch.read() == self.on:
            pulse.beat()
            self.round()
            self._ask_server()
            pulse.beat()  # either may wait a minute for a server that is away
            self.look_at_lag()
            pulse.beat()
            self._base_when_due()
            self.stopping.wait(look_seconds)

    def round(self) -> None:
        """Seal what waits."""
        trouble: Trouble | None = None
        try:
            self._seal()
        except Refused as problem:
            trouble = Trouble("key", problem.zh, problem.en, "放回备份密钥", "put the backup's key back")
        except sealing.Differs as problem:
            trouble = _differs(self.on, str(problem))
        except sealing.Foreign:
            trouble = _another(self.on)
        except OSError as problem:
            trouble = unwritable(self.on, problem)
        except Exception as problem:  # whatever it is, it is told, and the next round tries again
            if self.state.trouble is None or self.state.trouble.key != "unknown":  # once, not at every round
                log.exception("archive.round_failed")
            trouble = Trouble("unknown", f"归档这一轮失败：{problem!r}，日志留在本机等待", f"this round failed: {problem!r}; the log waits on this machine",
                "查看 logs/archive.log", "see logs/archive.log")  # fmt: skip
        self._lag.sealed(self.state.sealed)
        self._tell(self._spool() or trouble or self._server_trouble or self._lag.trouble() or self._base_trouble)

    def _seal(self) -> None:
        seal = Seal(keys.for_reading(None), self.on.system)
        if not self.archive.is_there():
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), self.on.folder)
        waiting = self._waiting()
        if not waiting:
            return
        if Archive(self.on.path).bases:  # the first one will hold those that are there
            known.seal_new(self.archive, seal)  # before the rows that name them
        for path in waiting:
            pulse.beat()
            sealing.seal_segment(path, self.archive, seal)
            path.unlink()
            if len(path.name) == 24:
                self.state.sealed = path.name

    def _waiting(self) -> list[Path]:
        try:
            return sorted(path for path in switch.spool().iterdir() if places.spooled.fullmatch(path.name))
        except FileNotFoundError:
            return []

    def _spool(self) -> Trouble | None:
        """Stop the spool before the disk is so full that work would be refused; let it go on when it is empty and there is room."""
        waiting, full = self._waiting(), switch.spool() / switch.full_name
        self.state.waiting, self.state.waiting_bytes = len(waiting), sum(_size(path) for path in waiting)
        limit, free = disk.limit() * spool_left_times, disk.free()
        if not full.exists() and self.state.waiting > 1 and free < limit:
            full.touch()
        elif full.exists() and not waiting and free > limit * disk.back_again:
            full.unlink()
        return _full(self.on) if full.exists() else None

    def _ask_server(self) -> None:
        """Whether the server archives at all, as it was told to."""
        if time.monotonic() - self._asked_at < server_asked_every:
            return
        self._asked_at = time.monotonic()
        try:
            switch.carry_in()
            with psycopg.connect(journal.with_database(address.owner_url(), "postgres")) as server:
                if switch.system_of(server) != self.on.system:
                    self._server_trouble = _another(self.on)
                    return
                row = server.execute(
                    "SELECT last_failed_wal FROM pg_stat_archiver WHERE last_failed_time > coalesce(last_archived_time, '-infinity')"
                ).fetchone()
            self._server_trouble = _unspooled(str(row[0])) if row else None
        except (psycopg.Error, OSError, address.CannotStart):
            pass  # the database is away for a moment: its own keeper tells

    def look_at_lag(self) -> None:
        """Whether changes wait in the server; it is made to hand them over in time."""
        if time.monotonic() - self._lag_at < lag_looked_at_every:
            return
        self._lag_at = time.monotonic()
        try:
            with psycopg.connect(journal.with_database(address.owner_url(), "postgres"), autocommit=True) as server:
                self._lag.look(server)
        except (psycopg.Error, OSError, address.CannotStart):
            pass  # the database is away for a moment: its own keeper tells

    def _base_when_due(self) -> None:
        now = time.monotonic()
        if (self._base is not None and self._base.is_alive()) or now - self._base_at < base_again_seconds or now - self._due_asked_at < folder_read_every:
            return
        self._due_asked_at = now
        if self._is_base_due():
            self._base_at = now
            self._base = threading.Thread(target=self._take_base, daemon=True, name="base")
            self._base.start()
        else:
            self._base_trouble = None

    def _is_base_due(self) -> bool:
        """None yet, a day old, of another key, or cut off from the newest segments by a gap."""
        try:
            archive = Archive(self.on.path)
            if not archive.is_there():
                return False
            if not archive.bases:
                return True
            newest, segments = archive.bases[-1], archive.segments
            run = archive.run(newest.first)
            is_cut = bool(segments) and segments[-1] > newest.first and (not run or run[-1] != segments[-1])
            return is_cut or datetime.now(UTC) - newest.ended > base_every or newest.head.get("key") != keys.key_id(keys.for_reading(None))
        except (sealed.Damaged, sealed.NotABackup):
            return True
        except (Refused, OSError):
            return False  # told by the round

    def _take_base(self) -> None:
        try:
            self.take_base()
            self._base_trouble = None
        except OSError as problem:
            self._base_trouble = unwritable(self.on, problem)
        except base.Busy:
            pass
        except Refused as problem:
            self._base_trouble = Trouble("base", problem.zh, problem.en, "运行 jingwei archive base", "run: jingwei archive base")
        except Exception as problem:  # the thread must not end without a word; the next base is tried again
            log.exception("archive.base_failed")
            self._base_trouble = Trouble(
                "base", f"没有取得基准备份：{problem!r}", f"no base was taken: {problem!r}", "运行 jingwei archive base", "run: jingwei archive base"
            )

    def take_base(self) -> places.Base:
        """Take a base, then remove what is too old."""
        seal = Seal(keys.for_reading(None), self.on.system)
        if not self.archive.is_there():
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), self.on.folder)
        taken = base.take(self.archive, seal)
        pruning.prune(Archive(self.on.path), self.on.days)
        return taken

    def _tell(self, trouble: Trouble | None) -> None:
        before = self.state.trouble
        if trouble is not None:
            trouble.since = before.since if before is not None and before.key == trouble.key else state.now()
        if (before and before.key) != (trouble and trouble.key):
            print(f"{state.now()} {f'✗ {trouble.zh}  {trouble.en}' if trouble else '✓ 归档恢复正常  the archive is well again'}", flush=True)
        self.state.trouble = trouble
        with contextlib.suppress(OSError):  # the home's disk is full: told elsewhere
            if trouble is None:
                self._read_archive()
            state.write(self.state)

    def _read_archive(self) -> None:
        """Up to which moment all is in the archive."""
        if self._sealed_before == self.state.sealed and time.monotonic() - self._read_at < folder_read_every:
            return
        self._sealed_before, self._read_at = self.state.sealed, time.monotonic()
        with contextlib.suppress(sealed.Damaged, sealed.NotABackup):
            archive = Archive(self.on.path)
            if archive.bases:
                self.state.base, self.state.covered = archive.bases[-1].path.name, archive.span(archive.bases[-1]).end.isoformat()


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0


def unwritable(on: Switch, problem: OSError) -> Trouble:
    """The archive cannot be written to, and what to do."""
    if problem.errno in (errno.ENOSPC, errno.EDQUOT):
        return Trouble("room", f"归档目录 {on.folder} 已满，日志留在本机等待", f"the archive's folder {on.folder} is full; the log waits on this machine",
            f"在 {on.folder} 腾出空间，或缩短保留天数", f"make room in {on.folder}, or keep fewer days")  # fmt: skip
    return Trouble("away", f"归档目录 {on.folder} 不可用（{problem.strerror}），日志留在本机等待",
        f"the archive's folder {on.folder} cannot be used ({problem.strerror}); the log waits on this machine",
        f"接回 {on.folder}（检查挂载与权限），随后自动补齐", f"bring {on.folder} back (is it mounted and writable?); what waits follows by itself")  # fmt: skip


def _differs(on: Switch, name: str) -> Trouble:
    return Trouble("differs", f"归档里已有内容不同的日志段 {name}：可能有另一个安装写入同一目录",
        f"the archive holds another segment {name}: does another installation write into the same folder?",
        "运行 jingwei archive on 换一个空目录", "run: jingwei archive on AN-EMPTY-FOLDER")  # fmt: skip


def _full(on: Switch) -> Trouble:
    return Trouble("spool", f"归档目录 {on.folder} 长时间不可用，本机磁盘将满：之后的日志不再保留，恢复后会出现缺口并重新取基准备份",
        f"the archive's folder {on.folder} was away for so long that this disk is nearly full: the log is no longer kept; there will be a gap, and a new base after it",
        f"接回 {on.folder}，或在本机腾出空间", f"bring {on.folder} back, or make room on this disk")  # fmt: skip


def _another(on: Switch) -> Trouble:
    return Trouble("system", f"归档目录 {on.folder} 属于另一个数据库", f"the archive's folder {on.folder} belongs to another database server",
        "运行 jingwei archive on 换一个空目录", "run: jingwei archive on AN-EMPTY-FOLDER")  # fmt: skip


def _unspooled(name: str) -> Trouble:
    return Trouble("server", f"数据库没能把日志段 {name} 放进 {switch.spool()}", f"the server could not put the segment {name} into {switch.spool()}",
        f"检查本机磁盘与该目录的权限；原因见 {address.data_folder() / 'log'}", f"look at this disk and the folder's rights; the reason is in {address.data_folder() / 'log'}")  # fmt: skip

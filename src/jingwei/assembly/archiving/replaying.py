"""A server of its own that replays a base up to a moment: no network, a socket of its own, nothing archived, nothing brought to the disk for good."""

from __future__ import annotations

import contextlib
import re
import subprocess
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote

import psutil
import psycopg

from jingwei.assembly.archiving.places import number_of, segment_bytes
from jingwei.assembly.archiving.switch import hand_over
from jingwei.assembly.commands import Refused
from jingwei.frame.postgres import embedded, login
from jingwei.frame.postgres.installed import run_tool

told_every = 3.0
ended_early = "recovery ended before configured recovery target was reached"
_not_yet = "FATAL:  the database system is"  # to whoever asks before it is open; no reason of a failure
_at_segment = re.compile(r"recovering ([0-9A-F]{24})")
# Without a hot standby it asks for no setting of the server that wrote the log, and cannot stop in the middle to wait for somebody.
_settings = """
# Written by Jingwei: replay, once
archive_mode = off
archive_command = ''
restore_command = 'cp ../wal/%f %p'
recovery_target_action = 'promote'
recovery_target_timeline = 'current'
hot_standby = off
fsync = off
full_page_writes = off
synchronous_commit = off
autovacuum = off
shared_buffers = 64MB
shared_preload_libraries = ''
listen_addresses = ''
log_min_messages = warning
"""


class PastServer:
    """One replay in one data folder, beside which `wal` holds the log up to the segment `last`."""

    def __init__(self, folder: Path, until: datetime | None, last: str | None) -> None:
        self.folder, self.until, self.last = folder, until, last

    def url(self, database: str) -> str:
        """Where a database of it is reached."""
        return f"postgresql://{login.superuser}@/{database}?host={quote(str(embedded.socket_folder(self.folder)), safe='')}"

    def replay(self, tell: Callable[[str, str], None]) -> None:
        """Up to the moment. When no change after it is in the log, all of the log is that moment."""
        self._prepare()
        is_at_moment = self._run(tell) and self.until is not None
        if not is_at_moment and self.until is not None:
            self._configure(None)
            if not self._run(tell):
                raise self._failed()
        if not is_at_moment:
            self._check_end()

    def end(self) -> None:
        """Nothing of it runs any more."""
        if (self.folder / "postmaster.pid").exists():
            with contextlib.suppress(OSError, subprocess.SubprocessError):
                run_tool("pg_ctl", "-w", "-t", "10", "-m", "immediate", "-D", str(self.folder), "stop", check=False)
        embedded.end_leftovers(self.folder)
        place = embedded.socket_folder(self.folder)
        if place != self.folder:
            with contextlib.suppress(OSError):
                place.rmdir()

    def _prepare(self) -> None:
        self.folder.chmod(0o700)
        for left in (*(self.folder / name for name in ("log", "postmaster.pid", "postmaster.opts", "standby.signal")), *self.folder.glob(".s.PGSQL.*")):
            left.unlink(missing_ok=True)
        self._automatic = (self.folder / "postgresql.auto.conf").read_text()
        login.close_doors(self.folder)
        (self.folder / "recovery.signal").touch()
        self._configure(self.until)
        hand_over(*(self.folder / name for name in ("recovery.signal", "pg_hba.conf", "pg_ident.conf", "postgresql.auto.conf")))

    def _configure(self, until: datetime | None) -> None:
        target = f"recovery_target_time = '{until.astimezone(UTC).isoformat()}'\n" if until else ""
        (self.folder / "postgresql.auto.conf").write_text(self._automatic + _settings + target)

    def _run(self, tell: Callable[[str, str], None]) -> bool:
        """Start it and wait until it has come to its moment; False when the log ended before. Refused when it cannot replay."""
        log = self.folder / "log"
        log.unlink(missing_ok=True)
        embedded.start(self.folder)
        told_at, told, alive_by = time.monotonic(), "", time.monotonic() + 10
        while not self._is_open():
            if not embedded.processes(self.folder):
                said = log.read_text(errors="replace") if log.exists() else ""
                if ended_early in said:
                    return False
                if "FATAL:" in said.replace(_not_yet, "") or time.monotonic() > alive_by:
                    raise self._failed()
            if time.monotonic() - told_at > told_every and (segment := self._segment()) != told:
                told_at, told = time.monotonic(), segment
                tell(f"正在重放日志段 {segment}，共到 {self.last}", "replaying the log")
            time.sleep(0.1)
        return True

    def _check_end(self) -> None:
        """To the server, whatever it cannot read is the end of the log: it must be the end of the last segment."""
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            row = connection.execute("SELECT pg_last_wal_replay_lsn() - '0/0'::pg_lsn").fetchone()
        number = (int(row[0] or 0) - 1) // segment_bytes if row else 0
        if self.last is not None and number < number_of(self.last):
            raise Refused(
                f"日志只能重放到第 {number} 段，{self.last} 接不上（可能由本安装的另一份拷贝写入）；数据没有改动",
                f"the log can be replayed up to segment number {number} only, {self.last} does not follow (did a copy of this installation write it?); nothing was changed",
            )

    def _is_open(self) -> bool:
        """Whether it has replayed all it was to, and answers."""
        try:
            with psycopg.connect(self.url("postgres"), connect_timeout=3):
                return True
        except psycopg.Error:
            return False

    def _segment(self) -> str:
        """The piece of the log it is at, by the title of its process; empty when it does not say."""
        for process in embedded.processes(self.folder):
            with contextlib.suppress(psutil.Error):
                if found := _at_segment.search(" ".join(process.cmdline())):
                    return found[1]
        return ""

    def _failed(self) -> Refused:
        """With the server's own words."""
        log = self.folder / "log"
        lines = [line for line in log.read_text(errors="replace").splitlines() if _not_yet not in line] if log.exists() else []
        said = next((line.partition("FATAL:")[2].strip() for line in lines if "FATAL:" in line), (lines or [""])[-1])[:300]
        return Refused(f"日志重放失败，数据没有改动：{said}", f"the log could not be replayed, nothing was changed: {said}")

"""How far the archive is behind the server, looked at past the server's own clockwork.

`archive_timeout` alone does not finish the log each minute: after its start the server's checkpointer sleeps for a whole `checkpoint_timeout`
before it regards it, and a server that hangs hands nothing over. So the keeper finishes the log itself when changes wait, and says when they wait too long.
"""

from __future__ import annotations

import time
from typing import Any

import psycopg

from jingwei.assembly.archiving import switch
from jingwei.assembly.archiving.state import Trouble
from jingwei.frame.postgres import address

late_after = 3.0 * switch.timeout_seconds
_header = 40  # bytes, with which every segment begins


class Lag:
    """What is not in the archive yet: changes in the open segment, and finished segments that are not sealed."""

    def __init__(self) -> None:
        self._segment = ""
        self._counted = ""  # which transactions had ended when finished segments surely held every change
        self._seen = ""
        self._open_since = float("-inf")  # what came before the keeper did may be old
        self._finished: dict[str, float] = {}  # and since when changes in them wait

    def look(self, server: psycopg.Connection[Any]) -> None:
        """Note where the server is; finish the segment when it holds changes that are older than the archive's promise."""
        now = time.monotonic()
        row = server.execute(
            "SELECT at.file_name, at.file_offset > %s, pg_current_snapshot()::text FROM pg_walfile_name_offset(pg_current_wal_insert_lsn()) at", (_header,)
        ).fetchone()
        assert row is not None
        segment, is_written, seen = row
        if self._segment and segment != self._segment:  # finished since the last look; what came after that look may be in the next one
            self._finished[self._segment] = max(self._open_since, now - switch.timeout_seconds)
            self._counted = self._seen
            self._open_since = now
        self._segment, self._seen = segment, seen
        if seen == self._counted or not is_written:  # nothing was changed, or nothing stands in it yet
            self._counted, self._open_since = seen, now
        elif now - self._open_since > switch.timeout_seconds:
            server.execute("SELECT pg_switch_wal()")

    def sealed(self, name: str) -> None:
        """This segment and those before it are in the archive."""
        for each in [each for each in self._finished if each <= name]:
            del self._finished[each]

    def trouble(self) -> Trouble | None:
        """Changes that have waited for long although the folder can be written to."""
        waiting = [*self._finished.values(), *([self._open_since] if self._open_since > float("-inf") else [])]
        if not waiting or time.monotonic() - min(waiting) <= late_after:
            return None
        minutes = int((time.monotonic() - min(waiting)) / 60)
        return Trouble(
            "late", f"数据库没有交出日志：最近 {minutes} 分钟的变化还不在归档中",
            f"the server does not hand over its log: the changes of the last {minutes} minutes are not in the archive",
            f"重启 jingwei up；原因见 {address.data_folder() / 'log'}", f"restart jingwei up; the reason is in {address.data_folder() / 'log'}",
        )  # fmt: skip

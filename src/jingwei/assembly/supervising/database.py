"""The keeper of the database: asks it every half second, brings it back, and tells how long it was away."""

from __future__ import annotations

import threading
import time
from pathlib import Path

from jingwei.assembly.supervising.console import Console
from jingwei.frame import environment
from jingwei.frame.postgres import address, embedded

ask_seconds = 0.5
doubtful_asks = 3  # so many times without an answer, and a first process that lives may be hung


class DatabaseKeeper(threading.Thread):
    """Lives beside the supervisor's own loop, so that neither waits for the other. Ends with `stop`, never by an error."""

    def __init__(self, console: Console) -> None:
        super().__init__(daemon=True, name="database")
        self.console = console
        self.outages: list[float] = []
        self._stopping = threading.Event()
        self._away_since: float | None = None
        self._silent = 0

    def run(self) -> None:
        """Ask, and mend."""
        while not self._stopping.wait(ask_seconds):
            try:
                self._look()
            except Exception as problem:  # the disk is full, the programs are gone …: told, and tried again
                self.console.tell_once("database", f"数据库还没有起来：{_short(problem)}", "the database is not up yet; trying again", mark="✗")
                self._stopping.wait(1.0)

    def stop(self) -> None:
        """No more mending."""
        self._stopping.set()
        if self.is_alive():
            self.join(20)

    def _look(self) -> None:
        if not address.is_embedded():
            self._look_elsewhere()
            return
        folder = address.data_folder()
        now = embedded.state(folder, seconds=2)
        if now == "up":
            self._is_up()
            return
        self._silent = self._silent + 1 if now == "down" else 0
        if self._away_since is None:
            self._away_since = time.monotonic() - ask_seconds
        if now == "down" and (self._silent >= doubtful_asks or embedded.first_process(folder) is None):
            self.console.tell_once("database", "数据库停止，正在重启", "the database stopped; starting it again")
            self._bring_back(folder)

    def _bring_back(self, folder: Path) -> None:
        if not self._stopping.is_set() and (folder / "PG_VERSION").exists():
            embedded.ensure(folder, seconds=90)
            self._is_up()

    def _look_elsewhere(self) -> None:
        import psycopg

        try:
            with psycopg.connect(environment.value("DATABASE_URL"), connect_timeout=3) as connection:
                connection.execute("SELECT 1")
            self._is_up()
        except psycopg.Error as problem:
            self._away_since = self._away_since or time.monotonic()
            self.console.tell_once("database", f"数据库连不上：{_short(problem)}", "the database cannot be reached")
            self._stopping.wait(2.0)

    def _is_up(self) -> None:
        self._silent = 0
        if self._away_since is None:
            return
        seconds, self._away_since = time.monotonic() - self._away_since, None
        self.outages.append(seconds)
        self.console.forget("database")
        self.console.tell(f"数据库恢复，中断 {seconds:.1f} 秒", f"the database is back after {seconds:.1f} s", mark="✓")


def _short(problem: BaseException) -> str:
    from jingwei.assembly.troubles import first_line

    return first_line(problem)

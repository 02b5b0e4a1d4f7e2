"""An installation whose archive is on, as its tests see it: what was written when, its keeper, a look at a moment."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg

from jingwei.assembly.archiving import choosing, past, places, switch
from jingwei.assembly.archiving.keeping import Keeper
from jingwei.assembly.archiving.places import Archive
from jingwei.assembly.backups import keys
from jingwei.frame.postgres import embedded
from tests.assembly.coming import Home

canary = "a-row-nobody-may-read-in-plain-text"


def silent(_zh: str, _en: str) -> None:
    """Tells nobody."""


@dataclass
class Lived:
    """An installation with its archive, and what was written in it when."""

    home: Home
    folder: Path
    moments: list[datetime] = field(default_factory=list)

    @property
    def key(self) -> bytes:
        """The key of its archive."""
        return keys.for_reading(str(self.home.path / "backup.key"))

    def connect(self) -> psycopg.Connection[Any]:
        """To its database, as the owner."""
        return psycopg.connect(host=str(embedded.socket_folder(self.home.path / "postgres")), user="postgres", dbname="jingwei", autocommit=True)

    def write(self, *numbers: int) -> datetime:
        """Rows, and the moment after them; the next ones come later than that."""
        with self.connect() as connection:
            connection.execute("CREATE TABLE IF NOT EXISTS notes (n int, text text)")
            for number in numbers:
                connection.execute("INSERT INTO notes VALUES (%s, %s)", (number, canary))
        time.sleep(0.05)
        now = datetime.now(UTC)
        time.sleep(0.05)
        return now

    def finish_segment(self) -> None:
        """Have the server finish its piece of the log, with the moments before well inside of it, and wait until it is in the spool."""
        time.sleep(places.margin.total_seconds() + 0.1)
        with self.connect() as connection:
            connection.execute("INSERT INTO notes VALUES (-1, '')")
            connection.execute("DELETE FROM notes WHERE n = -1")
            name = connection.execute("SELECT pg_walfile_name(pg_switch_wal())").fetchone()
        assert name is not None
        until(lambda: (self.home.path / "wal-spool" / name[0]).exists() or Archive(self.folder).segment(name[0]).exists())

    def keeper(self) -> Keeper:
        """Its keeper, in this process."""
        on = switch.read()
        assert on is not None
        return Keeper(on)

    def rows_at(self, when: datetime | None, place: Path) -> list[int]:
        """The rows of a moment, from a replay of it."""
        plan = choosing.choose(self.folder, when, self.key)
        place.mkdir()
        with past.replayed(plan, place, self.key, silent) as server, psycopg.connect(server.url("jingwei")) as connection:
            found = [n for (n,) in connection.execute("SELECT n FROM notes ORDER BY n")]
        assert not embedded.processes(place / "data")
        return found


def until(true: Callable[[], object], seconds: float = 60.0) -> None:
    """Wait for it."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end
        time.sleep(0.05)


def drained(keeper: Keeper) -> None:
    """All that waits is sealed (a busy server may just have finished another segment), and all is well."""

    def is_drained() -> bool:
        keeper.round()
        return keeper.state.trouble is None and keeper.state.waiting == 0

    until(is_drained)

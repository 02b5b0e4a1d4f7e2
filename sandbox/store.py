"""The SQLite file behind one system: rows with a version and a change number, tombstones, counters, settings."""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sandbox.columns import Invalid, Table, Values, clean_values, loaded, stored

Listener = Callable[[Table, str, Values], None]

_frame = """
CREATE TABLE IF NOT EXISTS counters (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS settings (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS tombstones (
    sequence INTEGER PRIMARY KEY, table_name TEXT NOT NULL, id INTEGER NOT NULL, number TEXT NOT NULL, deleted_ms INTEGER NOT NULL);
"""
_own = ("id", "version", "sequence", "updated_ms", "updated_by")


class Missing(Exception):
    """No such record."""


class Outdated(Exception):
    """The record has another version than the writer saw."""


class Store:
    """One system's rows. Used from one thread; every write is one transaction together with its outgoing deliveries."""

    def __init__(self, path: str | Path, tables: Sequence[Table]) -> None:
        if str(path) != ":memory:":
            Path(path).parent.mkdir(parents=True, exist_ok=True)
        self.tables = {table.name: table for table in tables}
        self.listeners: list[Listener] = []
        self._db = sqlite3.connect(str(path), isolation_level=None)
        self._db.row_factory = sqlite3.Row
        for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "busy_timeout=5000", "foreign_keys=ON"):
            self._db.execute(f"PRAGMA {pragma}")
        self._db.executescript(_frame)
        for table in tables:
            self._create_table(table)
        self._depth = 0
        self._last_ms = max([0, *(self._newest_ms(name) for name in self.tables)])

    def _create_table(self, table: Table) -> None:
        columns = "".join(f", {each.name} {each.stored_as}" for each in table.columns)
        self._db.execute(
            f"CREATE TABLE IF NOT EXISTS {table.name} (id INTEGER PRIMARY KEY AUTOINCREMENT, version INTEGER NOT NULL,"
            f" sequence INTEGER NOT NULL, updated_ms INTEGER NOT NULL, updated_by TEXT NOT NULL{columns})"
        )
        for index, on in (("updated", "updated_ms, id"), ("sequence", "sequence")):
            self._db.execute(f"CREATE INDEX IF NOT EXISTS {table.name}_{index} ON {table.name} ({on})")
        self._db.execute(f"CREATE UNIQUE INDEX IF NOT EXISTS {table.name}_number ON {table.name} ({table.number_column})")

    def _newest_ms(self, name: str) -> int:
        row = self._db.execute(f"SELECT max(updated_ms) FROM {name}").fetchone()
        return int(row[0] or 0)

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    def now_ms(self) -> int:
        """Milliseconds since 1970, never stepping back even when the wall clock does."""
        self._last_ms = max(self._last_ms, time.time_ns() // 1_000_000)
        return self._last_ms

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """All or nothing; nests into the outermost."""
        if self._depth == 0:
            self._db.execute("BEGIN IMMEDIATE")
        self._depth += 1
        try:
            yield self._db
        except BaseException:
            self._depth -= 1
            if self._depth == 0:
                self._db.execute("ROLLBACK")
            raise
        self._depth -= 1
        if self._depth == 0:
            self._db.execute("COMMIT")

    def query(self, sql: str, values: Sequence[Any] = ()) -> list[sqlite3.Row]:
        """Rows of a plain query."""
        return self._db.execute(sql, tuple(values)).fetchall()

    def count_up(self, name: str) -> int:
        """The next number of a named counter, from 1."""
        row = self._db.execute("INSERT INTO counters VALUES (?, 1) ON CONFLICT (name) DO UPDATE SET value = value + 1 RETURNING value", (name,)).fetchone()
        return int(row[0])

    def setting(self, name: str, default: Any = None) -> Any:
        """A stored setting."""
        row = self._db.execute("SELECT value FROM settings WHERE name = ?", (name,)).fetchone()
        return json.loads(row[0]) if row else default

    def keep_setting(self, name: str, value: Any) -> None:
        """Store a setting."""
        self._db.execute("INSERT INTO settings VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value", (name, json.dumps(value)))

    def _row(self, table: Table, row: sqlite3.Row) -> Values:
        values = {name: row[name] for name in _own}
        return values | {each.name: loaded(each, row[each.name]) for each in table.columns}

    def rows(self, name: str, where: str = "1", values: Sequence[Any] = (), *, order: str = "id", limit: int = -1, offset: int = 0) -> list[Values]:
        """Rows of a table. `where` and `order` are ours, never a caller's text."""
        table = self.tables[name]
        sql = f"SELECT * FROM {name} WHERE {where} ORDER BY {order} LIMIT ? OFFSET ?"
        return [self._row(table, row) for row in self.query(sql, (*values, limit, offset))]

    def count(self, name: str, where: str = "1", values: Sequence[Any] = ()) -> int:
        """How many rows."""
        return int(self.query(f"SELECT count(*) FROM {name} WHERE {where}", values)[0][0])

    def one(self, name: str, key: str) -> Values:
        """The row with that id or business number; raises Missing."""
        table = self.tables[name]
        by_id = int(key) if key.isascii() and key.isdigit() and len(key) < 19 else -1
        rows = self.rows(name, f"id = ? OR {table.number_column} = ?", (by_id, key), limit=1)
        if not rows:
            raise Missing(key)
        return rows[0]

    def insert(self, name: str, given: Mapping[str, Any], *, by: str, at_ms: int | None = None, system: Values | None = None) -> Values:
        """A new row; raises Invalid. `system` holds read-only columns that the system itself fills."""
        table = self.tables[name]
        values = clean_values(table, given, partial=False) | (system or {})
        problems = table.on_write({}, values)
        if problems:
            raise Invalid(problems)
        with self.transaction() as db:
            values.setdefault(table.number_column, table.number(self.count_up, values))
            written = {
                "version": 1,
                "sequence": self.count_up("change"),
                "updated_ms": self.now_ms() if at_ms is None else at_ms,
                "updated_by": by,
            } | {each.name: stored(each, values.get(each.name)) for each in table.columns}
            marks = ", ".join("?" * len(written))
            cursor = db.execute(f"INSERT INTO {name} ({', '.join(written)}) VALUES ({marks})", tuple(written.values()))
            row = self.one(name, str(cursor.lastrowid))
            self._tell(table, "created", row)
        return row

    def update(self, name: str, key: str, given: Mapping[str, Any], *, by: str, version: int | None = None) -> Values:
        """Write only the given columns; raises Missing, Invalid, or Outdated when `version` is given and not the present one."""
        table = self.tables[name]
        with self.transaction() as db:
            before = self.one(name, key)
            if version is not None and version != before["version"]:
                raise Outdated(str(before["version"]))
            after = before | clean_values(table, given, partial=True)
            problems = table.on_write(before, after)
            if problems:
                raise Invalid(problems)
            changed = {each.name: stored(each, after[each.name]) for each in table.columns if after[each.name] != before[each.name]}
            if not changed:
                return before  # nothing moved: no new version, no event
            changed |= {
                "version": before["version"] + 1,
                "sequence": self.count_up("change"),
                "updated_ms": self.now_ms(),
                "updated_by": by,
            }
            assignments = ", ".join(f"{column} = ?" for column in changed)
            db.execute(f"UPDATE {name} SET {assignments} WHERE id = ?", (*changed.values(), before["id"]))
            row = self.one(name, str(before["id"]))
            self._tell(table, "updated", row)
        return row

    def delete(self, name: str, key: str, *, by: str, version: int | None = None) -> None:
        """Remove a row and leave a tombstone; raises Missing, Outdated, or Invalid when the row may not go."""
        table = self.tables[name]
        with self.transaction() as db:
            row = self.one(name, key)
            if version is not None and version != row["version"]:
                raise Outdated(str(row["version"]))
            reason = table.removable(row)
            if reason:
                raise Invalid({table.number_column: reason})
            sequence, at_ms = self.count_up("change"), self.now_ms()
            db.execute("INSERT INTO tombstones VALUES (?, ?, ?, ?, ?)", (sequence, name, row["id"], row[table.number_column], at_ms))
            db.execute(f"DELETE FROM {name} WHERE id = ?", (row["id"],))
            self._tell(table, "deleted", row | {"updated_ms": at_ms, "sequence": sequence, "updated_by": by})

    def tombstones(self, name: str, after: int, limit: int) -> list[Values]:
        """Deleted rows with a change number above `after`, oldest first."""
        sql = "SELECT * FROM tombstones WHERE table_name = ? AND sequence > ? ORDER BY sequence LIMIT ?"
        return [dict(row) for row in self.query(sql, (name, after, limit))]

    def _tell(self, table: Table, action: str, row: Values) -> None:
        for listener in self.listeners:
            listener(table, action, row)

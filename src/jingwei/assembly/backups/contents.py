"""What a backup holds and says of itself: counts of every table, the schema it was made under, the files beside the database."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import psycopg

dump_name = "database.dump"
manifest_name = "manifest.json"
files_kept = ("media", "keys", "secret_key")  # beside the database, in the home folder


@dataclass(frozen=True, slots=True)
class Manifest:
    """`migrations` are those applied ("work.0003_…"), `counts` rows by table, `files` the number of files by name in the home folder."""

    made_at: str
    program: str
    database_bytes: int
    file_bytes: int
    migrations: list[str] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)
    files: dict[str, int] = field(default_factory=dict)

    def plain(self) -> dict[str, Any]:
        """As JSON takes it."""
        return asdict(self)

    @property
    def moment(self) -> datetime:
        """When its snapshot of the database was taken (aware, UTC)."""
        return datetime.fromisoformat(self.made_at)

    @property
    def rows(self) -> int:
        """All rows."""
        return sum(self.counts.values())


def counts_of(connection: psycopg.Connection[Any]) -> dict[str, int]:
    """Rows by table of the public schema, as this transaction sees them."""
    tables = [name for (name,) in connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1")]
    counted: dict[str, int] = {}
    for name in tables:
        found = connection.execute(psycopg.sql.SQL("SELECT count(*) FROM {}").format(psycopg.sql.Identifier(name))).fetchone()
        counted[name] = int(found[0]) if found else 0
    return counted


def migrations_of(connection: psycopg.Connection[Any]) -> list[str]:
    """The migrations applied there."""
    return [f"{app}.{name}" for app, name in connection.execute("SELECT app, name FROM django_migrations ORDER BY app, name")]


def files_of(folder: Path) -> dict[str, int]:
    """How many files stand under each name of `files_kept`."""
    return {name: sum(1 for each in _walk(folder / name)) for name in files_kept if (folder / name).exists()}


def bytes_of(folder: Path) -> int:
    """Their size together."""
    return sum(each.stat().st_size for name in files_kept for each in _walk(folder / name))


def _walk(path: Path) -> list[Path]:
    return [each for each in path.rglob("*") if each.is_file()] if path.is_dir() else [path] if path.is_file() else []

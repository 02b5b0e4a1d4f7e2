"""What a backup holds and says of itself: counts of every table, the schema it was made under, the files beside the database."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import psycopg

dump_name = "database.dump"  # in parts: database.dump.00000 and so on, as it is sealed while it is made
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
    files: Mapping[str, int] = field(default_factory=dict)

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
    counted = {name: len(_regular(folder / name)[0]) for name in files_kept if (folder / name).exists()}
    return {name: count for name, count in counted.items() if count}


def bytes_of(folder: Path) -> int:
    """Their size together."""
    return sum(path.stat().st_size for name in files_kept for path, _name in _regular(folder / name)[0])


def regular(folder: Path) -> tuple[list[tuple[Path, str]], list[str]]:
    """(file, name in the archive) of everything beside the database that can come back, and the names of what cannot: links out of its folder, pipes, sockets.

    A folder that is itself a link (photographs on another disk) is followed; so are links that stay inside it.
    """
    files: list[tuple[Path, str]] = []
    passed: list[str] = []
    for name in files_kept:
        found, odd = _regular(folder / name)
        files += [(path, f"{name}/{inside}" if inside else name) for path, inside in found]
        passed += [f"{name}/{each}" for each in odd]
    return files, passed


def _regular(path: Path) -> tuple[list[tuple[Path, str]], list[str]]:
    try:
        root = path.resolve(strict=True)
    except OSError:
        return [], []
    if root.is_file():
        return [(root, "")], []
    files, odd = [], []
    for each in sorted(root.rglob("*")):
        inside = each.relative_to(root).as_posix()
        if each.is_symlink() and not _stays(each, root):
            odd.append(inside)
        elif each.is_file():
            files.append((each, inside))
        elif not each.is_dir():
            odd.append(inside)
    return files, odd


def _stays(link: Path, root: Path) -> bool:
    try:
        return link.resolve(strict=True).is_relative_to(root)
    except OSError:  # it leads nowhere, or in a circle
        return False

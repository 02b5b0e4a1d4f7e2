"""The tables of a fresh installation at once, as all migrations leave them, instead of in a hundred steps (half a minute of a processor).

`tables.sql` is written by `python -m tools.schema write` from a database that went through every migration, and a test compares it with
one. Its first line says of which migrations it is: with any others, or on an older server, the migrations run one by one as ever.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

import psycopg
from django.db.migrations.loader import MigrationLoader

file = Path(__file__).with_name("tables.sql")
server_version = 180000


def label() -> str:
    """What tells this set of migrations from any other."""
    names = sorted(f"{app}.{name}" for app, name in MigrationLoader(None).disk_migrations)
    return hashlib.sha256("\n".join(names).encode()).hexdigest()[:32]


def is_current() -> bool:
    """Whether the file is of the migrations that are there."""
    with file.open(encoding="utf-8") as lines:
        return lines.readline().strip() == first_line()


def first_line() -> str:
    return f"-- of the migrations {label()}"


def bring_in(connection: psycopg.Connection[tuple[object, ...]]) -> bool:
    """Fill an empty database, all or nothing; False when it holds tables already, or the file does not fit."""
    if connection.info.server_version < server_version or not is_current():
        return False
    with connection.transaction():
        if connection.execute("SELECT 1 FROM pg_tables WHERE schemaname = 'public'").fetchone():
            return False
        connection.execute(file.read_bytes())
    return True

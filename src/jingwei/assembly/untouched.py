"""A home without an installation is left as it was by what is refused there: what was made for it goes, and so does its server.

Only what is known to be made here and to hold nothing is taken away: a database without a table, in which nobody else is, and small files by their names.
Whenever that is not certain, everything stays.
"""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Iterator
from pathlib import Path

import psycopg

from jingwei.assembly import sole
from jingwei.assembly.backups import bringing, journal
from jingwei.assembly.commands import Refused
from jingwei.frame.postgres import address, embedded

_made_by_looking = ("up.lock", "secret_key", "database-password", "restore.lock", "first-start.lock", "postgres.lock", "keys", "media", "logs")


@contextlib.contextmanager
def unless_done() -> Iterator[None]:
    """What is done inside may make an installation; when it ends by any exception, none is left. Nothing where there is one already."""
    home = address.home_named()
    data = home / "postgres"
    if address.is_there() or not address.is_embedded() or (data.exists() and any(data.iterdir())):
        yield
        return
    before = set(home.iterdir()) if home.is_dir() else set()
    missing = [each for each in (home, *home.parents) if not each.exists()]
    try:
        yield
    except BaseException:
        with contextlib.suppress(OSError, psycopg.Error, Refused):
            _take_away(home, before)
        for folder in missing:  # from the inside out, as long as nothing is in them
            with contextlib.suppress(OSError):
                folder.rmdir()
        raise


def _take_away(home: Path, before: set[Path]) -> None:
    if not home.is_dir() or sole.is_claimed(home) or journal.is_open():  # somebody has come to live here meanwhile, or what was begun goes on
        return
    with bringing.alone():
        if not _is_cleared(home, home / "postgres" in before):
            return
        for path in (home / name for name in _made_by_looking):
            if path in before or not path.exists():
                continue
            with contextlib.suppress(OSError):  # a folder with something in it stays
                path.rmdir() if path.is_dir() else path.unlink()


def _is_cleared(home: Path, is_kept: bool) -> bool:
    """Take away a database that holds nothing, with its server; whether none is there now."""
    data = home / "postgres"
    if not data.exists() or not any(data.iterdir()):
        return True
    if list(home.glob(f"{bringing.former_prefix}*")) or not _holds_nothing(data):
        return False
    address.stop_embedded("immediate")
    embedded.end_leftovers(data)
    if (place := embedded.socket_folder(data)) != data:
        shutil.rmtree(place, ignore_errors=True)
    if is_kept:  # an empty place for it was there: a disk of its own
        for each in data.iterdir():
            shutil.rmtree(each) if each.is_dir() else each.unlink()
    else:
        shutil.rmtree(data)
    return True


def _holds_nothing(data: Path) -> bool:
    """Whether the server that works there has no table of anybody's, and nobody else is connected. One that cannot be asked may hold anything."""
    from django.db import connections

    connections.close_all()  # ours
    place = str(embedded.socket_folder(data))
    with psycopg.connect(host=place, user="postgres", dbname="postgres", autocommit=True) as server:
        names = [name for (name,) in server.execute("SELECT datname FROM pg_database WHERE NOT datistemplate")]
        others = server.execute("SELECT 1 FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()").fetchone()
    if others is not None or not set(names) <= {"postgres", address.database_name}:
        return False
    tables = "SELECT 1 FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname !~ '^pg_|^information_schema$' AND c.relkind IN ('r', 'p')"
    for name in names:
        with psycopg.connect(host=place, user="postgres", dbname=name, autocommit=True) as database:
            if database.execute(f"{tables} LIMIT 1").fetchone() is not None:
                return False
    return True

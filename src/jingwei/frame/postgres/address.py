"""Where the database is: DATABASE_URL, or the embedded PostgreSQL under the home folder."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, quote, unquote, urlsplit

from jingwei.frame import environment, filing
from jingwei.frame.postgres import lockfile, login
from jingwei.frame.postgres.installed import HomeUnusable, home, home_named, is_embedded, is_there, run_tool, tool, wheel

__all__ = [
    "BadAddress", "CannotStart", "HomeUnusable", "data_folder", "database_name", "home", "home_named", "is_embedded", "is_there", "logged_in", "owner_url", "run_tool", "start_embedded",
    "stop_embedded", "tool",
]  # fmt: skip

database_name = "jingwei"
_begun = "# Jingwei: one small server on one machine"  # stands in the configuration of every server that came through its first start
embedded_settings = f"""
{_begun}
shared_buffers = 256MB
jit = off
wal_compression = on
max_connections = 100
checkpoint_timeout = 15min
max_wal_size = 2GB
log_min_messages = warning
timezone = 'UTC'
"""


class BadAddress(Exception):
    """DATABASE_URL cannot be read."""


class CannotStart(Exception):
    """The embedded server does not start."""


def owner_url() -> str:
    """The address of the tables' owner: DATABASE_OWNER_URL, else DATABASE_URL, else the embedded server's superuser."""
    return start_embedded() if is_embedded() else environment.value("DATABASE_OWNER_URL") or environment.value("DATABASE_URL")


def logged_in(*, as_owner: bool) -> dict[str, Any]:
    """HOST, PORT, USER, PASSWORD and NAME for Django, as the owner of the tables or as the application, who owns nothing.

    Starts the embedded server when it is not running.
    """
    if as_owner or is_embedded():
        told = _parts(owner_url())
        return told if as_owner else told | {"USER": login.app_role, "PASSWORD": login.password()}
    return _parts(environment.value("DATABASE_URL"))


def _parts(url: str) -> dict[str, Any]:
    parts = urlsplit(url)
    query = parse_qs(parts.query)
    try:
        port = str(parts.port or "")
    except ValueError as problem:
        raise BadAddress(str(problem)) from problem
    return {
        "HOST": query["host"][0] if "host" in query else (parts.hostname or "localhost"),
        "PORT": port,
        "USER": unquote(parts.username or "postgres"),
        "PASSWORD": unquote(parts.password or ""),
        "NAME": unquote(parts.path.lstrip("/")) or database_name,
    }


def data_folder() -> Path:
    """Where the embedded server keeps its files."""
    return home() / "postgres"


_starting = threading.Lock()


def start_embedded() -> str:
    """Start the embedded server (idempotent, also after a crash) and return its address."""
    with _starting:
        try:
            with _first_start():
                return _start_embedded()
        except HomeUnusable:
            raise
        except Exception as problem:  # the wheel raises whatever its programs do: the reason is in the server's log
            raise CannotStart(str(problem)) from problem


def _start_embedded() -> str:
    from jingwei.frame.postgres import embedded

    folder = data_folder()
    _put_aside_unfinished(folder)
    if (folder / "PG_VERSION").exists() and os.environ.get("JINGWEI_SUPERVISED") == "1":
        embedded.wait(folder)  # the supervisor brings it back; two who do would be in each other's way
    else:
        _make(folder)
        if login.close_doors(folder) and (folder / "postmaster.pid").exists():
            run_tool("pg_ctl", "-D", str(folder), "reload", check=False)
        embedded.ensure(folder)
    if os.environ.get("JINGWEI_SUPERVISED") != "1" or not login.password():
        _ensure_database(_url(folder, login.superuser))  # the supervisor has seen to it: its children never come in as the owner
    return _url(folder, database_name)


def _make(folder: Path) -> None:
    """Make the data folder of a fresh installation, with our settings; of one that is there only see that its user may use it."""
    is_fresh = not (folder / "PG_VERSION").exists()
    wheel().get_server(folder, cleanup_mode=None, start=False).ensure_pgdata_inited()
    if is_fresh:
        configuration = folder / "postgresql.conf"
        filing.put(configuration, configuration.read_text() + embedded_settings)


def _url(folder: Path, database: str) -> str:
    from jingwei.frame.postgres import embedded

    return f"postgresql://{login.superuser}:@/{database}?host={quote(str(embedded.socket_folder(folder)))}"


@contextmanager
def _first_start() -> Iterator[None]:
    """One process at a time makes the server: another would take what it finds half done for left behind."""
    if login.password_file().exists():  # made once the first start is through
        yield
        return
    with lockfile.alone(home() / "first-start.lock"):
        yield


def _put_aside_unfinished(folder: Path) -> None:
    """A first start that was killed in its middle left a folder that never held anything and never starts: it makes room for a new one."""
    if not folder.is_dir() or not any(folder.iterdir()) or login.password_file().exists():
        return
    configuration = folder / "postgresql.conf"
    if configuration.exists() and _begun in configuration.read_text():
        return
    from jingwei.frame.postgres import embedded

    embedded.end_leftovers(folder)
    folder.rename(folder.with_name(f"{folder.name}-unfinished-{time.strftime('%Y%m%d%H%M%S')}"))


def stop_embedded(mode: str = "fast") -> None:
    """Stop the embedded server; quiet when it is not running."""
    folder = data_folder()
    if is_embedded() and (folder / "postmaster.pid").exists():
        run_tool("pg_ctl", "-w", "-m", mode, "-D", str(folder), "stop", check=False)


def _ensure_database(server_uri: str) -> None:
    import psycopg

    with psycopg.connect(server_uri, autocommit=True) as connection:
        if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (database_name,)).fetchone():
            connection.execute(f'CREATE DATABASE "{database_name}"')
        login.admit_application(connection)

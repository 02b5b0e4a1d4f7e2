"""The one moment in which a restore replaces what was there: written down first, so that it is finished or never was, whatever happens.

The database changes its name in one transaction; that decides. Whoever finds the journal afterwards sees by the names of the databases
whether it happened, and then moves the files too (every move may be repeated), or throws the new ones away.
"""

from __future__ import annotations

import json
import os
import shutil
from dataclasses import asdict, dataclass
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg
from psycopg.sql import SQL, Identifier

from jingwei.assembly.backups import contents
from jingwei.assembly.commands import Refused
from jingwei.frame import filing
from jingwei.frame.postgres import address

file_name = "restore.journal"


@dataclass(frozen=True, slots=True)
class Swap:
    """`live` is the database's name, `staged` the proven one's, `former` the name of what was there; `folder` holds the proven files."""

    live: str
    staged: str
    former: str
    folder: str
    former_folder: str


def database_of(url: str) -> str:
    """The name of the database in an address."""
    return urlsplit(url).path.lstrip("/")


def with_database(url: str, name: str) -> str:
    """The address of another database of the same server."""
    other = urlsplit(url)._replace(path=f"/{name}")
    return urlunsplit(other) if other.netloc else f"{other.scheme}:///{name}?{other.query}"  # a socket: no host, which would lose its slashes


def _file() -> Path:
    return address.home() / file_name


def is_open() -> bool:
    """Whether a restore had begun to replace what was there, and did not end."""
    return (address.home_named() / file_name).exists()


def swap(url: str, planned: Swap) -> None:
    """Put the proven database and files in the place of the present ones, which are kept under the former names."""
    _write(planned)
    with psycopg.connect(with_database(url, "postgres"), autocommit=True) as server:
        try:
            _empty(server, planned.live)
            with server.transaction():
                server.execute(SQL("ALTER DATABASE {} RENAME TO {}").format(Identifier(planned.live), Identifier(planned.former)))
                server.execute(SQL("ALTER DATABASE {} RENAME TO {}").format(Identifier(planned.staged), Identifier(planned.live)))
        except psycopg.errors.InsufficientPrivilege as problem:
            raise Refused(
                "DATABASE_OWNER_URL 的用户无权断开现有连接：先停止经纬，或授予 pg_signal_backend；数据没有改动",
                "the user in DATABASE_OWNER_URL may not end open connections: stop Jingwei first, or grant pg_signal_backend; nothing was changed",
            ) from problem
        finally:
            for name in (planned.live, planned.former):
                _open(server, name)
    _move_files(planned)
    _file().unlink()


def _write(planned: Swap) -> None:
    filing.put(_file(), json.dumps(asdict(planned)))


def _empty(server: psycopg.Connection[object], name: str) -> None:
    """Nobody may be connected while a database gets another name, and nobody may come in between."""
    server.execute(SQL("ALTER DATABASE {} WITH ALLOW_CONNECTIONS false").format(Identifier(name)))
    server.execute("SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = %s AND pid <> pg_backend_pid()", (name,))


def _open(server: psycopg.Connection[object], name: str) -> None:
    if _exists(server, name):
        server.execute(SQL("ALTER DATABASE {} WITH ALLOW_CONNECTIONS true").format(Identifier(name)))


def _exists(server: psycopg.Connection[object], name: str) -> bool:
    return server.execute("SELECT 1 FROM pg_database WHERE datname = %s", (name,)).fetchone() is not None


def _move_files(planned: Swap) -> None:
    """For each name: the present one aside, the proven one in. What was moved already is passed over."""
    home, new, former = address.home(), Path(planned.folder), Path(planned.former_folder)
    former.mkdir(mode=0o700, exist_ok=True)
    for name in contents.files_kept:
        if (new / name).exists():
            if (home / name).exists():
                os.replace(home / name, former / name)
            os.replace(new / name, home / name)
    shutil.rmtree(new, ignore_errors=True)


def is_damaged() -> bool:
    """Whether it is open and cannot be read."""
    try:
        return is_open() and not _planned()
    except Refused:
        return True


def _planned() -> Swap:
    try:
        return Swap(**json.loads(_file().read_text()))
    except (ValueError, TypeError) as problem:  # it was whole before anything was replaced, so what spoilt it came later
        zh, en = mend()
        raise Refused(
            f"{_file()} 已损坏，无法得知上次恢复做到哪一步；{zh}", f"{_file()} is damaged, so how far the last restore came is not known; {en}"
        ) from problem


def mend() -> tuple[str, str]:
    """What to do about one that is damaged."""
    return f"请删除 {_file()}，再运行 jingwei restore 恢复同一个备份", f"delete {_file()}, then restore the same backup again"


def finish(url: str) -> bool | None:
    """Finish, or take back, a restore that was cut off in the middle; None when there was none, else whether it is in force."""
    if not is_open():
        return None
    planned = _planned()
    with psycopg.connect(with_database(url, "postgres"), autocommit=True) as server:
        happened = _exists(server, planned.former)
        for name in (planned.live, planned.former):
            _open(server, name)
        if not happened:
            server.execute(SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(Identifier(planned.staged)))
    if happened:
        _move_files(planned)
    else:
        shutil.rmtree(planned.folder, ignore_errors=True)
    _file().unlink()
    return happened

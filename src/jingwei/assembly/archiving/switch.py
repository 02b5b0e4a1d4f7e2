"""On or off, and where to: written down in the home, so that every process that starts the server agrees, and carried into the server's settings."""

from __future__ import annotations

import json
import os
import shlex
import shutil
from dataclasses import asdict, dataclass
from pathlib import Path

import psycopg
from psycopg.sql import SQL, Identifier, Literal

from jingwei.assembly.backups import journal
from jingwei.assembly.commands import Refused
from jingwei.frame import filing
from jingwei.frame.postgres import address

file_name = "archive.json"
spool_name = "wal-spool"
full_name = "full"  # in the spool: nothing more is taken into it
default_days = 14
timeout_seconds = 60


@dataclass(frozen=True, slots=True)
class Switch:
    """`folder` is the archive, `days` how far back it reaches, `system` PostgreSQL's own number of this database server."""

    folder: str
    days: int
    system: str
    since: str

    @property
    def path(self) -> Path:
        """The archive's folder."""
        return Path(self.folder)


class Unreadable(Refused):
    """It is on, and what was written down of it is spoilt: `jingwei archive on` writes it anew."""


def _file() -> Path:
    return address.home() / file_name


def read() -> Switch | None:
    """What was switched on, or None."""
    try:
        return Switch(**json.loads(_file().read_text()))
    except FileNotFoundError:
        return None
    except (ValueError, TypeError) as problem:
        raise Unreadable(
            f"{_file()} 看不懂；请重新运行 jingwei archive on 目录", f"{_file()} cannot be understood; run again: jingwei archive on FOLDER"
        ) from problem


def write(switch: Switch) -> None:
    """Switch on. The server is told by `carry_in`."""
    filing.put(_file(), json.dumps(asdict(switch)))


def only_embedded() -> None:
    """Refused with a PostgreSQL of the operator's own, which brings its own archive."""
    if not address.is_embedded():
        raise Refused(
            "设置了 DATABASE_URL：自有 PostgreSQL 请用它自己的 WAL 归档；此功能只用于内置数据库",
            "DATABASE_URL is set: a PostgreSQL of your own brings its own WAL archive; this one is for the embedded database only",
        )


def system_of(connection: psycopg.Connection[tuple[object, ...]]) -> str:
    """PostgreSQL's number of a server, which no other has."""
    row = connection.execute("SELECT system_identifier::text FROM pg_control_system()").fetchone()
    assert row is not None
    return str(row[0])


def spool() -> Path:
    """Where the server puts what it has finished writing, until it is sealed."""
    return address.home() / spool_name


def hand_over(*paths: Path) -> None:
    """Give files and folders to the user the server runs as, when that is another one."""
    if os.name == "posix" and os.geteuid() == 0:
        owner = address.data_folder().stat()
        for path in paths:
            os.chown(path, owner.st_uid, owner.st_gid)


def command() -> str:
    """What the server runs for each finished segment: copied, on the disk, and only then under its name; one that differs is never replaced."""
    place = os.path.relpath(spool(), address.data_folder().resolve())
    quoted = shlex.quote(place).replace("%", "%%")
    return (
        f"test -e {quoted}/{full_name} && exit 0; test -e {quoted}/%f && {{ cmp -s %p {quoted}/%f; exit $?; }}; "
        f"cp -p %p {quoted}/%f.part && sync {quoted}/%f.part && mv {quoted}/%f.part {quoted}/%f && sync {quoted}"
    )


def carry_in() -> bool:
    """Have the server archive into the spool; True when it had to be restarted for that."""
    spool().mkdir(mode=0o700, exist_ok=True)
    hand_over(spool())
    return _set({"wal_level": "replica", "archive_mode": "on", "archive_timeout": str(timeout_seconds), "archive_command": command()})


def carry_out() -> None:
    """Have the server archive no more. What is in the spool stays there."""
    _set({"archive_mode": "off", "archive_timeout": "0", "archive_command": ""})


def forget() -> None:
    """Switch off: the setting goes, and the spool."""
    _file().unlink(missing_ok=True)
    shutil.rmtree(spool(), ignore_errors=True)


def _set(wanted: dict[str, str]) -> bool:
    url = journal.with_database(address.owner_url(), "postgres")
    with psycopg.connect(url, autocommit=True) as server:
        found = dict(server.execute("SELECT name, setting FROM pg_settings WHERE name = ANY(%s)", (list(wanted),)).fetchall())
        differing = [name for name, value in wanted.items() if found.get(name) != value]
        for name in differing:
            server.execute(SQL("ALTER SYSTEM SET {} = {}").format(Identifier(name), Literal(wanted[name])))
        if differing:
            server.execute("SELECT pg_reload_conf()")
    if not {"archive_mode", "wal_level"} & set(differing):
        return False
    address.stop_embedded()
    address.start_embedded()
    return True

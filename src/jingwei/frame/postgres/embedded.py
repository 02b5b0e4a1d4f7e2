"""The embedded server's life: does it truly answer, and how it is brought back after whatever happened to it.

A pid file proves nothing: after `kill -9` of the server's first process it stays, and so do its children with the shared memory, which
keep a new server from starting. So those that work in our data folder are ended first; what they had not committed is not lost by that,
for it was never promised.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import psutil
import psycopg
import structlog

from jingwei.frame.postgres import lockfile, sockets

State = Literal["up", "busy", "down"]
log = structlog.get_logger(__name__)
_coming = ("starting up", "recovery", "not yet accepting", "shutting down")
_refusing = ("authentication", "password", "pg_hba", "too many", "does not exist", "reserved")


class NoAnswer(Exception):
    """The server was started and does not answer in time."""


def socket_folder(folder: Path) -> Path:
    """Where the server of a data folder listens (its path may be too long for a socket, or hold what an address cannot)."""
    return sockets.folder_of(folder)


def state(folder: Path, *, seconds: int = 3) -> State:
    """Ask it: `up` when it answers a query (or refuses us in so many words), `busy` while it starts or recovers, `down` otherwise."""
    try:
        with psycopg.connect(
            host=str(socket_folder(folder)), user="postgres", dbname="postgres", connect_timeout=seconds, autocommit=True,
            options=f"-c statement_timeout={seconds * 1000}", application_name="jingwei watch",
        ) as connection:  # fmt: skip
            connection.execute("SELECT 1")
            return "up"
    except psycopg.Error as problem:
        text = str(problem)
        if any(word in text for word in _coming):
            return "busy"
        return "up" if any(word in text for word in _refusing) else "down"


def processes(folder: Path) -> list[psutil.Process]:
    """The server processes that work in this data folder, whoever started them."""
    found = []
    for process in psutil.process_iter(["name"]):
        if process.info["name"] in ("postgres", "postgres.exe"):
            with contextlib.suppress(psutil.Error, OSError):
                if process.status() != psutil.STATUS_ZOMBIE and Path(process.cwd()) == folder:
                    found.append(process)
    return found


def first_process(folder: Path) -> psutil.Process | None:
    """The server's first process, if the pid file tells the truth."""
    try:
        number = int((folder / "postmaster.pid").read_text().splitlines()[0])
    except (OSError, ValueError, IndexError):
        return None
    return next((each for each in processes(folder) if each.pid == number), None)


def ensure(folder: Path, *, seconds: float = 60.0) -> bool:
    """Have the server of an existing data folder answer; True when it had to be brought back. NoAnswer when it does not come."""
    if state(folder) == "up":
        return False
    with lockfile.alone(folder.parent / "postgres.lock"):  # one reviver, of whatever process
        return revive(folder, seconds=seconds)


def wait(folder: Path, *, seconds: float = 60.0) -> None:
    """Wait for a server that somebody else looks after. NoAnswer when it does not come."""
    end = time.monotonic() + seconds
    while state(folder) != "up":
        if time.monotonic() > end:
            raise NoAnswer(f"the database in {folder} does not answer")
        time.sleep(0.2)


def revive(folder: Path, *, seconds: float = 60.0, hung_seconds: float = 8.0) -> bool:
    """Bring it back: wait while it recovers by itself, end what is left of one that does not answer, start it. True when it was started."""
    end = time.monotonic() + seconds
    hung_at = time.monotonic() + hung_seconds
    while first_process(folder) is not None:
        now = state(folder, seconds=2)
        if now == "up":
            return False
        if now == "busy" and time.monotonic() < end:
            hung_at = time.monotonic() + hung_seconds  # it says itself that it works on it
        elif time.monotonic() > hung_at:
            break
        time.sleep(0.2)
    end_leftovers(folder)
    start(folder)
    _await(folder, max(end, time.monotonic() + 15))
    return True


def end_leftovers(folder: Path) -> int:
    """End what still works in the data folder, and take away the files that would keep a new server out."""
    left = processes(folder)
    for process in left:
        with contextlib.suppress(psutil.Error):
            process.kill()
    psutil.wait_procs(left, timeout=5)
    # Nobody works here any more, whatever these say: the number in them may be a process that nobody has buried, or somebody else's by now.
    for stale in (folder / "postmaster.pid", *socket_folder(folder).glob(".s.PGSQL.*")):
        stale.unlink(missing_ok=True)
    if left:
        log.warning("postgres.leftovers_ended", count=len(left))
    return len(left)


def start(folder: Path) -> None:
    """Start the server of a data folder, without waiting for it.

    `pg_ctl start` would hand the folder's path to a shell, which does what stands in it. Here the shell gets every word as it is, and
    only leaves the server behind as nobody's child.
    """
    from jingwei.frame.postgres.installed import server_user, tool, wheel

    place = str(socket_folder(folder))
    if server_user() is not None:
        for path in (folder, Path(place)):
            wheel().utils.ensure_prefix_permissions(path)  # the server's own user must come there, also when the folder has been moved
    listed = '"' + place.replace('"', '""') + '"'
    command = [tool("postgres"), "-D", str(folder), "-c", "listen_addresses=", "-c", f"unix_socket_directories={listed}"]
    with contextlib.suppress(subprocess.SubprocessError), _log(folder) as out:  # whether it came is asked of itself
        subprocess.run(
            ["/bin/sh", "-c", '"$@" &', "sh", *command], check=False, user=server_user(), cwd="/", start_new_session=True,
            stdin=subprocess.DEVNULL, stdout=out, stderr=out,
        )  # fmt: skip


@contextlib.contextmanager
def _log(folder: Path) -> Iterator[int]:
    """Where the server writes; without room for a log it runs without one."""
    try:
        out = os.open(folder / "log", os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    except OSError:
        out = os.open(os.devnull, os.O_WRONLY)
    else:
        if os.geteuid() == 0:
            os.fchown(out, folder.stat().st_uid, folder.stat().st_gid)
    try:
        yield out
    finally:
        os.close(out)


def _await(folder: Path, end: float) -> None:
    alive_by = time.monotonic() + 5
    while (now := state(folder)) != "up":
        is_dead = now == "down" and time.monotonic() > alive_by and not processes(folder)
        if is_dead or time.monotonic() > end:
            raise NoAnswer(f"the database in {folder} does not start; see {folder / 'log'}")
        time.sleep(0.1)

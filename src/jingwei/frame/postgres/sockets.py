"""Where the server of a data folder listens: in the folder itself, or elsewhere when no socket can be there."""

from __future__ import annotations

import errno
import hashlib
import os
import re
import sys
from pathlib import Path

name = ".s.PGSQL.5432"
longest = 103 if sys.platform == "darwin" else 107  # bytes of a socket's whole path
# An address may carry a path as it is as long as nothing in it means something there, to a shell, or in a list: letters (of any script), digits, these.
_plain = re.compile(r"[\w/.+=~-]+")


def folder_of(data: Path) -> Path:
    """The folder of the socket. When it is not the data folder it is made, for the owner of the server only."""
    if _plain.fullmatch(str(data)) and len(os.fsencode(data / name)) <= longest:
        return data
    place = _told(data) or _runtime() / hashlib.sha256(f"{data}-{data.stat().st_ino}".encode()).hexdigest()[:10]
    place.mkdir(mode=0o700, parents=True, exist_ok=True)
    owner = data.stat()
    if place.stat().st_uid not in (owner.st_uid, os.geteuid()) or place.is_symlink():
        raise PermissionError(errno.EPERM, "belongs to somebody else", str(place))  # who would then answer in the server's name
    if os.geteuid() == 0:
        os.chown(place, owner.st_uid, owner.st_gid)
    return place


def _told(data: Path) -> Path | None:
    """Where the running server says it listens: what the environment of the process that started it led to may be elsewhere than ours."""
    try:
        lines = (data / "postmaster.pid").read_text().splitlines()
        place = Path(lines[4])
        return place if lines[1] == str(data) and place.is_absolute() and (place / name).is_socket() else None
    except (OSError, IndexError, UnicodeDecodeError):
        return None


def _runtime() -> Path:
    from jingwei.frame.postgres.installed import wheel

    return Path(wheel().PostgresServer.runtime_path)

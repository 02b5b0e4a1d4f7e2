"""Small files that must survive: written whole or not at all, whatever happens in the middle (a kill, a full disk, the power)."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import secrets
from collections.abc import Callable
from pathlib import Path


def put(path: Path, text: str, *, mode: int = 0o600) -> None:
    """Write a file that bears its name once all of it is on the disk. One that is replaced hands down its owner."""
    part = _written(path, text, mode)
    try:
        os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)
    _settle(path.parent)


def put_new(path: Path, text: str, *, mode: int = 0o600) -> None:
    """The same for a file that is not there yet; FileExistsError when it is, and then it is untouched."""
    part = _written(path, text, mode)
    try:
        os.link(part, path)
    except OSError as problem:
        if problem.errno not in (errno.EPERM, errno.ENOTSUP) or path.exists():
            raise
        os.replace(part, path)  # a file system without links, such as that of a stick
    finally:
        part.unlink(missing_ok=True)
    _settle(path.parent)


def keep(path: Path, is_usable: Callable[[str], bool], make: Callable[[], str]) -> str:
    """The text of a file that nothing is lost by making anew: made when it is missing, and when what stands there is of no use.

    Of several processes that find it so one makes it, and all of them have the same.
    """
    found = read(path)
    if is_usable(found):
        return found
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        found = read(path)
        if not is_usable(found):
            found = make()
            put(path, found)
    finally:
        os.close(folder)  # lets go of the lock
    return found


def read(path: Path) -> str:
    """What stands there without the blanks around it; nothing when it is missing, or no text at all (a disk that lost power leaves zeros)."""
    try:
        found = path.read_text(encoding="utf-8").strip()
    except (FileNotFoundError, UnicodeDecodeError):
        return ""
    return found if found.isprintable() else ""


def _written(path: Path, text: str, mode: int) -> Path:
    part = path.with_name(f".{path.name}.{os.getpid()}-{secrets.token_hex(4)}.part")
    try:
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "w", encoding="utf-8") as file:
            with contextlib.suppress(FileNotFoundError):
                before = path.stat()
                if os.geteuid() == 0:
                    os.fchown(file.fileno(), before.st_uid, before.st_gid)
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
    except BaseException:
        part.unlink(missing_ok=True)
        raise
    return part


def _settle(folder: Path) -> None:
    """Have the folder's entry on the disk too."""
    with contextlib.suppress(OSError):  # some file systems cannot
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

"""One supervisor a home: a lock on a file, which the operating system lets go of however the process ends."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

_held: list[int] = []


def claim(home: Path, host: str, port: int) -> int | str:
    """Claim the home for this process, until it ends; else who has it."""
    descriptor = os.open(home / "up.lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        who = os.read(descriptor, 200).decode(errors="replace").strip() or "?"
        os.close(descriptor)
        return who
    os.ftruncate(descriptor, 0)
    os.write(descriptor, f"pid {os.getpid()}, http://{host}:{port}".encode())
    _held.append(descriptor)
    return descriptor


def is_claimed(home: Path) -> bool:
    """Whether a supervisor lives in this home."""
    descriptor = os.open(home / "up.lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False


def ask_restart(home: Path) -> bool:
    """Ask the supervisor of this home to start its processes anew, as what they stand on was replaced; whether there is one."""
    if not is_claimed(home):
        return False
    (home / "restart.asked").touch()
    return True


def is_restart_asked(home: Path) -> bool:
    """Whether that was asked since the last look."""
    try:
        (home / "restart.asked").unlink()
    except FileNotFoundError:
        return False
    return True

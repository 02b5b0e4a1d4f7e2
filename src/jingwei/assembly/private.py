"""Files that open something are their owner's alone: which of them others can read or change, and setting them right."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

from jingwei.assembly.backups import keys
from jingwei.frame.postgres import address, login

_group_and_others, _others = 0o077, 0o007


def open_to_others() -> list[Path]:
    """Those that other accounts of this machine can read or change. A folder of keys elsewhere may be shared with a group: that is how some are handed out."""
    return [path for path in _private() if _mode(path) & not_theirs(path)]


def not_theirs(path: Path) -> int:
    """The rights that nobody but the owner, or his group, may have."""
    return _group_and_others if path.is_relative_to(address.home_named()) else _others


def close() -> list[Path]:
    """Take the others' rights away; those that it was done to. What is not ours to change stays for the doctor to name."""
    closed = []
    for path in open_to_others():
        with contextlib.suppress(OSError):
            path.chmod(_mode(path) & ~not_theirs(path))
            closed.append(path)
    return closed


def _private() -> Iterator[Path]:
    from jingwei.frame import secrets  # needs Django

    home, folder = address.home_named(), secrets.key_folder()
    yield from (home / "secret_key", keys.key_file(), login.password_file(), home / "sandbox" / "key", folder)
    if folder.is_dir():
        yield from sorted(folder.glob("*.key"))


def _mode(path: Path) -> int:
    """Nothing of what is not there."""
    try:
        return path.stat().st_mode & 0o777
    except OSError:
        return 0

"""One process at a time, by a lock on a file, which the operating system lets go of however the process ends."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def alone(path: Path, busy: Exception | None = None) -> Iterator[None]:
    """Be the only one inside, of all who name this file. While another is: wait, or raise `busy` when given."""
    with path.open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | (fcntl.LOCK_NB if busy else 0))
        except BlockingIOError:
            assert busy is not None
            raise busy from None
        yield

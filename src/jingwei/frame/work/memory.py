"""Memory that big work took is given back: first to the operating system by the allocator, then, if that is not enough, by a fresh process."""

from __future__ import annotations

import ctypes
import gc
import os
import time
from contextlib import suppress

import psutil

from jingwei.frame import environment

_me = psutil.Process()
_libc: ctypes.CDLL | None = None
with suppress(OSError):
    _libc = ctypes.CDLL("libc.so.6")


def rss() -> int:
    """Resident bytes of this process."""
    return int(_me.memory_info().rss)


def give_back() -> int:
    """Collect garbage and hand free pages back; gives the resident bytes afterwards."""
    gc.collect()
    if _libc is not None and hasattr(_libc, "malloc_trim"):
        _libc.malloc_trim(0)
    return rss()


def soft_limit() -> int:
    """Bytes above which memory is given back: JINGWEI_MEMORY_MB, or 500 MB. At twice as much, an idle process ends and a fresh one follows."""
    return environment.number("JINGWEI_MEMORY_MB") * 1_000_000


class Keeper:
    """Looks now and then. Trimming costs some tens of milliseconds, so it happens at most every `pause` seconds, and only when it may help."""

    def __init__(self, pause: float = 20.0) -> None:
        self.pause, self._at = pause, float("-inf")

    def look(self, *, is_idle: bool) -> bool:
        """Give back what can be; True when this process is idle and should be followed by a fresh one (only a supervised one is)."""
        now = time.monotonic()
        if not is_idle or now - self._at < self.pause or rss() < soft_limit():
            return False
        self._at = now
        return give_back() > 2 * soft_limit() and os.environ.get("JINGWEI_SUPERVISED") == "1"


keeper = Keeper()

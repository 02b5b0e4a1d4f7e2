"""Room on the disk: below a limit nothing new is begun, because what cannot be written down must not be promised."""

from __future__ import annotations

import shutil
import time
from dataclasses import dataclass

from jingwei.frame import environment
from jingwei.frame.postgres.address import home

believed_seconds = 0.5
back_again = 1.25  # so much more than the limit must be free before work goes on: no flutter


def limit() -> int:
    """Bytes that must stay free: JINGWEI_DISK_MIN_MB, or 200 MB."""
    return environment.number("JINGWEI_DISK_MIN_MB") * 1_000_000


@dataclass(slots=True)
class _State:
    looked_at: float = float("-inf")
    free: int = 0
    is_low: bool = False


_state = _State()


def free() -> int:
    """Free bytes where everything is kept."""
    return shutil.disk_usage(home()).free


def is_low() -> bool:
    """Whether the disk is as good as full; looked at twice a second at most. A folder that cannot be looked at is not a full disk."""
    now = time.monotonic()
    if now - _state.looked_at >= believed_seconds:
        _state.looked_at = now
        try:
            _state.free = free()
        except OSError:
            return _state.is_low
        _state.is_low = _state.free < limit() * (back_again if _state.is_low else 1)
    return _state.is_low

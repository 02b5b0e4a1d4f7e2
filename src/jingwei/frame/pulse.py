"""A sign of life for the supervisor: a byte a second through a pipe it gave us, which a process that hangs does not send."""

from __future__ import annotations

import asyncio
import contextlib
import os

variable = "JINGWEI_PULSE"
every_seconds = 1.0


def beat() -> None:
    """Say that we are alive; nothing without a supervisor, and never a reason to fail."""
    number = os.environ.get(variable, "")
    if number.isascii() and number.isdigit():
        with contextlib.suppress(OSError):  # the pipe is full (nobody reads just now) or closed (nobody is left)
            os.write(int(number), b".")


async def beat_forever() -> None:
    """Beat from the event loop, so that one that is blocked does not."""
    while True:
        beat()
        await asyncio.sleep(every_seconds)

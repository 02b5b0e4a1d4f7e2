"""A sign of life for the supervisor: a byte a second through a pipe it gave us, which a process that hangs does not send.

A pipe that is closed at the other end tells that the supervisor itself is gone: then we end too, or two of us would stand in the next one's way.
"""

from __future__ import annotations

import asyncio
import os
import signal

variable = "JINGWEI_PULSE"
every_seconds = 1.0


def beat() -> None:
    """Say that we are alive; nothing without a supervisor, and the end when it is gone."""
    number = os.environ.get(variable, "")
    if not (number.isascii() and number.isdigit()):
        return
    try:
        os.write(int(number), b".")
    except BlockingIOError:
        pass  # nobody reads just now
    except OSError:
        os.environ.pop(variable)
        os.kill(os.getpid(), signal.SIGTERM)


async def beat_forever() -> None:
    """Beat from the event loop, so that one that is blocked does not."""
    while True:
        beat()
        await asyncio.sleep(every_seconds)

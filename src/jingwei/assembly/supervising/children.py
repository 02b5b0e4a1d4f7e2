"""One process under the supervisor: started with a pipe for its pulse, restarted more slowly when it does not come to life."""

from __future__ import annotations

import contextlib
import fcntl
import os
import signal
import subprocess
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from jingwei.frame import pulse

healthy_seconds = 60.0  # after so long a life all earlier deaths are forgotten
pause_of_the_lively = 2.0  # who had come to life is back at once
pause_of_the_stillborn = 30.0  # who never does is tried more and more rarely
start_seconds = 120.0  # until the first sign of life


@dataclass
class Child:
    """One process and how it has fared. With `hang_seconds` it must show a sign of life that often."""

    name: str
    zh: str
    command: list[str]
    environment: dict[str, str] = field(default_factory=dict)
    hang_seconds: float | None = None
    inherited: Sequence[int] = ()
    before_start: Callable[[], None] | None = None
    process: subprocess.Popen[bytes] | None = None
    deaths: int = 0
    restart_at: float = 0.0
    started_at: float = 0.0
    last_sign: float = 0.0  # 0 until the first
    _pulse: int = -1

    def start(self, logs: Path) -> None:
        """Start it; without room for a log it runs without one. Raises OSError when it cannot be started at all."""
        if self.before_start is not None:
            self.before_start()
        self._close_pulse()
        reading, writing = os.pipe()
        for end in (reading, writing):
            fcntl.fcntl(end, fcntl.F_SETFL, os.O_NONBLOCK)
        try:
            log: int = os.open(logs / f"{self.name}.log", os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        except OSError:
            log = os.open(os.devnull, os.O_WRONLY)
        try:
            self.process = subprocess.Popen(
                self.command, stdout=log, stderr=log, stdin=subprocess.DEVNULL, start_new_session=True, pass_fds=(writing, *self.inherited),
                env={**os.environ, **self.environment, "JINGWEI_SUPERVISED": "1", pulse.variable: str(writing), "MALLOC_ARENA_MAX": "2"},
            )  # fmt: skip
        except BaseException:
            os.close(reading)
            raise
        finally:
            os.close(log)
            os.close(writing)
        self._pulse, self.started_at, self.last_sign = reading, time.monotonic(), 0.0

    def feel(self) -> None:
        """Take up what its pulse has sent."""
        if self._pulse >= 0:
            with contextlib.suppress(BlockingIOError, OSError):
                if os.read(self._pulse, 4096):
                    self.sign()

    def sign(self) -> None:
        """It has shown a sign of life."""
        self.last_sign = time.monotonic()

    def hangs(self, now: float) -> bool:
        """Alive, and has not shown it for too long."""
        if self.hang_seconds is None or self.process is None or self.process.poll() is not None:
            return False
        return now - self.last_sign > self.hang_seconds if self.last_sign else now - self.started_at > start_seconds

    def kill(self) -> None:
        """At once, with whatever it started."""
        if self.process is not None:
            with contextlib.suppress(OSError):
                os.killpg(self.process.pid, signal.SIGKILL)

    def bury(self, now: float) -> tuple[int, float] | None:
        """Its exit code and the pause before the next start, when it has ended."""
        if self.process is None or (code := self.process.poll()) is None:
            return None
        lived = now - self.started_at
        had_life = self.last_sign > 0 or (self.hang_seconds is None and lived > 10)
        if lived >= healthy_seconds and had_life:
            self.deaths = 0
        self.deaths += 1
        if had_life and code in (0, -signal.SIGTERM) and lived > 10:
            pause = 0.0  # it ended by itself to be followed by a fresh one
        else:
            most = pause_of_the_lively if had_life else pause_of_the_stillborn
            pause = min(most, 0.25 * 2 ** min(self.deaths - 1, 10))
        self.process, self.restart_at = None, now + pause
        self._close_pulse()
        return code, pause

    def _close_pulse(self) -> None:
        if self._pulse >= 0:
            os.close(self._pulse)
            self._pulse = -1

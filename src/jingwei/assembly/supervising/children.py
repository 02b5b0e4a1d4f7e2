"""One process under the supervisor: started with a pipe for its pulse, restarted more slowly when it does not come to life.

Loading the program takes seconds of a processor, and many more on a busy machine. A child that people wait for therefore has a spare: the
next process, loaded already, that takes over within a moment.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from jingwei.frame.work import pulse

healthy_seconds = 60.0  # after so long a life all earlier deaths are forgotten
pause_of_the_lively = 2.0  # who had come to life is back at once
pause_of_the_stillborn = 30.0  # who never does is tried more and more rarely
start_seconds = 120.0  # until the first sign of life
standby_variable = "JINGWEI_STANDBY"  # a spare waits at this pipe


@dataclass
class Body:
    """A process that was started, where its pulse is felt, and where a spare is told to go."""

    process: subprocess.Popen[bytes]
    pulse: int
    go: int = -1

    def is_alive(self) -> bool:
        """Whether it has not ended."""
        return self.process.poll() is None

    def let_go(self) -> None:
        """Close our ends; a spare that was never told to go ends by that."""
        for end in (self.pulse, self.go):
            if end >= 0:
                os.close(end)
        self.pulse = self.go = -1


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
    has_spare: bool = False
    process: subprocess.Popen[bytes] | None = None
    deaths: int = 0
    restart_at: float = 0.0
    started_at: float = 0.0
    last_sign: float = 0.0  # 0 until the first
    _body: Body | None = None
    _spare: Body | None = None

    def start(self, logs: Path) -> None:
        """Start it, or let its spare take over. Raises OSError when it cannot be started at all."""
        if self.before_start is not None:
            self.before_start()
        self._bury_body()
        spare, self._spare = self._spare, None
        if spare is not None and spare.is_alive():
            os.write(spare.go, b"g")
            os.close(spare.go)
            spare.go = -1
            self._body = spare
        else:
            self._body = self._spawn(logs, is_spare=False)
        self.process, self.started_at, self.last_sign = self._body.process, time.monotonic(), 0.0

    def prepare_spare(self, logs: Path) -> None:
        """Have the next one loaded, once this one has come to life."""
        if not self.has_spare or not self.last_sign or time.monotonic() - self.started_at < 1:
            return
        if self._spare is not None and not self._spare.is_alive():
            self._spare.let_go()
            self._spare = None
        if self._spare is None:
            self._spare = self._spawn(logs, is_spare=True)

    def _spawn(self, logs: Path, *, is_spare: bool) -> Body:
        """Without room for a log it runs without one."""
        pulse_out, pulse_in = os.pipe()
        go_out, go_in = os.pipe()
        for end in (pulse_out, pulse_in):
            os.set_blocking(end, False)
        try:
            logs.mkdir(exist_ok=True)
            log: int = os.open(logs / f"{self.name}.log", os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        except OSError:
            log = os.open(os.devnull, os.O_WRONLY)
        waits = {standby_variable: str(go_out)} if is_spare else {}
        try:
            process = subprocess.Popen(
                self.command, stdout=log, stderr=log, stdin=subprocess.DEVNULL, start_new_session=True, pass_fds=(pulse_in, go_out, *self.inherited),
                env={**os.environ, **self.environment, **waits, "JINGWEI_SUPERVISED": "1", pulse.variable: str(pulse_in), "MALLOC_ARENA_MAX": "2"},
            )  # fmt: skip
        except BaseException:
            os.close(pulse_out)
            os.close(go_in)
            raise
        finally:
            for end in (log, pulse_in, go_out):
                os.close(end)
        return Body(process, pulse_out, go_in)

    def feel(self) -> None:
        """Take up what its pulse has sent."""
        if self._body is not None and self._body.pulse >= 0:
            with contextlib.suppress(BlockingIOError, OSError):
                if os.read(self._body.pulse, 4096):
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
        self._bury_body()
        return code, pause

    def dismiss_spare(self) -> None:
        """Nobody will follow."""
        if self._spare is not None:
            self._spare.let_go()
            with contextlib.suppress(OSError):
                self._spare.process.kill()
            self._spare.process.wait()
            self._spare = None

    def _bury_body(self) -> None:
        if self._body is not None:
            self._body.let_go()
            self._body = None

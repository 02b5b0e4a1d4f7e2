"""The kernels' machine code is made beside the work after an installation or an update, with the least claim to the processor."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from pathlib import Path

from jingwei.assembly.supervising.console import Console


class Compiling:
    """One process that ends by itself; what it has not made is made by whoever calls it first."""

    def __init__(self, console: Console, logs: Path) -> None:
        self.console, self.logs = console, logs
        self.command = [sys.executable, "-m", "jingwei.kernels.ready"]
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Begin, when there is something to make."""
        from jingwei.kernels import ready

        if ready.are_ready():
            return
        self.console.tell(
            "首次运行：计算内核在后台编译，约一两分钟，期间计划与风险页稍慢",
            "first run: the calculating kernels are compiled in the background, a minute or two",
        )
        self.logs.mkdir(exist_ok=True)
        with (self.logs / "kernels.log").open("wb") as log:
            self.process = subprocess.Popen(self.command, stdout=log, stderr=log, stdin=subprocess.DEVNULL, process_group=0)
        with contextlib.suppress(OSError):
            os.setpriority(os.PRIO_PGRP, self.process.pid, 19)

    def stop(self) -> None:
        """End it, should it still be at work."""
        if self.process is not None and self.process.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGTERM)
            self.process.wait()

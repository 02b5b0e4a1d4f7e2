"""Keeps one worker or scheduler alive: a child is forked from a process that has loaded everything, so a kill costs milliseconds.

`python -m tests.hub.chaos.nursery worker|scheduler FILE` writes the child's process id to FILE; when the child dies the next follows at once.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import time
from pathlib import Path
from types import FrameType

import django


def _child(name: str) -> None:
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.SIG_DFL)
    if name == "worker":
        from jingwei.frame.work import worker

        worker.stalled_after_seconds = float(os.environ.get("CHAOS_STALLED_SECONDS", worker.stalled_after_seconds))
        worker.run_worker(concurrency=4)
    else:
        from jingwei.frame.work import scheduler

        scheduler.run()


def main(name: str, file: Path) -> None:
    """Fork, wait, fork again; SIGTERM ends both."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "jingwei.assembly.settings")
    django.setup()
    import jingwei.frame.work.worker  # noqa: F401

    child = 0

    def stop(_number: int, _frame: FrameType | None) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(child, signal.SIGTERM)
        time.sleep(0.2)
        with contextlib.suppress(ProcessLookupError):
            os.kill(child, signal.SIGKILL)
        os._exit(0)

    signal.signal(signal.SIGTERM, stop)
    while True:
        began = time.monotonic()
        child = os.fork()
        if child == 0:
            try:
                _child(name)
            finally:
                os._exit(1)
        file.write_text(str(child))
        _pid, status = os.waitpid(child, 0)
        if not os.WIFSIGNALED(status):
            print(f"{name} ended by itself: {status}", file=sys.stderr, flush=True)
            time.sleep(max(0.0, 1.0 - (time.monotonic() - began)))


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))

"""What the supervisor tells: on the console and in up.log. Telling never fails: a full disk or a closed terminal ends nothing.

The one-time link is for whoever sits at the console: the file, which is kept and copied, has it masked, as it has every secret.
"""

from __future__ import annotations

import contextlib
import os
import threading
import time
from datetime import UTC, datetime
from pathlib import Path

from jingwei.frame.walls import logs

log_bytes = 20_000_000
kept_bytes = 2_000_000
again_seconds = 60.0


def _private(path: str, flags: int) -> int:
    """For its owner only."""
    return os.open(path, flags, 0o600)


class Console:
    """One line for people in both languages, with its time in the file."""

    def __init__(self, folder: Path) -> None:
        self.file = folder / "up.log"
        self._lock = threading.Lock()
        self._told: dict[str, float] = {}

    def tell(self, zh: str, en: str, *, mark: str = "·") -> None:
        """Print and write down."""
        with self._lock:
            with contextlib.suppress(OSError, ValueError):
                print(f"{mark} {zh}  {en}", flush=True)
            with contextlib.suppress(OSError):
                self.file.parent.mkdir(exist_ok=True)  # somebody may have removed it while we run
            with contextlib.suppress(OSError, ValueError), open(self.file, "a", encoding="utf-8", opener=_private) as file:
                file.write(f"{datetime.now(UTC).isoformat(timespec='milliseconds')} {mark} {logs.struck(f'{zh}  {en}')}\n")

    def tell_once(self, key: str, zh: str, en: str, *, mark: str = "!") -> None:
        """The same, but not again and again: at most once a minute for one key."""
        now = time.monotonic()
        if now - self._told.get(key, float("-inf")) >= again_seconds:
            self._told[key] = now
            self.tell(zh, en, mark=mark)

    def forget(self, key: str) -> bool:
        """It is over; True when it had been told."""
        return self._told.pop(key, None) is not None


def shorten(folder: Path) -> None:
    """Logs that have grown large keep their end only; the programs that write them go on (they append)."""
    for file in folder.glob("*.log"):
        with contextlib.suppress(OSError):
            if file.stat().st_size > log_bytes:
                with file.open("rb") as old:
                    old.seek(-kept_bytes, 2)
                    end = old.read()
                with contextlib.suppress(OSError):
                    file.with_suffix(".log.1").write_bytes(end)
                with file.open("r+b") as now:
                    now.truncate(0)

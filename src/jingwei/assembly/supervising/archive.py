"""The archive under the supervisor: its keeper runs while it is switched on, and what the keeper finds is told on the console."""

from __future__ import annotations

import contextlib
import subprocess
import sys
import time

from jingwei.assembly.archiving import report, state, switch
from jingwei.assembly.archiving.state import Trouble
from jingwei.assembly.commands import Refused
from jingwei.assembly.supervising.children import Child
from jingwei.assembly.supervising.console import Console
from jingwei.frame import environment
from jingwei.frame.postgres import address

look_seconds = 2.0
last_round_seconds = 15.0
_keep = [sys.executable, "-m", "jingwei.assembly", "archive", "keep"]


class ArchiveLook:
    """Adds the keeper to the children when the archive is switched on and takes it away when it is switched off, also while all runs."""

    def __init__(self, console: Console, children: list[Child]) -> None:
        self.console, self.children = console, children
        self._at = self._since = float("-inf")
        self._told: Trouble | None = None

    def look(self) -> None:
        """Now and then: is it on, and is it well?"""
        if time.monotonic() - self._at < look_seconds:
            return
        self._at = time.monotonic()
        on = address.is_embedded() and switch.read() is not None
        child = next((each for each in self.children if each.name == "archive"), None)
        if on and child is None:
            hang = 4 * float(environment.value("JINGWEI_HANG_SECONDS"))
            self.children.append(Child("archive", "归档", list(_keep), hang_seconds=hang))
            self._since = time.monotonic()
        elif not on and child is not None:
            self.children.remove(child)
            child.kill()
        self._tell(report.trouble() if on and time.monotonic() - self._since > state.silent_seconds else _known() if on else None)

    def _tell(self, wrong: Trouble | None) -> None:
        if wrong is not None:
            self.console.tell_once(f"archive {wrong.key}", f"{wrong.zh}（自 {wrong.since or '–'}）；{wrong.mend_zh}", f"{wrong.en}; {wrong.mend_en}", mark="✗")
        if self._told is not None and (wrong is None or wrong.key != self._told.key):
            self.console.forget(f"archive {self._told.key}")
        if wrong is None and self._told is not None:
            self.console.tell("归档恢复正常", "the archive is well again", mark="✓")
        self._told = wrong

    def last_round(self) -> None:
        """When all has been stopped: what the database has finished at its end is sealed too."""
        with contextlib.suppress(OSError, Refused, subprocess.SubprocessError):
            if address.is_embedded() and switch.read() is not None and any(switch.spool().iterdir()):
                subprocess.run([*_keep, "--once"], timeout=last_round_seconds, check=False, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def _known() -> Trouble | None:
    """What the keeper wrote down, before it has had the time to come to life."""
    found = state.read()
    return found.trouble if found else None

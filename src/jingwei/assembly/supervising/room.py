"""Room on the disk: a reserve that is given up when the disk is full, so that the database can close its books, and taken again when there is room."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

from jingwei.assembly.supervising.console import Console
from jingwei.frame.work import disk


class Room:
    """The reserve file, and what is told when room runs out and comes back."""

    def __init__(self, home: Path, console: Console) -> None:
        self.file, self.console = home / "reserve", console
        self._is_low = False

    @property
    def size(self) -> int:
        """Half of what must stay free."""
        return disk.limit() // 2

    def look(self) -> None:
        """Give up or take again, and tell."""
        free = disk.free()
        if free < disk.limit() // 2 and self.file.exists():
            self.file.unlink(missing_ok=True)
            free = disk.free()
        if not self._is_low and free < disk.limit():
            self._is_low = True
            self.console.tell(
                f"磁盘将满（剩 {free // 1_000_000} MB）：暂停接收与写入，腾出空间后自动恢复",
                f"the disk is nearly full ({free // 1_000_000} MB left): nothing new is taken until there is room",
                mark="✗",
            )
        elif self._is_low and free > disk.limit() * disk.back_again:
            self._is_low = False
            self.console.tell(f"磁盘有空间了（{free // 1_000_000} MB），继续工作", "there is room on the disk again; going on", mark="✓")
        if not self.file.exists() and free > disk.limit() * 2 + self.size:
            self._reserve()

    def _reserve(self) -> None:
        try:
            descriptor = os.open(self.file, os.O_WRONLY | os.O_CREAT, 0o600)
        except OSError:
            return
        try:
            os.posix_fallocate(descriptor, 0, self.size)
        except OSError:
            with contextlib.suppress(OSError):
                self.file.unlink()
        finally:
            os.close(descriptor)

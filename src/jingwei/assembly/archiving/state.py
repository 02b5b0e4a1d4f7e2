"""What the archive's keeper has found, written down for the doctor, the health check, the supervisor and `jingwei archive status`."""

from __future__ import annotations

import json
import os
import time
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from jingwei.frame.postgres import address

file_name = "archive-state.json"
silent_seconds = 120.0  # older than this, and nobody keeps the archive


@dataclass(slots=True)
class Trouble:
    """What is wrong, since when, and what to do, in both languages. `key` tells one from another."""

    key: str
    zh: str
    en: str
    mend_zh: str
    mend_en: str
    since: str = ""


@dataclass(slots=True)
class State:
    """`at` is the last look; `sealed` the last segment in the archive, `covered` the last moment that can be brought back by it."""

    at: float = 0.0
    sealed: str = ""
    covered: str = ""
    base: str = ""
    waiting: int = 0
    waiting_bytes: int = 0
    trouble: Trouble | None = None

    @property
    def is_silent(self) -> bool:
        """Nobody has looked for too long."""
        return time.time() - self.at > silent_seconds


def _file() -> Path:
    return address.home() / file_name


def read() -> State | None:
    """The last one written, or None."""
    try:
        told = json.loads(_file().read_text())
        trouble = told.pop("trouble", None)
        return State(**told, trouble=Trouble(**trouble) if trouble else None)
    except (OSError, ValueError, TypeError, AttributeError):
        return None


def write(state: State) -> None:
    """For the others."""
    state.at = time.time()
    part = _file().with_suffix(f".{os.getpid()}.part")
    part.write_text(json.dumps(asdict(state), ensure_ascii=False))
    os.replace(part, _file())


def forget() -> None:
    """It is off."""
    _file().unlink(missing_ok=True)


def now() -> str:
    """This moment, as it is written down."""
    return datetime.now(UTC).isoformat(timespec="seconds")

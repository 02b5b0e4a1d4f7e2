"""Migrations that were released are never edited again: `python -m tools.released check` compares them with what was noted, `add` notes new ones.

The list (tests/house/released.txt) holds them in the order in which they came to main, each with its checksum; the upgrade test walks it.
"""

from __future__ import annotations

import hashlib
import sys
from pathlib import Path

root = Path(__file__).resolve().parents[1]
noted_in = root / "tests" / "house" / "released.txt"


def noted() -> dict[str, str]:
    """Checksum by path, in the order of their release."""
    return dict(line.split("  ")[::-1] for line in noted_in.read_text().splitlines() if line)


def found() -> dict[str, str]:
    """Checksum by path of those there are."""
    files = sorted(path for path in (root / "src").rglob("migrations/[0-9]*.py"))
    return {path.relative_to(root).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()[:16] for path in files}


def label(path: str) -> tuple[str, str]:
    """(app, name) of a migration's path."""
    parts = Path(path)
    return parts.parent.parent.name, parts.stem


def check() -> int:
    """Say which were edited, removed or not noted; the exit code."""
    known, there = noted(), found()
    wrong = [f"{path} was edited after its release: put it back and write a new migration" for path in known if path in there and there[path] != known[path]]
    wrong += [f"{path} was released and is gone" for path in known if path not in there]
    wrong += [f"{path} is not noted: python -m tools.released add" for path in there if path not in known]
    print("\n".join(wrong) if wrong else "released migrations are untouched")
    return 1 if wrong else 0


def add() -> int:
    """Note the new ones behind the others; those noted stay as they are."""
    known, there = noted(), found()
    fresh = {path: mark for path, mark in there.items() if path not in known}
    noted_in.write_text("".join(f"{mark}  {path}\n" for path, mark in {**known, **fresh}.items()))
    print(f"{len(fresh)} noted")
    return 0


if __name__ == "__main__":
    sys.exit({"check": check, "add": add}[sys.argv[1] if len(sys.argv) > 1 else "check"]())

"""Where the real counterparts are; tests that need one fail in CI and skip elsewhere when it is missing."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

folder = Path(__file__).resolve().parent.parent / "var" / "peers"


def peer(name: str) -> dict[str, str]:
    """Settings of a running counterpart, from the environment or from `make peers`."""
    file = folder / f"{name}.env"
    found = dict(line.split("=", 1) for line in file.read_text().splitlines() if "=" in line) if file.exists() else {}
    found |= {key: value for key, value in os.environ.items() if key.startswith(f"{name.upper()}_")}
    if not found:
        reason = f"no {name}: run `make peers`"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    return found

"""The families of the `jingwei` command."""

from __future__ import annotations

import sys
from typing import Any


def setup() -> None:
    """Make Django ready; called by the commands that need it."""
    import django

    django.setup()


def say(zh: str, en: str, *, mark: str = "·") -> None:
    """One line for people, in both languages."""
    print(f"{mark} {zh}  {en}", flush=True)


def fail(zh: str, en: str) -> int:
    """Say what is wrong on standard error; the exit code is 1."""
    print(f"✗ {zh}  {en}", file=sys.stderr, flush=True)
    return 1


def print_json(value: Any) -> None:
    """JSON for programs."""
    import json

    print(json.dumps(value, ensure_ascii=False, indent=2, default=str))

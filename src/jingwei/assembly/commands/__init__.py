"""The families of the `jingwei` command."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from datetime import datetime
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


def _width(text: str) -> int:
    from unicodedata import east_asian_width

    return sum(2 if east_asian_width(letter) in "WF" else 1 for letter in text)


def print_table(heads: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Columns for people; Chinese letters count double. Long texts are cut at 48."""
    lines = [tuple(str(cell) if len(str(cell)) <= 48 else f"{str(cell)[:47]}…" for cell in row) for row in (heads, *rows)]
    widths = [max(_width(line[column]) for line in lines) for column in range(len(heads))]
    for line in lines:
        print("  ".join(cell + " " * (width - _width(cell)) for cell, width in zip(line, widths, strict=True)).rstrip())


class Refused(Exception):
    """Input that cannot be used, said in both languages."""

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(en)
        self.zh, self.en = zh, en


def nothing_there() -> Refused:
    """The home holds no installation, and the command is none that makes one."""
    from jingwei.frame.postgres import address

    home = address.home_named()
    return Refused(
        f"数据目录 {home} 里没有经纬的安装；运行 jingwei up（或 jingwei migrate）新建，或用 JINGWEI_HOME 指定正确的目录",
        f"there is no installation in {home}; make one with jingwei up (or jingwei migrate), or name the right folder with JINGWEI_HOME",
    )


def local(moment: datetime | None) -> str | None:
    """A moment of the file's own clock, ISO without a zone."""
    return None if moment is None else moment.replace(tzinfo=None).isoformat(timespec="seconds")


def said(options: Any, work: Any) -> int:
    """Run a command that cleans up when it is told to stop, and say what it refuses: as JSON when that was asked for."""
    import signal

    signal.signal(signal.SIGTERM, signal.default_int_handler)  # told to stop, it cleans up as after Ctrl-C
    try:
        code: int = work(options)
    except Refused as problem:
        if options.json:
            print_json({"errors": [{"zh": problem.zh, "en": problem.en}]})
            return 1
        return fail(problem.zh, problem.en)
    return code

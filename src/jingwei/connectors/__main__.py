"""`python -m jingwei.connectors check FILE…`: what is wrong with manifests, by file, line and place. Ends with 1 when anything is."""

from __future__ import annotations

import sys
from pathlib import Path

from jingwei.connectors import check

usage = "usage: python -m jingwei.connectors check FILE…"


def main(given: list[str]) -> int:
    """The command; 2 for a call that cannot be understood, or a file that is not there."""
    if len(given) < 2 or given[0] != "check":
        print(usage, file=sys.stderr)
        return 2
    files = [Path(each) for each in given[1:]]
    missing = [each for each in files if not each.is_file()]
    for each in missing:
        print(f"{each}: there is no such file / 没有这个文件", file=sys.stderr)
    wrong = [line for each in files if each not in missing for line in check(each)]
    print("\n".join(wrong) if wrong or missing else "ok")
    return 2 if missing else 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

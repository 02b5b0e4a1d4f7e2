"""The command that levels a file: resources of a published or exported project, preview only."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from jingwei.assembly.commands import fail, print_json, say


def add(families: Any) -> None:
    """Declare the command."""
    level = families.add_parser("level", help="资源平衡（.sm、.rcp 文件）/ level the resources of a .sm or .rcp file")
    level.add_argument("file")
    level.add_argument("--seconds", type=float, default=5.0, help="时间上限 / time limit (5)")
    level.add_argument("--workers", type=int, default=2, help="并行数 / threads (2)")
    level.add_argument("--seed", type=int, default=0, help="随机种子 / seed (0)")
    level.add_argument("--json", action="store_true", help="机器可读 / for programs")
    level.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Level and print; exit code 2 when the file cannot be read or no schedule can exist."""
    from jingwei.kernels.levelling import FileFormatError, ProblemError, read_problem, solve

    try:
        problem = read_problem(Path(options.file).read_text(encoding="utf-8", errors="replace"))
    except OSError as error:
        return _refuse(f"无法读取 {options.file}：{error.strerror}", f"cannot read {options.file}: {error.strerror}")
    except (FileFormatError, ProblemError) as error:
        return _refuse(f"{options.file}：{error.text.zh}", f"{options.file}: {error.text.en}")
    is_watched = not options.json and sys.stderr.isatty()
    found = solve(problem, options.seconds, options.seed, options.workers, progress=_show if is_watched else None)
    if is_watched:
        print(file=sys.stderr)
    starts = dict(zip(problem.names, found.starts.tolist(), strict=True))
    if options.json:
        print_json(
            {
                "makespan": found.makespan,
                "starts": starts,
                "lower_bound": found.lower_bound,
                "gap": round(found.gap, 6),
                "status": found.status,
                "seconds": round(found.seconds, 3),
            }
        )
        return 0
    say(f"工期 {found.makespan}，下界 {found.lower_bound}，差距 {found.gap:.1%}", f"makespan {found.makespan}, bound {found.lower_bound}, gap {found.gap:.1%}")
    if found.status == "optimal":
        say("已证明最优", "proven optimal", mark="✓")
    say(f"用时 {found.seconds:.1f} 秒，{found.schedules:,} 个方案", f"{found.seconds:.1f} s, {found.schedules:,} schedules")
    for name, start in sorted(starts.items(), key=lambda item: item[1]):
        print(f"  {name:>6}  {start}")
    return 0


def _refuse(zh: str, en: str) -> int:
    fail(zh, en)
    return 2


def _show(progress: Any) -> None:
    filled = round(progress.share * 30)
    print(f"\r[{'█' * filled}{'·' * (30 - filled)}] {progress.makespan} ≥ {progress.lower_bound} ", end="", file=sys.stderr, flush=True)

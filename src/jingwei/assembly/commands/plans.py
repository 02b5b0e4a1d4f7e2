"""Commands for numbers: schedules and simulations of files, earned value of tables. No database, no Django."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from jingwei.assembly.commands import Refused, local, print_json, print_table, say

BAD_INPUT = 2


def add(families: Any) -> None:
    """Declare the commands."""
    schedule = families.add_parser("schedule", help="计算计划文件的日期 / dates of a schedule file")
    schedule.add_argument("file", help="MSPDI, XER, PMXML, GAN；.mpp 等需 MPXJ 扩展 / .mpp and others need the MPXJ extra")
    schedule.add_argument("--status-date", action="store_true", help="未完成的工作移到状态日期之后 / move undone work behind the status date")
    schedule.add_argument("--multiple-critical-paths", action="store_true", help="每个终点各有关键路径 / every end has its own critical path")
    schedule.add_argument("--monte-carlo", type=int, metavar="N", help="再模拟 N 次 / simulate N runs as well")
    schedule.add_argument("--level", action="store_true", help="资源平衡预览 / preview of levelling")
    schedule.add_argument("--seconds", type=float, default=2.0, help="资源平衡用时 / time for levelling")
    _simulated(schedule)
    _common(schedule, run_schedule)
    simulate = families.add_parser("simulate", help="蒙特卡洛模拟计划文件 / simulate a schedule file")
    simulate.add_argument("file")
    simulate.add_argument("--runs", type=int, default=10_000)
    _simulated(simulate)
    _common(simulate, run_simulate)
    evm = families.add_parser("evm", help="挣值：CSV 列 period,pv,ev,ac（累计）/ earned value of a CSV with cumulative period,pv,ev,ac")
    evm.add_argument("file")
    evm.add_argument("--bac", help="完工预算（默认最大的 pv）/ budget at completion (default: the largest pv)")
    evm.add_argument("--planned-periods", help="计划期数（默认计划达到末值的期）/ planned duration in periods")
    _common(evm, run_evm)


def _simulated(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--spread", type=float, default=20.0, metavar="%", help="无三点估算的任务 ± 百分比 / of tasks without three-point estimates")


def _common(parser: argparse.ArgumentParser, run: Callable[[argparse.Namespace], int]) -> None:
    parser.add_argument("--json", action="store_true", help="机器可读 / for programs")

    def guarded(options: argparse.Namespace) -> int:
        try:
            return run(options)
        except Refused as problem:
            print(f"✗ {problem.zh}  {problem.en}", file=sys.stderr, flush=True)
            return BAD_INPUT
        except BrokenPipeError:  # whoever read along has seen enough
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            return 141

    parser.set_defaults(run=guarded)


def content_of(path: Path) -> bytes:
    """A file's bytes. Raises Refused when there is none to read."""
    try:
        return path.read_bytes()
    except OSError as problem:
        why = problem.strerror or "?"
        raise Refused(f"无法打开 {path}：{why}", f"cannot open {path}: {why}") from problem


def plan_of(path: Path) -> Any:
    """The plan of a schedule file, through MPXJ when it is of a kind not read here. Raises Refused."""
    from jingwei.assembly import mpxj
    from jingwei.kernels.planfile import FileError, UnknownKind, read

    try:
        try:
            return read(content_of(path), path.name)
        except UnknownKind:
            if path.suffix.lower() not in mpxj.suffixes:
                raise
            return read(mpxj.convert(path), path.name)
    except FileError as problem:
        raise Refused(f"{path}：{problem.zh or problem}", f"{path}: {problem}") from problem
    except mpxj.ConversionError as problem:
        raise Refused(problem.zh, str(problem)) from problem


def _calculated(path: Path, work: Callable[[], Any]) -> Any:
    """What a kernel answers, its complaints said in both languages."""
    from jingwei.kernels.plan.input import PlanCycleError
    from jingwei.kernels.planfile import FileError

    try:
        return work()
    except FileError as problem:
        raise Refused(f"{path}：{problem.zh or problem}", f"{path}: {problem}") from problem
    except PlanCycleError as problem:
        chain = " → ".join(str(key) for key in [*problem.keys, problem.keys[0]])
        raise Refused(f"{path}：任务互相等待：{chain}", f"{path}: tasks wait for each other: {chain}") from problem
    except ValueError as problem:
        raise Refused(f"{path}：计划无法计算：{problem}", f"{path}: the plan cannot be calculated: {problem}") from problem


def _driver(driver: Any) -> dict[str, Any]:
    """What sets a start: a link with its predecessor, or what else it is."""
    if driver.dependency is not None:
        return {"cause": "link", "predecessor": str(driver.dependency.predecessor).split("/")[0], "type": driver.dependency.type}
    return {"cause": driver.cause.name.lower()}


def run_schedule(options: argparse.Namespace) -> int:
    """Dates, floats and what is critical of every task."""
    from jingwei.kernels.planfile import schedule_file

    path = Path(options.file)
    plan = plan_of(path)
    dates = _calculated(
        path, lambda: schedule_file(plan, uses_status_date=options.status_date or None, every_end_critical=options.multiple_critical_paths or None)
    )
    rows, chain = [], set(dates.longest_path_keys)
    for task in plan.tasks:
        found = dates[task.uid]
        rows.append(
            {
                "uid": task.uid, "id": task.id, "name": task.name, "is_summary": task.is_summary, "early_start": local(found.early_start),
                "early_finish": local(found.early_finish), "late_start": local(found.late_start), "late_finish": local(found.late_finish),
                "start": local(found.start), "finish": local(found.finish), "total_float_minutes": found.total_float_minutes,
                "free_float_minutes": found.free_float_minutes, "independent_float_minutes": dates.independent_float_minutes(task.uid), "critical": found.is_critical,
                "on_longest_path": task.uid in chain, "driven_by": [_driver(each) for each in found.drivers],
            }
        )  # fmt: skip
    answer: dict[str, Any] = {
        "title": plan.title,
        "source": plan.source,
        "start": local(dates.start),
        "finish": local(dates.finish),
        "scheduled_from": "start" if plan.from_start else "finish",
        "tasks": rows,
    }
    answer["not_understood"] = list(plan.notes)
    if options.monte_carlo is not None:
        answer["monte_carlo"] = _simulation(path, plan, options.monte_carlo, options)
    if options.level:
        from jingwei.assembly.commands.levelled import levelled

        answer["levelling"] = _calculated(path, lambda: levelled(plan, seconds=options.seconds, seed=options.seed))
    if options.json:
        print_json(answer)
        return 0
    say(f"{plan.title or path.name}：{answer['start']} 至 {answer['finish']}，{len(rows)} 项任务", f"{len(rows)} tasks, critical ones marked *", mark="✓")
    print_table(
        ("", "任务 task", "最早 early", "", "最迟 late", "", "浮动 float (min)"),
        [
            ("*" if row["critical"] else "", f"{row['id']} {row['name']}", *(_short(row[name]) for name in ("early_start", "early_finish", "late_start", "late_finish")), row["total_float_minutes"])
            for row in rows
        ],
    )  # fmt: skip
    if "monte_carlo" in answer:
        _show_simulation(answer["monte_carlo"])
    if "levelling" in answer:
        _show_levelling(answer["levelling"])
    return 0


def _show_levelling(answer: dict[str, Any]) -> None:
    before, after = len(answer["overloads_before"]), len(answer["overloads"])
    say(f"资源平衡：完成 {answer['finish_before']} → {answer['finish']}，超负荷 {before} → {after} 段", f"levelling, overloads {before} → {after}", mark="✓")
    moved = [
        (move["name"], _short(move["old_start"]), _short(move["new_start"]), move["resource"] or "", (move["waits_for"] or {"name": ""})["name"])
        for move in answer["moves"]
    ]
    print_table(("任务 task", "原开始 was", "新开始 becomes", "资源 resource", "等待 waits for"), moved)
    for each in answer["unresolved"] + answer["ignored"]:
        say(f"{each['uid']}：{each['why']['zh']}", each["why"]["en"], mark="!")


def _short(moment: str | None) -> str:
    return "-" if moment is None else moment[:16].replace("T", " ")


def _simulation(path: Path, plan: Any, runs: int, options: argparse.Namespace) -> dict[str, Any]:
    from jingwei.kernels.planfile.simulating import simulate_file

    found = _calculated(path, lambda: simulate_file(plan, runs=runs, seed=options.seed, spread_percent=options.spread))
    names = {task.uid: task.name for task in plan.tasks}
    answer: dict[str, Any] = {
        "runs": found.runs, "seed": found.seed, "spread_percent": options.spread, "tasks_with_three_points": found.estimated_tasks,
        "planned_finish": local(found.planned_finish), "planned_finish_confidence": found.planned_confidence,
        "finish": {f"P{percent}": local(moment) for percent, moment in found.finish.items()},
    }  # fmt: skip
    if found.cost is not None:
        answer["cost"] = {f"P{percent}": amount for percent, amount in found.cost.items()}
    answer["tasks"] = [
        {"uid": uid, "name": names[uid], "criticality": share, "correlation": found.correlation[uid]} for uid, share in found.criticality.items()
    ]
    return answer


def _show_simulation(answer: dict[str, Any]) -> None:
    say(f"模拟 {answer['runs']} 次，计划完成 {answer['planned_finish']} 的把握", f"confidence of the planned finish {answer['planned_finish_confidence']:.0%}")
    heads = ("", *answer["finish"])
    lines: list[tuple[Any, ...]] = [("完成 finish", *(_short(moment) for moment in answer["finish"].values()))]
    if "cost" in answer:
        lines.append(("费用 cost", *(f"{amount:,.2f}" for amount in answer["cost"].values())))
    print_table(heads, lines)
    often = sorted((task for task in answer["tasks"] if task["criticality"] > 0), key=lambda task: -task["criticality"])[:20]
    print_table(
        ("任务 task", "关键度 criticality", "相关 correlation"),
        [(f"{t['uid']} {t['name']}", f"{t['criticality']:.0%}", f"{t['correlation']:+.2f}") for t in often],
    )


def run_simulate(options: argparse.Namespace) -> int:
    """Percentiles of the finish and cost, criticality of the tasks."""
    path = Path(options.file)
    answer = _simulation(path, plan_of(path), options.runs, options)
    if options.json:
        print_json(answer)
    else:
        _show_simulation(answer)
    return 0


def run_evm(options: argparse.Namespace) -> int:
    """Every index and forecast of earned value and earned schedule."""
    from dataclasses import asdict
    from decimal import Decimal

    from jingwei.assembly.commands.figures import number_of, periods_of
    from jingwei.kernels.value.earned import EarnedValueError, analyse

    path = Path(options.file)
    periods, lines = periods_of(path, content_of(path))
    bac = max(period.pv for period in periods) if options.bac is None else number_of(options.bac, "--bac")
    planned = None if options.planned_periods is None else number_of(options.planned_periods, "--planned-periods")
    try:
        found = analyse(periods, bac, planned)
    except EarnedValueError as problem:
        line = lines.get(problem.place.rsplit(" ", 1)[0])
        where = f"{path}:{line}" if line else str(path)
        raise Refused(f"{where}：{problem.place} 有误：{problem.mend}", f"{where}: {problem}") from problem
    plain = [{name: float(value) if isinstance(value, Decimal) else value for name, value in asdict(each).items()} for each in found]
    if options.json:
        print_json({"bac": float(bac), "periods": plain})
        return 0
    if not plain:
        say("没有实际数据", "no period has actual figures yet")
        return 0
    say(f"完工预算 {bac}，{len(plain)} 期有实际数据", f"budget at completion {bac}, {len(plain)} periods with actuals", mark="✓")
    shown = ("name", "pv", "ev", "ac", "cv", "sv", "cpi", "spi", "eac_cpi", "vac_cpi", "tcpi_bac", "es", "spi_t", "ieac_t")
    print_table(
        ("期 period", "PV", "EV", "AC", "CV", "SV", "CPI", "SPI", "EAC", "VAC", "TCPI", "ES", "SPI(t)", "IEAC(t)"),
        [tuple(row[name] if isinstance(row[name], str) else "-" if row[name] is None else f"{row[name]:,.3g}" if abs(row[name]) < 100 else f"{row[name]:,.0f}" for name in shown) for row in plain],
    )  # fmt: skip
    return 0

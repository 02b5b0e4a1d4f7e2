"""MPXJ's MicrosoftScheduler on one network, for benchmarks/network_mpxj.py: FOLDER MEMORY_MB, a line of JSON on standard output.

Needs an interpreter with mpxj and JPype, and Java; nothing of ours. The project is built through JPype first, which is not timed;
schedule() runs twice on a Java thread with a deep stack, as the sort of the links is recursive: first cold, then warm.
"""

from __future__ import annotations

import array
import json
import sys
import time
from pathlib import Path

import jpype
import mpxj  # noqa: F401  (puts its jars on the class path)


def numbers(folder: Path, name: str) -> array.array[int]:
    values = array.array("q")
    path = folder / name
    with path.open("rb") as stream:
        values.fromfile(stream, path.stat().st_size // 8)
    return values


def main(folder: Path, memory_mb: int) -> None:
    jpype.startJVM(f"-Xmx{memory_mb}m", "-XX:+UseSerialGC", "-Djava.awt.headless=true")
    from java.io import File  # noqa: F401  (proves that the class path works before minutes are spent)
    from java.lang import Runnable, Thread
    from java.time import DayOfWeek, LocalDate, LocalDateTime
    from org.mpxj import ConstraintType, Duration, LocalTimeRange, ProjectFile, Relation, RelationType, TimeUnit
    from org.mpxj.cpm import MicrosoftScheduler

    epoch = LocalDateTime.of(1970, 1, 1, 0, 0)
    began = time.perf_counter()
    project = ProjectFile()
    hours = [LocalTimeRange(*(epoch.plusMinutes(minute).toLocalTime() for minute in shift)) for shift in ((480, 720), (780, 1020))]
    calendars = []
    for days_a_week in (5, 6):
        calendar = project.addCalendar()
        calendar.setName(f"{days_a_week} days")
        for number, day in enumerate(DayOfWeek.values()):
            calendar.setWorkingDay(day, number < days_a_week)
            worked = calendar.addCalendarHours(day)
            for span in hours if number < days_a_week else ():
                worked.add(span)
        for day in numbers(folder, "holidays"):
            calendar.addCalendarException(LocalDate.ofEpochDay(day))
        calendars.append(calendar)
    project.setDefaultCalendar(calendars[0])
    start = epoch.plusMinutes(numbers(folder, "start")[0])
    project.getProjectProperties().setStartDate(start)
    project.getProjectProperties().setStatusDate(epoch.plusMinutes(numbers(folder, "start")[1]))
    constraints = {4: ConstraintType.START_NO_EARLIER_THAN, 7: ConstraintType.FINISH_NO_LATER_THAN}
    names = ("duration", "calendar", "constraint", "constraint_at", "actual_start", "actual_finish", "remaining")
    tasks = []
    minutes = TimeUnit.MINUTES
    for length, calendar, constraint, at, actual_start, actual_finish, left in zip(*(numbers(folder, name) for name in names), strict=True):
        task = project.addTask()
        task.setDuration(Duration.getInstance(length, minutes))
        task.setCalendar(calendars[calendar])
        if constraint:
            task.setConstraintType(constraints[constraint])
            task.setConstraintDate(epoch.plusMinutes(at))
        if actual_start >= 0:
            task.setActualStart(epoch.plusMinutes(actual_start))
        task.setActualDuration(Duration.getInstance(length - left, minutes))
        task.setRemainingDuration(Duration.getInstance(left, minutes))
        task.setPercentageComplete(100.0 * (length - left) / max(length, 1))
        if actual_finish >= 0:
            task.setActualFinish(epoch.plusMinutes(actual_finish))
        tasks.append(task)
    kinds = [RelationType.FINISH_START, RelationType.START_START, RelationType.FINISH_FINISH, RelationType.START_FINISH]
    for before, after, kind, lag in zip(*(numbers(folder, name) for name in ("predecessor", "successor", "type", "lag")), strict=True):
        tasks[after].addPredecessor(Relation.Builder().predecessorTask(tasks[before]).type(kinds[kind]).lag(Duration.getInstance(lag, minutes)))
    built = time.perf_counter() - began
    times: list[float] = []
    problems: list[str] = []

    @jpype.JImplements(Runnable)
    class Scheduling:
        @jpype.JOverride
        def run(self) -> None:
            try:
                for _ in range(2):
                    began = time.perf_counter()
                    MicrosoftScheduler().schedule(project, start)
                    times.append((time.perf_counter() - began) * 1000)
            except BaseException as problem:  # must not cross into Java
                problems.append(repr(problem))

    thread = Thread(None, Scheduling(), "scheduling", 2 << 30)
    thread.start()
    thread.join()
    if problems:
        raise SystemExit(problems[0])
    from java.time.temporal import ChronoUnit

    answers = array.array("q", (int(ChronoUnit.MINUTES.between(epoch, moment)) for task in tasks for moment in (task.getEarlyStart(), task.getEarlyFinish())))
    (folder / "mpxj").write_bytes(answers.tobytes())
    status = Path("/proc/self/status").read_text()
    peak = next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM")) / 1024
    print(json.dumps({"times": times, "built": built, "memory_mb": peak}))


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))

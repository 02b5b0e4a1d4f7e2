"""The DCMA 14-point check: fourteen questions to a schedule, each with its limit and the activities that offend it.

Source: Defense Contract Management Agency, Earned Value Management System Program Analysis Pamphlet (DCMA-EA PAM 200.1, 2012), section 4.
Only work that is not finished is asked, summaries never.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Generic, Literal

import numpy as np

from jingwei.kernels.calendar.compiled import HorizonError, compile_calendar
from jingwei.kernels.calendar.stated import wall_minute
from jingwei.kernels.plan.input import Activity, Dependency, Key
from jingwei.kernels.plan.plan import ActivityDates, PlanDates
from jingwei.kernels.text import Text

Measure = Literal["share", "count", "index", "passed"]
hard_constraints = ("MSO", "MFO", "SNLT", "FNLT")
long_days = 44  # two months of working days: high float, high duration
test_delay_days = 600


@dataclass(frozen=True, slots=True)
class Promise:
    """What the plan itself does not say of an activity: the baseline's dates (aware) and whether somebody or some money is assigned."""

    start: datetime | None = None
    finish: datetime | None = None
    has_resource: bool = False


@dataclass(frozen=True, slots=True)
class Offence(Generic[Key]):
    """One activity that offends a check: by how much, in the check's own words; `other` is the far end of a link."""

    key: Key
    note: Text
    other: Key | None = None


@dataclass(frozen=True, slots=True)
class Check(Generic[Key]):
    """One of the fourteen: `value` is a share (0–1), a count or an index as `measure` says; None when there is nothing to measure.

    `is_passed` is None when the check does not apply, for want of a baseline or of work.
    """

    number: int
    key: str
    title: Text
    meaning: Text
    measure: Measure
    limit: float
    value: float | None
    counted: int
    out_of: int
    is_passed: bool | None
    offences: tuple[Offence[Key], ...] = ()


@dataclass(frozen=True)
class _Case(Generic[Key]):
    """The schedule on the table."""

    plan: PlanDates[Key]
    activities: Mapping[Key, Activity[Key]]
    links: Sequence[Dependency[Key]]
    promises: Mapping[Key, Promise]
    data_date: datetime
    minutes_per_day: int
    required_finish: datetime | None

    @cached_property
    def work(self) -> list[ActivityDates[Key]]:
        """What is asked: no summaries, nothing inactive."""
        return [row for key, row in self.plan.items() if not row.is_summary and row.start is not None and not self.activities[key].is_inactive]

    @cached_property
    def open(self) -> list[ActivityDates[Key]]:
        return [row for row in self.work if row.percent < 100]

    @cached_property
    def open_keys(self) -> set[Key]:
        return {row.key for row in self.open}

    @cached_property
    def open_links(self) -> list[Dependency[Key]]:
        """Links that still move something."""
        return [link for link in self.links if link.successor in self.open_keys]

    def days(self, minutes: float) -> float:
        return round(minutes / self.minutes_per_day, 1)

    def promise(self, key: Key) -> Promise:
        return self.promises.get(key, Promise())


def examine(
    plan: PlanDates[Key],
    activities: Sequence[Activity[Key]],
    links: Sequence[Dependency[Key]],
    promises: Mapping[Key, Promise] | None = None,
    *,
    data_date: datetime,
    minutes_per_day: int = 480,
    required_finish: datetime | None = None,
) -> tuple[Check[Key], ...]:
    """All fourteen checks in their order. `plan` must come from these activities and links; moments are aware.

    `required_finish` is the contract's finish for the critical path length index; without it the baseline's last finish serves.
    """
    case = _Case(plan, {a.key: a for a in activities}, links, promises or {}, data_date, minutes_per_day, required_finish)
    return tuple(ask(case) for ask in _questions)


def _share(
    number: int, key: str, title: Text, meaning: Text, limit: float, offences: Sequence[Offence[Key]], out_of: int, at_least: bool = False
) -> Check[Key]:
    """A check that counts offenders among `out_of`; `at_least` measures the share of those that do not offend."""
    if not out_of:
        return Check(number, key, title, meaning, "share", limit, None, 0, 0, None)
    counted = len({(o.key, o.other) for o in offences})
    value = (out_of - counted) / out_of if at_least else counted / out_of
    passed = value >= limit if at_least else value <= limit
    return Check(number, key, title, meaning, "share", limit, value, counted, out_of, passed, tuple(offences))


_lacking = {
    (True, True): Text("没有前置也没有后续", "neither predecessor nor successor"),
    (True, False): Text("没有前置", "no predecessor"),
    (False, True): Text("没有后续", "no successor"),
}


def _logic(case: _Case[Key]) -> Check[Key]:
    before = {link.successor for link in case.links}
    after = {link.predecessor for link in case.links}
    found = []
    for row in case.open:
        lacks = (row.key not in before, row.key not in after)
        if lacks in _lacking:
            found.append(Offence(row.key, _lacking[lacks]))
    meaning = Text(
        "每项未完工作都应有前置与后续；首尾两项除外不超过 5 %", "open work has a predecessor and a successor; the first and the last stay within 5 %"
    )
    return _share(1, "logic", Text("逻辑完整", "Logic"), meaning, 0.05, found, len(case.open))


def _lagging(case: _Case[Key], *, negative: bool) -> list[Offence[Key]]:
    out = []
    for link in case.open_links:
        if link.lag_minutes < 0 if negative else link.lag_minutes > 0:
            days = case.days(link.lag_minutes)
            out.append(Offence(link.successor, Text(f"{link.type} {days:+g} 天", f"{link.type} {days:+g} days"), link.predecessor))
    return out


def _leads(case: _Case[Key]) -> Check[Key]:
    meaning = Text("负滞后（提前量）让关键路径失真：不应有", "negative lags blur the critical path: none")
    return _share(2, "leads", Text("提前量", "Leads"), meaning, 0.0, _lagging(case, negative=True), len(case.open_links))


def _lags(case: _Case[Key]) -> Check[Key]:
    meaning = Text("滞后应写成工作：不超过 5 % 的链接", "waiting is better shown as work: at most 5 % of the links")
    return _share(3, "lags", Text("滞后", "Lags"), meaning, 0.05, _lagging(case, negative=False), len(case.open_links))


def _types(case: _Case[Key]) -> Check[Key]:
    found = [Offence(link.successor, Text(link.type, link.type), link.predecessor) for link in case.open_links if link.type != "FS"]
    meaning = Text("完成—开始链接至少占 90 %", "at least 90 % of the links are finish-to-start")
    return _share(4, "link_types", Text("链接类型", "Relationship types"), meaning, 0.9, found, len(case.open_links), at_least=True)


def _constraints(case: _Case[Key]) -> Check[Key]:
    found = [Offence(row.key, Text(kind, kind)) for row in case.open if (kind := case.activities[row.key].constraint) and kind in hard_constraints]
    meaning = Text("必须于、不得晚于等硬约束挡住逻辑：不超过 5 %", "must-on and no-later-than constraints stand against logic: at most 5 %")
    return _share(5, "hard_constraints", Text("硬约束", "Hard constraints"), meaning, 0.05, found, len(case.open))


def _in_days(rows: Sequence[ActivityDates[Key]], minutes: Callable[[ActivityDates[Key]], float], case: _Case[Key]) -> list[Offence[Key]]:
    out = []
    for row in rows:
        days = case.days(minutes(row))
        out.append(Offence(row.key, Text(f"{days:g} 天", f"{days:g} days")))
    return out


def _high_float(case: _Case[Key]) -> Check[Key]:
    rows = [row for row in case.open if row.total_float_minutes > long_days * case.minutes_per_day]
    meaning = Text("总浮动超过 44 个工作日，多因缺链接：不超过 5 %", "total float above 44 working days mostly means a missing link: at most 5 %")
    return _share(6, "high_float", Text("浮动过大", "High float"), meaning, 0.05, _in_days(rows, lambda r: r.total_float_minutes, case), len(case.open))


def _negative_float(case: _Case[Key]) -> Check[Key]:
    rows = sorted((row for row in case.open if row.total_float_minutes < 0), key=lambda row: row.total_float_minutes)
    meaning = Text("负浮动即已赶不上期限：不应有", "negative float says that a date is missed already: none")
    return _share(7, "negative_float", Text("负浮动", "Negative float"), meaning, 0.0, _in_days(rows, lambda r: r.total_float_minutes, case), len(case.open))


def _high_duration(case: _Case[Key]) -> Check[Key]:
    rows = [row for row in case.open if row.duration_minutes > long_days * case.minutes_per_day]
    meaning = Text("工期超过 44 个工作日难以控制：不超过 5 %", "work longer than 44 working days cannot be watched: at most 5 %")
    return _share(8, "high_duration", Text("工期过长", "High duration"), meaning, 0.05, _in_days(rows, lambda r: r.duration_minutes, case), len(case.open))


def _invalid_dates(case: _Case[Key]) -> Check[Key]:
    found = []
    for row in case.work:
        activity = case.activities[row.key]
        if any(moment is not None and moment > case.data_date for moment in (activity.actual_start, activity.actual_finish)):
            found.append(Offence(row.key, Text("实际日期在状态日期之后", "an actual date after the data date")))
        elif row.percent < 100 and row.finish is not None and row.finish < case.data_date:
            found.append(Offence(row.key, Text("未完成，预计完成却在状态日期之前", "not finished, yet forecast to finish before the data date")))
    meaning = Text("预计不早于状态日期，实际不晚于状态日期", "forecasts lie after the data date, actuals before it")
    return _share(9, "invalid_dates", Text("日期不合理", "Invalid dates"), meaning, 0.0, found, len(case.work))


def _resources(case: _Case[Key]) -> Check[Key]:
    asked = [row for row in case.open if row.duration_minutes >= case.minutes_per_day]
    found = [Offence(row.key, Text("没有资源也没有费用", "neither resource nor cost")) for row in asked if not case.promise(row.key).has_resource]
    meaning = Text("一天以上的工作都应有资源或费用", "work of a day or more carries a resource or a cost")
    return _share(10, "resources", Text("资源", "Resources"), meaning, 0.0, found, len(asked))


def _due(case: _Case[Key]) -> list[tuple[ActivityDates[Key], datetime]]:
    """What the baseline promised to be finished by the data date."""
    return [(row, finish) for row in case.work if (finish := case.promise(row.key).finish) is not None and finish <= case.data_date]


def _missed(case: _Case[Key]) -> Check[Key]:
    due = _due(case)
    found = []
    for row, promised in due:
        finish = case.activities[row.key].actual_finish or row.finish
        if finish is not None and finish > promised:
            days = round((finish - promised).total_seconds() / 86400, 1)
            found.append(Offence(row.key, Text(f"晚 {days:g} 个日历日", f"{days:g} calendar days late")))
    meaning = Text("基线应完成而晚于基线的：不超过 5 %", "finished, or to finish, later than the baseline promised by now: at most 5 %")
    return _share(11, "missed", Text("误期任务", "Missed tasks"), meaning, 0.05, found, len(due))


def _path_test(case: _Case[Key]) -> Check[Key]:
    """Lengthen the most critical open activity (least float, then earliest) by 600 days: the finish must follow."""
    title, meaning = (
        Text("关键路径检验", "Critical path test"),
        Text("关键工作延长 600 天，完工应同样推迟", "a critical activity made 600 days longer moves the finish as much"),
    )
    able = [row for row in case.open if row.duration_minutes > 0 and row.start is not None]
    chosen = min(able, key=lambda row: (row.total_float_minutes, row.start)).key if able else None
    if chosen is None:
        return Check(12, "critical_path_test", title, meaning, "passed", 1, None, 0, 0, None)
    network, dates = case.plan.network, case.plan.dates
    position, compiled = network.index[chosen], network.compiled
    durations = np.empty(compiled.count, np.int64)
    durations[compiled.order] = compiled.activities.duration
    durations[position] += test_delay_days * case.minutes_per_day
    try:
        after = compiled.calculate(durations=durations)
    except HorizonError:  # 600 days later the calendars end
        return Check(12, "critical_path_test", title, meaning, "passed", 1, None, 0, 0, None)
    own = int(after.early_finish[position]) - int(dates.early_finish[position])
    moved = after.project_finish - dates.project_finish
    passed = own > 0 and moved >= 0.95 * own
    offences = () if passed else (Offence(chosen, Text("延长它，完工不随之推迟", "made longer, the finish does not follow")),)
    return Check(12, "critical_path_test", title, meaning, "passed", 1, float(passed), int(not passed), 1, passed, offences)


def _path_length(case: _Case[Key]) -> Check[Key]:
    """CPLI = (length of the critical path from now + float to the promised finish) / length."""
    title = Text("关键路径长度指数", "Critical path length index")
    meaning = Text("（剩余关键路径长度＋到承诺完工的浮动）÷长度，不低于 0.95", "(remaining length + float to the promised finish) / length, at least 0.95")
    promised = case.required_finish or max((p.finish for p in case.promises.values() if p.finish is not None), default=None)
    zone = case.plan.network.zone
    now, finish = wall_minute(case.data_date, zone), wall_minute(case.plan.finish, zone)
    if promised is None or finish <= now:
        return Check(13, "cpli", title, meaning, "index", 0.95, None, 0, 0, None)
    compiled = case.plan.network.compiled
    promised_wall = wall_minute(promised, zone)
    first, last = compiled.horizon
    table = compile_calendar(compiled.calendars[0], first, max(last, promised.date()))
    length = table.minutes_between(now, finish)
    room = table.minutes_between(finish, promised_wall)
    if length <= 0:
        return Check(13, "cpli", title, meaning, "index", 0.95, None, 0, 0, None)
    value = (length + room) / length
    on_path = [key for key in case.plan.longest_path_keys if key in case.open_keys]
    note = Text("在最长路径上", "on the longest path")
    return Check(
        13, "cpli", title, meaning, "index", 0.95, value, len(on_path), 1, value >= 0.95, tuple(Offence(key, note) for key in on_path) if value < 0.95 else ()
    )


def _execution(case: _Case[Key]) -> Check[Key]:
    """BEI = work finished by now / work the baseline promised by now."""
    title = Text("基线执行指数", "Baseline execution index")
    meaning = Text("已完成项数÷基线应完成项数，不低于 0.95", "work finished / work the baseline promised by now, at least 0.95")
    due = _due(case)
    if not due:
        return Check(14, "bei", title, meaning, "index", 0.95, None, 0, 0, None)
    finished = sum(1 for row in case.work if row.percent >= 100 and case.promise(row.key).finish is not None)
    found = [Offence(row.key, Text(f"完成 {row.percent:g} %", f"{row.percent:g} % done")) for row, _promised in due if row.percent < 100]
    value = finished / len(due)
    return Check(14, "bei", title, meaning, "index", 0.95, value, finished, len(due), value >= 0.95, tuple(found))


_questions = (
    _logic, _leads, _lags, _types, _constraints, _high_float, _negative_float, _high_duration, _invalid_dates, _resources, _missed, _path_test,
    _path_length, _execution,
)  # fmt: skip


def failures(checks: Sequence[Check[Key]]) -> Iterator[Check[Key]]:
    """Those that were not passed."""
    return (check for check in checks if check.is_passed is False)

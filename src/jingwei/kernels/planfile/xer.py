"""Primavera's XER: tables in one text file. Encodings as its writers use them, calendars in their own little language."""

from __future__ import annotations

import re
from collections import Counter
from datetime import date, datetime, timedelta
from typing import Any, Literal

from jingwei.kernels.calendar.stated import CalendarError, CalendarLayer, DayException, Shifts, Week, WorkCalendar
from jingwei.kernels.planfile.model import FileAssignment, FileError, FileResource, PlanFile
from jingwei.kernels.planfile.p6 import ActivityKind, Bound, LagCalendar, P6Activity, P6Link, P6Project, P6Wbs, plan_from

largest = 200_000_000
Row = dict[str, str]
constraint_words = {
    "CS_MSO": "start on", "CS_MSOA": "start on or after", "CS_MSOB": "start on or before", "CS_MEO": "finish on", "CS_MEOA": "finish on or after",
    "CS_MEOB": "finish on or before", "CS_ALAP": "as late as possible", "CS_MANDSTART": "mandatory start", "CS_MANDFIN": "mandatory finish",
}  # fmt: skip
kinds: dict[str, ActivityKind] = {
    "TT_Task": "task", "TT_Rsrc": "resource", "TT_Mile": "start_milestone", "TT_FinMile": "finish_milestone", "TT_LOE": "level_of_effort",
    "TT_WBS": "wbs_summary",
}  # fmt: skip
lag_calendars: dict[str, LagCalendar] = {
    "rcal_Predecessor": "predecessor", "rcal_Successor": "successor", "rcal_24Hour": "elapsed", "rcal_ProjDefault": "project",
}  # fmt: skip
link_types: dict[str, Literal["FS", "SS", "FF", "SF"]] = {"PR_FS": "FS", "PR_SS": "SS", "PR_FF": "FF", "PR_SF": "SF"}
understood = {"PROJECT", "PROJWBS", "TASK", "TASKPRED", "CALENDAR", "RSRC", "TASKRSRC", "SCHEDOPTIONS", "UDFTYPE", "UDFVALUE"}
usual_week: Week = (((480, 720), (780, 1020)),) * 5 + ((), ())
_token = re.compile(r"[()]|[^()]+")


def decoded(content: bytes) -> tuple[str, str]:
    """The text and the encoding it is in: UTF-8, else what the bytes beyond ASCII look like (Chinese, Cyrillic, Western European)."""
    try:
        return content.decode("utf-8-sig"), "utf-8"
    except UnicodeDecodeError:
        pass
    beyond = re.findall(rb"[\x80-\xff]+", content)
    count = sum(map(len, beyond))
    # Chinese text is mostly of the 3755 commonest characters, whose first bytes are B0 to D7.
    common = sum(len(re.findall(rb"[\xb0-\xd7][\xa1-\xfe]", run)) * 2 for run in beyond if len(run) % 2 == 0)
    names = ["gb18030"] if common > count * 0.7 else ["cp1251"] if count / len(beyond) >= 3 else []
    for name in (*names, "cp1252", "latin-1"):
        try:
            return content.decode(name), name
        except UnicodeDecodeError:
            continue
    raise AssertionError("latin-1 decodes everything")


def read_xer(content: bytes) -> PlanFile:
    """Read a file: of several projects the one with most activities. Raises FileError naming line and field."""
    if len(content) > largest:
        raise FileError(f"the file is larger than {largest // 1_000_000} MB", f"文件超过 {largest // 1_000_000} MB")
    text, encoding = decoded(content)
    tables = _tables(text)
    if not tables.get("PROJECT"):
        raise FileError("the file holds no project (table PROJECT)", "文件中没有项目（表 PROJECT）")
    tasks = tables.get("TASK", [])
    counts = Counter(row.get("proj_id") for row in tasks)
    project = max(tables["PROJECT"], key=lambda row: counts[row["proj_id"]])
    notes = [f"table {name}" for name, rows in tables.items() if name not in understood for _ in rows]
    notes += [f"project {row.get('proj_short_name')} (another of the file)" for row in tables["PROJECT"] if row is not project]
    if encoding != "utf-8":
        notes.append(f"read as {encoding}")
    return plan_from(_project(project, tables, notes))


def _tables(text: str) -> dict[str, list[Row]]:
    if not text.startswith("ERMHDR"):
        raise FileError("this is no XER file (it does not begin with ERMHDR)", "这不是 XER 文件（开头不是 ERMHDR）")
    tables: dict[str, list[Row]] = {}
    rows: list[Row] | None = None
    fields: list[str] = []
    for number, line in enumerate(text.split("\n"), 1):
        mark, *cells = line.rstrip("\r").split("\t")
        if mark == "%T":
            rows, fields = tables.setdefault(cells[0] if cells else "?", []), []
        elif mark == "%F":
            fields = [cell.strip() for cell in cells]
        elif mark == "%R":
            if rows is None or not fields:
                raise FileError(f"line {number}: a row before its table", f"第 {number} 行：行在表之前")
            rows.append(dict(zip(fields, cells, strict=False)) | {"": str(number)})
        elif mark == "%E":
            break
    return tables


def number(row: Row, name: str) -> float:
    """A number, 0 when empty. Raises FileError naming line and field."""
    given = row.get(name, "").strip().replace(",", ".")
    try:
        value = float(given or 0)
    except ValueError:
        value = float("nan")
    if not -1e9 < value < 1e9:
        raise FileError(f"line {row['']} {name}: {given!r} is no number", f"第 {row['']} 行 {name}：{given!r} 不是数字")
    return value


def moment(row: Row, name: str) -> datetime | None:
    """A date and time, None when empty. Raises FileError naming line and field."""
    given = row.get(name, "").strip()
    if not given:
        return None
    try:
        return datetime.fromisoformat(given).replace(second=0, microsecond=0, tzinfo=None)
    except ValueError as problem:
        raise FileError(f"line {row['']} {name}: {given!r} is no date", f"第 {row['']} 行 {name}：{given!r} 不是日期") from problem


def _project(project: Row, tables: dict[str, list[Row]], notes: list[str]) -> P6Project:
    uid = project["proj_id"]

    def own(name: str) -> list[Row]:
        return [row for row in tables.get(name, []) if row.get("proj_id") == uid]

    options = next(iter(own("SCHEDOPTIONS")), {})
    labels = {row["udf_type_id"]: row.get("udf_type_label", row["udf_type_id"]) for row in tables.get("UDFTYPE", []) if row.get("table_name") == "TASK"}
    custom: dict[str, dict[str, str]] = {}
    for row in tables.get("UDFVALUE", []):
        if row.get("udf_type_id") in labels:
            value = row.get("udf_text") or row.get("udf_number") or row.get("udf_date") or ""
            custom.setdefault(row.get("fk_id", ""), {})[labels[row["udf_type_id"]]] = value
    calendars, names = _calendars(tables.get("CALENDAR", []), notes)
    titles = [row.get("wbs_name", "") for row in own("PROJWBS") if row.get("proj_node_flag") == "Y"]
    return P6Project(
        uid=uid, title=next(iter(titles), "") or project.get("proj_short_name", ""), start=moment(project, "plan_start_date"),
        data_date=moment(project, "last_recalc_date"), must_finish=moment(project, "plan_end_date"), calendars=calendars, calendar_names=names,
        calendar=project.get("clndr_id"), lag_calendar=lag_calendars.get(options.get("sched_calendar_on_relationship_lag", ""), "predecessor"),
        is_override=options.get("sched_progress_override") == "Y" or options.get("sched_retained_logic") == "N",
        critical_hours=number(project, "critical_drtn_hr_cnt"), activities=[_activity(row, custom.get(row["task_id"], {})) for row in own("TASK")],
        wbs=[P6Wbs(r["wbs_id"], r.get("parent_wbs_id"), r.get("wbs_name", ""), r.get("wbs_short_name", ""), number(r, "seq_num")) for r in own("PROJWBS")],
        links=[
            P6Link(r["pred_task_id"], r["task_id"], _link_type(r), number(r, "lag_hr_cnt"), r.get("pred_proj_id", "")) for r in own("TASKPRED")
        ],
        resources=[_resource(row, calendars) for row in tables.get("RSRC", [])], assignments=[_assignment(row) for row in own("TASKRSRC")],
        custom_names=sorted(set(labels.values())), source="XER", notes=notes,
    )  # fmt: skip


def _link_type(row: Row) -> Literal["FS", "SS", "FF", "SF"]:
    found = link_types.get(row.get("pred_type", "PR_FS"))
    if found is None:
        raise FileError(f"line {row['']} pred_type: {row['pred_type']!r} is no link type", f"第 {row['']} 行 pred_type：{row['pred_type']!r} 不是链接类型")
    return found


def _activity(row: Row, custom: dict[str, str]) -> P6Activity:
    planned, remaining = number(row, "target_drtn_hr_cnt"), number(row, "remain_drtn_hr_cnt")
    complete = row.get("status_code") == "TK_Complete"
    begun = moment(row, "act_start_date")
    bounds: list[Bound] = []
    for kind, at in (("cstr_type", "cstr_date"), ("cstr_type2", "cstr_date2")):
        if row.get(kind):
            bounds.append((constraint_words.get(row[kind], row[kind]), moment(row, at)))
    wanted = {
        "early_start": moment(row, "early_start_date"), "early_finish": moment(row, "early_end_date"), "late_start": moment(row, "late_start_date"),
        "late_finish": moment(row, "late_end_date"), "start": begun or moment(row, "target_start_date"),
        "finish": moment(row, "act_end_date") or moment(row, "target_end_date"),
    }  # fmt: skip
    return P6Activity(
        uid=row["task_id"], code=row.get("task_code", ""), name=row.get("task_name", ""), kind=kinds.get(row.get("task_type", ""), "task"),
        wbs=row.get("wbs_id") or None, calendar=row.get("clndr_id") or None, planned_hours=planned, remaining_hours=remaining, is_complete=complete,
        percent=max(0.0, min(100.0, 100 * (planned - remaining) / planned)) if begun and planned else 0.0, actual_start=begun,
        actual_finish=moment(row, "act_end_date"), suspended=moment(row, "suspend_date"), resumed=moment(row, "resume_date"), bounds=bounds,
        stated={name: at for name, at in wanted.items() if at is not None}, custom=custom,
    )  # fmt: skip


def _resource(row: Row, calendars: dict[str, WorkCalendar]) -> FileResource:
    kind = "material" if row.get("rsrc_type") == "RT_Mat" else "work"
    units = number(row, "def_qty_per_hr") or 1.0
    return FileResource(row["rsrc_id"], row.get("rsrc_name", ""), kind, units, row.get("clndr_id") if row.get("clndr_id") in calendars else None)


def _assignment(row: Row) -> FileAssignment:
    return FileAssignment(
        row["taskrsrc_id"], row["task_id"], row.get("rsrc_id") or None, number(row, "target_qty_per_hr"), round(number(row, "target_qty") * 60),
        moment(row, "act_start_date") or moment(row, "target_start_date"), moment(row, "act_end_date") or moment(row, "target_end_date"),
        round(number(row, "target_lag_drtn_hr_cnt") * 60), remaining_work_minutes=round(number(row, "remain_qty") * 60),
        actual_start=moment(row, "act_start_date"), actual_finish=moment(row, "act_end_date"),
    )  # fmt: skip


def _calendars(rows: list[Row], notes: list[str]) -> tuple[dict[str, WorkCalendar], dict[str, str]]:
    layers = {row["clndr_id"]: _readable(row, notes) for row in rows}
    bases = {row["clndr_id"]: row.get("base_clndr_id", "") for row in rows}
    made: dict[str, WorkCalendar] = {}
    for uid in layers:
        chain, walk = [uid], bases[uid]
        while walk in layers and walk not in chain:
            chain.append(walk)
            walk = bases[walk]
        try:
            made[uid] = WorkCalendar(tuple(layers[each] for each in reversed(chain)), "UTC")
        except CalendarError as problem:
            raise FileError(f"calendar {layers[uid].name or uid}: {problem}", f"日历 {layers[uid].name or uid} 有误：{problem}") from problem
    return made, {row["clndr_id"]: row.get("clndr_name", "") for row in rows}


def _readable(row: Row, notes: list[str]) -> CalendarLayer:
    """A calendar; one that cannot be read counts as the usual week, and that is told."""
    try:
        return _layer(row)
    except (FileError, CalendarError, ValueError) as problem:
        notes.append(f"calendar {row.get('clndr_name', row['clndr_id'])} cannot be read ({problem}): the usual week is taken")
        return CalendarLayer(row.get("clndr_name", ""), usual_week, (), "none")


def _layer(row: Row) -> CalendarLayer:
    tree = parsed(row.get("clndr_data", ""))
    days: dict[int, Shifts] = {}
    exceptions: list[DayException] = []
    for name, _, children in _walk(tree):
        if name == "DaysOfWeek":
            for day, _, times in children:
                days[(int(day) - 2) % 7] = _shifts(times)
        elif name == "Exceptions":
            for _, told, times in children:
                parts = told.split("|")
                if "d" in parts:
                    exceptions.append(DayException(date(1899, 12, 30) + timedelta(days=int(parts[parts.index("d") + 1])), _shifts(times)))
    week: Any = tuple(days.get(number, ()) for number in range(7)) if days else None
    return CalendarLayer(row.get("clndr_name", ""), week, tuple(exceptions), "none")


Node = tuple[str, str, list[Any]]  # name, what its first brackets hold, the nodes in its second brackets


def parsed(text: str) -> list[Node]:
    """The nodes of a calendar: (0||NAME(what|is|told)(nodes …)). Raises FileError when brackets do not match or nest too deep."""
    top: list[Any] = []
    stack: list[list[Any]] = [top]
    for part in _token.findall(text.replace("\x7f", "")):
        if part == "(":
            stack[-1].append([])
            stack.append(stack[-1][-1])
            if len(stack) > 60:
                raise FileError("a calendar is nested too deep", "日历嵌套过深")
        elif part == ")":
            if len(stack) == 1:
                raise FileError("the brackets of a calendar do not match", "日历括号不匹配")
            stack.pop()
        elif part.strip():
            stack[-1].append(part.strip())
    if len(stack) > 1:
        raise FileError("the brackets of a calendar do not match", "日历括号不匹配")
    return [_node(each) for each in top if isinstance(each, list) and each]


def _node(group: list[Any]) -> Node:
    head = group[0] if isinstance(group[0], str) else ""
    lists = [each for each in group if isinstance(each, list)]
    told = "".join(each for each in lists[0] if isinstance(each, str)) if lists else ""
    return head.split("||")[-1], told, [_node(each) for each in lists[1] if isinstance(each, list) and each] if len(lists) > 1 else []


def _walk(nodes: list[Node]) -> list[Node]:
    return [each for node in nodes for each in (node, *_walk(node[2]))]


def _shifts(times: list[Node]) -> Shifts:
    found = []
    for _, told, _ in times:
        parts = told.split("|")
        values = dict(zip(parts[::2], parts[1::2], strict=False))
        start, end = (_minute(values.get(name, "0:00")) for name in ("s", "f"))
        if (end or 1440) > start:
            found.append((start, end or 1440))
    return tuple(sorted(found))


def _minute(text: str) -> int:
    """Minutes after midnight of "08:00" or "8:00 PM"."""
    clock, _, half = text.strip().upper().partition(" ")
    hour, minute = (int(part) for part in clock.split(":")[:2])
    return (hour % 12 + (12 if half == "PM" else 0) if half else hour) * 60 + minute

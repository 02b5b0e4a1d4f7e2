"""The sheets of a plan: the task table and its bars, as many rows as a page holds, with heads, legend and page numbers on each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from django.utils.translation import gettext as _

from jingwei.domains.schedule.paper.shapes import Box, Path, Sheet, Text, fitted

sizes = {"A4": (842.0, 595.0), "A3": (1191.0, 842.0)}  # landscape, points
margin, row_height, head_height, title_height, legend_height = 24.0, 15.0, 28.0, 26.0, 22.0
ink, grey, line, pale = "#1b2433", "#5c6779", "#d8dee8", "#f4f6f9"
blue, blue_soft, red, red_soft, dark, violet, baseline_grey, green = "#2f6fde", "#bcd3fa", "#cf2f3f", "#f8c6cb", "#3a475c", "#6b3fd4", "#8e99aa", "#0d8a72"


@dataclass(frozen=True, slots=True)
class Row:
    """One task as it is printed; moments on the project's clock."""

    key: int
    wbs: str
    name: str
    level: int
    start: datetime | None
    finish: datetime | None
    days: float
    percent: int
    is_summary: bool = False
    is_milestone: bool = False
    is_critical: bool = False
    float_until: datetime | None = None
    was_start: datetime | None = None
    was_finish: datetime | None = None


@dataclass(frozen=True, slots=True)
class Printed:
    """A plan to print: its title, rows in the order of the tree, links as (from, to), today, and when it was printed."""

    title: str
    rows: Sequence[Row]
    links: Sequence[tuple[int, int]] = ()
    today: datetime | None = None
    printed_at: datetime | None = None
    columns: Sequence[tuple[str, float]] = field(default=())


@dataclass(frozen=True, slots=True)
class _Frame:
    """Where things are on every sheet."""

    width: float
    height: float
    first: datetime
    last: datetime
    table: float

    @property
    def left(self) -> float:
        return margin + self.table

    @property
    def right(self) -> float:
        return self.width - margin

    @property
    def top(self) -> float:
        return margin + title_height + head_height

    def x(self, moment: datetime) -> float:
        share = (moment - self.first) / (self.last - self.first)
        return self.left + 4 + share * (self.right - self.left - 8)


def sheets(plan: Printed, size: str = "A4") -> list[Sheet]:
    """The pages of a plan; one page, saying so, when there is nothing to print."""
    width, height = sizes[size]
    known = [m for row in plan.rows for m in (row.start, row.finish, row.was_start, row.was_finish) if m]
    first, last = min(known, default=datetime(2026, 1, 1)), max(known, default=datetime(2026, 2, 1))
    room = max(last - first, timedelta(days=7))
    frame = _Frame(width, height, first - room / 60, first + room * 1.12, sum(w for _t, w in _columns(size)))
    count = int((height - frame.top - margin - legend_height) / row_height)
    chunks = [plan.rows[at : at + count] for at in range(0, len(plan.rows), count)] or [[]]
    return [_sheet(plan, frame, chunk, size, number, len(chunks)) for number, chunk in enumerate(chunks, 1)]


def _columns(size: str) -> list[tuple[str, float]]:
    wide = 1.35 if size == "A3" else 1.0
    names = ((_("WBS"), 40), (_("Task"), 176), (_("Start"), 52), (_("Finish"), 52), (_("Days"), 32), ("%", 28))
    return [(title, width * wide) for title, width in names]


def _sheet(plan: Printed, frame: _Frame, rows: Sequence[Row], size: str, number: int, count: int) -> Sheet:
    sheet = Sheet(frame.width, frame.height)
    bottom = frame.top + len(rows) * row_height
    add = sheet.shapes.append
    add(Text(margin, margin + 12, plan.title, 13, is_bold=True))
    if plan.printed_at:
        add(Text(frame.right, margin + 12, plan.printed_at.strftime("%Y-%m-%d %H:%M"), 8, grey, "end"))
    add(Box(margin, margin + title_height, frame.right - margin, head_height, pale))
    for shape in [*_scale(frame, bottom), *_table_head(frame, size), *_table(rows, frame, size), *_links(plan, rows, frame), *_bars(rows, frame)]:
        add(shape)
    if plan.today and frame.first < plan.today < frame.last:
        add(Path(((frame.x(plan.today), frame.top), (frame.x(plan.today), bottom)), stroke="#c2410c", width=0.9))
    add(Box(margin, margin + title_height, frame.right - margin, bottom - margin - title_height, stroke=line))
    if not rows:
        add(Text(frame.width / 2, frame.top + 40, _("There are no tasks yet."), 11, grey, "middle"))
    for shape in _legend(frame):
        add(shape)
    add(Text(frame.right, frame.height - margin, _("Page %(number)s of %(count)s") % {"number": number, "count": count}, 8, grey, "end"))
    return sheet


def _table_head(frame: _Frame, size: str) -> Iterator[Text]:
    x = margin
    for title, width in _columns(size):
        yield Text(x + 4, frame.top - 6, title, 8, is_bold=True)
        x += width


def _table(rows: Sequence[Row], frame: _Frame, size: str) -> Iterator[Box | Text | Path]:
    widths = [width for _title, width in _columns(size)]
    for number, row in enumerate(rows):
        y = frame.top + number * row_height
        dates = [moment.strftime("%Y-%m-%d") if moment else "" for moment in (row.start, row.finish)]
        indent = min(6 * row.level, 60)
        values = [row.wbs, row.name, *dates, "" if row.is_milestone or row.is_summary else f"{row.days:g}", str(row.percent)]
        x = margin
        for place, (value, width) in enumerate(zip(values, widths, strict=True)):
            if place >= 4:
                yield Text(x + width - 5, y + 10.5, value, 8, anchor="end")
            else:
                shift = indent if place == 1 else 0
                yield Text(x + 4 + shift, y + 10.5, fitted(value, 8, width - 6 - shift), 8, grey if place == 0 else ink, is_bold=row.is_summary and place == 1)
            x += width
        yield Path(((margin, y + row_height), (frame.right, y + row_height)), stroke="#eef1f5", width=0.4)
    yield Path(((frame.left, margin + title_height), (frame.left, frame.top + len(rows) * row_height)), stroke=line)


def _months(first: datetime, last: datetime, step: int) -> Iterator[datetime]:
    at = date(first.year, (first.month - 1) // step * step + 1, 1)
    while datetime(at.year, at.month, 1) < last:
        yield datetime(at.year, at.month, 1)
        months = at.month - 1 + step
        at = date(at.year + months // 12, months % 12 + 1, 1)


def _scale(frame: _Frame, bottom: float) -> Iterator[Path | Text]:
    """Years above; below weeks, months, quarters or years, whatever has room."""
    days = (frame.last - frame.first) / timedelta(days=1)
    room = (frame.right - frame.left) / days  # points a day
    if room * 7 >= 24:
        monday = (frame.first - timedelta(days=frame.first.weekday())).replace(hour=0, minute=0)
        ticks = [(monday + timedelta(days=7 * n), f"{monday + timedelta(days=7 * n):%m-%d}") for n in range(int(days / 7) + 2)]
    else:
        step = next((each for each in (1, 3, 12) if room * 30 * each >= 22), 60)
        ticks = [(at, f"{at.month}" if step < 12 else f"{at.year}") for at in _months(frame.first, frame.last, step)]
    for at, label in ticks:
        x = max(frame.x(at), frame.left)
        if at >= frame.last or (at < frame.first and frame.x(at) < frame.left - room * 25):
            continue
        if at > frame.first:
            yield Path(((x, frame.top - head_height / 2), (x, bottom)), stroke=line, width=0.4)
        yield Text(x + 3, frame.top - 4, label, 7.5, grey)
    for at in _months(frame.first, frame.last, 12):
        x = max(frame.x(at), frame.left)
        if x < frame.right - 30:
            yield Text(x + 3, frame.top - head_height / 2 - 4, f"{at.year}", 8.5, is_bold=True)


def _bars(rows: Sequence[Row], frame: _Frame) -> Iterator[Box | Path | Text]:
    for number, row in enumerate(rows):
        if row.start is None or row.finish is None:
            continue
        y = frame.top + number * row_height + 3
        x1, x2 = frame.x(row.start), frame.x(row.finish)
        if row.was_start:
            x3, x4 = frame.x(row.was_start), frame.x(row.was_finish or row.was_start)
            yield Box(x3, y + 9, max(x4 - x3, 1.5), 2, baseline_grey)
        if row.is_milestone:
            m = y + 4
            yield Path(((x1, m - 4.5), (x1 + 4.5, m), (x1, m + 4.5), (x1 - 4.5, m)), fill=red if row.is_critical else violet)
            yield Text(x1 + 7, y + 7, f"{row.name} {row.start:%m-%d}", 7)
            continue
        x2 = max(x2, x1 + 1.5)
        if row.is_summary:
            tip = min(4.0, (x2 - x1) / 2)
            yield Path(((x1, y), (x2, y), (x2, y + 7.5), (x2 - tip, y + 3.5), (x1 + tip, y + 3.5), (x1, y + 7.5)), fill=red if row.is_critical else dark)
            continue
        strong, soft = (red, red_soft) if row.is_critical else (blue, blue_soft)
        yield Box(x1, y, x2 - x1, 8, soft, strong)
        if row.percent:
            yield Box(x1, y, (x2 - x1) * row.percent / 100, 8, strong)
        end = x2
        if row.float_until and row.float_until > row.finish:
            end = min(frame.x(row.float_until), frame.right)
            yield Path(((x2, y + 4), (end, y + 4)), stroke=green, width=0.6)
            yield Path(((end, y + 2), (end, y + 6)), stroke=green, width=0.6)


def _links(plan: Printed, rows: Sequence[Row], frame: _Frame) -> Iterator[Path]:
    """Links whose both ends are on the sheet; those to other sheets would only be lines into nowhere."""
    places = {row.key: (number, row) for number, row in enumerate(rows)}
    for before, after in plan.links:
        if before not in places or after not in places:
            continue
        (one, a), (other, b) = places[before], places[after]
        if not (a.finish and b.start):
            continue
        y1, y2 = (frame.top + place * row_height + 7 for place in (one, other))
        x1, x2 = frame.x(a.finish), frame.x(b.start)
        turn = max(x1 + 3, x2 + 1.5)
        tip = y2 - 4.5 if y2 > y1 else y2 + 4.5
        yield Path(((x1, y1), (turn, y1), (turn, tip)), stroke="#7b8798", width=0.5)
        side = -3 if y2 > y1 else 3
        yield Path(((turn, tip), (turn - 1.8, tip + side), (turn + 1.8, tip + side)), fill="#7b8798")


def _legend(frame: _Frame) -> Iterator[Box | Path | Text]:
    y = frame.height - margin - 6
    x = margin
    for title, fill, stroke in (
        (_("Task and progress"), blue_soft, blue), (_("Critical"), red_soft, red), (_("Summary"), dark, ""), (_("Milestone"), violet, ""),
        (_("Baseline"), baseline_grey, ""), (_("Float"), "", green), (_("Today"), "#c2410c", ""),
    ):  # fmt: skip
        yield Box(x, y, 14, 6, fill, stroke)
        yield Text(x + 18, y + 6, title, 8, grey)
        x += 34 + len(title) * (8.0 if any(ord(c) > 255 for c in title) else 4.6)

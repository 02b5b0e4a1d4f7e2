"""Tables of figures given to commands: read with the file, line and column of whatever is wrong."""

from __future__ import annotations

import csv
import io
from contextlib import suppress
from decimal import Decimal
from pathlib import Path

from jingwei.assembly.commands import Refused
from jingwei.kernels import bounds
from jingwei.kernels.mapping import reading
from jingwei.kernels.value.earned import Period

COLUMNS = ("period", "pv", "ev", "ac")
most_rows = 100_000


def number_of(text: str, where: str) -> Decimal:
    """A number that can be written out; thousands may be set off by commas, which stand nowhere else. Raises Refused naming where."""
    value = bounds.number_of(text)
    with suppress(reading.Unreadable):
        value = value if value is not None else Decimal(reading.number_of(text))
    if value is None or not bounds.is_written_out(value):
        raise Refused(f"{where}：{text!r} 不是数字", f"{where}: {text!r} is no number")
    return value


def periods_of(path: Path, content: bytes) -> tuple[list[Period], dict[str, int]]:
    """The periods, and the line of each by name, of a CSV file with the columns period, pv, ev, ac; ev and ac stay empty for periods to come. Raises Refused."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("gb18030", "replace")
    rows = csv.reader(io.StringIO(text))
    head = [name.strip().lower() for name in next(rows, [])]
    missing = [name for name in COLUMNS if name not in head]
    if missing:
        raise Refused(f"{path} 第 1 行缺少列：{'、'.join(missing)}", f"{path} line 1 lacks the columns {', '.join(missing)}")
    place = {name: head.index(name) for name in COLUMNS}
    found: list[Period] = []
    lines: dict[str, int] = {}
    for row in rows:
        if not any(cell.strip() for cell in row):
            continue
        line = rows.line_num
        if len(row) <= max(place.values()):
            raise Refused(f"{path} 第 {line} 行只有 {len(row)} 列", f"{path} line {line} has only {len(row)} columns")
        values: dict[str, Decimal | None] = {}
        for name in COLUMNS[1:]:
            cell = row[place[name]].strip()
            values[name] = number_of(cell, f"{path}:{line} {name}") if cell else None
        pv = values["pv"]
        if pv is None:
            raise Refused(f"{path} 第 {line} 行 pv 为空", f"{path} line {line}: pv is empty")
        found.append(Period(row[place["period"]].strip() or str(len(found) + 1), pv, values["ev"], values["ac"]))
        lines.setdefault(found[-1].name, line)
        if len(found) > most_rows:
            raise Refused(f"{path} 超过 {most_rows} 行", f"{path} has more than {most_rows} lines")
    if not found:
        raise Refused(f"{path} 没有数据行", f"{path} has no rows")
    return found, lines

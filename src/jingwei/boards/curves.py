"""The progress curve: working time planned, done, and forecast, added up day by day or week by week."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
from django.utils import timezone

from jingwei.domains.schedule import queries as schedule
from jingwei.domains.work import queries as work
from jingwei.frame.models import Project

days_shown_singly = 45


def progress_curve(project: Project) -> dict[str, Any]:
    """Working hours at the end of each day or week: `planned` by the baseline (the plan itself when there is none), `done` up to now by what
    was reported, `forecast` from now by the computed dates. Empty labels when nothing has dates. Three queries.

    Work is taken to be spread evenly over its dates; what was done over its actual ones.
    """
    facts = [each for each in work.progress_facts(project.pk) if each[3] and each[4]]
    if not facts:
        return {"labels": [], "planned": [], "done": [], "forecast": [], "now": 0, "step": "day", "total": 0}
    baseline = schedule.current_baseline(project.pk)
    promised = schedule.baseline_dates(baseline)
    now = project.data_date or timezone.now()
    minutes = np.array([each[1] for each in facts], np.float64)
    share = np.array([each[2] for each in facts], np.float64) / 100
    computed = _spans([(each[3], each[4]) for each in facts])
    plan = _spans([_known(promised.get(each[0])) or (each[3], each[4]) for each in facts])
    actual = _spans([(each[5] or each[3], each[6] or max(now, each[5] or each[3])) for each in facts])
    ends, labels, step = _ends(min(plan.min(), computed.min()), max(plan.max(), computed.max()), ZoneInfo(project.zone))
    here = next((n for n, end in enumerate(ends) if end >= now.timestamp()), len(ends) - 1)
    done = _added(np.append(ends[:here], now.timestamp()), actual, minutes * share)
    left = _added(ends[here:], np.maximum(computed, now.timestamp()), minutes * (1 - share))
    return {
        "labels": labels, "planned": _hours(_added(ends, plan, minutes)), "done": _hours(done), "forecast": [None] * here + _hours(left + float(done[-1])),
        "now": here, "step": step, "total": round(float(minutes.sum()) / 60, 1), "has_baseline": baseline is not None,
    }  # fmt: skip


def _known(dates: tuple[datetime | None, datetime | None] | None) -> tuple[datetime, datetime] | None:
    return (dates[0], dates[1]) if dates and dates[0] and dates[1] else None


def _spans(dates: Sequence[tuple[datetime, datetime]]) -> Any:
    """Seconds of starts and finishes, two rows."""
    return np.array([(start.timestamp(), max(finish, start).timestamp()) for start, finish in dates], np.float64).T


def _ends(first: float, last: float, zone: ZoneInfo) -> tuple[Any, list[str], str]:
    """Ends of the days or of the weeks from first to last, as seconds, with the date each ends on."""
    day = datetime.fromtimestamp(first, zone).date()
    final = datetime.fromtimestamp(last, zone).date()
    step = "day" if (final - day).days <= days_shown_singly else "week"
    if step == "week":
        day += timedelta(days=6 - day.weekday())
    days = []
    while not days or days[-1] < final:
        days.append(day)
        day += timedelta(days=1 if step == "day" else 7)
    midnight = [datetime.combine(each + timedelta(days=1), datetime.min.time(), zone).timestamp() for each in days]
    return np.array(midnight), [each.isoformat() for each in days], step


def _added(ends: Any, spans: Any, minutes: Any) -> Any:
    """Minutes that lie before each end, work spread evenly over its span."""
    start, finish = spans
    length = np.maximum(finish - start, 1.0)
    return np.array([float(minutes @ np.where(end >= finish, 1.0, np.clip((end - start) / length, 0, 1))) for end in ends])


def _hours(values: Any) -> list[float]:
    return [round(float(value) / 60, 1) for value in values]

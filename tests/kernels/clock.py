"""Short ways to say moments and to see schedules in tests of the kernels, all on the clock of Shanghai."""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from jingwei.kernels.calendar.stated import wall_minute
from jingwei.kernels.plan.plan import Activity, Dependency, PlanDates, schedule_plan

SHANGHAI = ZoneInfo("Asia/Shanghai")
DAY = 480  # working minutes of a standard day
MONDAY = "2026-03-02 09:00"  # a month without public holidays
_KERNELS = ("calendar.passes", "network.ordering", "network.passes", "network.axis_passes", "network.analysis")


def at(text: str) -> datetime:
    """The aware moment of "2026-03-02 09:00" in Shanghai."""
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


def wall(text: str) -> int:
    """The wall minute of the same."""
    return wall_minute(at(text))


def shown(moment: datetime | None) -> str:
    """A moment as "03-02 09:00" in Shanghai."""
    assert moment is not None
    return moment.astimezone(SHANGHAI).strftime("%m-%d %H:%M")


def planned(activities: Sequence[Activity[str]], links: Sequence[Dependency[str]] = (), **options: Any) -> PlanDates[str]:
    """Schedule from Monday 2 March 2026, 09:00, unless told otherwise."""
    options.setdefault("start", at(MONDAY))
    return schedule_plan(activities, links, **options)


def early(plan: PlanDates[str], key: str) -> tuple[str, str]:
    """Early start and finish of one activity, as shown."""
    return shown(plan[key].early_start), shown(plan[key].early_finish)


def late(plan: PlanDates[str], key: str) -> tuple[str, str]:
    """Late start and finish of one activity, as shown."""
    return shown(plan[key].late_start), shown(plan[key].late_finish)


def _put(name: str, module: Any) -> None:
    """Offer a module to whoever imports it from its package."""
    package, _dot, short = name.rpartition(".")
    setattr(sys.modules[package], short, module)


@contextmanager
def plain_kernels() -> Iterator[None]:
    """Within: kernels as JINGWEI_NO_NUMBA=1 leaves them, freshly imported; afterwards the usual ones again."""
    names = [f"jingwei.kernels.{name}" for name in _KERNELS]
    for name in names:
        importlib.import_module(name)
    usual = {name: sys.modules.pop(name) for name in names}
    before = os.environ.get("JINGWEI_NO_NUMBA")
    os.environ["JINGWEI_NO_NUMBA"] = "1"
    try:
        for name in names:
            _put(name, importlib.import_module(name))
        yield
    finally:
        for name in names:
            sys.modules[name] = usual[name]
            _put(name, usual[name])
        if before is None:
            del os.environ["JINGWEI_NO_NUMBA"]
        else:
            os.environ["JINGWEI_NO_NUMBA"] = before

"""The fourteen-point check of a project's plan, as it stands in the database."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError

from jingwei.domains.schedule import network, troubles
from jingwei.domains.work import queries as work
from jingwei.frame.models import Project
from jingwei.frame.words import in_words
from jingwei.kernels.calendar.stated import CalendarError
from jingwei.kernels.plan.plan import PlanError
from jingwei.kernels.plan.quality import Check, Offence, Promise, examine


@dataclass(frozen=True)
class Quality:
    """The checks, and the names of the tasks they speak of."""

    checks: tuple[Check[int], ...]
    names: dict[int, str]
    has_baseline: bool

    @property
    def score(self) -> tuple[int, int]:
        """Passed, and asked at all."""
        asked = [check for check in self.checks if check.is_passed is not None]
        return sum(1 for check in asked if check.is_passed), len(asked)


def quality_against(project: Project, baseline: Mapping[int, tuple[datetime | None, datetime | None]]) -> Quality:
    """Examine the plan against a baseline's start and finish by task. Raises ValidationError when it cannot be calculated at all."""
    loaded = network.load(project)
    try:
        plan = network.calculate(loaded)
    except (PlanError, CalendarError) as problem:
        raise ValidationError(troubles.in_words(problem, loaded.rows)) from problem
    staffed = work.staffed_ids(project.pk)
    promises = {pk: Promise(*baseline.get(pk, (None, None)), has_resource=pk in staffed) for pk in loaded.rows}
    checks = examine(
        plan, list(loaded.activities.values()), loaded.links, promises,
        data_date=project.data_date or loaded.now, minutes_per_day=network.minutes_per_day(loaded.calendar),
        required_finish=loaded.required_finish,
    )  # fmt: skip
    return Quality(checks, {pk: str(row["name"]) for pk, row in loaded.rows.items()}, bool(baseline))


def as_told(check: Check[int], names: dict[int, str], offences: Iterable[Offence[int]] | None = None) -> dict[str, Any]:
    """One check for the page and for programs."""
    shown = check.offences if offences is None else offences
    return {
        "number": check.number, "key": check.key, "title": in_words(check.title), "meaning": in_words(check.meaning), "measure": check.measure,
        "limit": check.limit, "value": None if check.value is None else round(check.value, 4), "counted": check.counted, "out_of": check.out_of, "passed": check.is_passed,
        "percent": None if check.value is None else round(100 * check.value, 1), "limit_percent": round(100 * check.limit),
        "offences": [
            {"task": o.key, "name": names.get(o.key, ""), "note": in_words(o.note), "other": o.other, "other_name": names.get(o.other, "") if o.other is not None else ""}
            for o in shown
        ],
    }  # fmt: skip

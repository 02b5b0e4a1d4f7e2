"""The fourteen points: each finds what was planted, and says nothing of a sound plan."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from jingwei.kernels.plan.plan import Activity, Dependency, schedule_plan
from jingwei.kernels.plan.quality import Check, Promise, examine, failures

start = datetime(2026, 3, 2, 1, tzinfo=UTC)  # Monday 09:00 in Shanghai
day = 480


def sound(count: int = 24) -> tuple[list[Activity[str]], list[Dependency[str]]]:
    """A chain with a milestone at each end."""
    keys = ["begin", *(f"t{n}" for n in range(count)), "end"]
    activities = [Activity(k, 0 if k in ("begin", "end") else 2 * day, is_milestone=k in ("begin", "end")) for k in keys]
    return activities, [Dependency(a, b) for a, b in zip(keys, keys[1:], strict=False)]


def checked(activities: list[Activity[str]], links: list[Dependency[str]], **given: Any) -> dict[str, Check[str]]:
    now = given.pop("data_date", start)
    promises = given.pop("promises", {a.key: Promise(has_resource=True) for a in activities})
    plan = schedule_plan(activities, links, start=start, data_date=now if now > start else None)
    return {c.key: c for c in examine(plan, activities, links, promises, data_date=now, **given)}


def replaced(activities: list[Activity[str]], key: str, **values: Any) -> list[Activity[str]]:
    from dataclasses import replace

    return [replace(a, **values) if a.key == key else a for a in activities]


def test_a_sound_plan_passes_all_that_apply() -> None:
    activities, links = sound(40)
    checks = checked(activities, links)
    assert [c.number for c in checks.values()] == list(range(1, 15))
    assert not list(failures(list(checks.values())))
    assert {c.key for c in checks.values() if c.is_passed is None} == {"missed", "cpli", "bei"}, "without a baseline these cannot be asked"
    assert checks["logic"].counted == 2 and {o.key for o in checks["logic"].offences} == {"begin", "end"}
    assert checks["critical_path_test"].is_passed


@pytest.mark.parametrize(
    ("name", "offender", "values"),
    [
        ("hard_constraints", "t3", {"constraint": "MFO", "constraint_at": start + timedelta(days=90)}),
        ("high_duration", "t3", {"duration_minutes": 45 * day}),
        ("negative_float", "t3", {"deadline": start + timedelta(days=1)}),
        ("invalid_dates", "t0", {"actual_start": start + timedelta(days=400), "percent": 10.0}),
    ],
)
def test_what_is_planted_in_an_activity_is_found(name: str, offender: str, values: dict[str, Any]) -> None:
    activities, links = sound(8)
    check = checked(replaced(activities, offender, **values), links)[name]
    assert check.is_passed is False
    assert offender in {o.key for o in check.offences}


@pytest.mark.parametrize(
    ("name", "link", "note"),
    [("leads", {"lag_minutes": -day}, "FS -1 days"), ("lags", {"lag_minutes": 2 * day}, "FS +2 days"), ("link_types", {"type": "SS"}, "SS")],
)
def test_what_is_planted_in_a_link_is_found_with_both_ends(name: str, link: dict[str, Any], note: str) -> None:
    activities, links = sound(6)
    links[3] = Dependency(links[3].predecessor, links[3].successor, **link)
    check = checked(activities, links)[name]
    assert check.is_passed is False
    (offence,) = check.offences
    assert (offence.other, offence.key, offence.note.en) == (links[3].predecessor, links[3].successor, note)


def test_high_float_is_more_than_two_months_of_working_days() -> None:
    activities, links = sound(30)  # 60 working days
    side = Activity("side", 5 * day)
    check = checked([*activities, side], [*links, Dependency("begin", "side"), Dependency("side", "end")])["high_float"]
    assert [o.key for o in check.offences] == ["side"]
    assert check.is_passed, "one of 33 is below 5 %"


def test_resources_are_asked_of_work_of_a_day_or_more() -> None:
    activities, links = sound(4)
    promises = {a.key: Promise(has_resource=a.key != "t2") for a in activities}
    check = checked(activities, links, promises=promises)["resources"]
    assert [o.key for o in check.offences] == ["t2"] and check.out_of == 4


def test_the_baseline_asks_for_missed_tasks_and_both_indices() -> None:
    activities, links = sound(10)
    plan = schedule_plan(activities, links, start=start)
    promises = {k: Promise(plan[k].start, plan[k].finish, has_resource=True) for k in plan}
    now = plan["t4"].finish
    assert now is not None
    behind = [
        Activity(a.key, a.duration_minutes, is_milestone=a.is_milestone, percent=100, actual_start=plan[a.key].start, actual_finish=plan[a.key].finish)
        if a.key in ("begin", "t0", "t1") else a
        for a in activities
    ]  # fmt: skip
    checks = checked(behind, links, promises=promises, data_date=now)
    assert checks["bei"].value == pytest.approx(3 / 6)
    assert {o.key for o in checks["bei"].offences} == {"t2", "t3", "t4"}
    assert {o.key for o in checks["missed"].offences} == {"t2", "t3", "t4"}
    cpli = checks["cpli"]
    # sixteen working days are left, ten of them were promised: (16 - 6) / 16
    assert cpli.value == pytest.approx(10 / 16) and cpli.is_passed is False


def test_the_path_test_tells_a_deadline_whose_work_leads_nowhere() -> None:
    activities, links = sound(30)
    side = Activity("side", 5 * day, deadline=start + timedelta(days=1))
    check = checked([*activities, side], [*links, Dependency("begin", "side")])["critical_path_test"]
    assert check.is_passed is False, "60 days of float below the least one: the finish follows 545 of 600 days"
    assert [o.key for o in check.offences] == ["side"]
    assert checked(*sound(3))["critical_path_test"].is_passed is True

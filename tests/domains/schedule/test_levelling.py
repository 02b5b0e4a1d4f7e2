"""Levelling: previewed with a reason a move, accepted in part, taken back; nothing moves silently, a stale preview is refused."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from jingwei.domains.directory.models import Person
from jingwei.domains.schedule import levelling, services
from jingwei.domains.work import services as work
from jingwei.domains.work.models import Task
from jingwei.domains.worktime import services as calendars
from jingwei.frame.models import LongWork
from jingwei.frame.work import longwork
from tests.domains.conftest import Firm, refuses

pytestmark = pytest.mark.django_db


@pytest.fixture
def crowded(firm: Firm) -> Firm:
    """One person with three tasks at once, the first of them urgent; another project wants the same person."""
    person = Person.objects.get(name="吴刚")
    for name, priority in (("急件", 900), ("甲", 500), ("乙", 400)):
        firm.task(name, duration_minutes=960, assignee=person, priority=priority)
    firm.task("二号项目的任务", project=firm.second, duration_minutes=480, assignee=person, priority=600)
    for project in (firm.project, firm.second):
        services.project_recalculate(project_id=project.pk)
    return firm


def previewed(firm: Firm, *projects: Any, within_slack: bool = False) -> LongWork:
    begun = services.levelling_begin(projects=projects or [firm.project], within_slack=within_slack, seconds=1, user=firm.users["manager"], url="/x?work={id}")
    longwork.run(work_id=begun.pk)
    return LongWork.objects.get(pk=begun.pk)


def starts() -> dict[str, Any]:
    return dict(Task.objects.values_list("name", "start"))


def test_the_preview_moves_nothing_and_gives_every_move_one_reason(crowded: Firm) -> None:
    before = starts()
    found = previewed(crowded)
    assert (found.status, starts()) == ("done", before)
    moves = {move["name"]: move for move in found.outcome["moves"]}
    assert set(moves) == {"甲", "乙"}, "the urgent task stays"
    assert "急件" in moves["甲"]["reason"]["zh"] and "吴刚" in moves["甲"]["reason"]["en"]
    assert found.outcome["overloads_before"] and not found.outcome["overloads"]


def test_accepting_some_holds_only_those_and_it_can_be_taken_back(crowded: Firm) -> None:
    before = starts()
    outcome = previewed(crowded).outcome
    moved = {move["name"]: move["task"] for move in outcome["moves"]}
    assert services.levelling_accept(outcome=outcome, chosen=[moved["甲"]]) == 1
    after = starts()
    assert after["甲"] > before["甲"] and after["乙"] == before["乙"]
    work.task_save(instance=Task.objects.get(pk=moved["乙"]), description="nothing that levelling asks")
    assert services.levelling_accept(outcome=outcome, chosen=[moved["甲"], moved["乙"]]) == 2
    services.levelling_accept(outcome=outcome, chosen=[moved["甲"]])
    assert starts() == after, "what is not chosen any more is let go"
    work.task_save(instance=Task.objects.get(pk=moved["乙"]), duration_minutes=60)
    with refuses(text="乙"):
        services.levelling_accept(outcome=outcome, chosen=[moved["甲"], moved["乙"]])
    work.task_save(instance=Task.objects.get(pk=moved["乙"]), duration_minutes=960)
    assert services.levelling_clear(project=crowded.project) == 1
    assert starts() == before


def test_projects_share_their_people(crowded: Firm) -> None:
    outcome = previewed(crowded, crowded.project, crowded.second).outcome
    assert {each["code"] for each in outcome["projects"]} == {"P1", "P2"}
    assert not outcome["overloads"]
    services.levelling_accept(outcome=outcome, chosen=[move["task"] for move in outcome["moves"]])
    spans = sorted((task.start, task.finish) for task in Task.objects.all())
    assert all(first[1] <= second[0] for first, second in zip(spans, spans[1:], strict=False)), "nobody does two things at once"


def test_within_the_float_no_project_ends_later(crowded: Firm) -> None:
    outcome = previewed(crowded, within_slack=True).outcome
    assert all(each["after"] <= each["before"] for each in outcome["projects"])
    assert outcome["unresolved"], "what does not fit is named"


def test_who_stays_overloaded_is_told_and_nobody_is_said_to_be_free(crowded: Firm) -> None:
    manager = crowded.client("manager")
    answer = manager.post("/schedule/levelling/P1/begin/", {"seconds": "1", "within_slack": "1"})
    kept = LongWork.objects.get()
    longwork.run(work_id=kept.pk)
    kept.refresh_from_db()
    page = manager.get(answer["Location"], headers={"Accept-Language": "en"}).text
    assert kept.outcome["overloads"] and 'id="overloads"' in page and kept.outcome["overloads"][0]["who"] in page
    assert "Nobody is overloaded" not in page


def test_who_may_not_change_tasks_may_not_level(crowded: Firm) -> None:
    assert crowded.client("stranger").get("/schedule/levelling/P1/").status_code == 404
    assert crowded.client("viewer").post("/schedule/levelling/P1/begin/", {"seconds": 1}).status_code == 403
    manager = crowded.client("manager")
    assert manager.post("/schedule/levelling/P1/begin/", {"seconds": "9999"}).status_code == 302 and LongWork.objects.count() == 0
    answer = manager.post("/schedule/levelling/P1/begin/", {"seconds": "1"})
    kept = LongWork.objects.get()
    assert answer["Location"].endswith(f"?work={kept.pk}")
    longwork.run(work_id=kept.pk)
    page = manager.get(answer["Location"]).content.decode()
    assert 'data-kind="resource"' in page and "急件" in page
    assert crowded.client("owner").post(f"/schedule/levelling/P1/{kept.pk}/accept/", {"task": "1"}).status_code == 302
    assert not Task.objects.filter(levelled_until__isnull=False).exists(), "somebody else's preview is not theirs to accept"


def test_long_work_that_is_cancelled_while_it_waits_never_runs(crowded: Firm) -> None:
    begun = services.levelling_begin(projects=[crowded.project], within_slack=False, seconds=60, user=crowded.users["manager"], url="")
    assert crowded.client("owner").post(f"/running/{begun.pk}/cancel/").status_code == 404
    assert crowded.client("manager").post(f"/running/{begun.pk}/cancel/", headers={"HX-Request": "true"}).status_code == 200
    longwork.run(work_id=begun.pk)
    assert LongWork.objects.get().status == "cancelled"


def test_assignments_on_summaries_are_told_not_counted(crowded: Firm) -> None:
    """Given somebody assigned to a summary, when levelled, then the page says that this is not counted and where to assign instead."""
    above = crowded.task("阶段", assignee=Person.objects.get(name="吴刚"))
    work.task_save(instance=Task.objects.get(name="急件"), parent=above)
    services.project_recalculate(project_id=crowded.project.pk)
    found = previewed(crowded)
    assert found.outcome["ignored"] == [{"task": above.pk, "name": "阶段", "who": "吴刚"}]
    assert {move["name"] for move in found.outcome["moves"]} == {"甲", "乙"}
    page = crowded.client("manager").get(f"/schedule/levelling/P1/?work={found.pk}").content.decode()
    assert 'id="ignored"' in page and "摘要任务" in page


def test_whoever_has_the_skill_and_is_free_serves(firm: Firm) -> None:
    first = Person.objects.get(name="吴刚")
    first.skills = "布线，光纤熔接"
    first.save()
    tasks = [firm.task(name, duration_minutes=960, skill="光纤熔接") for name in ("甲", "乙", "丙")]
    services.project_recalculate(project_id=firm.project.pk)
    alone = previewed(firm)
    assert len(alone.outcome["moves"]) == 2 and "光纤熔接" in alone.outcome["moves"][0]["reason"]["en"]
    Person(number="E-2", name="郑实", skills="光纤熔接").save()
    assert len(previewed(firm).outcome["moves"]) == 1, "two people can serve, so only the third task waits"
    for each in tasks:
        each.skill = "焊接"
        each.save()
    with refuses(text="焊接"):
        services.levelling_begin(projects=[firm.project], within_slack=False, seconds=1, user=firm.users["manager"], url="/x?work={id}")
        levelling.level([firm.project], within_slack=False, seconds=1)


def test_nobody_is_planned_while_away(firm: Firm) -> None:
    person = Person.objects.get(name="吴刚")
    task = firm.task("装机", duration_minutes=960, assignee=person)
    services.project_recalculate(project_id=firm.project.pk)
    task.refresh_from_db()
    assert task.start is not None
    away = calendars.calendar_save(name="吴刚", layer="person", person=person)
    calendars.exception_save(calendar=away, on_date=task.start.date(), until=task.start.date() + timedelta(days=6), shifts=[])
    moves = previewed(firm).outcome["moves"]
    assert [move["name"] for move in moves] == ["装机"] and moves[0]["kind"] == "absence"
    assert moves[0]["new_start"] > (task.start + timedelta(days=6)).isoformat()


def test_the_project_is_locked_before_its_tasks(crowded: Firm) -> None:
    """As recalculations lock; the other way round two writers could wait for each other for ever."""
    services.levelling_accept(outcome=(outcome := previewed(crowded).outcome), chosen=[move["task"] for move in outcome["moves"]])
    with CaptureQueriesContext(connection) as queries:
        services.levelling_clear(project=crowded.project)
    said = [query["sql"] for query in queries]
    locked = next(n for n, sql in enumerate(said) if "FOR NO KEY UPDATE" in sql and "frame_project" in sql)
    assert locked < next(n for n, sql in enumerate(said) if sql.startswith("UPDATE") and "work_task" in sql)

"""A person's long work through a limited token: listed, opened, stopped and carried out only as far as the token reaches."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client

from jingwei.domains.schedule import services
from jingwei.domains.work.models import Task
from jingwei.frame import scope
from jingwei.frame.models import ApiToken, LongWork, User
from jingwei.frame.records import exchange
from jingwei.frame.work import longwork
from tests.domains.conftest import Firm
from tests.house.test_big_imports import begin_trial

pytestmark = pytest.mark.django_db


def bearer(firm: Firm, name: str, grants: list[str], *projects: Any) -> Client:
    """A program with a token that was given these grants, in these projects (none named: in all)."""
    limit = {"grants": grants, "projects": [project.pk for project in projects] or None}
    _token, text = ApiToken.issue(tenant=firm.tenant, user=firm.users[name], name="t", limit=limit)
    return Client(headers={"Authorization": f"Bearer {text}", "Accept-Language": "en"})


def levelled(firm: Firm, *projects: Any) -> LongWork:
    return services.levelling_begin(
        projects=projects, within_slack=False, seconds=1, user=firm.users["manager"], url=f"/schedule/levelling/{projects[0].code}/?work={{id}}"
    )


def sheet(*codes: str) -> SimpleUploadedFile:
    rows = [f"{codes[number % len(codes)]},任务{number}" for number in range(exchange.rows_in_request + 20)]
    return SimpleUploadedFile("tasks.csv", "\n".join(["project,name", *rows]).encode())


def carried_out(pk: int) -> LongWork:
    """As the worker does."""
    work = LongWork.unscoped.get(pk=pk)
    with scope.within(scope.Scope(work.tenant_id, work.user_id)):
        longwork.run(pk)
    work.refresh_from_db()
    return work


def test_a_stranger_and_somebody_else_of_the_project_see_nothing_of_it(firm: Firm) -> None:
    work = levelled(firm, firm.project)
    for name in ("stranger", "viewer", "owner"):
        client = firm.client(name)
        assert work.title not in client.get("/running/").text
        assert client.get(f"/running/{work.pk}/").status_code == 404
        assert client.post(f"/running/{work.pk}/cancel/").status_code == 404


def test_a_token_sees_what_its_projects_and_grants_cover(firm: Firm) -> None:
    """Given levelling of one project, of another and of both, when tokens of their owner look, then each sees what lies wholly within its limits."""
    one, two, both = levelled(firm, firm.project), levelled(firm, firm.second), levelled(firm, firm.project, firm.second)
    for client, seen in (
        (firm.client("manager"), {one, two, both}),
        (bearer(firm, "manager", ["*"]), {one, two, both}),
        (bearer(firm, "manager", ["*"], firm.project), {one}),
        (bearer(firm, "manager", ["work.task.view"], firm.second), {two}),
        (bearer(firm, "manager", ["cost.*"]), set()),
    ):
        page = client.get("/running/").text
        for work in (one, two, both):
            assert (f'id="long-work-{work.pk}"' in page) == (work in seen)
            assert client.get(f"/running/{work.pk}/").status_code == (200 if work in seen else 404)


def test_who_may_only_look_stops_nothing(firm: Firm) -> None:
    work = levelled(firm, firm.project)
    assert bearer(firm, "manager", ["*.view"]).post(f"/running/{work.pk}/cancel/").status_code == 403
    assert bearer(firm, "manager", ["*"], firm.second).post(f"/running/{work.pk}/cancel/").status_code == 404
    work.refresh_from_db()
    assert work.status == "waiting" and not work.cancel_asked
    assert bearer(firm, "manager", ["work.task.*"], firm.project).post(f"/running/{work.pk}/cancel/").status_code == 302
    work.refresh_from_db()
    assert work.status == "cancelled"


def test_a_preview_over_two_projects_is_not_opened_from_one(firm: Firm) -> None:
    """Given a preview of both projects, when a token of one opens it on that project's pages, then neither page nor picture tells of the other."""
    for project in (firm.project, firm.second):
        firm.task(f"任务 {project.code}", project=project, duration_minutes=480)
        services.project_recalculate(project_id=project.pk)
    work = carried_out(levelled(firm, firm.project, firm.second).pk)
    assert work.status == "done"
    narrow = bearer(firm, "manager", ["*"], firm.project)
    asked = f"/schedule/levelling/{firm.project.code}/?work={work.pk}"
    assert 'data-project="P2"' in firm.client("manager").get(asked).text and 'data-project="P2"' not in narrow.get(asked).text
    ghost = f"/schedule/gantt/{firm.project.code}/baselines/-{work.pk}/"
    assert narrow.get(ghost).status_code == 404 and firm.client("manager").get(ghost).status_code == 200
    assert narrow.post(f"/schedule/levelling/{firm.project.code}/{work.pk}/accept/").status_code == 302
    assert "Levelling preview" not in narrow.get(f"/schedule/gantt/{firm.project.code}/data/").text


def test_an_import_is_opened_by_who_may_import_there(firm: Firm) -> None:
    trial = begin_trial(firm.client("manager"), sheet("P1", "P2"))
    work = LongWork.objects.get()
    assert firm.client("manager").get(trial).status_code == 200
    assert bearer(firm, "manager", ["*"]).get(trial).status_code == 200
    narrow = bearer(firm, "manager", ["*"], firm.project)
    steps = [trial.replace("trial/", step) for step in ("", "columns/", "trial/", "refused.xlsx")]
    assert [narrow.get(path).status_code for path in (*steps, f"/w/work.task/import/?work={work.pk}")] == [404] * 5
    assert [narrow.post(trial.replace("trial/", step), {"mode": "all"}).status_code for step in ("trial/", "undo/", "forget/")] == [404] * 3
    assert narrow.post("/w/work.task/import/", {"apply": work.payload["file"]}).status_code == 422


def test_an_import_begun_by_a_token_stays_within_its_limits(firm: Firm) -> None:
    """Given a token of one project, when it brings many rows of two, then the worker refuses those of the other as the request would."""
    narrow = bearer(firm, "manager", ["*"], firm.project)
    trial = begin_trial(narrow, sheet("P1", "P2"))
    half = (exchange.rows_in_request + 20) // 2
    work = carried_out(LongWork.objects.get().pk)
    assert work.outcome["counts"]["error"] == work.outcome["counts"]["create"] == half
    assert narrow.post(trial, {"mode": "good"}).status_code == 302
    for each in LongWork.objects.filter(status="waiting"):
        carried_out(each.pk)
    assert Task.objects.filter(project=firm.project).count() == half and not Task.objects.filter(project=firm.second).exists()


def test_work_of_which_nothing_is_known_is_shown_to_no_limited_token(firm: Firm) -> None:
    work = LongWork(user=firm.users["manager"], title="old", payload={"kind": "x"})
    work.save()
    assert firm.client("manager").get(f"/running/{work.pk}/").status_code == 200
    assert bearer(firm, "manager", ["*"]).get(f"/running/{work.pk}/").status_code == 404


def test_an_import_is_no_preview_of_a_levelling(firm: Firm) -> None:
    """Given an import that is done, when its number is given to the levelling page, then nothing is shown and nothing accepted."""
    client = firm.client("manager")
    begin_trial(client, sheet(firm.project.code))
    work = carried_out(LongWork.unscoped.get(payload__resource="work.task").pk)
    assert work.status == LongWork.Status.DONE
    page = client.get(f"/schedule/levelling/{firm.project.code}/?work={work.pk}")
    assert page.status_code == 200 and page.context.get("preview") is None
    assert client.post(f"/schedule/levelling/{firm.project.code}/{work.pk}/accept/").status_code == 302


def test_a_person_has_three_at_once_and_others_are_not_kept_waiting(firm: Firm) -> None:
    """Given three levellings of the manager, when he begins a fourth, then he is told to wait or cancel; another person begins one meanwhile."""
    begun = [levelled(firm, firm.project) for _number in range(3)]
    before = LongWork.objects.count()
    client = firm.client("manager")
    answer = client.post("/schedule/levelling/P1/begin/", {"seconds": "1"}, follow=True, headers={"Accept-Language": "en"})
    assert LongWork.objects.count() == before and ("cancel one" in answer.text or "取消" in answer.text)
    with pytest.raises(ValidationError):
        levelled(firm, firm.project)
    services.levelling_begin(projects=[firm.project], within_slack=False, seconds=1, user=firm.users["owner"], url="/")
    longwork.cancel(begun[0])
    levelled(firm, firm.project)


def test_long_work_stands_behind_everything_else_and_leaves_places_free(firm: Firm) -> None:
    people = [User.objects.create_user(f"p{number}") for number in range(8)]
    for user in people:
        services.levelling_begin(projects=[firm.project], within_slack=False, seconds=1, user=user, url="/")
    with connection.cursor() as cursor:
        cursor.execute("SELECT priority, lock FROM procrastinate_jobs WHERE task_name = %s", (longwork.job,))
        waiting = cursor.fetchall()
    assert len(waiting) == 8 and {priority < 0 for priority, _lock in waiting} == {True}
    assert None not in {lock for _priority, lock in waiting} and len({lock for _priority, lock in waiting}) == longwork.lanes < 4


def test_what_a_worker_died_over_is_over(firm: Firm) -> None:
    work = levelled(firm, firm.project)
    LongWork.objects.filter(pk=work.pk).update(status=LongWork.Status.RUNNING)
    assert carried_out(work.pk).status == LongWork.Status.FAILED

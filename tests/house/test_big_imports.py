"""Sheets with many rows are tried and imported as long work: the page shows the progress, then the report; nothing waits in the request."""

from __future__ import annotations

import time
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from jingwei.frame import scope
from jingwei.frame.models import LongWork
from jingwei.frame.records import exchange
from jingwei.frame.records.resource import resource
from jingwei.frame.work import longwork
from tests.house.conftest import House

pytestmark = pytest.mark.django_db


def logged_in(who: Any) -> Client:
    client = Client(headers={"Accept-Language": "en"})
    client.force_login(who, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


def sheet(rows: int) -> SimpleUploadedFile:
    lines = ["project,name", *(f"P1,任务{number}" for number in range(rows))]
    return SimpleUploadedFile("tasks.csv", "\n".join(lines).encode())


def run(work: LongWork) -> LongWork:
    """As the worker does."""
    with scope.within(scope.Scope(work.tenant_id, work.user_id)):
        longwork.run(work.pk)
        work.refresh_from_db()
    return work


def the_work(house: House) -> LongWork:
    with scope.within(scope.Scope(house.tenant.pk)):
        found = LongWork.objects.select_related("user", "tenant").filter(payload__kind="frame.import").order_by("-pk").first()
    assert found is not None
    return found


def tasks(house: House) -> int:
    with scope.within(scope.Scope(house.tenant.pk)):
        return resource("work.task").model.objects.count()


def test_a_stranger_and_a_viewer_try_nothing(house: House) -> None:
    assert logged_in(house.viewer).post("/w/work.task/import/", {"file": sheet(400)}).status_code == 403
    owner, stranger = logged_in(house.owner), logged_in(house.stranger)
    begin_trial(owner, sheet(400))
    assert stranger.get(f"/w/work.task/import/?work={the_work(house).pk}").status_code == 404
    assert stranger.post("/w/work.task/import/", {"apply": the_work(house).payload["file"]}).status_code == 422
    for pk in ("²", "9" * 30, "x"):
        assert owner.get(f"/w/work.task/import/?work={pk}").status_code in (200, 404)
        assert owner.post("/w/work.task/import/", {"apply": pk}).status_code == 422


def begin_trial(client: Client, file: SimpleUploadedFile) -> str:
    """Bring a file and try it with the columns as they are guessed; the address of its trial."""
    begun = client.post("/w/work.task/import/", {"file": file})
    assert begun.status_code == 302, begun.text
    page = client.post(begun["Location"] + "columns/", {"column-0": "project", "column-1": "name", "try": "1"})
    assert page.status_code == 302, page.text
    return str(page["Location"])


def test_many_rows_are_tried_and_imported_by_the_worker(house: House) -> None:
    """Given a sheet of more rows than a request may try, when it is brought, then the answer comes at once and the worker does the rest, twice."""
    client, begun = logged_in(house.owner), time.monotonic()
    trial = begin_trial(client, sheet(exchange.rows_in_request + 20))
    assert time.monotonic() - begun < 30
    waiting = client.get(trial)
    assert "<progress" in waiting.text and tasks(house) == 0
    tried = run(the_work(house))
    assert tried.status == LongWork.Status.DONE and tasks(house) == 0, "it was only tried"
    assert f"{exchange.rows_in_request + 20} new" in client.get(trial).text and client.get(f"/w/work.task/import/?work={tried.pk}")["Location"] == trial
    answer = client.post(trial, {"mode": "all"})
    assert answer.status_code == 302 and tasks(house) == 0
    done = run(the_work(house))
    assert done.pk != tried.pk and done.outcome["applied"] and tasks(house) == exchange.rows_in_request + 20
    assert "Imported:" in client.get(done.url).text
    client.post(trial, {"mode": "all"})
    assert the_work(house).pk == done.pk, "what is imported is not imported again"
    assert client.post(trial.replace("/trial/", "/undo/")).status_code == 302 and tasks(house) == 0, "one undo for all"


def test_long_work_is_cancelled_and_nothing_is_left(house: House) -> None:
    client = logged_in(house.owner)
    trial = begin_trial(client, sheet(400))
    client.post(f"/running/{the_work(house).pk}/cancel/")
    assert run(the_work(house)).status == LongWork.Status.CANCELLED and tasks(house) == 0
    answer = client.get(trial, follow=True)
    assert "cancelled" in answer.text and answer.redirect_chain[-1][0].endswith("/columns/")


def test_few_rows_are_tried_at_once_and_a_right_that_is_gone_meanwhile_is_missed(house: House) -> None:
    client = logged_in(house.owner)
    assert "3 new" in client.get(begin_trial(client, sheet(3))).text
    begin_trial(client, sheet(400))
    house.owner.memberships.all().delete()
    ended = run(the_work(house))
    assert ended.status == LongWork.Status.FAILED and "import" in ended.message

"""Notices by mail: digests, servers that are down, processes that die, rights that were taken."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.utils import timezone
from django.utils.translation import gettext_lazy

from jingwei.frame import scope
from jingwei.frame.models import Letter, Membership, NoticeChoices, Notification, Project, User
from jingwei.frame.telling import choices, letters, notices, outbox, wording
from jingwei.frame.telling.mail import settings_of
from jingwei.frame.telling.wording import Both
from jingwei.frame.work import jobs, mailing, scheduler
from tests.frame.notices.conftest import Server, chosen, noon, told
from tests.house.conftest import House
from tests.house.test_webhooks import client_of, member

pytestmark = pytest.mark.django_db


def test_a_digest_is_one_mail_a_day_whatever_restarts(server: Server, house: House, inside: Any, late: notices.Notice, two: tuple[User, User]) -> None:
    reader = two[1]
    with inside(), time_machine.travel(noon, tick=False) as clock:
        chosen(reader, kinds={"test.late": {"mail": "daily"}}, digest_at="08:00")
        for number in range(3):
            told(late, [reader], task=f"T{number}")
        for hours in range(20):  # up to 07:00 of the next day, a restart each hour: nothing is kept in memory
            clock.move_to(noon + timedelta(hours=hours - hours // 20))
            assert letters.people_due() == [] and letters.send_due(reader.pk) == 0
        clock.move_to(noon + timedelta(hours=20))
        assert letters.people_due() == [reader.pk] and letters.send_due(reader.pk) == 3
        told(late, [reader], task="T3")
        for minutes in range(0, 23 * 60, 60):
            clock.move_to(noon + timedelta(hours=20, minutes=minutes))
            assert letters.send_due(reader.pk) == 0
        clock.move_to(noon + timedelta(hours=44))
        assert letters.send_due(reader.pk) == 1
    assert len(server.mails) == 2 and all(f"T{number}" in server.texts()[0] for number in range(3)) and "T3" in server.texts()[1]


def test_a_server_that_is_down_or_refuses_loses_nothing(server: Server, house: House, inside: Any, late: notices.Notice, two: tuple[User, User]) -> None:
    reader = two[0]
    with inside():
        told(late, [reader])
        server.close()
        assert letters.send_due(reader.pk) == 0
        row = Letter.objects.get()
        assert row.state == "waiting" and row.attempts == 1 and row.problem and row.due_at > timezone.now()
        assert letters.send_due(reader.pk) == 0, "not before its time"
        again = Server(server.port)
        try:
            again.refusals = 1
            Letter.objects.update(due_at=timezone.now())
            assert letters.send_due(reader.pk) == 0 and not again.mails
            Letter.objects.update(due_at=timezone.now())
            assert letters.send_due(reader.pk) == 1 and len(again.mails) == 1
        finally:
            again.close()
        row.refresh_from_db()
        assert row.state == "done" and row.attempts == 3 and row.problem == ""


def test_a_process_that_dies_while_it_sends_is_followed_by_another(
    server: Server,
    house: House,
    inside: Any,
    late: notices.Notice,
    two: tuple[User, User],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def die(*_: Any) -> Any:
        raise SystemExit

    with inside():
        told(late, two[:1])
        with monkeypatch.context() as patch, pytest.raises(SystemExit):
            patch.setattr(letters, "mail_of", die)
            letters.send_due(two[0].pk)
        row = Letter.objects.get()
        assert row.state == "waiting" and timedelta() < row.due_at - timezone.now() <= outbox.lease
        Letter.objects.update(due_at=timezone.now())
        assert letters.send_due(two[0].pk) == 1


def test_given_up_after_three_days_it_says_why(house: House, inside: Any, late: notices.Notice, two: tuple[User, User], server: Server) -> None:
    server.refusals = 100
    with inside():
        told(late, two[:1])
        for _ in range(len(outbox.pauses) + 1):
            Letter.objects.update(due_at=timezone.now())
            letters.send_due(two[0].pk)
        row = Letter.objects.get()
        assert row.state == "failed" and "451" in row.problem


def test_what_one_may_not_see_any_more_is_not_mailed(server: Server, house: House, inside: Any, late: notices.Notice, two: tuple[User, User]) -> None:
    guest = member(house, "guest", "viewer", house.project)
    User.objects.filter(pk=guest.pk).update(email="guest@example.com")
    guest.refresh_from_db()
    with inside():
        other = Project(code="P2", name="x", start_on=date(2026, 11, 2))
        other.save()
        told(late, [guest], project_id=house.project.pk)
        Membership.objects.filter(user=guest).update(project=other)
        assert letters.send_due(guest.pk) == 0
        told(late, [guest])
        Membership.objects.filter(user=guest).delete()
        assert letters.send_due(guest.pk) == 0
    assert not server.mails


def lowered(user: User, key: str = "crew", **more: Any) -> None:
    from jingwei.frame.models import Role

    row, _ = Role.objects.get_or_create(tenant_id=scope.current().tenant_id, key=key, defaults={"name": key, "is_standard": True})
    Membership.objects.filter(user=user).update(role=row, **more)


def test_whose_right_was_taken_reads_and_is_mailed_it_no_more(server: Server, house: House, inside: Any, late: notices.Notice, two: tuple[User, User]) -> None:
    reader = two[1]
    with inside():
        told(late, [reader], task="Geheim", needs="risk.risk.view", project_id=house.project.pk, key="k")
        told(late, [reader], task="Sonst", needs="frame.webhook.view")
        assert Notification.objects.count() == 1, "he never had that one"
    assert "Geheim" in client_of(reader).get("/notices/").content.decode()
    with inside():
        lowered(reader)
        assert letters.send_due(reader.pk) == 0 and not server.mails
        told(late, notices.told_of("k"), needs="risk.risk.view", project_id=house.project.pk, key="k", task="Neu")
        assert not Letter.objects.exists() and Notification.objects.get().count == 1
    page = client_of(reader).get("/notices/").content.decode()
    assert "Geheim" not in page and "Neu" not in page


def test_what_is_said_of_an_alarm_is_for_those_who_may_read_it(house: House, inside: Any) -> None:
    from jingwei.frame.telling import watches

    crew = member(house, "crew", "crew", house.project)
    watch = watches.Watch(
        "test.w",
        gettext_lazy("Comments on what I follow"),
        "frame.project",
        says=lambda row: "因为接口 X 停了",
        tell=lambda row: [],
        words_need="hub.interface.view",
    )
    try:
        with inside():
            watches._tell(watch, [crew, house.viewer], Both(lambda: "因为接口 X 停了"), project_id=house.project.pk, key="a")
            lines = {row.user_id: notices.words_of(row, "zh-hans") for row in Notification.objects.filter(key="a")}
        assert lines[house.viewer.pk] == "因为接口 X 停了" and "接口 X" not in lines.get(crew.pk, "")
    finally:
        for known in (notices.registry, wording.texts, choices.kinds, choices.kind_of):
            known.pop("watch.test.w", None)  # type: ignore[attr-defined]
        watches.registry.pop("test.w")


def test_a_digest_stays_one_mail(
    server: Server,
    house: House,
    inside: Any,
    late: notices.Notice,
    two: tuple[User, User],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    reader = two[1]
    with inside(), time_machine.travel(noon, tick=False) as clock:
        chosen(reader, kinds={"test.late": {"mail": "daily"}}, digest_at="08:00")
        for number in range(5):
            told(late, [reader], task=f"T{number}")
        clock.move_to(noon + timedelta(hours=20))
        server.refusals = 1
        assert letters.send_due(reader.pk) == 0
        assert len(set(Letter.objects.values_list("due_at", flat=True))) == 1, "one pause"
        clock.move_to(noon + timedelta(hours=20, minutes=5))
        monkeypatch.setattr(letters, "at_most", 2)
        assert letters.send_due(reader.pk) == 5 and len(server.mails) == 1
        assert "T1" in server.texts()[0] and "T2" not in server.texts()[0] and "3" in server.texts()[0]
        told(late, [reader], task="T6")
        Letter.objects.filter(state="waiting").update(due_at=noon + timedelta(hours=20))  # begun before eight, saved after the mail
        assert letters.send_due(reader.pk) == 0 and Letter.objects.get(state="waiting").due_at == noon + timedelta(hours=44)
        assert client_of(reader).post("/settings/notices/", {"mail-test.late": "daily", "app-test.late": "on", "digest_at": "21:00"}).status_code == 302
        assert Letter.objects.get(state="waiting").due_at == datetime(2026, 12, 1, 13, 0, tzinfo=UTC)


def test_what_is_renewed_while_it_is_sent_is_a_letter_of_its_own(
    server: Server, house: House, inside: Any, late: notices.Notice, two: tuple[User, User], monkeypatch: pytest.MonkeyPatch
) -> None:  # fmt: skip
    whole = letters.mail_of

    def meanwhile(*given: Any) -> Any:
        told(late, two[:1], key="k", task="B")
        return whole(*given)

    with inside():
        told(late, two[:1], key="k", task="A")
        with monkeypatch.context() as patch:
            patch.setattr(letters, "mail_of", meanwhile)
            assert letters.send_due(two[0].pk) == 1
        assert letters.send_due(two[0].pk) == 1
    assert ["A:" in text for text in server.texts()] == [True, False] and "B:" in server.texts()[1]


def test_what_no_mail_brings_is_seen_in_the_application(
    server: Server,
    house: House,
    inside: Any,
    late: notices.Notice,
    two: tuple[User, User],
    settings: Any,
) -> None:
    with inside():
        chosen(two[0], kinds={"test.late": {"app": False, "mail": "once"}})
        told(late, two[:1], task="A")
        assert not Notification.objects.filter(user=two[0]).exists()
        Letter.objects.update(attempts=len(outbox.pauses))
        server.refusals = 1
        assert letters.send_due(two[0].pk) == 0
        assert {row.notice for row in Notification.objects.filter(user=two[0])} == {"test.late", "mail.failed"}
        settings.EMAIL_BACKEND = settings_of("")["EMAIL_BACKEND"]
        assert late.tell(two[:1], task="B", state="", at=noon, on="", why="") == 0, "a note he does not want to see there"
        assert late.tell(two[:1], level="alarm", task="C", state="", at=noon, on="", why="") == 1


def test_a_mail_that_cannot_be_made_waits_and_a_server_that_is_away_is_asked_once(
    server: Server, house: House, inside: Any, late: notices.Notice, two: tuple[User, User], monkeypatch: pytest.MonkeyPatch
) -> None:  # fmt: skip
    def broken(*_: Any) -> Any:
        raise ZeroDivisionError

    with inside():
        told(late, two)
        with monkeypatch.context() as patch:
            patch.setattr(letters, "mail_of", broken)
            assert letters.send_due(two[0].pk) == 0
        assert "ZeroDivisionError" in Letter.objects.get(user=two[0]).problem and letters.people_due() == [two[1].pk]
        server.close()
        assert letters.send_due(two[1].pk) == 0
        told(late, two)
        Letter.objects.update(due_at=timezone.now(), attempts=0)
        assert letters.send_due(two[1].pk) == 0 and letters.people_due() == [], "the others rest as well"


def test_each_is_told_where_he_wants(server: Server, house: House, inside: Any, late: notices.Notice, two: tuple[User, User]) -> None:
    page = client_of(two[0])
    form = {f"app-{key}": "on" for key in choices.kinds if key != "test.late"} | {"mail-test.late": "never", "zone": "Europe/Berlin", "digest_at": "09:30"}
    assert page.post("/settings/notices/", form).status_code == 302
    with inside():
        row = NoticeChoices.objects.get(user=two[0])
        assert row.kinds == {"test.late": {"app": False, "mail": "never"}} and f"{row.digest_at:%H:%M}" == "09:30"
        told(late, two[:1])
        assert not Notification.objects.exists() and not Letter.objects.exists()
        told(late, two[1:])
        chosen(two[1], kinds={"test.late": {"mail": "never"}})
        assert letters.send_due(two[1].pk) == 0 and not server.mails, "what waits is not sent to who has changed his mind"


@pytest.mark.parametrize(("field", "value"), [("zone", "Mars/Phobos"), ("digest_at", "25:00"), ("quiet_from", "x"), ("quiet_from", "22:00")])
def test_what_is_wrong_is_told_at_its_field(house: House, inside: Any, field: str, value: str) -> None:
    client = client_of(house.viewer)
    answer = client.post("/settings/notices/", {"digest_at": "08:00", field: value})
    assert answer.status_code == 422 and "invalid-feedback" in answer.content.decode() and value in answer.content.decode()
    with inside():
        assert not NoticeChoices.objects.exists()


def test_strangers_have_no_page_and_a_token_changes_nothing(house: House, inside: Any) -> None:
    from jingwei.frame.models import ApiToken

    assert Client().get("/settings/notices/").status_code == 302
    _token, text = ApiToken.issue(tenant=house.tenant, user=house.owner, name="x")
    assert Client(headers={"Authorization": f"Bearer {text}"}).post("/settings/notices/", {}).status_code == 403


def test_a_job_sends_and_the_scheduler_asks_for_it(server: Server, house: House, inside: Any, late: notices.Notice, two: tuple[User, User]) -> None:
    with inside():
        told(late, two)
        assert mailing.due() == 2 and mailing.due() == 0
        assert mailing.send(two[0].pk) == 1
    assert "frame.letters" in {duty.name for duty in scheduler.duties} and mailing.job in jobs._names

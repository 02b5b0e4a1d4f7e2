"""Notices: a key and values, worded for each reader; mail and quiet hours."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from email.header import decode_header, make_header
from typing import Any

import pytest
import time_machine
from django.utils import translation
from django.utils.translation import gettext_lazy

from jingwei.frame.models import Letter, Notification, User
from jingwei.frame.telling import choices, letters, notices, wording
from jingwei.frame.telling.mail import settings_of
from jingwei.frame.telling.wording import Said, plain, worded
from jingwei.frame.work import mailing
from tests.frame.notices.conftest import Server, chosen, told
from tests.house.conftest import House
from tests.house.test_webhooks import client_of

pytestmark = pytest.mark.django_db


def test_one_notice_is_worded_for_each_of_its_readers(house: House, inside: Any, late: notices.Notice, two: tuple[User, User]) -> None:
    with inside():
        told(late, two)
        kept = Notification.objects.filter(notice="test.late")
        assert len({str(row.values) for row in kept}) == 1 and not kept.exclude(title_zh="", title_en="").exists()
    english, chinese = (client_of(user).get("/notices/").content.decode() for user in two)
    assert "联调: Alarm, 2026-11-30 05:00, 2026-12-01, en" in english
    assert "联调: 告警, 2026-11-30 12:00, 2026-12-01, zh-hans" in chinese


def test_every_notice_has_words_in_both_languages_and_is_chosen_under_a_title() -> None:
    place = re.compile(r"%\((\w+)\)s")
    assert len(notices.registry) >= 15
    for key, notice in notices.registry.items():
        words = []
        for language in wording.languages:
            with translation.override(language):
                words.append(str(notice.text))
        assert set(place.findall(words[0])) == set(place.findall(words[1])), key
        assert words[0] != words[1] or notice.text in ("%(what)s", "%(row)s: %(step)s (%(who)s) → %(state)s"), key
        assert notice.kind in choices.kinds and str(choices.kinds[notice.kind].title), key


def test_what_is_kept_is_worded_in_any_language_and_cannot_be_forged() -> None:
    kept = plain(Said(gettext_lazy("It is over: %(what)s"), what=Said(gettext_lazy("yes"))))
    with translation.override("en"):
        assert worded(kept) == "It is over: yes"
    with translation.override("zh-hans"):
        assert "yes" not in worded(kept) and "It is over" not in worded(kept)
    assert plain({"text": "yes"}) == "{'text': 'yes'}", "what people write is never taken for a text of ours"
    assert worded(plain("100 % %(x)s")) == "100 % %(x)s"
    assert worded({"text": "%(gone)s", "with": {"other": 1}}) == "%(gone)s"


def test_rows_of_before_keep_their_words(house: House, inside: Any) -> None:
    with inside():
        Notification(user=house.owner, title_zh="旧通知", title_en="An old notice").save()
    User.objects.filter(pk=house.owner.pk).update(language="en")
    assert "An old notice" in client_of(User.objects.get(pk=house.owner.pk)).get("/notices/").content.decode()


def test_repeats_fold_and_the_last_words_stand(house: House, inside: Any, late: notices.Notice, two: tuple[User, User]) -> None:
    with inside():
        for name in ("A", "B"):
            told(late, two[:1], key="k", task=name)
        row = Notification.objects.get()
        assert row.count == 2 and notices.words_of(row, "en").startswith("B:")


def test_without_a_mail_server_nothing_waits_and_the_page_says_how(
    house: House,
    inside: Any,
    late: notices.Notice,
    two: tuple[User, User],
    settings: Any,
) -> None:
    settings.EMAIL_BACKEND = settings_of("")["EMAIL_BACKEND"]
    with inside():
        told(late, two)
        assert not Letter.objects.exists() and mailing.due() == 0
    assert "JINGWEI_MAIL_URL" in client_of(two[0]).get("/settings/notices/").content.decode()


def test_a_mail_is_worded_for_its_reader(server: Server, house: House, inside: Any, late: notices.Notice, two: tuple[User, User], settings: Any) -> None:
    settings.ALLOWED_HOSTS = ["localhost", "jingwei.example.com"]
    with inside():
        told(late, two, url="/w/work.task/1/")
        assert [letters.send_due(user.pk) for user in two] == [1, 1] and [letters.send_due(user.pk) for user in two] == [0, 0]
    (first, mail), (second, _other) = server.mails
    assert (first, second) == (["owner@example.com"], ["viewer@example.com"])
    english, chinese = server.texts()
    assert "联调: Alarm, 2026-11-30 05:00" in english and "联调: 告警, 2026-11-30 12:00" in chinese
    assert (
        "http://jingwei.example.com" in english and "/w/work.task/1/" in english and str(make_header(decode_header(mail["Subject"]))).startswith("联调: Alarm")
    )
    assert mail["From"] == "jingwei@127.0.0.1"


def test_quiet_hours_hold_what_comes_at_once(server: Server, house: House, inside: Any, late: notices.Notice, two: tuple[User, User]) -> None:
    reader = two[0]
    with inside(), time_machine.travel(datetime(2026, 11, 30, 22, 30, tzinfo=UTC), tick=False) as clock:  # 23:30 in Berlin
        chosen(reader, quiet_from="22:00", quiet_until="07:00")
        told(late, [reader])
        assert letters.send_due(reader.pk) == 0 and Notification.objects.filter(user=reader).exists(), "in the application it is shown at once"
        assert Letter.objects.get().due_at == datetime(2026, 12, 1, 6, 0, tzinfo=UTC)
        clock.move_to(datetime(2026, 12, 1, 5, 59, tzinfo=UTC))
        assert letters.send_due(reader.pk) == 0
        clock.move_to(datetime(2026, 12, 1, 6, 0, tzinfo=UTC))
        assert letters.send_due(reader.pk) == 1 and len(server.mails) == 1
        clock.move_to(datetime(2026, 12, 1, 12, 0, tzinfo=UTC))
        told(late, [reader])
        assert letters.send_due(reader.pk) == 1, "by day it comes at once"
        clock.move_to(datetime(2026, 12, 1, 20, 59, tzinfo=UTC))
        told(late, [reader])
        clock.move_to(datetime(2026, 12, 1, 21, 1, tzinfo=UTC))  # it has just become quiet
        assert letters.send_due(reader.pk) == 0 and Letter.objects.get(state="waiting").due_at == datetime(2026, 12, 2, 6, 0, tzinfo=UTC)


@pytest.mark.parametrize(("start", "end", "at", "loud"), [
    ("12:00", "13:30", "12:00", "13:30"), ("12:00", "13:30", "13:29", "13:30"), ("12:00", "13:30", "13:30", None), ("12:00", "13:30", "11:59", None),
    ("22:00", "07:00", "00:00", "07:00"), ("22:00", "07:00", "22:00", "07:00"), ("22:00", "07:00", "07:00", None), ("07:00", "07:00", "07:00", None), (None, None, "03:00", None),
])  # fmt: skip
def test_quiet_hours_end_when_they_say(start: str | None, end: str | None, at: str, loud: str | None) -> None:
    from datetime import time
    from zoneinfo import ZoneInfo

    zone = ZoneInfo("Asia/Shanghai")
    some = choices.Chosen(zone, quiet_from=time.fromisoformat(start) if start else None, quiet_until=time.fromisoformat(end) if end else None)
    moment = datetime.combine(date(2026, 11, 30), time.fromisoformat(at), tzinfo=zone)
    after = some.loud(moment)
    assert f"{after:%H:%M}" == (loud or at) and timedelta() <= after - moment < timedelta(days=1)

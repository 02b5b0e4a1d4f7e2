"""Durations in forms, imports and the timeline: read and told as people write them."""

from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError
from django.utils import translation

from jingwei.frame.records import commands, exchange, forms
from jingwei.frame.records.resource import resource
from jingwei.frame.rights.access import access_of
from tests.domains.conftest import Firm

pytestmark = pytest.mark.django_db
tasks = resource("work.task")


def test_they_are_read_as_people_write_them_and_told_so(firm: Firm) -> None:
    task, rights = firm.task("布线", duration_minutes=750), access_of(firm.users["manager"], firm.tenant)
    client = firm.client("manager")
    shown = client.get(f"/w/work.task/{task.pk}/edit/").text
    assert 'value="1 天 4 小时 30 分"' in shown or 'value="1 d 4 h 30 min"' in shown
    for text, minutes in (("2周", 4800), ("1.5d", 720), ("90m", 90), ("480", 480), ("1 天 4 小时", 720)):
        task = commands.change(tasks, task, {"duration_minutes": text}, rights)
        assert task.duration_minutes == minutes
    with translation.override("zh-hans"), pytest.raises(ValidationError, match="“三天”不是时长"):
        commands.change(tasks, task, {"duration_minutes": "三天"}, rights)
    with pytest.raises(ValidationError):
        commands.change(tasks, task, {"duration_minutes": "-1d"}, rights)
    sheet = exchange.Sheet(("project", "code", "duration_minutes"), [{"project": "P1", "code": task.code, "duration_minutes": "2天"}])
    assert exchange.apply(tasks, sheet, rights).rows[0].action == "update"
    told = client.get(f"/w/work.task/{task.pk}/").text
    assert "4800" not in told and ("10 天" in told or "10 d" in told), "the timeline says it in words too"


def test_what_is_shown_and_sent_back_is_no_change(firm: Firm) -> None:
    task = firm.task("布线", duration_minutes=751)
    for language in ("zh-hans", "en"):
        with translation.override(language):
            form = forms.form_class(tasks, ["name", "duration_minutes"])(instance=task)
            given = {"name": task.name, "duration_minutes": form["duration_minutes"].value()}
            assert not forms.form_class(tasks, ["name", "duration_minutes"])(given, instance=task).has_changed(), given

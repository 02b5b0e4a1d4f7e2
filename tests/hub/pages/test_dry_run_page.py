"""A dry run is read by people: counts for each side first, what becomes of which record, and a warning before records are made where nobody meant them."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest
from django.utils import timezone, translation

from jingwei.domains.work.models import Task
from jingwei.frame.rights.access import system_access
from jingwei.hub.contract import Field, Title
from jingwei.hub.engine import rehearse
from jingwei.hub.pages import dry_run_shown
from jingwei.hub.pages.values_shown import told
from tests.hub.conftest import Joined
from tests.hub.deeds import change, fresh, issue, publish
from tests.hub.pages.test_names import main_of
from tests.hub.people import browser, owner, person

pytestmark = pytest.mark.django_db(transaction=True)
address = "/hub/interfaces/tracker-tasks/dry-run/"


def test_who_may_not_see_the_records_sees_neither_values_nor_names(joined: Joined) -> None:
    issue(joined, subject="秘密事项")
    text = browser(person(joined, "blind", "hub.interface.view"), "zh-hans").get(address).text
    assert "秘密事项" not in text and "dry-run-counts" not in text


def test_counts_come_first_and_everything_is_in_words(joined: Joined) -> None:
    issue(joined, subject="先有的")
    joined.sync()
    ours = Task.objects.get()
    change(joined, ours, percent=40)
    issue(joined, subject="新来的")
    seen = main_of(browser(owner(joined), "zh-hans").get(address).text)
    flat = " ".join(seen.split())
    assert flat.index("在“Tracker”") < flat.index("将写入“Tracker”") < flat.index("将写入“经纬”")
    assert re.search(r"在“Tracker” 新建 0 修改 1 删除 0", flat) and re.search(r"在“经纬” 新建 1 修改 0 删除 0", flat)
    assert "新来的" in flat and "先有的" in flat
    for raw in ("create", "update", "done_ratio", "work_hours", "∅", "None"):
        assert raw not in flat, raw


def test_our_records_are_named_and_lead_to_their_pages(joined: Joined) -> None:
    issue(joined, subject="先有的")
    joined.sync()
    ours = Task.objects.get()
    change(joined, ours, percent=40)
    text = browser(owner(joined), "zh-hans").get(address).text
    assert f'href="/w/work.task/{ours.pk}/">' in text.split("dry-run-counts")[1]
    assert f">{ours.pk}<" not in text.split("dry-run-counts")[1].split("</main")[0]


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_records_made_where_they_did_not_come_from_are_warned_of(joined: Joined, language: str) -> None:
    """Both ways: our tasks would become issues over there, which also lack what is required there."""
    for name in ("甲", "乙", "丙"):
        Task(project=joined.project, name=name, code=name).save()
    client = browser(owner(joined), language)
    seen = " ".join(main_of(client.get(address).text).split())
    expected = {
        "zh-hans": "“经纬”中没有对应的记录：3 条。它们将在“Tracker”中新建，因为字段是双向的。若“Tracker”不应接收来自“经纬”的记录，请让每对字段都只单向（→）。",
        "en": "Records of “经纬” without counterpart: 3. They would be made anew in “Tracker”, because fields go both ways.",
    }
    assert expected[language] in seen
    publish(joined, **{name: {"direction": "a_to_b"} for name in ("name", "description", "percent", "work_hours")})
    assert "没有对应的记录" not in (after := client.get(address).text) and "without counterpart" not in after


def test_what_is_required_over_there_and_missing_is_named(joined: Joined) -> None:
    """The version's own fields tell what the other side requires."""
    Task(project=joined.project, name="甲").save()
    interface = fresh(joined)
    report = rehearse.dry_run(interface.pk)
    spec = interface.published.spec | {"streams": {**interface.published.spec["streams"]}}
    spec["streams"]["a"] = [each | {"required": each["name"] in ("subject", "kind_of_work")} for each in spec["streams"]["a"]]
    spec["streams"]["a"].append({"name": "kind_of_work", "type": "string", "zh": "工种", "en": "Kind of work", "required": True, "read_only": False})
    with translation.override("zh-hans"):
        warnings = dry_run_shown.shown(report, interface, system_access(joined.tenant.pk), spec)["warnings"]
    assert "“Tracker”中会缺少必填项的新记录：1 条（工种）。" in warnings


def test_values_are_read_as_people_write_them() -> None:
    state = Field("status", "enum", Title("状态", "Status"), choices=(("todo", "待办"),))
    day = Field("due", "datetime", Title("期限", "Due"))
    minutes = Field("duration_minutes", "integer", Title("工期", "Duration"))
    with translation.override("zh-hans"), timezone.override("Asia/Shanghai"):
        assert told(state, "todo") == "待办" and told(state, "else") == "else" and told(state, None) == "–"
        assert told(day, datetime(2026, 8, 2, 16, tzinfo=UTC).isoformat()) == "2026-08-03 00:00" and told(day, "2026-08-02T16") == "2026-08-02T16"
        assert told(None, True) == "是" and told(None, [1, "x"]) == "1, x" and told(minutes, 960) == "2 天"
        assert told(None, {"a": None, "b": 1}) == "b: 1" and told(day, "9999-99-99T99:99") == "9999-99-99T99:99"

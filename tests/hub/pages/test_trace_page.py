"""Where is my record? on the page, for a record that has gone both ways."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client

from jingwei.domains.work.models import Task
from jingwei.frame.models import Project
from jingwei.frame.rights.access import access_of
from jingwei.hub.models import Conflict, Connection, Delivery, Interface, Link, OutboxEntry
from jingwei.hub.monitor.trace import trace
from tests.hub.conftest import Joined
from tests.hub.deeds import change, issue
from tests.hub.people import browser, owner, person

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_every_step_of_a_record_is_shown(joined: Joined, language: str) -> None:
    made = issue(joined, subject="追踪我")
    joined.sync()
    change(joined, Task.objects.get(), percent=40)
    joined.sync()
    client: Client = browser(owner(joined), language)
    for known in (str(made["id"]), str(Task.objects.get().pk), "追踪我"):
        answer = client.get("/hub/trace/", {"id": known})
        assert answer.status_code == 200 and "tracker-tasks" in answer.content.decode(), known


def steps_of(text: str) -> str:
    """The steps as people read them."""
    return " ".join(re.sub(r"<[^>]*>", " ", text.split('id="trace-steps"')[1].split("</main")[0].split(">", 1)[1]).split())


def test_it_is_all_words_names_and_moments_of_the_reader(joined: Joined) -> None:
    made = issue(joined, subject="追踪我")
    joined.sync()
    ours = Task.objects.get()
    change(joined, ours, percent=40)
    joined.sync()
    text = browser(owner(joined), "zh-hans").get("/hub/trace/", {"id": str(made["id"])}).text
    seen = steps_of(text)
    for words in ("在“经纬”中", "接口“事项同步”", "在“Tracker”中修改", "完成率"):
        assert words in seen, words
    for raw in ("linked", "arrived", "written", "poll", "done", "planned", "history", "None", "{'", "interface:", "done_ratio", "percent", "∅ →"):
        assert raw not in seen, raw
    head = text.split('role="status"')[1].split("</div>")[0]
    assert f'href="/w/work.task/{ours.pk}/"' in head and "/hub/interfaces/tracker-tasks/" in head and "/hub/systems/" in head
    assert f'{ours.pk}/">{ours}</a>' in head and "已链接" in head
    assert "<time datetime=" in text.split('id="trace-steps"')[1]


def test_who_may_not_see_our_record_gets_neither_its_name_nor_its_page(joined: Joined) -> None:
    made = issue(joined, subject="秘密任务")
    joined.sync()
    ours = Task.objects.get()
    text = browser(person(joined, "blind", "hub.interface.view"), "zh-hans").get("/hub/trace/", {"id": str(made["id"])}).text
    assert "秘密任务" not in text and f"/w/work.task/{ours.pk}/" not in text and "本系统的记录" in text and "您无权" in text


def test_what_waits_is_told_in_words(joined: Joined) -> None:
    made = issue(joined, subject="等待")
    joined.sync()
    link = Link.objects.get()
    Conflict(interface=joined.interface, link=link, field="percent", value_a=1, value_b=2, tenant_id=joined.tenant.pk).save()
    OutboxEntry(
        interface=joined.interface,
        link=link,
        side="a",
        action="update",
        values={"percent": 7},
        state="waiting",
        attempts=3,
        error="POST → 503: {}",
        tenant_id=joined.tenant.pk,
    ).save()
    text = browser(owner(joined), "zh-hans").get("/hub/trace/", {"id": str(made["id"])}).text
    assert (
        "有冲突等待处理：完成率" in text and "待修改“Tracker”" in steps_of(text) and "对方暂停服务（503）" in steps_of(text) and "已试 3 次" in steps_of(text)
    )


def another(joined: Joined, project: Project, **values: Any) -> Interface:
    """One more interface of the same two systems."""
    made = Interface(
        key="another", name="Another", project=project, system_a=joined.interface.system_a, stream_a="issues", system_b=joined.interface.system_b,
        stream_b="risk.risk", tenant_id=joined.tenant.pk, **values,
    )  # fmt: skip
    made.save()
    return made


def test_what_waits_bears_the_title_of_its_own_interface(joined: Joined) -> None:
    made = issue(joined, subject="等待")
    joined.sync()
    other = another(joined, joined.project)
    link = Link(interface=other, key_a=str(made["id"]), key_b="1", tenant_id=joined.tenant.pk)
    link.save()
    Conflict(interface=other, link=link, field="probability", value_a=1, value_b=2, tenant_id=joined.tenant.pk).save()
    text = browser(owner(joined), "zh-hans").get("/hub/trace/", {"id": str(made["id"])}).text
    assert "有冲突等待处理：概率" in text


def test_nothing_is_told_of_interfaces_one_may_not_look_at(joined: Joined) -> None:
    (far := Project(code="FAR", name="Far", start_on=joined.project.start_on)).save()
    hidden = another(joined, far)
    came = {"connection": Connection.objects.get(system=joined.interface.system_a), "record_key": "77", "tenant_id": joined.tenant.pk, "source": "webhook"}
    for event, interface, side in (("far", hidden, "b"), ("near", joined.interface, "a"), ("whole", None, "")):
        Delivery(interface=interface, side=side, event_id=event, **came).save()
    reader, everybody = person(joined, "near", "hub.interface.view"), owner(joined)
    for event, count in (("far", 0), ("near", 1), ("whole", 1)):
        assert len(trace(event, access=access_of(reader, joined.tenant))["steps"]) == count, event
        assert len(trace(event, access=access_of(everybody, joined.tenant))["steps"]) == 1, event
    assert "经纬" in steps_of(browser(everybody, "zh-hans").get("/hub/trace/", {"id": "far"}).text)
    assert "没有此编号" in steps_of(browser(reader, "zh-hans").get("/hub/trace/", {"id": "far"}).text)

"""Health on pages: reasons with their stake, cure and button, in both languages, and buttons only for those who may press them."""

from __future__ import annotations

import re

import pytest
from django.db import connection
from django.test import Client

from jingwei.frame.models import Membership, Role, User
from jingwei.hub.models import Conflict
from jingwei.hub.monitor import health
from tests.hub.monitor.conftest import House

pytestmark = pytest.mark.django_db


def client(house: House, role: str = "owner", language: str = "zh-hans") -> Client:
    """Somebody logged in."""
    user = User.objects.create_user(username=f"u-{role}-{language}", password="secret")  # noqa: S106
    found, _ = Role.objects.get_or_create(tenant_id=house.tenant.pk, key=role, defaults={"name": role, "is_standard": True})
    Membership(user=user, tenant_id=house.tenant.pk, role=found).save()
    browser = Client(headers={"accept-language": language})
    browser.force_login(user)
    browser.cookies["django_language"] = language
    return browser


def troubled(house: House) -> None:
    """Down, with something to decide and a notice."""
    house.peer(failures=4, last_error="connection refused")
    Conflict(interface=house.interface, link=house.link(left_a=True), field="name").save()
    house.set(compared_at=house.ago(hours=50))
    health.judge_all()


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("zh-hans", ("Tracker 连续 4 次无法访问", "裁定冲突", "两边各留各的值", "1 条记录已不符合筛选条件", "立即核对")),
        (
            "en",
            ("Tracker was unreachable 4 times in a row", "Decide the conflicts", "Each side keeps its own value", "1 record left the filter", "Compare now"),
        ),
    ],
)
def test_the_interface_page_names_every_reason(house: House, language: str, words: tuple[str, ...]) -> None:
    troubled(house)
    page = client(house, language=language).get("/hub/interfaces/tracker-tasks/")
    text = page.content.decode()
    assert page.status_code == 200
    for each in words:
        assert each in text
    assert 'href="/hub/systems/tracker/connection/"' in text and 'href="/hub/conflicts/"' in text
    assert "style=" not in re.sub(r"<script.*?</script>", "", text.split("jw-reasons")[1].split("</ul>")[0])


def test_monitor_and_topology_show_them_too(house: House) -> None:
    troubled(house)
    browser = client(house)
    for address in ("/hub/monitor/", "/hub/"):
        page = browser.get(address)
        assert page.status_code == 200 and "Tracker 连续 4 次无法访问" in page.content.decode(), address
    (line,) = browser.get("/hub/topology.json").json()["interfaces"]
    assert line["state"] == "down" and line["reason"].startswith("Tracker 连续 4 次无法访问")


def test_a_healthy_one_shows_none(house: House) -> None:
    health.judge_all()
    browser = client(house)
    for address in ("/hub/interfaces/tracker-tasks/", "/hub/monitor/", "/hub/"):
        assert "jw-reason-" not in browser.get(address).content.decode()
    assert browser.get("/hub/topology.json").json()["interfaces"][0]["reason"] == ""


def test_who_may_only_look_gets_no_button_that_posts(house: House) -> None:
    troubled(house)
    browser = client(house, "viewer")
    text = browser.get("/hub/interfaces/tracker-tasks/").content.decode()
    assert "两边的数值很久没有核对" in text and 'action="/hub/interfaces/tracker-tasks/verify/"' not in text
    assert browser.post("/hub/interfaces/tracker-tasks/verify/").status_code == 403


def test_comparing_now_is_queued(house: House) -> None:
    browser = client(house)
    answer = browser.post("/hub/interfaces/tracker-tasks/verify/")
    assert answer.status_code == 302
    with connection.cursor() as cursor:
        cursor.execute("SELECT args->>'interface_id' FROM procrastinate_jobs WHERE task_name = 'hub.compare'")
        assert cursor.fetchall() == [(str(house.interface.pk),)]


@pytest.mark.parametrize("text", ["", "7", "x" * 300, "\0", "'", "😀", "-1", "9" * 40, "None", "%"])
def test_the_trace_page_answers_whatever_is_asked(house: House, text: str) -> None:
    house.link()
    page = client(house).get("/hub/trace/", {"id": text})
    assert page.status_code == (400 if "\0" in text else 200), "a NUL is said to be one before anything looks at it"
    assert ("alert-info" in page.content.decode()) == (text == "7")


def test_nobody_judges_any_more_and_no_page_says_healthy(house: House) -> None:
    """Worker and scheduler hang: what was judged long ago is not shown as what is."""
    health.judge_all()
    house.set(judged_at=house.ago(seconds=40), state="ok", state_detail=[])
    with connection.cursor() as cursor:
        cursor.execute("UPDATE procrastinate_workers SET last_heartbeat = now() - interval '90 seconds'")
    browser = client(house)
    assert "没有运行" in browser.get("/hub/").content.decode() or "中断" in browser.get("/hub/").content.decode()
    house.interface.refresh_from_db()
    assert house.interface.state == "down" and house.interface.state_detail[0]["code"] == "worker_missing"
    house.set(judged_at=house.ago(seconds=40), state="ok", state_detail=[])
    answer = browser.get("/api/v1/hub.interface/").json()
    assert [each["state"] for each in answer["items"]] == ["down"]

"""An outage in people's words and in the reader's language; what was said over there stays folded beside it."""

from __future__ import annotations

import re

import pytest
from django.utils import translation

from jingwei.frame.telling.wording import worded
from jingwei.hub import watches
from jingwei.hub.models import HealthPeriod, Interface, Run
from jingwei.hub.monitor import health
from jingwei.hub.monitor.troubles import plainly
from tests.hub.monitor.conftest import House
from tests.hub.monitor.test_pages import client

pytestmark = pytest.mark.django_db
raw = 'GET → 503: {"error":"service unavailable"}'
texts = {
    raw: ("对方暂停服务（503）", "it is out of service (503)"),
    "POST → 422: {}": ("对方不接受其中的值（422）", "it does not accept the values (422)"),
    "GET → 500: boom": ("对方自身出错（500）", "it has a fault of its own (500)"),
    "too many failures in a row; waiting before the next try": ("连续失败多次，暂停片刻后再试", "it failed several times in a row and is left alone for a while"),
    "erp.example: ConnectError": ("连不上对方的地址", "its address cannot be reached"),
    "erp.example: ReadTimeout": ("对方没有及时作答", "it did not answer in time"),
    "interrupted": ("进程中途结束", "the process ended before it was done"),
    "not JSON: <html>": ("对方的应答无法读懂", "its answer cannot be read"),
}  # fmt: skip


@pytest.mark.parametrize(("text", "words"), texts.items())
def test_what_machines_say_is_said_as_people_would(text: str, words: tuple[str, str]) -> None:
    assert plainly(text) == words


def test_what_nobody_knows_is_not_guessed() -> None:
    assert plainly("the moon is full") is None


def without_details(text: str) -> str:
    """A page without its folded parts."""
    return re.sub(r"<details.*?</details>", "", text.split("<main", 1)[-1], flags=re.DOTALL)


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("zh-hans", ("Tracker 连续 4 次无法访问：对方暂停服务（503）", "Tracker: 连续失败多次，暂停片刻后再试", "经纬: 对方暂停服务（503）", "原始信息")),
        ("en", ("Tracker was unreachable 4 times in a row: it is out of service (503)", "Tracker: it failed several times in a row", "What was said")),
    ],
)
def test_the_page_of_an_interface_in_an_outage(house: House, language: str, words: tuple[str, ...]) -> None:
    house.peer(failures=4, last_error=raw)
    health.judge_all()
    trouble = f"a: too many failures in a row; waiting before the next try; b: {raw}"
    Run(
        interface=house.interface, kind="poll", started_at=house.ago(minutes=1), finished_at=house.ago(minutes=1), error=trouble, tenant_id=house.tenant.pk
    ).save()
    text = client(house, language=language).get("/hub/interfaces/tracker-tasks/").content.decode()
    for each in words:
        assert each in text, each
    seen = without_details(text)
    assert "→ 503" not in seen and "too many failures" not in seen
    assert "service unavailable" in text  # folded, for whoever must mend it


def test_reasons_of_now_and_before_are_told_in_the_reader_s_language(house: House) -> None:
    house.peer(failures=4, last_error=raw)
    health.judge_all()
    row, period = Interface.objects.get(), HealthPeriod.objects.get(state="down")
    said = watches.down.says(row).plain
    for language, start in (("zh-hans", "Tracker 连续 4 次无法访问"), ("en", "Tracker was unreachable 4 times in a row")):
        with translation.override(language):
            assert period.words.startswith(start) and start in worded(said)
    HealthPeriod.objects.update(reason_en="")  # one of before
    with translation.override("en"):
        assert HealthPeriod.objects.get(state="down").words.startswith("Tracker 连续 4 次")


def test_the_home_of_an_english_reader_says_it_in_english(house: House) -> None:
    house.peer(failures=4, last_error=raw)
    health.judge_all()
    text = client(house, language="en").get("/").content.decode()
    assert "Tracker was unreachable 4 times in a row" in text and "无法访问" not in text
    assert "→ 503" not in text

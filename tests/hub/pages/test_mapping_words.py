"""The mapping page names fields by their titles, shows values as people read them, and says why a row shows none."""

from __future__ import annotations

import re

import pytest

from jingwei.hub.models import Interface
from tests.hub.conftest import Joined
from tests.hub.deeds import issue
from tests.hub.people import browser, owner

pytestmark = pytest.mark.django_db(transaction=True)
page = "/hub/interfaces/tracker-tasks/mapping/"


def form(*pairs: tuple[str, str], **more: str) -> dict[str, str]:
    out = {"rows": str(len(pairs)), **more}
    for number, (a, b) in enumerate(pairs):
        out |= {f"a-{number}": a, f"b-{number}": b, f"direction-{number}": "a_to_b", f"policy-{number}": "ask"}
    return out


def test_a_required_field_without_a_pair_is_named_by_its_title(joined: Joined) -> None:
    text = browser(owner(joined), "zh-hans").post(f"{page}preview/", form(("description", "description"))).text
    assert "B 侧必填字段“名称”（name）没有映射" in text and "必填字段 name" not in text


def test_real_values_are_words_and_moments_of_the_reader(joined: Joined) -> None:
    issue(joined, subject="看看", status="in_progress")
    client = browser(owner(joined), "zh-hans")
    text = client.post(f"{page}preview/", form(("subject", "name"), ("status", "description"), ("updated_at", "constraint_at"))).text
    cells = [" ".join(re.sub(r"<[^>]*>", " ", each).split()) for each in re.findall(r'class="jw-samples">(.*?)</td>', text, re.DOTALL)]
    assert "看看 → 看看" in cells[0]
    assert "in_progress →" not in cells[1] and "进行中 →" in cells[1]
    assert re.search(r"\d{4}-\d\d-\d\d \d\d:\d\d → ", cells[2]) and "T" not in cells[2] and "+0" not in cells[2]


def test_a_row_that_shows_nothing_says_why(joined: Joined) -> None:
    issue(joined, subject="看看")
    text = browser(owner(joined), "zh-hans").post(f"{page}preview/", form(("subject", "name"), ("due_date", "percent"))).text
    cells = re.findall(r'class="jw-samples">(.*?)</td>', text, re.DOTALL)
    assert "改正本行后显示" in cells[1] and "改正本行后显示" not in cells[0]
    assert Interface.objects.get().published.number == 1


def test_steps_and_their_choices_are_words(joined: Joined) -> None:
    text = browser(owner(joined), "zh-hans").post(f"{page}preview/", form(("status", "status"), **{"op-0-0": "code", "p-0-0-table": "状态"})).text
    for raw in (">quarantine<", ">default<", ">pass<", 'placeholder="table"', 'placeholder="default_back"'):
        assert raw not in text, raw
    assert ">扣住该记录<" in text and 'placeholder="代码表"' in text

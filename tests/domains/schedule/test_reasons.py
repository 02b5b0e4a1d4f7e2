"""Why the dates are what they are: each task with its drivers and floats, and the chain that leads to the finish."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.utils import timezone

from jingwei.domains.schedule import queries
from jingwei.domains.work import services as work
from tests.domains.conftest import Firm

pytestmark = pytest.mark.django_db


@pytest.fixture
def woven(firm: Firm) -> Firm:
    """Long work before a test; short work beside it; a task that waits for a date."""
    long, short, test = firm.task("布线", duration_minutes=4800), firm.task("编手册", duration_minutes=480), firm.task("联调", duration_minutes=960)
    work.dependency_save(predecessor=long, successor=test, lag_minutes=960)
    work.dependency_save(predecessor=short, successor=test)
    firm.task("培训", duration_minutes=480, constraint="SNET", constraint_at=timezone.now() + timedelta(days=7))
    return firm


def test_every_task_is_told_with_what_drives_it(woven: Firm) -> None:
    found = queries.reasons_of(woven.project)
    told = {row["name"]: row for row in found.told(found.work)}
    assert [found.rows[pk]["name"] for pk in found.chain] == ["布线", "联调"]
    assert told["联调"]["drivers"] == [{"cause": "link", "task": told["布线"]["task"], "name": "布线", "text": "FS +2 天"}]
    assert told["培训"]["drivers"][0]["cause"] == "constraint" and told["布线"]["drivers"][0]["cause"] in ("data_date", "project_start")
    assert (
        told["培训"]["drivers"][0]["text"].startswith("约束：")
        and "不得早于" in told["培训"]["drivers"][0]["text"]
        and "20" in told["培训"]["drivers"][0]["text"]
    )
    assert told["联调"]["critical"] and told["布线"]["float_minutes"] == {"total": 0, "free": 0, "independent": 0}
    assert told["编手册"]["float_minutes"]["free"] == 4800 + 960 - 480 == told["编手册"]["float_minutes"]["total"]
    assert told["编手册"]["late_finish"] > told["编手册"]["finish"]
    assert isinstance(told["编手册"]["start"], datetime) and not told["编手册"]["on_longest_path"]


def test_what_levelling_holds_back_says_so(woven: Firm) -> None:
    held = woven.task("收尾", duration_minutes=480)
    held.levelled_until = timezone.now() + timedelta(days=20)
    held.save()
    found = queries.reasons_of(woven.project)
    assert found.told([held.pk])[0]["drivers"] == [{"cause": "not_before", "task": None, "name": "", "text": "资源均衡将其推后"}]


def test_the_page_shows_the_chain_finds_a_name_and_refuses_strangers(woven: Firm) -> None:
    address = f"/schedule/reasons/{woven.project.code}/"
    assert woven.client("stranger").get(address).status_code in (403, 404)
    client = woven.client("manager")
    chain = client.get(address).content.decode()
    assert "布线" in chain and "编手册" not in chain
    assert "编手册" in client.get(address, {"q": "编手册"}).content.decode()
    assert "培训" in client.get(address, {"which": "work"}).content.decode()

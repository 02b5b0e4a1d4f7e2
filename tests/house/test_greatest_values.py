"""The greatest values that are let in, all at once: no sum and no product of them keeps a page from opening."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from jingwei.domains.directory.models import Person
from jingwei.frame import scope
from jingwei.frame.records import commands
from jingwei.frame.records.resource import resource
from jingwei.kernels import bounds
from tests.house.conftest import House
from tests.house.test_extremes_law import Walk

pytestmark = pytest.mark.django_db
most_money, most_rate = Decimal("9999999999999999.99"), Decimal("9999999999.99999999")
pages = (
    "/w/work.task/", "/w/work.task/?view=board", "/w/work.task/?view=timeline", "/w/cost.line/", "/w/cost.line/?view=chart", "/w/cost.line/?view=by-period", "/w/cost.package/",
    "/w/labour.sheet/", "/w/labour.sheet/?view=board", "/w/risk.risk/", "/load/", "/labour/phone/", "/portfolio/", "/projects/P1/", "/projects/P1/risk/", "/schedule/gantt/P1/",
    "/schedule/gantt/P1/data/", "/cost/earned-value/P1/", "/api/v1/work.task/", "/api/v1/cost.line/", "/api/v1/risk.risk/", "/api/v1/labour.sheet/", "/api/v1/reports/cost.earned_value/P1",
)  # fmt: skip


def fill(house: House) -> None:
    """A project of two tasks, lines in two currencies, a package, a risk and a sheet, each with the greatest values that its fields take."""

    def made(key: str, **given: Any) -> Any:
        place = {"project": house.project.pk} if "project" in resource(key).fields else {}
        return commands.create(resource(key), place | given, house.access)

    person = Person(number="E-1", name="吴刚")
    person.save()
    team = made("directory.team", code="C1", name="安装队", kind="subcontractor")
    much = {
        "duration_minutes": bounds.most_minutes,
        "optimistic_minutes": bounds.most_minutes,
        "pessimistic_minutes": bounds.most_minutes,
        "work_hours": "9999999.99",
    }
    tasks = [made("work.task", code=f"T-{n}", name="任务", percent=n * 100, assignee=person.pk, units_percent="9999", priority=32767, **much) for n in range(2)]
    made("work.dependency", predecessor=tasks[0].pk, successor=tasks[1].pk, type="FS", lag_minutes=bounds.most_minutes)
    made("cost.rate", currency="USD", base="CNY", on=date(1970, 1, 1), rate=most_rate)
    for number, (kind, currency) in enumerate([(kind, currency) for kind in ("planned", "committed", "actual") for currency in ("CNY", "USD")] * 2):
        line = made(
            "cost.line",
            number=f"C-{number}",
            kind=kind,
            account="labour",
            description="x",
            amount=most_money,
            currency=currency,
            period="2026-10",
            task=tasks[0].pk,
        )
        commands.act(resource("cost.line"), "post", line, {}, house.access)
    made(
        "cost.package",
        code="WP-1",
        name="工作包",
        task=tasks[0].pk,
        method="units",
        budget=most_money,
        units_planned="99999999999.999",
        units_done="99999999999.999",
    )
    made("risk.risk", title="风险", probability=100, impact=5, cost_low=most_money, cost_likely=most_money, cost_high=most_money)
    made(
        "labour.sheet", number="D-1", work_date=date(2026, 11, 20), team=team.pk, description="x", lines=[{"worker": f"工{n}", "trade": "电工", "hours": "24", "rate": "9999999.99"} for n in range(3)]
    )  # fmt: skip


def test_the_greatest_values_keep_no_page_from_opening(house: House) -> None:
    """Given everything at its greatest, when every page that sums or multiplies is opened, then each is there."""
    with scope.within(scope.Scope(house.tenant.pk, house.owner.pk)):
        fill(house)
    walk = Walk(house)
    walk.look_around(house.project.code)
    assert walk.look("get", "/").status_code == 200
    looked = {address: walk.look("get", address, walk.program if "/api/" in address else walk.person, headers=walk.headers).status_code for address in pages}
    assert not walk.failed, walk.failed
    assert set(looked.values()) == {200}, {address: status for address, status in looked.items() if status != 200}
    frozen = walk.look("post", f"/cost/earned-value/{house.project.code}/freeze/", data={"period": "2026-10"})
    assert frozen.status_code in (302, 422) and not walk.failed

"""The MES driven over HTTP: token paging, the change feed, its checks."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.sandbox.program import Program, running


@pytest.fixture(scope="module")
def mes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Program]:
    with running("mes", tmp_path_factory.mktemp("mes") / "mes.db") as program:
        yield program


order = {
    "product": "传动轴 CZ-40",
    "line": "L3",
    "planned_start": "2026-11-23T00:00:00Z",
    "planned_finish": "2026-11-25T09:30:00Z",
    "quantity_planned": 80,
}


def _all(mes: Program, name: str) -> list[dict[str, object]]:
    items, after = [], ""
    while after is not None:
        told = mes.call("GET", f"/api/{name}?limit=17&after={after}").json()
        items += told["items"]
        after = told["after"]
    return items


def _changes(mes: Program, name: str, after: int) -> tuple[list[dict[str, object]], int]:
    items: list[dict[str, object]] = []
    while True:
        told = mes.call("GET", f"/api/changes/{name}?changed_after={after}&limit=7").json()
        items += told["items"]
        after = told["changed_after"]
        if not told["more"]:
            return items, after


@pytest.mark.parametrize(("name", "count"), [("work_orders", 60), ("operations", 240), ("downtime_events", 24)])
def test_token_paging_and_the_feed_agree(mes: Program, name: str, count: int) -> None:
    listed = _all(mes, name)
    fed, _ = _changes(mes, name, 0)
    live = [{key: value for key, value in each.items() if key != "deleted"} for each in fed if not each["deleted"]]
    assert len(listed) >= count
    assert sorted(live, key=lambda each: str(each["number"])) == sorted(listed, key=lambda each: str(each["number"]))
    numbers = [int(str(each["sequence"])) for each in fed]
    assert numbers == sorted(set(numbers))


def test_the_feed_tells_new_changed_and_deleted_once_in_order(mes: Program) -> None:
    _, after = _changes(mes, "work_orders", 0)
    first = mes.call("POST", "/api/work_orders", order).json()["item"]["number"]
    second = mes.call("POST", "/api/work_orders", order).json()["item"]["number"]
    mes.call("PATCH", f"/api/work_orders/{first}", {"quantity_done": 20, "percent": 25, "status": "running"})
    mes.call("DELETE", f"/api/work_orders/{second}")
    fed, end = _changes(mes, "work_orders", after)
    assert [(each["number"], each["deleted"]) for each in fed] == [(first, False), (second, True)]
    assert fed[0]["percent"] == 25
    assert _changes(mes, "work_orders", end) == ([], end)


def test_impossible_orders_are_refused(mes: Program) -> None:
    answer = mes.call("POST", "/api/work_orders", order | {"planned_finish": "2026-11-22T00:00:00Z", "quantity_done": 81})
    assert answer.status == 422
    assert {each["field"] for each in answer.json()["violations"]} == {"planned_finish", "quantity_done"}


def test_the_stranger_and_foreign_tokens_are_refused(mes: Program) -> None:
    assert mes.call("GET", "/api/whoami", headers={"authorization": "Bearer nobody"}).status == 401
    assert mes.call("GET", "/api/work_orders?after=%21%21").status == 400
    assert mes.call("GET", "/api/work_orders?after=bmFtZTox").status == 400


def test_work_orders_tell_where_they_stand(mes: Program) -> None:
    rows = _all(mes, "work_orders")
    assert {"planned", "released", "running", "done"} <= {each["status"] for each in rows}
    for each in rows:
        assert each["percent"] == 100 * int(str(each["quantity_done"])) // int(str(each["quantity_planned"]))

"""The ERP driven over HTTP: errors inside a 200, numbered pages, ties, idempotent creating, what is fixed once posted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from urllib.parse import quote

import pytest

from tests.sandbox.program import Answer, Program, running


@pytest.fixture(scope="module")
def erp(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Program]:
    with running("erp", tmp_path_factory.mktemp("erp") / "erp.db") as program:
        yield program


voucher = {
    "project_code": "ERP-JOIN",
    "account": "5101.04",
    "description": "外包开发人工",
    "amount": "12800.50",
    "period": "2026-11",
    "supplier": "南京众信人力资源有限公司",
}


def _fields(answer: Answer) -> set[str]:
    told = answer.json()
    assert (answer.status, told["success"]) == (200, False)
    return {each["field"] for each in told["errors"]}


def test_every_refusal_is_a_200(erp: Program) -> None:
    for answer in (
        erp.call("GET", "/api/whoami", headers={"x-erp-key": "wrong"}),
        erp.call("GET", "/api/cost_vouchers/CV-000000-0000"),
        erp.call("GET", "/api/nowhere"),
        erp.call("GET", "/api/cost_vouchers?updated_from=yesterday"),
        erp.call("POST", "/api/cost_vouchers", {}),
    ):
        assert (answer.status, answer.json()["success"]) == (200, False)
        assert answer.json()["errors"][0]["code"] in ("AUTH_INVALID", "NOT_FOUND", "BAD_REQUEST", "INVALID")


def test_numbered_pages_give_every_voucher_once(erp: Program) -> None:
    seen: list[str] = []
    page = 1
    while rows := (told := erp.call("GET", f"/api/cost_vouchers?page={page}&page_size=40").json())["rows"]:
        seen += [each["number"] for each in rows]
        page += 1
    assert len(seen) == len(set(seen)) == told["total"] >= 150


def test_many_vouchers_share_one_second(erp: Program) -> None:
    rows = erp.call("GET", "/api/cost_vouchers?page_size=500").json()["rows"]
    assert len(rows) <= 200
    assert [(each["updated_at"], each["number"]) for each in rows] == sorted((each["updated_at"], each["number"]) for each in rows)
    assert max(Counter(each["updated_at"] for each in rows).values()) >= 8


def test_amounts_are_exact_text(erp: Program) -> None:
    rows = erp.call("GET", "/api/cost_vouchers?page_size=200").json()["rows"]
    assert all(str(Decimal(each["amount"]).quantize(Decimal("0.01"))) == each["amount"] for each in rows)
    assert _fields(erp.call("POST", "/api/cost_vouchers", voucher | {"amount": "1.005"})) == {"amount"}
    assert _fields(erp.call("POST", "/api/cost_vouchers", voucher | {"amount": "1e400"})) == {"amount"}


def test_the_same_reference_creates_once(erp: Program) -> None:
    first = erp.call("POST", "/api/cost_vouchers", voucher | {"client_ref": "JW-9"}).json()
    again = erp.call("POST", "/api/cost_vouchers", voucher | {"client_ref": "JW-9", "amount": "1.00"}).json()
    assert (first["repeated"], again["repeated"]) == (False, True)
    assert again["row"] == first["row"]
    assert erp.call("GET", "/api/cost_vouchers?client_ref=JW-9").json()["total"] == 1


def test_a_posted_voucher_is_fixed_and_stays(erp: Program) -> None:
    number = erp.call("POST", "/api/cost_vouchers", voucher).json()["row"]["number"]
    path = f"/api/cost_vouchers/{quote(number)}"
    assert _fields(erp.call("PUT", path, {"status": "reversed"})) == {"status"}
    assert _fields(erp.call("PUT", path, {"status": "posted"})) == {"posted_on"}
    assert erp.call("PUT", path, {"status": "posted", "posted_on": "2026-11-20"}).json()["success"] is True
    assert _fields(erp.call("PUT", path, {"amount": "1.00", "description": "改金额"})) == {"amount"}
    assert _fields(erp.call("DELETE", path)) == {"number"}
    assert erp.call("GET", path).json()["row"]["amount"] == "12800.50"


def test_a_draft_can_be_deleted_and_is_then_not_found(erp: Program) -> None:
    number = erp.call("POST", "/api/cost_vouchers", voucher).json()["row"]["number"]
    assert erp.call("DELETE", f"/api/cost_vouchers/{number}").json()["success"] is True
    assert erp.call("GET", f"/api/cost_vouchers/{number}").json()["errors"][0]["code"] == "NOT_FOUND"


def test_purchase_orders_are_there(erp: Program) -> None:
    told = erp.call("GET", "/api/purchase_orders?page_size=200").json()
    assert told["total"] == 30
    assert {"approved", "received"} <= {each["status"] for each in told["rows"]}

"""The demo systems told by manifests alone: the acceptance of every connector, and every fault that their Python connectors are tried with."""

from __future__ import annotations

import inspect
import tomllib
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from jingwei.connectors import check
from jingwei.hub.contract import Connector, Refused
from jingwei.hub.kit.rest import RestConnector
from tests.connectors import test_sandbox as by_program
from tests.sandbox.program import Program

manifests = Path(__file__).parent / "manifests"
programs = by_program.programs
lines_at_most = 80


@cache
def _manifest(name: str) -> Mapping[str, Any]:
    return tomllib.loads((manifests / f"{name}.toml").read_text(encoding="utf-8"))


class TestTracker(by_program.TestTracker):
    """The tracker."""

    @pytest.fixture
    def connector(self, program: Program) -> Connector:
        return RestConnector(_manifest("tracker"))


class TestErp(by_program.TestErp):
    """The ERP."""

    @pytest.fixture
    def connector(self, program: Program) -> Connector:
        return RestConnector(_manifest("erp"))


class TestMes(by_program.TestMes):
    """The MES."""

    @pytest.fixture
    def connector(self, program: Program) -> Connector:
        return RestConnector(_manifest("mes"))


@pytest.fixture(params=[(TestTracker, "issues"), (TestErp, "cost_vouchers"), (TestMes, "work_orders")], ids=lambda each: each[1])
def peer(request: pytest.FixtureRequest, programs: Callable[[str], Program]) -> Iterator[by_program.Peer]:
    """Each of the three, calm again afterwards."""
    case, stream = request.param
    program = programs(case.name)
    session = by_program._session(program)
    yield by_program.Peer(program, RestConnector(_manifest(case.name)), session, stream, case.samples[stream].create)
    program.switch(**by_program.calm)


for _name, _test in vars(by_program).items():
    if _name.startswith("test_") and "peer" in inspect.signature(_test).parameters:
        globals()[_name] = _test


@pytest.mark.parametrize("path", sorted(manifests.glob("*.toml")), ids=lambda path: path.stem)
def test_a_manifest_is_short_and_without_faults(path: Path) -> None:
    assert check(path) == []
    assert len(path.read_text(encoding="utf-8").splitlines()) <= lines_at_most


def test_a_refusal_of_the_erp_names_its_fields(programs: Callable[[str], Program]) -> None:
    erp = programs("erp")
    wrong = TestErp.samples["cost_vouchers"].create | {"amount": "much", "period": "2026-13"}
    with pytest.raises(Refused) as caught:
        RestConnector(_manifest("erp")).create(by_program._session(erp), "cost_vouchers", wrong, "jw-wrong")
    assert set(caught.value.fields) == {"amount", "period"}


def test_more_tombstones_than_a_page_are_all_told(programs: Callable[[str], Program], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(by_program, "_connector", lambda program: RestConnector(_manifest(program.name)))
    by_program.test_more_tombstones_than_a_page_are_all_told(programs)


def test_keys_miss_nobody_while_others_are_deleted(programs: Callable[[str], Program], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(by_program, "_connector", lambda program: RestConnector(_manifest(program.name)))
    by_program.test_keys_miss_nobody_while_others_are_deleted(programs)

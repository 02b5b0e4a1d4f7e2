"""The local connector over a port that exists in memory: looking up and deleting many are one call each."""

from __future__ import annotations

from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

import pytest

from jingwei.connectors.local.adapter import LocalConnector
from jingwei.hub.contract import Absence, ConnectorError, Gone, Record, Refused

connector = LocalConnector()


class Port:
    """Rows by key; "9" may not be deleted."""

    def __init__(self, *keys: str) -> None:
        self.rows = {key: Record("things", key, {"id": int(key)}) for key in keys}
        self.calls: list[str] = []

    def where(self, stream: str, keys: Sequence[str]) -> dict[str, Record | Absence]:
        self.calls.append("where")
        return {key: self.rows.get(key, Absence.ELSEWHERE if key == "8" else Absence.MISSING) for key in keys}

    def delete_many(self, stream: str, keys: Sequence[str]) -> Sequence[ConnectorError | None]:
        self.calls.append("delete_many")
        return [Refused("used elsewhere") if key == "9" else None if self.rows.pop(key, None) else Gone(key) for key in keys]


def session_with(*keys: str) -> tuple[Any, Port]:
    port = Port(*keys)
    return SimpleNamespace(local=port), port


def test_looking_up_is_one_call_and_the_rest_is_missing() -> None:
    session, port = session_with("1", "2")
    found = connector.lookup(session, "things", ["1", "2", "3", "8"])
    assert found == {"1": port.rows["1"], "2": port.rows["2"], "3": Absence.MISSING, "8": Absence.ELSEWHERE}
    assert port.calls == ["where"]


def test_deleting_many_is_one_call_with_an_outcome_each() -> None:
    session, port = session_with("1", "9")
    outcome = connector.delete_many(session, "things", ["1", "3", "9"])
    assert outcome["1"] is None and isinstance(outcome["3"], Gone) and isinstance(outcome["9"], Refused)
    assert port.calls == ["delete_many"]


def test_a_single_delete_raises_its_outcome() -> None:
    session, _ = session_with("1", "9")
    connector.delete(session, "things", "1")
    with pytest.raises(Gone):
        connector.delete(session, "things", "1")
    with pytest.raises(Refused):
        connector.delete(session, "things", "9")

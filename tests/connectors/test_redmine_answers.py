"""Answers of Redmine that are garbled, cut or half right, and webhooks of its plugins: told as what they are."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, cast

import pytest

from jingwei.connectors.redmine import comments
from jingwei.connectors.redmine.adapter import RedmineConnector
from jingwei.hub.contract import (
    Absence,
    BrokenAnswer,
    ConnectorError,
    Gone,
    Record,
    Response,
    UnknownOutcome,
)
from tests.connectors.acceptance import Disturbed
from tests.connectors.redmine_peer import PatientSession, RedminePeer

connector = RedmineConnector()


class Scripted:
    """A session that answers from a script: what a real Redmine rarely does."""

    def __init__(self, session: PatientSession, answers: Mapping[tuple[str, str], bytes | ConnectorError]) -> None:
        self._session, self._answers = session, answers

    def __getattr__(self, name: str) -> Any:
        return getattr(self._session, name)

    def request(self, method: str, path: str, **more: Any) -> Response:
        """The scripted answer, else the peer's."""
        scripted = self._answers.get((method, path))
        if isinstance(scripted, ConnectorError):
            raise scripted
        return self._session.request(method, path, **more) if scripted is None else Response(200, {}, scripted, json.loads)


@pytest.mark.parametrize(
    "body",
    [b"{}", b"[]", b"null", b'{"issues": {}}', b'{"issues": [7]}', b'{"issues": [{}]}', b'{"issues": [], "limit": 25}'],
)  # fmt: skip
def test_malformed_lists_are_broken_answers(redmine: RedminePeer, shop: str, body: bytes) -> None:
    session = redmine.session(redmine.key, shop)
    connector.streams(session)
    scripted: Any = Scripted(session, {("GET", "/issues.json"): body})
    with pytest.raises(BrokenAnswer):
        connector.read(scripted, "issues", {}, 100)


@pytest.mark.parametrize(
    "body",
    [b'{"issues": [{"id": 1}]}', b'{"issues": [{"id": 1, "updated_on": "soon"}]}',
     b'{"issues": [{"id": 1, "updated_on": "2026-11-01T00:00:00Z", "done_ratio": "half"}]}'],
)  # fmt: skip
def test_one_malformed_issue_is_told_as_such(redmine: RedminePeer, shop: str, body: bytes) -> None:
    session = redmine.session(redmine.key, shop)
    connector.streams(session)
    (record,) = connector.read(cast(Any, Scripted(session, {("GET", "/issues.json"): body})), "issues", {}, 100).records
    assert record.key == "1" and record.problem and record.values["id"] == 1


def test_a_value_from_before_its_field_had_a_type_stops_no_other(redmine: RedminePeer, shop: str) -> None:
    session = redmine.session(redmine.key, shop)
    (row,) = session.request("GET", "/issues.json", params={"project_id": shop, "limit": 1}).json()["issues"]
    number = redmine.custom_fields()["Try int"]["id"]
    row["custom_fields"] = [{"id": number, "value": "about five"}]
    scripted: Any = Scripted(session, {})
    connector.read(scripted, "issues", {}, 100)
    scripted = Scripted(session, {("GET", "/issues.json"): json.dumps({"issues": [row]}).encode()})
    (record,) = connector.read(scripted, "issues", {}, 100).records
    assert record.values[f"cf_{number}"] == "about five"


def test_a_write_whose_answer_is_garbled_is_an_unknown_outcome(redmine: RedminePeer) -> None:
    session = redmine.session(redmine.key, redmine.project("garbled"))
    made = connector.create(session, "issues", {"subject": "a"}, "jw-garbled")
    with pytest.raises(UnknownOutcome):
        connector.create(Scripted(session, {("POST", "/issues.json"): b'{"issue": {}}'}), "issues", {"subject": "b"}, "jw-g2")  # type: ignore[arg-type]

    class Late(Disturbed):
        """The peer is gone once the write was taken."""

        def request(self, method: str, path: str, **more: Any) -> Response:
            answer = super().request(method, path, **more)
            if method == "GET" and self._is_done:
                raise BrokenAnswer("cut off")
            return answer

    late: Any = Late(session, lambda: None)
    with pytest.raises(UnknownOutcome):
        connector.update(late, "issues", made.key, {"subject": "c"}, None)


def test_a_plugins_webhook_names_the_issue_and_the_comment() -> None:
    body = {"payload": {"action": "updated", "issue": {"id": 12}, "journal": {"id": 345, "notes": "好"}}}
    assert list(connector.delivery("issues", {}, body)) == [Record("issues", "12", {})]
    assert list(connector.delivery("comments", {}, body)) == [Record("comments", "12-345", {})]
    for nonsense in (
        {"payload": 1},
        {"payload": {"issue": {"id": "../1"}}},
        {"payload": {"issue": {"id": "²"}}},
        {"payload": {"issue": {"id": 1}, "journal": {"id": 2, "notes": ""}}},
    ):
        assert list(connector.delivery("comments", {}, nonsense)) == []


@pytest.mark.parametrize("key", ["²", "１２", "٣", ""])
def test_digits_that_are_no_ascii_name_nothing_there_and_ask_nobody(key: str) -> None:
    """Given a key in other digits, when it is looked up, then it is said to be missing, and no number is made of it."""
    nobody: Any = None
    assert connector.fetch(nobody, "issues", key) is None
    assert comments.lookup(nobody, [f"{key}-1", f"1-{key}"]) == {f"{key}-1": Absence.MISSING, f"1-{key}": Absence.MISSING}
    with pytest.raises(Gone):
        connector.update(nobody, "issues", key, {}, None)

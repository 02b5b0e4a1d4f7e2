"""The tracker driven over HTTP: paging, versions, deletes, faults, restart."""

from __future__ import annotations

import http.client
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest

from tests.sandbox.program import Program, running, start


@pytest.fixture(scope="module")
def tracker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Program]:
    with running("tracker", tmp_path_factory.mktemp("tracker") / "tracker.db") as program:
        yield program


@pytest.fixture(autouse=True)
def _calm(tracker: Program) -> Iterator[None]:
    yield
    off = {"outage": False, "latency_ms": 0, "rate_limit_per_minute": 0, "duplicate_webhooks": False}
    tracker.switch(**off, **dict.fromkeys(("error_rate", "drop_connection_rate", "truncate_rate", "lose_answer_rate"), 0))


def _new(tracker: Program, **values: object) -> dict[str, object]:
    answer = tracker.call("POST", "/api/issues", {"project": "MES-ROLL", "subject": "核对条码规则", **values})
    assert answer.status == 201, answer.text
    return dict(answer.json()["issue"])


def test_paging_by_offset_gives_every_issue_once_in_order_of_change(tracker: Program) -> None:
    seen: list[tuple[str, int]] = []
    while True:
        page = tracker.call("GET", f"/api/issues?offset={len(seen)}&limit=40").json()
        seen += [(each["updated_at"], each["id"]) for each in page["issues"]]
        if len(page["issues"]) < 40:
            break
    assert len(seen) == page["total_count"] >= 115
    assert seen == sorted(set(seen))


def test_limit_is_cut_at_five_hundred(tracker: Program) -> None:
    assert tracker.call("GET", "/api/issues?limit=5000").json()["limit"] == 500


def test_the_demo_tells_a_believable_story(tracker: Program) -> None:
    every = [each for at in (0, 100) for each in tracker.call("GET", f"/api/issues?offset={at}&limit=100&sort=id").json()["issues"]]
    assert {each["project"] for each in every} == {"MES-ROLL", "ERP-JOIN", "WMS-PDA"}
    assert {each["status"] for each in every} == {"open", "in_progress", "resolved", "closed"}
    seeded = [each for each in every if each["updated_by"] not in ("integration", "page")]
    assert len({each["subject"] for each in seeded}) == len(seeded)
    assert all(each["due_date"] >= each["start_date"] for each in seeded)
    assert all((each["done_ratio"] == 100) == (each["status"] in ("resolved", "closed")) for each in seeded)
    moments = [each["updated_at"] for each in seeded]
    assert len(moments) - len(set(moments)) >= 10  # ties, as after a bulk edit


def test_two_seeds_on_the_same_day_are_equal(tracker: Program, tmp_path: Path) -> None:
    with running("tracker", tmp_path / "second.db") as second:
        theirs = second.call("GET", "/api/issues?limit=100&sort=id").json()["issues"]
    ours = tracker.call("GET", "/api/issues?limit=100&sort=id").json()["issues"]
    first = {each["id"]: each for each in ours if each["version"] == 1}
    assert len(first) > 80
    assert all(first[each["id"]] == each for each in theirs if each["id"] in first)


def test_updated_since_includes_its_own_moment(tracker: Program) -> None:
    issue = _new(tracker)
    found = tracker.call("GET", f"/api/issues?updated_since={quote(str(issue['updated_at']))}").json()["issues"]
    assert issue["id"] in [each["id"] for each in found]


def test_the_stranger_is_refused(tracker: Program) -> None:
    assert tracker.call("GET", "/api/issues", headers={"x-api-key": "wrong"}).status == 401
    assert tracker.call("POST", "/api/issues", {"subject": "x"}, headers={"x-api-key": ""}).status == 401


def test_a_stale_writer_is_refused_and_nothing_is_written(tracker: Program) -> None:
    issue = _new(tracker)
    path = f"/api/issues/{issue['id']}"
    first = tracker.call("PUT", path, {"done_ratio": 10}, headers={"if-match": '"1"'})
    assert (first.status, first.headers["etag"]) == (200, '"2"')
    assert tracker.call("PUT", path, {"done_ratio": 90}, headers={"if-match": '"1"'}).status == 412
    assert tracker.call("PUT", path, {"done_ratio": 90, "version": 1}).status == 409
    assert tracker.call("DELETE", path, headers={"if-match": '"1"'}).status == 412
    assert tracker.call("GET", path).json()["issue"]["done_ratio"] == 10


def test_a_write_that_changes_nothing_makes_no_new_version(tracker: Program) -> None:
    issue = _new(tracker)
    again = tracker.call("PUT", f"/api/issues/{issue['id']}", {"subject": "  核对条码规则 "}).json()["issue"]
    assert again == issue


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"subject": ""}, "subject"),
        ({"subject": "x" * 256}, "subject"),
        ({"status": "gone"}, "status"),
        ({"done_ratio": 101}, "done_ratio"),
        ({"done_ratio": 1.5}, "done_ratio"),
        ({"estimated_hours": "NaN"}, "estimated_hours"),
        ({"due_date": "tomorrow"}, "due_date"),
        ({"start_date": "2026-11-20", "due_date": "2026-11-19"}, "due_date"),
        ({"labels": [1]}, "labels"),
        ({"key": "MES-1"}, "key"),
        ({"nonsense": 1}, "nonsense"),
    ],
)
def test_bad_values_are_refused_by_name(tracker: Program, given: dict[str, object], field: str) -> None:
    issue = _new(tracker)
    answer = tracker.call("PUT", f"/api/issues/{issue['id']}", given)
    assert answer.status == 422
    assert field in answer.json()["error"]["fields"]
    assert tracker.call("GET", f"/api/issues/{issue['id']}").json()["issue"] == issue


def test_creating_twice_makes_two_and_both_are_found_by_reference(tracker: Program) -> None:
    first, second = _new(tracker, external_ref="JW-1"), _new(tracker, external_ref="JW-1")
    found = tracker.call("GET", "/api/issues?external_ref=JW-1").json()["issues"]
    assert [each["id"] for each in found] == [first["id"], second["id"]]


def test_a_deleted_issue_leaves_a_tombstone(tracker: Program) -> None:
    before = tracker.call("GET", "/api/deleted").json()["next"]
    issue = _new(tracker)
    assert tracker.call("DELETE", f"/api/issues/{issue['id']}").status == 204
    assert tracker.call("GET", f"/api/issues/{issue['id']}").status == 404
    told = tracker.call("GET", f"/api/deleted?since={before}").json()
    assert [each["id"] for each in told["deleted"]] == [issue["id"]]
    assert tracker.call("GET", f"/api/deleted?since={told['next']}").json() == {"deleted": [], "next": told["next"]}


def test_an_outage_stops_the_api_and_not_the_pages(tracker: Program) -> None:
    tracker.switch(outage=True)
    assert tracker.call("GET", "/api/me").status == 503
    assert tracker.call("GET", "/issues").status == 200
    assert tracker.call("GET", "/health").status == 200


def test_beyond_the_rate_limit_the_answer_says_how_long_to_wait(tracker: Program) -> None:
    tracker.switch(rate_limit_per_minute=1)
    answers = [tracker.call("GET", "/api/me") for _ in range(2)]
    assert answers[-1].status == 429
    assert 1 <= int(answers[-1].headers["retry-after"]) <= 60


def test_a_lost_answer_did_the_write(tracker: Program) -> None:
    tracker.switch(lose_answer_rate=1)
    with pytest.raises((http.client.RemoteDisconnected, ConnectionResetError)):
        tracker.call("POST", "/api/issues", {"project": "WMS-PDA", "subject": "未知结果", "external_ref": "JW-LOST"})
    assert len(tracker.call("GET", "/api/issues?external_ref=JW-LOST").json()["issues"]) == 1


def test_a_dropped_connection_did_nothing(tracker: Program) -> None:
    tracker.switch(drop_connection_rate=1)
    with pytest.raises((http.client.RemoteDisconnected, ConnectionResetError)):
        tracker.call("POST", "/api/issues", {"project": "WMS-PDA", "subject": "未送达", "external_ref": "JW-DROPPED"})
    tracker.switch(drop_connection_rate=0)
    assert tracker.call("GET", "/api/issues?external_ref=JW-DROPPED").json()["issues"] == []


def test_truncated_answers_break_the_connection_or_the_text(tracker: Program) -> None:
    tracker.switch(truncate_rate=1)
    broken = []
    for _ in range(12):
        try:
            tracker.call("GET", "/api/issues").json()
        except (http.client.IncompleteRead, ValueError) as problem:
            broken.append(type(problem))
    assert len(broken) == 12
    assert len(set(broken)) == 2


def test_latency_and_errors(tracker: Program) -> None:
    tracker.switch(latency_ms=300, error_rate=1)
    begun = time.monotonic()
    assert tracker.call("GET", "/api/me").status == 500
    assert time.monotonic() - begun >= 0.3


@pytest.mark.parametrize("given", [{"error_rate": 2}, {"latency_ms": -1}, {"outage": 1}, {"earthquake": True}, {"error_rate": "1"}])
def test_unknown_faults_are_refused(tracker: Program, given: dict[str, object]) -> None:
    before = tracker.call("GET", "/faults").json()
    assert tracker.call("POST", "/faults", given).status == 422
    assert tracker.call("GET", "/faults").json() == before


def test_what_was_written_survives_a_kill(tmp_path: Path) -> None:
    program = start("tracker", tmp_path / "tracker.db")
    try:
        issue = _new(program, subject="断电前的事项")
        program.switch(latency_ms=5)
    finally:
        program.kill()
    with running("tracker", tmp_path / "tracker.db") as again:
        assert again.call("GET", f"/api/issues/{issue['id']}").json()["issue"] == issue
        assert again.call("GET", "/faults").json()["latency_ms"] == 5
        assert again.call("GET", "/health").json()["records"]["issues"] == int(str(issue["id"]))  # not seeded twice

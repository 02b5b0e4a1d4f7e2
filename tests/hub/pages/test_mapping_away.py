"""The mapping page while a system is away: its last known fields, the reason in words, rows to go on with, nothing blank and nothing lost."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from jingwei.hub import contract
from jingwei.hub.models import Connection, Interface, MappingDraft, Offered
from jingwei.hub.pages import mapping_away
from jingwei.hub.peers import memory
from jingwei.hub.peers.session import HubSession, stream_of
from jingwei.hub.register import services
from tests.hub.conftest import Joined
from tests.hub.deeds import fresh, issue
from tests.hub.pages.test_interfaces import form_of
from tests.hub.pages.test_mapping_draft import keep, page, seen_on, text_of
from tests.hub.people import browser, owner, person

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _nothing_remembered() -> None:
    memory._streams.clear()
    mapping_away._failed.clear()
    mapping_away._read.cache_clear()


def away(monkeypatch: pytest.MonkeyPatch, problem: contract.ConnectorError) -> None:
    """From now on the tracker answers nothing but this; and it is another process that is asked."""

    def fail(self: HubSession, *arguments: Any, **more: Any) -> contract.Response:
        raise problem

    monkeypatch.setattr(HubSession, "request", fail)
    memory._streams.clear()
    mapping_away._read.cache_clear()


def test_a_stranger_learns_nothing_of_a_system_that_is_away(joined: Joined, monkeypatch: pytest.MonkeyPatch) -> None:
    away(monkeypatch, contract.Unreachable("connection refused"))
    for who in (person(joined, "stranger", "work.task.view"), person(joined, "looker", "hub.interface.view")):
        answer = browser(who).get(page)
        assert answer.status_code == 403 and "due_date" not in answer.content.decode()


def test_fields_are_shown_as_they_were_last_read_with_when_and_why(joined: Joined, monkeypatch: pytest.MonkeyPatch) -> None:
    client = browser(owner(joined), "zh-hans")
    assert "data-away" not in text_of(client)
    Offered.objects.update(read_at=timezone.now() - timedelta(days=3))
    when = timezone.localtime(Offered.objects.get().read_at).strftime("%m-%d %H:%M")
    away(monkeypatch, contract.Unreachable("[Errno 111] Connection refused"))
    text = text_of(client)
    assert 'data-away="a"' in text and when in text and "无法连接到它的地址" in text
    assert re.search(r'name="a-0".*?value="subject" selected', text, re.S) and 'value="due_date"' in text
    assert "没有真实数据" in text and "映射完整" not in text
    assert text.count("data-away") == 1


def test_one_goes_on_mapping_and_the_draft_is_kept_but_not_published(joined: Joined, monkeypatch: pytest.MonkeyPatch) -> None:
    client = browser(owner(joined))
    text_of(client)
    away(monkeypatch, contract.Unauthorised("GET → 401"))
    seen = seen_on(client)
    changed = form_of(joined) | {"a-1": "estimated_hours", "b-1": "work_hours"}
    shown = client.post(f"{page}preview/", changed).content.decode()
    assert re.search(r'name="a-1".*?value="estimated_hours" selected', shown, re.S) and "It refuses our credentials" in shown
    assert keep(client, seen, changed)[0] == 200
    answer = client.post(f"{page}draft/check/", changed | {"seen": seen_on(client)})
    assert answer.status_code == 422 and "The draft is kept" in answer.content.decode()
    assert client.post(f"{page}publish/", changed).status_code == 422
    assert fresh(joined).published.number == 1 and MappingDraft.objects.get().mapping["pairs"][1]["a"] == "estimated_hours"


def test_what_was_never_read_is_told_from_the_version_in_use_or_as_it_was_typed(joined: Joined, monkeypatch: pytest.MonkeyPatch) -> None:
    Offered.objects.all().delete()
    away(monkeypatch, contract.ServerFault("GET → 500"))
    client = browser(owner(joined))
    text = text_of(client)
    assert 'value="due_date"' in text and "The fields are shown as of" in text
    keep(client, seen_on(client), form_of(joined))
    Interface.objects.update(published=None)
    text = text_of(client)
    assert "were never read" in text and "subject (not there)" in text and 'value="due_date"' not in text


def test_a_failure_is_not_waited_for_again_at_every_stroke(joined: Joined, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    client = browser(owner(joined))
    text_of(client)
    mapping_away._read.cache_clear()

    def count(interface_id: int, *_: Any) -> Any:
        asked.append("read")
        raise contract.ServerFault("busy")

    monkeypatch.setattr(mapping_away, "_read", count)
    for _ in range(3):
        assert "No real rows" in client.post(f"{page}preview/", form_of(joined)).content.decode()
    assert asked == ["read"]


def gone_since(monkeypatch: pytest.MonkeyPatch, joined: Joined) -> None:
    """From now on the tracker cannot be asked what it offers; this process remembers what it was."""
    stream_of(joined.interface, "a")
    (kept,) = [each for _mark, each in memory._streams.values() if "issues" in each.value]
    kept.until = 0.0

    def fail(self: HubSession, *arguments: Any, **more: Any) -> contract.Response:
        raise contract.Unreachable("gone")

    monkeypatch.setattr(HubSession, "request", fail)
    monkeypatch.setattr("jingwei.connectors.sandbox.tracker.TrackerConnector.streams", lambda self, session: session.request("GET", "/"))


def test_a_memory_that_answers_for_a_system_that_is_away_says_so(joined: Joined, monkeypatch: pytest.MonkeyPatch) -> None:
    gone_since(monkeypatch, joined)
    sides = mapping_away.sides_of(joined.interface)
    assert [each.side for each in sides.away] == ["a"] and sides.a.field("subject").name == "subject"


def test_nothing_is_published_from_memory_and_a_system_that_is_back_is_asked_anew(joined: Joined, monkeypatch: pytest.MonkeyPatch) -> None:
    """Given a system that is away and still remembered, when a mapping is published, then it is refused with the reason; it is not when the system is back."""
    client, changed = browser(owner(joined)), form_of(joined) | {"a-1": "estimated_hours", "b-1": "work_hours"}
    text_of(client)
    with monkeypatch.context() as broken:
        gone_since(broken, joined)
        answer = client.post(f"{page}publish/", changed | {"seen": seen_on(client)})
        assert answer.status_code == 422 and fresh(joined).published.number == 1
        assert "There is no connection to its address" in answer.text and "The draft is kept" in answer.text
        assert keep(client, seen_on(client), changed)[0] == 200
        answer = client.post(f"{page}draft/publish/", {"seen": seen_on(client)})
        assert answer.status_code == 422 and "There is no connection to its address" in answer.text and "The draft is kept" in answer.text
        with pytest.raises(contract.Unreachable):
            services.spec_of(joined.interface, {"pairs": []})
    assert client.post(f"{page}draft/publish/", {"seen": seen_on(client)}).status_code == 302 and fresh(joined).published.number == 2


def test_a_system_that_is_back_is_believed_at_once(joined: Joined, monkeypatch: pytest.MonkeyPatch) -> None:
    issue(joined, subject="back again")
    client = browser(owner(joined))
    with monkeypatch.context() as broken:
        away(broken, contract.Unreachable("refused"))
        assert "data-away" in text_of(client)
    Connection.objects.update(failures=0, open_until=None)
    mapping_away._failed.clear()
    text = text_of(client)
    assert "data-away" not in text and "back again" in text

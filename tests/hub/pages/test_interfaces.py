"""The interface's pages: versions and their difference, going back, the grant, a stop, refused publishing."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.utils import timezone

from jingwei.domains.work.models import Task
from jingwei.frame.walls import heavy
from jingwei.hub import contract
from jingwei.hub.models import Interface, OutboxEntry
from jingwei.hub.peers import grants
from jingwei.hub.register import changes
from tests.hub.conftest import Joined
from tests.hub.deeds import answering, change, fresh, issue, publish
from tests.hub.people import browser, owner, person

pytestmark = pytest.mark.django_db(transaction=True)
page = "/hub/interfaces/tracker-tasks/"


def test_versions_are_told_apart_and_gone_back_to(joined: Joined) -> None:
    publish(
        joined, {"filters": {"a": {"project": ["MES-ROLL", "WMS"]}}}, name={"policy": "a", "steps": [{"op": "trim"}, {"op": "upper"}], "direction": "a_to_b"}
    )
    looker = browser(person(joined, "looker", "hub.interface.view", "work.task.view"))
    assert browser(person(joined, "stranger", "work.task.view")).get(f"{page}versions/").status_code == 403
    text = looker.get(f"{page}versions/").content.decode()
    for part in ("v1 → v2", "Subject → Name", "A wins", "Trim › Upper case", "A · Project", "MES-ROLL", "WMS", "A → B"):
        assert part in text, part
    assert "pairs[" not in text
    assert "Go back" not in text and looker.post(f"{page}versions/switch/", {"number": "1"}).status_code == 403
    assert looker.get(f"{page}versions/?old=1&new=77").status_code == 404
    issue(joined, subject="abc")
    dry = looker.get(f"{page}dry-run/?version=2").content.decode()
    assert "This is what version 2 would do" in dry and "ABC" in dry
    client = browser(owner(joined))
    done = client.post(f"{page}versions/switch/", {"number": "1"}, follow=True)
    assert "Version 3 is published" in done.content.decode()
    assert fresh(joined).published.number == 3
    assert "Both say the same" in client.get(f"{page}versions/?old=1&new=3").content.decode()
    assert "There is no version 9" in client.post(f"{page}versions/switch/", {"number": "9"}, follow=True).content.decode()


def test_the_grant_is_shown_taken_back_and_given_again(joined: Joined) -> None:
    client = browser(owner(joined))
    assert "work.task.change" in client.get(page).content.decode()
    engineer = browser(person(joined, "engineer", "hub.interface.*", "work.task.view"))
    client.post(f"{page}grant/", {"action": "revoke"})
    assert grants.in_force(joined.interface) is None and "the grant was taken back" in client.get(page).content.decode()
    refused = engineer.post(f"{page}grant/", {"action": "restore"}, follow=True).content.decode()
    assert "work.task.add" in refused and grants.in_force(joined.interface) is None
    client.post(f"{page}grant/", {"action": "restore"})
    assert grants.in_force(joined.interface) is not None
    looker = browser(person(joined, "looker", "hub.interface.view"))
    assert looker.post(f"{page}grant/", {"action": "revoke"}).status_code == 403


def test_an_interface_that_stopped_itself_says_why_and_is_let_go_on(joined: Joined) -> None:
    Interface.objects.update(held_reason="7 records go in circles", held_since=timezone.now())
    looker = browser(person(joined, "looker", "hub.interface.view"))
    text = looker.get(page).content.decode()
    assert "7 records go in circles" in text and "release/" not in text and looker.post(f"{page}release/").status_code == 403
    browser(owner(joined)).post(f"{page}release/")
    assert fresh(joined).held_since is None


def form_of(joined: Joined) -> dict[str, str]:
    """The published mapping as the editor posts it."""
    out = {"rows": "2", "note": "n"}
    for number, (a, b) in enumerate((("subject", "name"), ("done_ratio", "percent"))):
        out |= {f"a-{number}": a, f"b-{number}": b, f"direction-{number}": "both", f"policy-{number}": "ask"}
    return out


def test_publishing_without_the_right_says_which_and_keeps_the_form(joined: Joined) -> None:
    engineer = browser(person(joined, "engineer", "hub.interface.*", "hub.system.*", "work.task.view"))
    answer = engineer.post(f"{page}mapping/publish/", form_of(joined))
    text = answer.content.decode()
    assert answer.status_code == 403 and "work.task.add" in text and 'value="done_ratio" selected' in text
    assert fresh(joined).published.number == 1


def test_what_is_wrong_in_a_mapping_is_named_by_its_fields(joined: Joined) -> None:
    client = browser(owner(joined), "zh-hans")
    wrong = form_of(joined) | {"op-1-0": "upper", "b-1": "gone"}
    answer = client.post(f"{page}mapping/publish/", wrong)
    text = answer.content.decode()
    assert answer.status_code == 422 and "done_ratio → gone" in text and "pairs[" not in text and "B 侧没有字段 gone" in text
    assert not Task.objects.exists()


def test_run_now_tries_again_what_was_put_off_but_looks_no_sooner_for_what_is_doubtful(joined: Joined, monkeypatch: pytest.MonkeyPatch) -> None:
    issue(joined)
    joined.sync()
    answering(monkeypatch, ("PUT",), contract.ServerFault("busy"))
    change(joined, Task.objects.get(), name="新的名字")
    joined.sync()
    later = timezone.now() + timedelta(hours=1)
    OutboxEntry.objects.update(not_before=later)
    put_off = OutboxEntry.objects.get(state="waiting")
    looker = browser(person(joined, "looker", "hub.interface.view", "work.task.view"))
    assert looker.post(f"{page}run/").status_code == 403
    assert OutboxEntry.objects.get(pk=put_off.pk).not_before == later
    administrator = browser(owner(joined))
    assert administrator.post(f"{page}run/").status_code == 302
    assert OutboxEntry.objects.get(pk=put_off.pk).not_before is None
    OutboxEntry.objects.filter(pk=put_off.pk).update(state="unknown", not_before=later)
    administrator.post(f"{page}run/")
    assert OutboxEntry.objects.get(pk=put_off.pk).not_before == later


def test_who_has_two_looks_at_a_peer_under_way_waits_for_the_third(joined: Joined, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(heavy, "wait_seconds", 0.05)
    person_, looks = owner(joined), ("verify/", "dry-run/")
    client = browser(person_)
    addresses = [*(page + each for each in looks), *(f"/api/v1/hub/interfaces/tracker-tasks/{each.rstrip('/')}" for each in looks)]
    assert [client.get(each).status_code for each in addresses] == [200] * 4
    with heavy.turns.taken(person_.pk), heavy.turns.taken(person_.pk):
        assert [client.get(each).status_code for each in addresses] == [429] * 4


def test_a_difference_is_told_in_the_titles_of_fields_and_values_and_by_keys_to_programs(joined: Joined) -> None:
    """Pairs, steps, code tables, filters, fixed values and keys, in the reader's language; programs go on reading keys."""
    spec = fresh(joined).published.spec["mapping"]
    pairs = [each for each in spec["pairs"] if each["b"] != "percent"]
    status = {"a": "status", "b": "status", "steps": [{"op": "code", "table": "status"}]}
    changed = {
        "pairs": [*pairs, status, {"a": "due_date", "b": "external_ref"}],
        "key": ["name"],
        "filters": {"a": {"status": ["open"]}},
        "constants": [{"side": "a", "field": "status", "value": "open"}],
    }
    publish(joined, changed, {"status": [{"a": "resolved", "b": "done", "prefer": True}]})
    page = browser(owner(joined), "zh-hans").get(f"/hub/interfaces/{joined.interface.key}/versions/").content.decode()
    shown = " ".join(re.sub("<[^>]+>", " ", page.split("v1 → v2")[1]).split())
    for text in ("完成率 % ⇄ 完成率 %", "外部引用", "状态: 已解决", "已完成 ⇠", "A · 状态", "待处理", "名称"):
        assert text in shown, (text, shown)
    for key in ("due_date", "done_ratio", "external_ref", "resolved", "open", "work_hours"):
        assert not re.search(rf"\b{key}\b", shown), (key, shown)
    plain = changes.changes(*(version.spec for version in fresh(joined).versions.order_by("number")))
    assert {"due_date → external_ref", "done_ratio → percent", "status: resolved"} <= {each.where for each in plain}

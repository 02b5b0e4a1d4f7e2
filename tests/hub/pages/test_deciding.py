"""Pages on which people decide: strangers first, then every reason in words, fresh values, mending, held deletes."""

from __future__ import annotations

import re
from typing import Any

import pytest

from jingwei.domains.work.models import Task
from jingwei.hub.models import Conflict, DeadLetter, Delivery, Interface, Link, OutboxEntry, Quarantine
from tests.hub.conftest import Joined, status_table
from tests.hub.deeds import all_theirs, change, edit, fresh, issue, publish, remove, theirs
from tests.hub.people import browser, owner, person

pytestmark = pytest.mark.django_db(transaction=True)
status_pair = {"a": "status", "b": "status", "policy": "ask", "steps": [{"op": "code", "table": "status"}]}


def clash(joined: Joined, mine: str = "我们的名字", others: str = "对方的名字") -> Conflict:
    """Both sides rename one record."""
    made = issue(joined, subject="起初的名字")
    joined.sync()
    edit(joined, made["id"], subject=others)
    change(joined, Task.objects.get(), name=mine)
    joined.sync()
    return Conflict.objects.get(resolved_at=None)


def park(joined: Joined) -> Quarantine:
    """A record whose status has no code."""
    publish(joined, {"pairs": [*fresh(joined).published.spec["mapping"]["pairs"], status_pair]}, {"status": [status_table[0]]})
    issue(joined, subject="不认识的状态", status="resolved", done_ratio=40)
    joined.sync()
    return Quarantine.objects.get(released_at=None)


def test_what_is_parked_is_complained_of_by_the_title_of_its_field(joined: Joined) -> None:
    row, user = park(joined), owner(joined)
    for language, title in (("en", "Status"), ("zh-hans", "状态")):
        for path in ("/hub/monitor/", f"/hub/interfaces/{joined.interface.key}/", f"/hub/parked/{row.pk}/"):
            page = browser(user, language).get(path).content.decode()
            assert f'<span class="fw-medium">{title}</span>' in page, (path, re.findall('fw-medium">.*', page))


def test_strangers_decide_and_see_nothing(joined: Joined) -> None:
    conflict = clash(joined)
    stranger = browser(person(joined, "stranger", "work.task.view"))
    assert stranger.get("/hub/conflicts/").status_code == 403
    assert stranger.post("/hub/conflicts/resolve/", {"conflict": conflict.pk, "choice": "a"}).status_code in (302, 403)
    looker = browser(person(joined, "looker", "hub.interface.view", "work.task.view"))
    page = looker.get("/hub/conflicts/").content.decode()
    assert "对方的名字" in page and "我们的名字" in page and 'name="choice"' not in page
    assert looker.post("/hub/conflicts/resolve/", {"conflict": conflict.pk, "choice": "a"}).status_code == 403
    blind = browser(person(joined, "blind", "hub.interface.*"))
    page = blind.get("/hub/conflicts/").content.decode()
    assert "的名字" not in page and "not the values" in page
    refused = blind.post("/hub/conflicts/resolve/", {"conflict": conflict.pk, "choice": "a"})
    assert refused.status_code == 403 and "work.task.view" in refused.content.decode()
    deciding = browser(person(joined, "deciding", "hub.interface.*", "work.task.view"))
    refused = deciding.post("/hub/conflicts/resolve/", {"conflict": conflict.pk, "choice": "value", "value": "第三个"})
    assert refused.status_code == 403 and "work.task.change" in refused.content.decode()
    Conflict.objects.get(resolved_at=None)


def test_a_question_names_both_values_what_was_agreed_and_who(joined: Joined) -> None:
    conflict = clash(joined)
    user = owner(joined)
    page = browser(user).get("/hub/conflicts/").content.decode()
    for text in ("起初的名字", "我们的名字", "对方的名字", "Both sides changed this field", "Take A&#x27;s (Tracker)", "Leave both as they are"):
        assert text in page, text
    answer = browser(user).post("/hub/conflicts/resolve/", {"conflict": conflict.pk, "choice": "value", "value": "大家的名字"}, follow=True)
    assert "1 decided" in answer.content.decode()
    joined.sync()
    assert Task.objects.get().name == "大家的名字" == all_theirs(joined)[0]["subject"]
    assert Conflict.objects.get().resolved_by == user


def test_what_has_changed_since_it_was_shown_comes_back_with_what_is_there_now(joined: Joined) -> None:
    conflict = clash(joined)
    edit(joined, conflict.link.key_a, subject="又改了")
    client = browser(owner(joined))
    page = client.post("/hub/conflicts/resolve/", {"conflict": conflict.pk, "choice": "a", "next": "/hub/conflicts/?interface=tracker-tasks"}, follow=True)
    text = page.content.decode()
    assert "has changed since it was shown" in text and "又改了" in text and page.request["QUERY_STRING"] == "interface=tracker-tasks"
    joined.sync()
    assert (Task.objects.get().name, theirs(joined, conflict.link.key_a)["subject"]) == ("我们的名字", "又改了")


def test_several_are_decided_at_once_and_another_site_is_never_led_to(joined: Joined) -> None:
    for name in ("一", "二"):
        issue(joined, subject=name)
    joined.sync()
    for task in Task.objects.all():
        change(joined, task, name=f"{task.name}-我们")
    for row in all_theirs(joined):
        edit(joined, row["id"], subject=f"{row['subject']}-对方")
    joined.sync()
    ids = list(Conflict.objects.filter(resolved_at=None).values_list("pk", flat=True))
    client = browser(owner(joined))
    assert 'id="bulk"' in client.get("/hub/conflicts/").content.decode()
    answer = client.post("/hub/conflicts/resolve/", {"conflict": ids, "choice": "b", "next": "https://evil.example/hub/"})
    assert answer.headers["Location"] == "/hub/conflicts/"
    joined.sync()
    assert {row["subject"] for row in all_theirs(joined)} == {"一-我们", "二-我们"}
    assert client.post("/hub/conflicts/resolve/", {"conflict": "x", "choice": "b"}).status_code == 404


def test_a_delete_is_asked_about_in_words_and_both_answers_are_there(joined: Joined) -> None:
    made = issue(joined, subject="要删的")
    joined.sync()
    joined.program.call("DELETE", f"/api/issues/{made['id']}")
    joined.sync()
    client = browser(owner(joined), "zh-hans")
    page = client.get("/hub/conflicts/").content.decode()
    assert "“Tracker”中已删除，“经纬”中还在。" in page and "“经纬”中也删除" in page and "在“Tracker”中重新建立" in page
    client.post("/hub/conflicts/resolve/", {"conflict": Conflict.objects.get(resolved_at=None).pk, "choice": "b"})
    joined.sync()
    assert [row["subject"] for row in all_theirs(joined)] == ["要删的"] and Task.objects.count() == 1


def test_records_of_equal_key_are_paired_by_choice(joined: Joined) -> None:
    publish(joined, {"key": ["name"]})
    for number in (1, 2):
        issue(joined, subject="同名", description=f"对方 {number}")
    from tests.hub.deeds import ours

    ours(joined, code="A", name="同名", description="我们")
    Interface.objects.update(paired_at=None)
    joined.interface.checkpoints.all().delete()
    joined.sync()
    client = browser(owner(joined))
    asked = {c.link.key_b: c for c in Conflict.objects.filter(resolved_at=None, reason="ambiguous")}
    task = Task.objects.get()
    question = asked[str(task.pk)]
    page = client.get("/hub/conflicts/").content.decode()
    wanted = all_theirs(joined)[0]["id"]
    assert "Which record is its counterpart?" in page and re.search(rf'name="key" value="{wanted}"', page) and "create a new one" in page
    nothing = client.post("/hub/conflicts/resolve/", {"conflict": question.pk, "choice": "pair"}, follow=True)
    assert "Choose the record" in nothing.content.decode()
    client.post("/hub/conflicts/resolve/", {"conflict": question.pk, "choice": "pair", "key": wanted})
    joined.sync()
    from jingwei.hub.models import Link

    assert Link.objects.get(key_b=str(task.pk)).key_a == str(wanted)


def test_a_parked_record_is_shown_as_it_came_mended_and_let_in(joined: Joined) -> None:
    parked = park(joined)
    blind = browser(person(joined, "blind", "hub.interface.*"))
    page = blind.get(f"/hub/parked/{parked.pk}/").content.decode()
    assert "不认识的状态" not in page and "resolved" not in page and "values are not shown" in page
    assert blind.post(f"/hub/parked/{parked.pk}/mend/", {"action": "mended", "f-subject": "x"}).status_code == 403
    assert browser(person(joined, "nobody", "work.*")).get(f"/hub/parked/{parked.pk}/").status_code == 403
    client = browser(owner(joined))
    page = client.get(f"/hub/parked/{parked.pk}/").content.decode()
    assert 'value="不认识的状态"' in page and "As it came" in page and "&quot;done_ratio&quot;: 40" in page
    given: dict[str, Any] = {"action": "mended", "f-subject": "修好的", "f-done_ratio": "forty", "f-status": "open"}
    refused = client.post(f"/hub/parked/{parked.pk}/mend/", given)
    assert refused.status_code == 422 and "This is no number" in refused.content.decode() and 'value="修好的"' in refused.content.decode()
    assert client.post(f"/hub/parked/{parked.pk}/mend/", given | {"f-done_ratio": "45"}).status_code == 302
    joined.sync()
    task = Task.objects.get()
    assert (task.name, task.percent) == ("修好的", 45)
    mended = Delivery.objects.get(pk=parked.delivery_id)
    assert mended.record["values"]["done_ratio"] == 45 and mended.headers["mended_from"]["values"]["subject"] == "不认识的状态"
    assert "in the meantime" in client.post(f"/hub/parked/{parked.pk}/mend/", {"action": "discard"}, follow=True).content.decode()


def test_a_parked_record_is_listed_with_a_link_and_can_be_left_out(joined: Joined) -> None:
    parked = park(joined)
    client = browser(owner(joined))
    for address in ("/hub/monitor/", "/hub/interfaces/tracker-tasks/"):
        assert f"/hub/parked/{parked.pk}/" in client.get(address).content.decode()
    assert client.post(f"/hub/parked/{parked.pk}/mend/", {"action": "discard"}).status_code == 302
    assert not Task.objects.exists() and Quarantine.objects.get(pk=parked.pk).released_at is not None
    assert Delivery.objects.get(pk=parked.delivery_id).outcome == "discarded"


def test_held_deletes_are_named_and_decided(joined: Joined) -> None:
    for number in range(8):
        issue(joined, subject=f"事项 {number}")
    Interface.objects.update(on_delete="propagate")
    joined.sync()
    for task in Task.objects.all():
        remove(joined, task)
    joined.sync()
    assert OutboxEntry.objects.filter(state="held").count() == 8
    looker = browser(person(joined, "looker", "hub.interface.view", "work.task.view"))
    page = looker.get("/hub/interfaces/tracker-tasks/").content.decode()
    assert "8 deletes are held" in page and "事项 3" in page and 'name="answer"' not in page
    assert looker.post("/hub/interfaces/tracker-tasks/deletes/", {"answer": "allow"}).status_code == 403
    client = browser(owner(joined), "zh-hans")
    assert "8 条删除被拦下" in client.get("/hub/monitor/").content.decode()
    done = client.post("/hub/interfaces/tracker-tasks/deletes/", {"answer": "refuse"}, follow=True)
    assert "8 条记录保留" in done.content.decode()
    joined.sync()
    assert Task.objects.count() == 8 == len(all_theirs(joined))
    assert "没有被拦下的删除" in client.post("/hub/interfaces/tracker-tasks/deletes/", {"answer": "allow"}, follow=True).content.decode()


def test_parked_records_go_by_their_names_and_lead_to_their_pages(joined: Joined) -> None:
    """On every page that lists them, for who may see the values; for others by the key alone. What is settled says so in the reader's words."""
    row, seeing, blind = park(joined), browser(owner(joined), "zh-hans"), browser(person(joined, "blind", "hub.interface.view"), "zh-hans")
    here = f"/hub/parked/{row.pk}/"
    lists = ("/hub/monitor/", f"/hub/interfaces/{joined.interface.key}/", "/hub/parked/", f"/hub/parked/?interface={joined.interface.key}")
    edit(joined, row.record_key, done_ratio=50)
    for path in (*lists, f"/hub/interfaces/{joined.interface.key}/dry-run/"):
        assert re.search(rf'href="{here}">不认识的状态</a>', seeing.get(path).text), path
        assert "不认识的状态" not in blind.get(path).text, path
    assert all(re.search(rf'href="{here}">{row.record_key}</a>', blind.get(path).text) for path in lists)
    assert "不认识的状态" in re.findall(r"<h1.*?</h1>", seeing.get(here).text, re.S)[0] and "不认识的状态" not in blind.get(here).text
    assert "没有值 resolved；请补充代码表 — 已解决" in " ".join(re.sub("<[^>]+>", "", seeing.get("/hub/parked/").text).split()), (
        "and the state as people call it"
    )
    assert "两侧一致" not in seeing.get(f"/hub/interfaces/{joined.interface.key}/dry-run/").text, "a record that cannot pass is not two sides that agree"


def refused(joined: Joined, direction: str = "b_to_a") -> Conflict:
    """A value of a field that only goes to the tracker, which will not take it."""
    publish(joined, work_hours={"direction": direction})
    issue(joined)
    joined.sync()
    change(joined, Task.objects.get(), work_hours="200000")
    joined.sync()
    return Conflict.objects.get(resolved_at=None)


def buttons(page: str) -> set[str]:
    return set(re.findall(r'name="choice" value="(\w+)"', page))


@pytest.mark.parametrize(("direction", "offered"), [("b_to_a", {"b", "accept"}), ("both", {"a", "b", "value", "accept"})])
def test_only_what_can_go_over_is_offered(joined: Joined, direction: str, offered: set[str]) -> None:
    conflict, user = refused(joined, direction), owner(joined)
    page = browser(user).get("/hub/conflicts/").content.decode()
    assert buttons(page) == offered
    assert conflict.message_en[:10] in page and "will not take" in page and "Both sides changed" not in page
    reasons = [each["en"] for each in Interface.objects.get().state_detail]
    assert not any("to be decided" in text and "refused" not in text for text in reasons) and any("refused" in text for text in reasons)


@pytest.mark.parametrize("choice", ["a", "value"])
def test_a_choice_that_cannot_work_destroys_neither_cause_nor_dead_letter(joined: Joined, choice: str) -> None:
    """Whatever is sent by hand or by a program: the field is named as people call it, and everything stays as it was."""
    conflict, user = refused(joined), owner(joined)
    before = (conflict.reason, conflict.message_zh, Link.objects.get().apart, DeadLetter.objects.get().settled_at)
    page = browser(user).post("/hub/conflicts/resolve/", {"conflict": conflict.pk, "choice": choice, "value": "12"}, follow=True).content.decode()
    said = re.findall(r'class="[^"]*alert-danger[^"]*".*?</div>', page, re.S)[0]
    assert "Planned work (h)" in said and "from B to A only" in said and "work_hours" not in said, said
    joined.sync()
    conflict.refresh_from_db()
    assert (conflict.reason, conflict.message_zh, Link.objects.get().apart, DeadLetter.objects.get().settled_at) == before
    assert conflict.resolved_at is None


def test_trying_again_what_is_refused_again_says_why_again(joined: Joined) -> None:
    conflict = refused(joined)
    browser(owner(joined)).post("/hub/conflicts/resolve/", {"conflict": conflict.pk, "choice": "b"})
    joined.sync()
    again = Conflict.objects.get(resolved_at=None)
    assert (again.reason, again.message_zh) == ("refused", conflict.message_zh)
    assert DeadLetter.objects.filter(settled_at=None).count() == 1


def test_whatever_is_parked_stands_in_one_place_that_the_menu_names(joined: Joined) -> None:
    park(joined)
    page = browser(owner(joined)).get("/").content.decode()
    assert 'href="/hub/parked/"' in page
    assert browser(person(joined, "stranger", "work.task.view")).get("/hub/parked/").status_code == 403

"""The draft of a mapping: kept as it is typed, told apart from what others type, discarded and brought back, looked at before it goes live."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client

from jingwei.frame.models import Role, User
from jingwei.hub.models import InterfaceVersion, MappingDraft, OutboxEntry
from jingwei.hub.register import files, services
from tests.hub.conftest import Joined
from tests.hub.deeds import fresh, issue, publish
from tests.hub.pages.test_interfaces import form_of
from tests.hub.people import browser, owner, person

pytestmark = pytest.mark.django_db(transaction=True)
page = "/hub/interfaces/tracker-tasks/mapping/"
posts = ("draft/", "draft/discard/", "draft/check/", "draft/rehearse/", "draft/publish/")


def text_of(client: Client, path: str = page) -> str:
    answer = client.get(path)
    assert answer.status_code == 200
    return answer.content.decode()  # type: ignore[no-any-return]


def seen_on(client: Client) -> str:
    """The mark of what a freshly opened page has seen."""
    found = re.search(r'name="seen" value="([^"]+)"', text_of(client))
    assert found is not None
    return found[1]


def keep(client: Client, seen: str, form: dict[str, str], **more: str) -> tuple[int, dict[str, Any]]:
    """What the page does by itself while one types."""
    answer = client.post(f"{page}draft/", form | {"seen": seen} | more)
    return answer.status_code, answer.json()


def engineer(joined: Joined, name: str = "engineer") -> User:
    return person(joined, name, "hub.interface.*", "hub.system.*", "work.task.*")


def test_a_stranger_neither_sees_nor_keeps_nor_discards_a_draft(joined: Joined) -> None:
    keep(writer := browser(engineer(joined)), seen_on(writer), form_of(joined), note="secret words")
    before = MappingDraft.objects.values().get()
    for who in (person(joined, "stranger", "work.task.view"), person(joined, "looker", "hub.interface.view", "work.task.view")):
        client = browser(who)
        for path in posts:
            assert client.post(page + path, form_of(joined) | {"seen": f"{before['id']}.{before['version']}"}).status_code == 403, (who, path)
        assert client.get(page).status_code == client.get(f"{page}draft/review/").status_code == 403
    assert "Draft</span>" not in text_of(browser(person(joined, "reader", "hub.interface.view")), page.removesuffix("mapping/"))
    assert MappingDraft.objects.values().get() == before and fresh(joined).published.number == 1


def test_what_is_typed_is_kept_and_shown_again_anywhere_and_nothing_works_by_it(joined: Joined) -> None:
    one = browser(engineer(joined))
    status, told = keep(one, seen_on(one), form_of(joined) | {"policy-1": "newest"}, note="why so")
    assert status == 200 and re.fullmatch(r"Saved \d\d:\d\d", told["text"])
    assert keep(one, told["seen"], form_of(joined) | {"policy-1": "b", "ta-x-0": "1"})[0] == 200
    elsewhere = text_of(browser(engineer(joined, "another")))
    assert re.search(r'id="policy-1".*?value="b" selected', elsewhere, re.S) and "last written by engineer" in elsewhere
    assert fresh(joined).published.number == 1 and InterfaceVersion.objects.count() == 1
    issue(joined)
    joined.sync()
    assert fresh(joined).published.spec["mapping"]["pairs"][0]["b"] == "name"


def test_a_draft_that_is_wrong_or_unfinished_is_kept_with_its_errors_at_the_rows(joined: Joined) -> None:
    client = browser(engineer(joined), "zh-hans")
    wrong = form_of(joined) | {"rows": "3", "b-1": "", "a-2": "start_date", "b-2": "work_hours", "op-2-0": "scale"}
    tables = {"op-0-0": "code", "p-0-0-table": "t", "table-t-rows": "1", "ta-t-0": "half a row"}
    assert keep(client, seen_on(client), wrong | tables)[0] == 200
    text = text_of(client)
    assert 'value="half a row"' in text and "pairs[" not in text and "需要修正：2" in text
    for cell, said in (("b-1", "选择 B 侧的字段"), ("steps-2", "第 1 步：“乘以”不能用于日期")):
        found = re.search(rf'id="e-{cell}">(.*?)</div></div>', text)
        assert found is not None and said in found[1], cell
    assert re.search(r'aria-invalid="true" aria-describedby="e-b-1" name="b-1"', text)
    refused = client.post(f"{page}draft/check/", wrong | tables | {"seen": seen_on(client)})
    assert refused.status_code == 422 and "start_date → work_hours" in refused.content.decode() and fresh(joined).published.number == 1


def test_the_second_of_two_writers_is_told_who_wrote_what_and_overwrites_only_when_he_says_so(joined: Joined) -> None:
    one, two = browser(engineer(joined, "first")), browser(engineer(joined, "second"))
    seen = seen_on(one)
    assert seen_on(two) == seen
    mark = keep(one, seen, form_of(joined) | {"policy-0": "newest"})[1]["seen"]
    status, told = keep(two, seen, form_of(joined) | {"policy-0": "b"})
    assert status == 409 and "first wrote on this draft" in told["html"]
    for part in ("Subject → Name", "the newest wins", "B wins"):
        assert part in told["html"], part
    assert MappingDraft.objects.get().mapping["pairs"][0]["policy"] == "newest"
    chosen = re.search(r'data-keep-mine="([^"]+)"', told["html"])
    assert chosen is not None and chosen[1] == mark
    assert keep(two, chosen[1], form_of(joined) | {"policy-0": "b"})[0] == 200
    assert keep(one, mark, form_of(joined) | {"policy-0": "a"})[0] == 409
    assert MappingDraft.objects.get().mapping["pairs"][0]["policy"] == "b"


def test_who_types_what_the_other_has_kept_is_troubled_by_nothing(joined: Joined) -> None:
    one, two = browser(engineer(joined, "first")), browser(engineer(joined, "second"))
    seen = seen_on(one)
    same = form_of(joined) | {"policy-0": "newest"}
    assert keep(one, seen, same)[1]["seen"] == keep(two, seen, same)[1]["seen"]


def test_a_version_that_was_published_meanwhile_is_told_before_anything_is_kept_upon_it(joined: Joined) -> None:
    client = browser(engineer(joined))
    seen = seen_on(client)
    publish(joined, name={"policy": "a"})
    status, told = keep(client, seen, form_of(joined))
    assert status == 409 and "Version 2 by" in told["html"] and "A wins" in told["html"]
    assert not MappingDraft.objects.exists()


def test_a_discarded_draft_comes_back_with_one_click_and_never_over_another(joined: Joined) -> None:
    client = browser(engineer(joined))
    mark = keep(client, seen_on(client), form_of(joined) | {"policy-0": "newest"})[1]["seen"]
    stale = client.post(f"{page}draft/discard/", {"seen": "1.1"}, follow=True).content.decode()
    assert "it stays" in stale and MappingDraft.objects.exists()
    assert "The draft is discarded" in client.post(f"{page}draft/discard/", {"seen": mark}, follow=True).content.decode()
    assert not MappingDraft.objects.exists() and "last written by" not in text_of(client)
    client.post("/undo/", {"next": page})
    back = MappingDraft.objects.get()
    assert back.mapping["pairs"][0]["policy"] == "newest" and back.by.username == "engineer"
    assert keep(client, mark, form_of(joined) | {"policy-0": "a"})[0] == 409, "a page of before does not write over it"
    client.post(f"{page}draft/discard/", {"seen": seen_on(client)})
    keep(client, seen_on(client), form_of(joined) | {"policy-0": "b"})
    refused = client.post("/undo/", {"next": page}, follow=True).content.decode()
    assert "another draft" in refused and MappingDraft.objects.get().mapping["pairs"][0]["policy"] == "b"


def test_undo_takes_the_right_to_change_the_interface(joined: Joined) -> None:
    client = browser(engineer(joined))
    mark = keep(client, seen_on(client), form_of(joined))[1]["seen"]
    client.post(f"{page}draft/discard/", {"seen": mark})
    Role.objects.filter(key="role-engineer").update(grants=["hub.interface.view"])
    client.post("/undo/", {"next": "/"})
    assert not MappingDraft.objects.exists()


def test_going_live_shows_the_difference_and_a_dry_run_first(joined: Joined) -> None:
    issue(joined, subject="abc")
    client = browser(owner(joined))
    form = form_of(joined) | {"op-0-0": "upper", "direction-0": "a_to_b", "note": "shouting", "seen": seen_on(client)}
    assert f'action="{page}draft/check/"' in text_of(client)
    answer = client.post(f"{page}draft/check/", form, follow=True)
    text = answer.content.decode()
    assert answer.redirect_chain[-1][0] == f"{page}draft/review/"
    for part in ("Subject → Name", "Upper case", "has not been dry run", "the interface is live"):
        assert part in text, part
    assert fresh(joined).published.number == 1
    ran = client.post(f"{page}draft/rehearse/").content.decode()
    assert "ABC" in ran and "Nothing was written" in ran
    assert fresh(joined).published.number == 1 and not OutboxEntry.objects.exists() and InterfaceVersion.objects.count() == 1
    again = text_of(client, f"{page}draft/review/")
    assert "1 would be written" in again
    draft = MappingDraft.objects.get()
    stale = client.post(f"{page}draft/publish/", {"seen": f"{draft.pk}.{draft.version + 1}"}, follow=True).content.decode()
    assert "Somebody has changed this mapping" in stale and fresh(joined).published.number == 1
    done = client.post(f"{page}draft/publish/", {"seen": f"{draft.pk}.{draft.version}"}, follow=True).content.decode()
    assert "Version 2 is published" in done and not MappingDraft.objects.exists()
    version = fresh(joined).published
    assert version.number == 2 and version.note == "shouting" and version.spec["mapping"]["pairs"][0]["steps"] == [{"op": "upper"}]


def test_a_dry_run_of_what_was_typed_since_is_no_dry_run(joined: Joined) -> None:
    client = browser(owner(joined))
    mark = keep(client, seen_on(client), form_of(joined))[1]["seen"]
    client.post(f"{page}draft/rehearse/")
    assert "would be written" in text_of(client, f"{page}draft/review/")
    keep(client, mark, form_of(joined) | {"policy-0": "a"})
    assert "has not been dry run" in text_of(client, f"{page}draft/review/")


def test_a_draft_takes_the_publishers_rights_and_a_dry_run_too(joined: Joined) -> None:
    client = browser(person(joined, "half", "hub.interface.*", "work.task.view"))
    mark = keep(client, seen_on(client), form_of(joined))[1]["seen"]
    for path in ("draft/rehearse/", "draft/publish/"):
        answer = client.post(page + path, {"seen": mark})
        assert answer.status_code == 422 and "work.task.add" in answer.content.decode(), path
    assert fresh(joined).published.number == 1 and MappingDraft.objects.exists()


def test_rows_without_counterpart_stay_in_the_draft_and_out_of_the_version(joined: Joined) -> None:
    client = browser(owner(joined))
    half = {"op-0-0": "code", "p-0-0-table": "t", "table-t-rows": "2", "ta-t-0": "x", "tb-t-0": "y", "ta-t-1": "lonely"}
    client.post(f"{page}draft/check/", form_of(joined) | half | {"seen": seen_on(client)})
    assert MappingDraft.objects.get().code_tables["t"][1] == {"a": "lonely", "b": ""}
    draft = MappingDraft.objects.get()
    client.post(f"{page}draft/publish/", {"seen": f"{draft.pk}.{draft.version}"})
    assert fresh(joined).published.spec["code_tables"] == {"t": [{"a": "x", "b": "y"}]}


def test_what_was_left_deliberately_goes_with_the_version_into_the_file(joined: Joined) -> None:
    client = browser(owner(joined))
    form = form_of(joined) | {"b-1": "status", "op-1-0": "code", "p-1-0-table": "status", "table-status-rows": "0", "left-b-status": "blocked"}
    client.post(f"{page}draft/check/", form | {"seen": seen_on(client)})
    assert MappingDraft.objects.get().mapping["left"] == {"status": {"a": [], "b": ["blocked"]}}
    draft = MappingDraft.objects.get()
    review = text_of(client, f"{page}draft/review/")
    assert "values deliberately left" in review and "Values without counterpart" in review
    client.post(f"{page}draft/publish/", {"seen": f"{draft.pk}.{draft.version}"})
    wanted = files.read(files.export(fresh(joined)))
    assert wanted["mapping"]["left"] == {"status": {"a": [], "b": ["blocked"]}}
    assert services.version_switch(interface=fresh(joined), number=1).number == 3


@pytest.mark.parametrize("name", ["rows", "extras", "table-name-rows"])
@pytest.mark.parametrize("value", ["x", "-1", "1.5", "²", "9" * 5000])
def test_a_damaged_count_of_rows_is_refused_in_words(joined: Joined, name: str, value: str) -> None:
    form, client = form_of(joined) | {"op-0-0": "code", name: value}, browser(engineer(joined))
    for path in ("preview/", "publish/", "draft/", "draft/check/"):
        answer = client.post(page + path, form)
        assert answer.status_code == 422 and "The form is damaged" in answer.content.decode() and name in answer.content.decode(), path
    assert not MappingDraft.objects.exists()

"""Who publishes upon a version that is no longer in use takes nobody's change back unseen: on every way a mapping is published by."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from jingwei.hub.models import Interface, InterfaceVersion, MappingDraft
from jingwei.hub.register import files, overtaking, services
from tests.assembly.test_hub_commands import run
from tests.at_once import overlapped
from tests.hub.conftest import Joined
from tests.hub.deeds import fresh, publish
from tests.hub.pages.test_interfaces import form_of
from tests.hub.pages.test_mapping_draft import keep, page, seen_on, text_of
from tests.hub.people import browser, owner, person, program

pytestmark = pytest.mark.django_db(transaction=True)


def policy(joined: Joined, number: int) -> str:
    return str(fresh(joined).published.spec["mapping"]["pairs"][number].get("policy", "ask"))


def second(joined: Joined) -> Client:
    return browser(person(joined, "second", "*"))


def hidden(text: str, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', text)
    assert found is not None
    return found[1]


def test_the_editors_form_takes_no_published_change_back(joined: Joined) -> None:
    """The attack: both editors stand on version 1; the second one's form says of the first one's field what it said before."""
    one, two = browser(owner(joined)), second(joined)
    form = form_of(joined) | {"seen": seen_on(one)}
    assert one.post(f"{page}publish/", form | {"policy-0": "a"}).status_code == 302 and policy(joined, 0) == "a"
    refused = two.post(f"{page}publish/", form | {"policy-1": "b"})
    text = refused.content.decode()
    assert refused.status_code == 409 and fresh(joined).published.number == 2 and policy(joined, 0) == "a"
    for part in ("Version 2 by owner", "subject → name", "A wins", "Put mine in its place", "Take what is there"):
        assert part in text, part
    assert 'data-keep-mine="v' in text and re.search(r'id="policy-1".*?value="b" selected', text, re.S), "what was typed stays"
    mine = re.search(r'data-keep-mine="([^"]+)"', text)
    assert mine is not None and two.post(f"{page}publish/", form | {"policy-1": "b", "seen": mine[1]}).status_code == 302
    assert (policy(joined, 0), policy(joined, 1)) == ("ask", "b"), "taken over by who was told and chose it"


def test_a_form_that_does_not_say_what_it_stands_on_is_not_taken_for_new(joined: Joined) -> None:
    publish(joined, name={"policy": "a"})
    assert browser(owner(joined)).post(f"{page}publish/", form_of(joined)).status_code == 409 and policy(joined, 0) == "a"


def test_the_same_published_twice_is_no_quarrel(joined: Joined) -> None:
    client = browser(owner(joined))
    form = form_of(joined) | {"seen": seen_on(client), "policy-0": "a"}
    assert [client.post(f"{page}publish/", form).status_code for _time in (1, 2)] == [302, 302]
    assert InterfaceVersion.objects.count() == 2


def test_of_two_forms_that_come_at_once_one_is_told_of_the_other(joined: Joined) -> None:
    one, two = browser(owner(joined)), second(joined)
    form = form_of(joined) | {"seen": seen_on(one)}
    answers = overlapped(lambda: one.post(f"{page}publish/", form | {"policy-0": "a"}), lambda: two.post(f"{page}publish/", form | {"policy-1": "b"}))
    assert [answer.status_code for answer in answers] == [302, 409] and (policy(joined, 0), policy(joined, 1)) == ("a", "ask")


def test_a_draft_that_was_looked_at_before_another_version_came_is_looked_at_again(joined: Joined) -> None:
    client = browser(owner(joined))
    keep(client, seen_on(client), form_of(joined) | {"policy-1": "b"})
    review = text_of(client, f"{page}draft/review/")
    given = {name: hidden(review, name) for name in ("seen", "upon")}
    publish(joined, name={"policy": "a"})
    refused = client.post(f"{page}draft/publish/", given)
    text = refused.content.decode()
    assert refused.status_code == 409 and fresh(joined).published.number == 2 and MappingDraft.objects.exists()
    assert "Version 2 by" in text and "subject → name" in text
    assert client.post(f"{page}draft/publish/", {"seen": given["seen"]}).status_code == 409, "without a word it stands on what it was begun from"
    again = client.post(f"{page}draft/publish/", {name: hidden(text, name) for name in ("seen", "upon")})
    assert again.status_code == 302 and (policy(joined, 0), policy(joined, 1)) == ("ask", "b")


def test_a_page_of_versions_goes_back_from_what_it_showed_only(joined: Joined) -> None:
    client = browser(owner(joined))
    publish(joined, name={"policy": "a"})
    given = {"number": "1", "upon": hidden(text_of(client, page.replace("mapping", "versions")), "upon")}
    publish(joined, percent={"policy": "b"})
    refused = client.post(f"{page.removesuffix('mapping/')}versions/switch/", given)
    assert refused.status_code == 409 and "Version 3 by" in refused.content.decode() and fresh(joined).published.number == 3
    given["upon"] = hidden(refused.content.decode(), "upon")
    assert client.post(f"{page.removesuffix('mapping/')}versions/switch/", given).status_code == 302 and fresh(joined).published.number == 4


def test_a_program_goes_back_from_the_version_it_names_only(joined: Joined) -> None:
    call = program(joined, owner(joined))
    publish(joined, name={"policy": "a"})
    publish(joined, percent={"policy": "b"})
    path = "/interfaces/tracker-tasks/versions/rollback"
    status, told = call("POST", path, {"number": 1, "in_use": 2})
    assert status == 409 and "Version 3 by" in told["errors"][0]["message"] and fresh(joined).published.number == 3
    assert call("POST", path, {"number": 1, "in_use": 3})[1]["version"] == 4
    assert call("POST", path, {"number": 1, "in_use": 99})[0] == 422


def test_a_file_says_what_it_takes_the_place_of_and_stands_on_what_its_difference_was_shown_against(joined: Joined, tmp_path: Path, capsys: Any) -> None:
    file = tmp_path / "one.toml"
    wanted = files.read(files.export(fresh(joined)))
    wanted["mapping"]["pairs"][0]["policy"] = "a"
    before = fresh(joined).published_id
    publish(joined, percent={"policy": "b"})
    with pytest.raises(overtaking.Overtaken):
        files.apply(wanted, before)
    assert fresh(joined).published.number == 2
    files.apply(wanted)
    note = fresh(joined).published.note
    assert fresh(joined).published.number == 3 and ("替换版本 2" in note or "in place of version 2" in note)
    files.apply(wanted)
    assert fresh(joined).published.number == 3, "a file is applied as often as one likes"
    file.write_text(files.export(fresh(joined)), encoding="utf-8")
    publish(joined, percent={"policy": "a"})
    assert run("interface", "apply", str(file), "--yes", "--upon", "3") == 1 and fresh(joined).published.number == 4
    said = capsys.readouterr().err
    assert "Version 4 by" in said and "版本 4" in said
    assert run("interface", "apply", str(file), "--yes", "--upon", "4") == 0 and fresh(joined).published.number == 5
    assert run("interface", "rollback", "tracker-tasks", "1", "--upon", "4") == 1 and fresh(joined).published.number == 5
    assert run("interface", "rollback", "tracker-tasks", "1") == 0 and fresh(joined).published.number == 6


def test_the_first_version_of_another_is_not_replaced_unseen(joined: Joined) -> None:
    """Two open the editor of a new interface: both stand on no version at all."""
    client = browser(owner(joined))
    services.interface_switch(instance=joined.interface, stage=Interface.Stage.PAUSED)
    form = form_of(joined) | {"seen": "v0"}
    refused = client.post(f"{page}publish/", form | {"policy-0": "b"})
    assert refused.status_code == 409 and f'action="{page}draft/check/"' in refused.content.decode()

"""The law of what rows carry, over every resource that does: the rights are those of the row as it is now, by page and by REST, and nobody learns of a row he
may not see; its page tells everything once."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from jingwei.frame import scope
from jingwei.frame.carried import files, returning, tags, talk
from jingwei.frame.lives.lifecycle import Everything
from jingwei.frame.models import ApiToken, Attachment, Comment, Follower, Notification, Tag, Tagging
from jingwei.frame.records import commands, undo
from jingwei.frame.records.resource import Resource, resource
from jingwei.frame.rights.access import access_of
from jingwei.frame.ui import timeline
from jingwei.frame.work import keeping
from tests.house.carried import browser, carrying, every, full, made, picture, upload, ways_of_writing
from tests.house.conftest import House
from tests.house.half import Half, member
from tests.house.test_api import Program

pytestmark = pytest.mark.django_db


def counts() -> tuple[int, ...]:
    """How much there is of everything, in all organisations."""
    return tuple(model.unscoped.count() for model in (Comment, Attachment, Tag, Tagging, Follower, Notification))


def refused(client: Client, address: str, *, status: int, kinds: Any = ways_of_writing) -> None:
    for path, body in kinds:
        answer = client.post(address + path, body | ({"file": upload()} if path == "files/" else {}))
        assert answer.status_code == status, (path, answer.status_code)


@every
def test_a_stranger_reads_and_writes_nothing(kind: Resource, house: House, inside: Any, half: Half) -> None:
    row = full(house, inside, kind)
    with inside():
        attachment, comment = Attachment.objects.get(), Comment.objects.get()
    far = member(house, "far", "manager", half.other)
    before = counts()
    for user, tenant in ((house.stranger, house.other), (far, house.tenant)):
        client, address = browser(user), f"/w/{kind.key}/{row.pk}/carried/"
        assert client.get(address).status_code == 404
        assert client.get(f"{address}files/{attachment.pk}/").status_code == 404 and client.get(f"{address}people/?q=o").status_code == 404
        refused(client, address, status=404)
        assert client.post(f"{address}talk/{comment.pk}/", {"action": "delete"}).status_code == 404
        assert client.post(f"{address}files/{attachment.pk}/remove/").status_code == 404
        program = Program(house, user, tenant)
        for method, path, body in rest_ways(attachment.pk, comment.pk):
            assert program.call(method, f"/api/v1/{kind.key}/{row.pk}/{path}", body)[0] == 404, (method, path)
    refused(Client(), f"/w/{kind.key}/{row.pk}/carried/", status=302)
    assert Client().get(f"/api/v1/{kind.key}/{row.pk}/comments").status_code == 401
    assert counts() == before


def rest_ways(attachment: int, comment: int) -> list[tuple[str, str, Any]]:
    return [
        ("GET", "comments", None), ("POST", "comments", {"text": "x"}), ("PATCH", f"comments/{comment}", {"text": "x"}), ("DELETE", f"comments/{comment}", None),
        ("GET", "files", None), ("POST", "files", None), ("GET", f"files/{attachment}", None), ("DELETE", f"files/{attachment}", None),
        ("GET", "tags", None), ("POST", "tags", {"word": "x"}), ("DELETE", "tags/1", None), ("GET", "follow", None), ("POST", "follow", None), ("DELETE", "follow", None),
    ]  # fmt: skip


@every
def test_who_may_only_look_reads_talks_and_follows_and_changes_nothing_else(kind: Resource, house: House, inside: Any) -> None:
    row = full(house, inside, kind)
    with inside():
        attachment, comment = Attachment.objects.get(), Comment.objects.get()
    client, address = browser(house.viewer), f"/w/{kind.key}/{row.pk}/carried/"
    page = client.get(f"/w/{kind.key}/{row.pk}/").text
    assert page.count("geheim") >= 3 and "carried/talk/" in page and 'name="file"' not in page and 'name="word"' not in page
    assert b"".join(client.get(f"{address}files/{attachment.pk}/").streaming_content) == b"geheim"
    refused(client, address, status=403, kinds=[each for each in ways_of_writing if each[0] in ("files/", "tags/")])
    assert client.post(f"{address}talk/{comment.pk}/", {"text": "mine now"}).status_code == 403, "of one's own only"
    assert client.post(f"{address}talk/", {"text": "hello"}).status_code == 302 and client.post(f"{address}follow/", {"on": ""}).status_code == 302
    program = Program(house, house.viewer, house.tenant)
    answers = {(method, path): program.call(method, f"/api/v1/{kind.key}/{row.pk}/{path}", body)[0] for method, path, body in rest_ways(0, comment.pk)}
    assert {answers[way] for way in answers if way[0] == "GET" and "/" not in way[1]} == {200}
    assert answers["POST", "comments"] == 201 and answers["POST", "follow"] == 200
    assert {
        answers[way] for way in (("POST", "files"), ("POST", "tags"), ("DELETE", "tags/1"), ("DELETE", "files/0"), ("PATCH", f"comments/{comment.pk}"))
    } == {403}
    with inside():
        assert Attachment.objects.count() == Tagging.objects.count() == 1 and Comment.objects.get(pk=comment.pk).text == "geheim"


@every
def test_a_token_that_only_reads_says_nothing(kind: Resource, house: House, inside: Any) -> None:
    row = made(house, inside, kind)
    _token, text = ApiToken.issue(tenant=house.tenant, user=house.owner, name="reader", limit={"grants": ["*.view"], "projects": None})
    before = counts()
    for path, body in (("comments", {"text": "x"}), ("comments", {"text": ["of no shape"]}), ("tags", {"word": "x"}), ("follow", None)):
        answer = Client().post(f"/api/v1/{kind.key}/{row.pk}/{path}", body or {}, content_type="application/json", headers={"Authorization": f"Bearer {text}"})
        assert answer.status_code == 403, (path, answer.status_code)
    assert counts() == before


@every
def test_all_of_it_by_page_and_by_rest(kind: Resource, house: House, inside: Any) -> None:
    row, client = made(house, inside, kind), browser(house.owner, **{"HX-Request": "true"})
    address = f"/w/{kind.key}/{row.pk}/carried/"
    assert "by page" in client.post(f"{address}talk/", {"text": "by page"}).text
    assert "a.txt" in client.post(f"{address}files/", {"file": [upload(), upload(picture(), "b.png")]}).text
    assert "heikel" in client.post(f"{address}tags/", {"word": " heikel "}).text
    program = Program(house, house.owner, house.tenant)

    def call(method: str, path: str, body: Any = None) -> Any:
        status, told = program.call(method, f"/api/v1/{kind.key}/{row.pk}/{path}", body)
        assert status < 300, (path, told)
        return told

    sent = program.client.post(f"/api/v1/{kind.key}/{row.pk}/files", {"file": upload(b"third", "c.txt")}, headers={"Authorization": f"Bearer {program.token}"})
    assert sent.status_code == 201, sent.text
    assert [each["name"] for each in call("GET", "files")] == ["c.txt", "b.png", "a.txt"] and call("GET", "files")[1]["kind"] == "image/png"
    said = call("POST", "comments", {"text": "by REST"})
    assert [each["text"] for each in call("GET", "comments")] == ["by REST", "by page"]
    assert call("PATCH", f"comments/{said['id']}", {"text": "better"})["edited_at"] and call("DELETE", f"comments/{said['id']}") is None
    assert call("GET", "follow") == {"follows": True}, "whoever comments follows"
    assert call("DELETE", "follow") is None and call("GET", "follow") == {"follows": False}
    (tag,) = call("GET", "tags")
    assert program.call("GET", f"/api/v1/{kind.key}/?tag=HEIKEL")[1]["count"] == 1 and program.call("GET", f"/api/v1/{kind.key}/?tag=other")[1]["count"] == 0
    assert 'value="heikel" selected' in browser(house.owner).get(f"/w/{kind.key}/?tag=heikel").text
    assert call("DELETE", f"tags/{tag['id']}") is None and call("GET", "tags") == []
    with inside():
        assert not Tag.objects.exists(), "a word that nothing bears is gone"


@every
def test_what_it_carries_goes_with_it_and_comes_back_with_it(kind: Resource, house: House, inside: Any) -> None:
    row = full(house, inside, kind)
    with inside(), scope.because(trace="gone"):
        commands.remove(kind, row, house.access)
    assert browser(house.owner).get(f"/w/{kind.key}/{row.pk}/carried/").status_code == 404
    with inside():
        stored = Attachment.objects.get().file.name
        assert returning.forget_the_gone() == 0, "it may come back"
        assert undo.undo("gone", house.access) == []
        assert stored in set(keeping._names_in_use())
        assert [each.kind for each in timeline.of_row(house.access, kind, row).entries].count("talk") == 1
        commands.remove(kind, row, house.access)
        assert returning.forget_the_gone() == 0 and Comment.objects.count() == 1
        for model in returning.kinds:
            model.objects.update(row_id=2**40)  # of a row whose history is forgotten too
        assert returning.forget_the_gone() == 4 and not Attachment.objects.exists()


@pytest.mark.parametrize("kind", [each for each in carrying if each.life is not None and Everything in each.life.locked.values()], ids=lambda each: each.key)
def test_a_fixed_row_takes_talk_and_no_files(kind: Resource, house: House, inside: Any) -> None:
    life, row = kind.life, full(house, inside, kind)
    assert life is not None
    state = next(state for state, fixed in life.locked.items() if fixed == Everything)
    with inside():
        kind.model.objects.filter(pk=row.pk).update(**{life.field: state})
        row, access, kept = kind.model.objects.get(pk=row.pk), access_of(house.owner, house.tenant), Attachment.objects.get()
        talk.say(kind, row, "still", access)
        with pytest.raises(ValidationError):
            files.attach(kind, row, [upload()], access)
        with pytest.raises(ValidationError):
            files.remove(kind, row, kept, access)
    assert 'name="file"' not in browser(house.owner).get(f"/w/{kind.key}/{row.pk}/").text
    assert browser(house.owner, **{"HX-Request": "true"}).post(f"/w/{kind.key}/{row.pk}/carried/files/", {"file": upload()}).status_code == 422
    with inside():
        assert Attachment.objects.count() == 1 and Comment.objects.count() == 2


def test_what_was_said_moves_with_the_row(house: House, inside: Any, half: Half) -> None:
    kind = resource("risk.risk")
    row = full(house, inside, kind)
    there = browser(member(house, "there", "viewer", half.other))
    here = browser(member(house, "here", "viewer", house.project))
    address = f"/w/{kind.key}/{row.pk}/carried/"
    assert (there.get(address).status_code, here.get(address).status_code) == (404, 200)
    with inside():
        commands.change(kind, row, {"project": half.other.pk}, house.access)
    assert (there.get(address).status_code, here.get(address).status_code) == (200, 404)
    assert "geheim" in there.get(address).text


def test_a_resource_that_carries_nothing_has_no_such_address(house: House, inside: Any) -> None:
    kind = resource("work.dependency")
    row, client = made(house, inside, kind), browser(house.owner)
    refused(client, f"/w/{kind.key}/{row.pk}/carried/", status=404)
    assert client.get(f"/w/{kind.key}/{row.pk}/carried/").status_code == 404
    program = Program(house, house.owner, house.tenant)
    assert program.client.get(f"/api/v1/{kind.key}/{row.pk}/comments", headers={"Authorization": f"Bearer {program.token}"}).status_code == 404


def test_the_timeline_tells_everything_once_page_by_page(house: House, inside: Any) -> None:
    kind = resource("risk.risk")
    row = made(house, inside, kind)
    with inside():
        access = access_of(house.owner, house.tenant)
        for number in range(25):
            talk.say(kind, row, f"said {number}", access)
            if number % 5 == 0:
                files.attach(kind, row, [upload(f"{number}".encode(), f"f{number}.txt")], access)
            commands.change(kind, row, {"title": f"title {number}"}, access)
        commands.act(kind, "assess", row, {}, access)
        Comment.objects.filter(text__in=["said 3", "said 4"]).update(created_at=timezone.now())  # two at one moment, or nearly
        seen, before = [], ""
        while True:
            page = timeline.of_row(access, kind, row, "", before)
            seen += [(each.kind, each.place) for each in page.entries]
            if not (before := page.older):
                break
        assert len(seen) == len(set(seen)) == 25 + 5 + 25 + 1 + 1 and seen == sorted(seen, key=lambda each: each[1], reverse=True)
        assert {kind_ for kind_, _place in seen} == {"talk", "files", "steps", "history"}
        for wanted, count in (("talk", 20), ("files", 5), ("steps", 1), ("history", 20)):
            assert [each.kind for each in timeline.of_row(access, kind, row, wanted).entries] == [wanted] * count
    address = f"/w/{kind.key}/{row.pk}/carried/"
    for odd in (
        "?kind=nonsense",
        "?before=x",
        "?before=2026-99-99T00:00:00Z|talk|1",
        "?before=2026-11-11T00:00:00Z|talk|" + "9" * 30,
        "?before=0001-01-01T00:00:00Z|a|1",
    ):
        assert browser(house.viewer).get(address + odd).status_code == 200, odd


@every
def test_a_page_asks_as_often_whatever_the_row_carries(kind: Resource, house: House, inside: Any) -> None:
    row, client = full(house, inside, kind), browser(house.owner)

    def queries() -> int:
        with CaptureQueriesContext(connection) as asked:
            assert client.get(f"/w/{kind.key}/{row.pk}/").status_code == 200
        return len(asked)

    with inside():
        talk.say(kind, row, "@viewer", access_of(house.owner, house.tenant))
    queries()
    few = queries()
    with inside():
        for number in range(12):
            author = member(house, f"author{number}", "manager", house.project)
            access = access_of(author, house.tenant)
            talk.say(kind, row, f"@viewer @author{number} {number}", access)
            files.attach(kind, row, [upload(f"{number}".encode())], access)
            tags.add(kind, row, f"tag {number}", access)
    assert queries() <= few

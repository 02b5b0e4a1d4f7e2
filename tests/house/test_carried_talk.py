"""The law of talk: what people write never becomes a page of its own making, a mention reaches who may see the row, who follows hears; and of tags."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from jingwei.frame import scope
from jingwei.frame.carried import files, tags, talk, watch
from jingwei.frame.carried.rendering import as_html
from jingwei.frame.models import Comment, History, Notification, Tag, Tagging, User
from jingwei.frame.records import commands
from jingwei.frame.records.resource import resource
from jingwei.frame.rights.access import access_of
from jingwei.frame.telling.wording import words_of
from tests.house.carried import Read, browser, made, upload
from tests.house.conftest import House
from tests.house.half import Half, member
from tests.house.test_api import Program

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "[x](javascript:alert(1))", "[x](JaVaScRiPt&#58;alert(1))", "![x](https://evil.example/a.png)",
        "<a href='data:text/html,x'>x</a>", "`<script>`", "https://x.example/\"onmouseover=\"alert(1)", "[x](data:text/html;base64,AAAA)", "<svg/onload=alert(1)>", "&lt;script&gt;",
        "[a]: javascript:alert(1)\n[a]", "@<script>x</script>", "<!-- --><style>*{}</style>", "[x](vbscript:x \"' onclick=y\")", "<math><mi//xlink:href=\"data:x,<script>\">",
    ],
)  # fmt: skip
def test_a_comments_script_never_becomes_a_page(text: str, house: House, inside: Any) -> None:
    kind = resource("risk.risk")
    row, client = made(house, inside, kind), browser(house.owner, **{"HX-Request": "true"})
    evil = User(username="<b>x", first_name="<script>alert(2)</script>")
    told = client.post(f"/w/{kind.key}/{row.pk}/carried/talk/", {"text": text}).text
    start = told.index('<div class="jw-said">')
    for html in (
        told[start : told.index("</div>", start)],
        str(as_html(f"{text} @<b>x", [evil])),
        str(as_html(f"{text} @x", [User(username="x", first_name="<script>")])),
    ):
        read = Read()
        read.feed(html)
        assert read.tags <= {"div", "p", "br", "a", "b", "code", "strong", "em", "ul", "li"}, html
        assert all(name in ("class", "href", "rel") for name, _value in read.attributes), html
        assert all(str(value).startswith(("https://", "jw-", "noopener")) for _name, value in read.attributes), html


def test_markdown_links_and_line_breaks(house: House) -> None:
    html = str(as_html("**bold** *em* ~~no~~\nsecond\n\n- one\n\nsee https://a.example/x?y=1&z=2。 [a](https://b.example)", []))
    for part in (
        "<strong>bold</strong>",
        "<br>",
        "<li>one</li>",
        'href="https://a.example/x?y=1&amp;z=2"',
        'href="https://b.example"',
        'rel="noopener noreferrer nofollow"',
    ):
        assert part in html, html
    assert "<h1" not in str(as_html("# head", [])) and '<b class="jw-mention">@张三</b>请看' in str(
        as_html("@zs请看", [User(username="zs", first_name="张三")])
    )


def test_a_mention_reaches_who_may_see_the_row_and_tells_of_nobody_else(house: House, inside: Any, half: Half) -> None:
    kind = resource("risk.risk")
    far = member(house, "faraway", "manager", half.other)
    row = made(house, inside, kind)
    with inside():
        access = access_of(house.owner, house.tenant)
        comment = talk.say(kind, row, "@Viewer请看 @stranger @faraway @nobody mail@half @viewerx @owner @half.", access)
        assert {*comment.mentioned} == {house.viewer.pk, half.user.pk, house.owner.pk}
        told = {each.user_id: each for each in Notification.objects.all()}
        assert set(told) == {house.viewer.pk, half.user.pk}, "not who is not there, and not oneself"
        assert words_of(told[house.viewer.pk], "zh-hans").startswith("owner 提到了您") and words_of(told[house.viewer.pk], "en").startswith(
            "owner mentioned you"
        )
        assert told[half.user.pk].project_id == house.project.pk and told[half.user.pk].url == f"/w/{kind.key}/{row.pk}/"
        talk.amend(kind, row, comment, "@half again", access)
        assert Notification.objects.get(user=half.user).count == 1, "once"
    answers = {
        browser(house.owner, **{"HX-Request": "true"}).post(f"/w/{kind.key}/{row.pk}/carried/talk/", {"text": f"@{name}"}).status_code
        for name in ("stranger", "nobody")
    }
    assert answers == {200}
    offered = browser(house.viewer).get(f"/w/{kind.key}/{row.pk}/carried/people/?q=").json()["items"]
    assert {each["value"] for each in offered} == {"owner", "viewer", "half"} and far.username not in str(offered)


def test_people_are_found_by_their_chinese_name(house: House, inside: Any) -> None:
    kind = resource("risk.risk")
    row = made(house, inside, kind)
    User.objects.filter(pk=house.viewer.pk).update(last_name="王", first_name="小明")
    for words in ("王小明", "小明", "view", "VIEW"):
        items = browser(house.owner).get(f"/w/{kind.key}/{row.pk}/carried/people/", {"q": words}).json()["items"]
        assert [each["value"] for each in items] == ["viewer"], words
    assert browser(house.owner).get(f"/w/{kind.key}/{row.pk}/carried/people/", {"q": "李"}).json()["items"] == []


@pytest.mark.parametrize("text", ["", " \n\t ", "a\0b", "\ud800", "x" * 10_001])
def test_odd_comments_are_refused_in_words(text: str, house: House, inside: Any) -> None:
    kind = resource("risk.risk")
    row = made(house, inside, kind)
    with inside(), pytest.raises(ValidationError) as refusal:
        talk.say(kind, row, text, house.access)
    assert list(refusal.value.message_dict) == ["text"]
    if text.isprintable() or text.isspace() or "\0" in text:
        answer = browser(house.owner, **{"HX-Request": "true"}).post(f"/w/{kind.key}/{row.pk}/carried/talk/", {"text": text})
        assert answer.status_code in (400, 422)
    assert Program(house, house.owner, house.tenant).call("POST", f"/api/v1/{kind.key}/{row.pk}/comments", {"text": text})[0] == 422
    with inside():
        assert not Comment.objects.exists()


def test_followers_hear_of_talk_files_and_steps_while_they_may_see_the_row(house: House, inside: Any) -> None:
    kind = resource("risk.risk")
    row, leaver = made(house, inside, kind), member(house, "leaver", "viewer", house.project)
    for user in (house.viewer, leaver):
        with scope.within(scope.Scope(house.tenant.pk, user.pk)):
            watch.follow(kind, row, access_of(user, house.tenant))
    leaver.memberships.all().delete()
    with inside():
        access = access_of(house.owner, house.tenant)
        talk.say(kind, row, "hello", access)
        talk.say(kind, row, "hello again", access)
        files.attach(kind, row, [upload()], access)
        files.attach(kind, row, [upload()], access)  # the same: nothing new
        commands.act(kind, "assess", row, {}, access)
        told = {(each.user.username, each.key.split(":")[0]): each for each in Notification.objects.select_related("user")}
        assert set(told) == {("viewer", "talk"), ("viewer", "file"), ("viewer", "step")}
        assert told["viewer", "talk"].count == 2 and told["viewer", "file"].count == 1
        assert "已评估" in words_of(told["viewer", "step"], "zh-hans") and "ssessed" in words_of(told["viewer", "step"], "en")


@pytest.mark.parametrize("word", ["", "  ", "a,b", "x" * 41, "a\0", "\ud800"])
def test_odd_tags_are_refused_in_words(word: str, house: House, inside: Any) -> None:
    kind = resource("work.task")
    row = made(house, inside, kind)
    with inside(), pytest.raises(ValidationError) as refusal:
        tags.add(kind, row, word, house.access)
    assert list(refusal.value.message_dict) == ["word"]


def test_tags_are_one_in_any_case_and_told_only_where_rows_are_seen(house: House, inside: Any, half: Half) -> None:
    kind = resource("work.task")
    with inside():
        row, other = (kind.model.objects.get(pk=each.pk) for each in half.mine)
        assert tags.add(kind, row, "Heikel", house.access) == tags.add(kind, row, "heikel", house.access) == tags.add(kind, other, "HEIKEL", house.access)
        assert Tag.objects.count() == 1 and Tagging.objects.count() == 2
        tags.add(kind, kind.model.objects.get(pk=half.theirs[0].pk), "fremd", house.access)
    far = member(house, "near", "manager", house.project)
    words = browser(far).get(f"/w/{kind.key}/{row.pk}/carried/words/").json()["items"]
    assert [each["value"] for each in words] == ["Heikel"]
    assert "fremd" not in browser(far).get(f"/w/{kind.key}/").text
    with inside():
        for number in range(tags.of_row_at_most - 1):
            tags.add(kind, row, f"t{number}", house.access)
        with pytest.raises(ValidationError, match="At most|最多"):
            tags.add(kind, row, "one more", house.access)


def test_only_ones_own_words_are_changed(house: House, inside: Any) -> None:
    kind = resource("risk.risk")
    row = made(house, inside, kind)
    with inside():
        comment = talk.say(kind, row, "mine", access_of(house.owner, house.tenant))
        for rights in (access_of(house.viewer, house.tenant), house.access):
            with pytest.raises(PermissionDenied):
                talk.amend(kind, row, comment, "yours", rights)
            with pytest.raises(PermissionDenied):
                talk.take_back(kind, row, comment, rights)
        other = house.make(kind)
    client = browser(house.owner)
    assert client.post(f"/w/{kind.key}/{other.pk}/carried/talk/{comment.pk}/", {"text": "x"}).status_code == 404, "it is said about another row"
    assert client.post(f"/w/{kind.key}/{row.pk}/carried/talk/{comment.pk}/", {"text": "better"}).status_code == 302
    with inside():
        assert Comment.objects.get().text == "better" and History.objects.filter(resource="frame.comment", action="U").exists()
    assert client.post(f"/w/{kind.key}/{row.pk}/carried/talk/{comment.pk}/", {"action": "delete"}).status_code == 302
    with inside():
        assert not Comment.objects.exists()


@pytest.mark.parametrize("text", ["@li @lı", "@li @LI @ſam", "@sam @ſam", "@K @\u212a"])
def test_letters_that_only_look_alike_mention_nobody_and_break_nothing(text: str) -> None:
    people = [User(username=name, first_name=name) for name in ("li", "sam", "k")]
    assert "@" in as_html(text, people)

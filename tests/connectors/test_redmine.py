"""The Redmine connector against a real Redmine: the acceptance of every connector, then its own quirks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

import pytest

from jingwei.connectors.redmine.adapter import RedmineConnector
from jingwei.hub.contract import (
    Absence,
    Connector,
    Forbidden,
    Gone,
    NotFindable,
    Refused,
    Session,
    Stale,
    Unauthorised,
)
from tests.connectors.acceptance import ConnectorAcceptance, Disturbed, Sample, live_keys, read_all, stream_of
from tests.connectors.redmine_peer import PatientSession, RedminePeer

connector = RedmineConnector()


class RedmineAcceptance(ConnectorAcceptance):
    """What both streams have in common; each is tried in a project of its own, which a class fixture fills."""

    peer: ClassVar[RedminePeer]
    project: ClassVar[str]
    shared: ClassVar[PatientSession]

    @pytest.fixture
    def connector(self) -> Connector:
        return connector

    @pytest.fixture
    def session(self) -> Session:
        return self.shared

    @pytest.fixture
    def stranger(self) -> Session:
        return self.peer.session("0" * 40, self.project)

    def deliveries(self, stream: str, act: Callable[[], None]) -> None:
        return None  # Redmine 5 has none without a plugin

    def hidden(self, session: Session, stream: str) -> str | None:
        private = self.peer.project("private")
        key = self.peer.issue(private)
        self.peer.call("PUT", f"/projects/{private}.json", {"project": {"is_public": False}})
        self.peer.call("PUT", f"/projects/{private}/archive.json")
        return str(key) if stream == "issues" else f"{key}-1"

    def moved_away(self, session: Session, stream: str) -> str | None:
        key = connector.create(self.shared, "issues", self.samples["issues"].create, "jw-leaves").key
        self.peer.change(key, notes="离开")
        self.peer.change(key, project_id=self._elsewhere())
        return str(key) if stream == "issues" else f"{key}-1"

    def _elsewhere(self) -> int:
        return int(self.peer.call("GET", f"/projects/{self.peer.project('elsewhere')}.json")["project"]["id"])


samples = {
    "issues": Sample(
        create={
            "subject": "核对“凭证”映射 <&> 100%",
            "description": "第一行\n第二行，含 emoji 🚚",
            "tracker_id": "2",
            "priority_id": "3",
            "start_date": "2026-11-23",
            "due_date": "2026-11-27",
            "estimated_hours": "12.5",
        },
        update={
            "subject": "核对凭证映射（复核）",
            "status_id": "2",
            "done_ratio": 40,
            "description": None,
            "estimated_hours": "16",
            "due_date": None,
            "is_private": True,
        },
        refused={"subject": ""},
        coerced={"status_id": "999"},
    ),
    "comments": Sample(create={"issue_id": "", "notes": "已到现场\n更换传感器 <b>&</b>"}, refused={"issue_id": "999999999"}),
}


class TestIssues(RedmineAcceptance):
    """Issues, with a custom field of each kind."""

    only = ("issues",)
    small_page = 4

    @pytest.fixture(scope="class", autouse=True)
    @classmethod
    def _filled(cls, redmine: RedminePeer) -> None:
        cls.peer, cls.project = redmine, redmine.project("issues", custom=True)
        user, _ = redmine.member(cls.project)
        redmine.call("POST", f"/projects/{cls.project}/versions.json", {"version": {"name": "V1"}})
        redmine.call("POST", f"/projects/{cls.project}/issue_categories.json", {"issue_category": {"name": "机械"}})
        cls.shared = redmine.session(redmine.key, cls.project)
        known = {each.name: each for each in stream_of(connector, cls.shared, "issues").fields}
        by_title = {each.title.en: each.name for each in known.values()}
        version, category = known["fixed_version_id"].choices[0][0], known["category_id"].choices[0][0]
        create = {
            **samples["issues"].create, "assigned_to_id": str(user), "fixed_version_id": version, "category_id": category,
            by_title["Try string"]: "单行", by_title["Try text"]: "两\n行", by_title["Try int"]: 5, by_title["Try float"]: "2.5",
            by_title["Try date"]: "2026-12-01", by_title["Try bool"]: True, by_title["Try user"]: str(user), by_title["Try version"]: version,
            by_title["Try link"]: "https://example.net/a", by_title["Try list"]: "装配", by_title["Try list many"]: ["丙", "甲"], by_title["Try required"]: "R-1",
        }  # fmt: skip
        update = {
            **samples["issues"].update, "assigned_to_id": None, "category_id": None, by_title["Try int"]: None, by_title["Try float"]: "-0.25",
            by_title["Try date"]: None, by_title["Try bool"]: False, by_title["Try list"]: "检验", by_title["Try list many"]: [], by_title["Try user"]: None,
        }  # fmt: skip
        refused = {by_title["Try required"]: None}
        cls.samples = {"issues": Sample(create, update, refused, samples["issues"].coerced), "comments": samples["comments"]}
        for number in range(13):
            connector.create(
                cls.shared, "issues", create | {"subject": f"工单 {number}", "status_id": "5" if number % 3 else "1"}, f"jw-seed-{cls.project}-{number}"
            )

    samples = samples

    def changed_behind(self, stream: str, key: str) -> tuple[str, Any] | None:
        self.peer.change(key, subject="别人改的")
        return "subject", "别人改的"


class TestComments(RedmineAcceptance):
    """Comments, in a project with few issues: a read opens each of them."""

    only = ("comments",)
    small_page = 3

    @pytest.fixture(scope="class", autouse=True)
    @classmethod
    def _filled(cls, redmine: RedminePeer) -> None:
        cls.peer, cls.project = redmine, redmine.project("comments")
        cls.shared = redmine.session(redmine.key, cls.project)
        keys = [redmine.issue(cls.project, f"问题 {number}") for number in range(4)]
        for key in keys:
            for number in range(3):
                redmine.change(key, notes=f"说明 {number}", done_ratio=10 * number)
        create = samples["comments"].create | {"issue_id": str(keys[0]), "private_notes": False}
        cls.samples = {"issues": Sample({"subject": "走了"}), "comments": Sample(create, refused=samples["comments"].refused)}

    samples = samples


# -- a key without an administrator's rights


@pytest.fixture(scope="module")
def engineer(redmine: RedminePeer, shop: str) -> PatientSession:
    """A developer's session: sees the project, may not ask for custom fields' definitions, may not delete."""
    _, key = redmine.member(shop)
    return redmine.session(key, shop)


def test_a_developer_learns_custom_fields_from_issues(redmine: RedminePeer, engineer: PatientSession) -> None:
    with pytest.raises(Forbidden):
        engineer.request("GET", "/custom_fields.json")
    stream = stream_of(connector, engineer, "issues")
    by_title = {each.title.en: each for each in stream.fields}
    assert stream.external_key_field == f"cf_{redmine.custom_fields()['Jingwei ref']['id']}"
    assert by_title["Try list many"].type == "list"
    assert by_title["Try required"].type == "string"
    assert "Developer" not in by_title and by_title["Assignee"].choices


def test_a_developer_creates_finds_and_updates(redmine: RedminePeer, engineer: PatientSession) -> None:
    required = f"cf_{redmine.custom_fields()['Try required']['id']}"
    made = connector.create(engineer, "issues", {"subject": "开发者", required: "R-2"}, f"jw-dev-{engineer.config['project']}")
    assert made.external_key and connector.find(engineer, "issues", made.external_key) == [made]
    assert connector.update(engineer, "issues", made.key, {required: "R-3"}, made.version).values[required] == "R-3"
    with pytest.raises(Forbidden):
        connector.delete(engineer, "issues", made.key)
    note = connector.create(engineer, "comments", {"issue_id": made.key, "notes": "好"}, "jw-note")
    assert connector.lookup(engineer, "comments", [note.key, f"{made.key}-999999999"]) == {note.key: note, f"{made.key}-999999999": Absence.NOT_VISIBLE}


def test_an_unseen_issue_is_not_visible_and_its_write_forbidden(redmine: RedminePeer, shop: str, engineer: PatientSession) -> None:
    required = redmine.custom_fields()["Try required"]["id"]
    key = str(redmine.issue(shop, is_private=True, custom_fields=[{"id": required, "value": "R"}]))
    assert connector.lookup(engineer, "issues", [key]) == {key: Absence.NOT_VISIBLE}
    with pytest.raises(Forbidden):
        connector.fetch(engineer, "issues", key)
    with pytest.raises(Forbidden):
        connector.update(engineer, "issues", key, {"subject": "x"}, None)
    assert isinstance(connector.delete_many(engineer, "issues", [key])[key], Forbidden)


def test_one_that_may_not_be_deleted_does_not_hold_the_others(redmine: RedminePeer) -> None:
    mine, foreign = redmine.project("mine"), redmine.project("foreign")
    user, key = redmine.member(mine, "Manager")
    redmine.join(foreign, user, "Reporter")
    keys = [str(redmine.issue(mine)) for _ in range(3)]
    session = redmine.session(key, mine)
    hidden = str(redmine.issue(foreign))
    outcome = connector.delete_many(session, "issues", [keys[0], hidden, *keys[1:]])
    assert [outcome[each] for each in keys] == [None] * 3
    assert isinstance(outcome[hidden], Gone)  # in another project: nothing of it is touched
    assert redmine.call("GET", f"/issues/{hidden}.json")


# -- quirks


def test_two_edits_within_a_second_have_two_versions(redmine: RedminePeer) -> None:
    session = redmine.session(redmine.key, redmine.project("version"))
    made = connector.create(session, "issues", {"subject": "a"}, "jw-version")
    redmine.change(made.key, subject="b")  # within the second most likely; the stamp may be the same
    with pytest.raises(Stale):
        connector.update(session, "issues", made.key, {"subject": "c"}, made.version)


def test_what_was_replaced_is_told_for_custom_lists_too(redmine: RedminePeer, shop: str) -> None:
    session = redmine.session(redmine.key, shop)
    fields = redmine.custom_fields()
    many, required = fields["Try list many"]["id"], fields["Try required"]["id"]
    made = connector.create(session, "issues", {"subject": "a", f"cf_{required}": "R", f"cf_{many}": ["甲"]}, "jw-many")
    behind: Any = Disturbed(session, lambda: redmine.change(made.key, custom_fields=[{"id": many, "value": ["乙", "丙"]}]))
    told = connector.update(behind, "issues", made.key, {f"cf_{many}": ["丙", "甲"]}, made.version)
    assert told.values[f"cf_{many}"] == ["丙", "甲"]
    assert told.replaced == {f"cf_{many}": ["丙", "乙"]}


def test_an_update_takes_three_requests(redmine: RedminePeer) -> None:
    session = redmine.session(redmine.key, redmine.project("three"))
    made = connector.create(session, "issues", {"subject": "a"}, "jw-three")
    connector.update(session, "issues", made.key, {"subject": "b"}, None)
    before = len(session.sent)
    connector.update(session, "issues", made.key, {"subject": "c"}, None)
    assert [call.method for call in session.sent[before:]] == ["GET", "PUT", "GET"]


def test_an_empty_project_demands_no_field_it_may_not_have(redmine: RedminePeer) -> None:
    session = redmine.session(redmine.key, redmine.project("empty"))
    fields = {each.name: each for stream in connector.streams(session) if stream.name == "issues" for each in stream.fields}
    required = f"cf_{redmine.custom_fields()['Try required']['id']}"
    assert required not in fields or not fields[required].required
    assert connector.create(session, "issues", {"subject": "a"}, "jw-empty").values["subject"] == "a", "Redmine does not demand it either"


def test_a_hundred_deletes_take_two_requests(redmine: RedminePeer) -> None:
    session = redmine.session(redmine.key, redmine.project("hundred"))
    keys = [connector.create(session, "issues", {"subject": "a"}, f"jw-hundred-{n}").key for n in range(8)]
    connector.lookup(session, "issues", [])
    before = len(session.sent)
    assert connector.delete_many(session, "issues", keys) == dict.fromkeys(keys)
    assert [call.method for call in session.sent[before:]] == ["GET", "DELETE"]


def test_issues_of_subprojects_and_closed_ones(redmine: RedminePeer) -> None:
    parent, child = redmine.project("parent"), redmine.project("child")
    redmine.call("PUT", f"/projects/{child}.json", {"project": {"parent_id": redmine.call("GET", f"/projects/{parent}.json")["project"]["id"]}})
    mine, theirs = str(redmine.issue(parent, status_id=5)), str(redmine.issue(child))
    redmine.change(mine, status_id=5)
    session = redmine.session(redmine.key, parent)
    records, _ = read_all(connector, session, "issues")
    assert live_keys(records) == {mine} == set(connector.keys(session, "issues"))
    assert connector.lookup(session, "issues", [theirs]) == {theirs: Absence.ELSEWHERE}


def test_attachments_are_links(redmine: RedminePeer) -> None:
    project = redmine.project("files")
    token = redmine.upload("图.txt", b"abc")
    key = str(redmine.issue(project, uploads=[{"token": token, "filename": "图.txt", "content_type": "text/plain"}]))
    found = connector.fetch(redmine.session(redmine.key, project), "issues", key)
    assert found is not None
    (link,) = found.values["attachments"]
    assert link["name"] == "图.txt" and link["size"] == 3 and link["url"].startswith("http")


def test_a_comment_of_an_issue_that_moved_here_comes_with_it(redmine: RedminePeer) -> None:
    here, there = redmine.project("here"), redmine.project("there")
    key = redmine.issue(there)
    redmine.change(key, notes="早先的说明")
    session = redmine.session(redmine.key, here)
    redmine.issue(here)
    _, cursor = read_all(connector, session, "comments")
    redmine.change(key, project_id=redmine.call("GET", f"/projects/{here}.json")["project"]["id"])
    brought, _ = read_all(connector, session, "comments", cursor=cursor)
    assert [each.values["notes"] for each in brought] == ["早先的说明"]


def test_a_field_that_is_no_filter_still_finds_our_reference(redmine: RedminePeer, shop: str) -> None:
    required = f"cf_{redmine.custom_fields()['Try required']['id']}"
    session = redmine.session(redmine.key, shop, reference_field="Try string")  # not marked as a filter: Redmine ignores the condition
    for number in range(3):
        connector.create(session, "issues", {"subject": f"{number}", required: "R"}, f"jw-unfiltered-{shop}-{number}")
    assert [each.values["subject"] for each in connector.find(session, "issues", f"jw-unfiltered-{shop}-1")] == ["1"]
    assert connector.find(session, "issues", f"jw-unfiltered-{shop}-9") == []


def test_a_project_without_our_reference_field_is_never_searched_in_vain(redmine: RedminePeer) -> None:
    """Redmine drops the value of a field that the project does not have, and says nothing."""
    project = redmine.project("unkept")
    session = redmine.session(redmine.key, project, reference_field="Try string")
    assert connector.find(session, "issues", "jw-unkept") == [], "where there is no issue, ours is not among them"
    assert connector.create(session, "issues", {"subject": "a"}, "jw-unkept").external_key is None
    with pytest.raises(NotFindable) as caught:
        connector.find(session, "issues", "jw-unkept")
    assert caught.value.mend is not None
    fresh = redmine.session(redmine.key, project, reference_field="Try string")
    assert stream_of(connector, fresh, "issues").external_key_field is None and "reference" in connector.check(fresh).message


def test_a_refused_key_reads_no_keys_of_a_public_project(redmine: RedminePeer, shop: str) -> None:
    stranger = redmine.session("0" * 40, shop)
    assert stranger.request("GET", "/issues.json", params={"project_id": shop}).status == 200  # what anybody may see
    with pytest.raises(Unauthorised):
        list(connector.keys(stranger, "issues"))


@pytest.mark.parametrize("project", ["no-such-project", "", "a/../b", "x?y"])
def test_a_wrong_project_says_what_to_mend(redmine: RedminePeer, project: str) -> None:
    session = redmine.session(redmine.key, project)
    for act in (lambda: connector.check(session), lambda: connector.streams(session), lambda: read_all(connector, session, "issues")):
        with pytest.raises(Refused) as caught:
            act()
        assert caught.value.mend is not None and caught.value.mend.zh and caught.value.mend.en


def test_a_wrong_address_is_no_missing_record(redmine: RedminePeer, shop: str) -> None:
    session = PatientSession(redmine.url + "/nowhere", redmine.admin.credentials, {"project": shop})
    with pytest.raises(Refused) as caught:
        connector.check(session)
    assert caught.value.mend is not None
    with pytest.raises(Refused):
        connector.lookup(session, "issues", ["1"])

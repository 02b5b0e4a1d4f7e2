"""The law of approvals, over every declaration: only votes take the steps yes and no; nobody votes on what he wrote, not through deputies; one voice a person;
what was voted on and has changed is voted on anew; the last vote takes the step once; who may not look sees nothing."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import date, timedelta

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import connection, transaction
from django.db.utils import IntegrityError
from django.utils import timezone

from jingwei.frame import scope, waiting
from jingwei.frame.approvals import arranging, cases, voting
from jingwei.frame.approvals.declaration import waits_in
from jingwei.frame.lives.approval import Stage
from jingwei.frame.models import Case, Deputy, Membership, Notification, Project, Role, Vote
from jingwei.frame.records import commands, undo
from jingwei.frame.records.resource import Resource
from jingwei.frame.telling.wording import words_of
from tests.house.approving import Room, named, passed
from tests.house.test_api import Program
from tests.house.test_resources import logged_in

pytestmark = [pytest.mark.django_db, pytest.mark.parametrize("resource", **named)]


def test_who_may_not_look_sees_and_does_nothing(room: Room, resource: Resource) -> None:
    for name, status in (("stranger", (403, 404)), ("looker", (403,))):
        tenant = room.house.other if name == "stranger" else room.house.tenant
        program, browser = Program(room.house, room.people[name], tenant), logged_in(room.house, room.people[name])
        assert program.call("POST", f"/api/v1/{resource.key}/{room.row.pk}/vote", {"choice": "yes"})[0] in status
        assert program.call("POST", f"/api/v1/{resource.key}/{room.row.pk}/vote", {"nonsense": 1})[0] in status
        assert browser.post(f"/w/{resource.key}/{room.row.pk}/vote/", {"choice": "yes"}).status_code in status
    stranger = Program(room.house, room.people["stranger"], room.house.other)
    assert stranger.call("GET", f"/api/v1/{resource.key}/{room.row.pk}/cases")[0] == 404
    with room.acting("stranger") as rights:
        assert waiting.waiting_for(rights) == [] and not Case.objects.exists()
    with pytest.raises(PermissionDenied):
        room.vote("looker")
    assert room.state == waits_in(resource)


def test_the_steps_yes_and_no_refuse_every_direct_way(room: Room, resource: Resource) -> None:
    life, rights = resource.life, room.rights("first")
    assert life is not None
    program, browser = Program(room.house, room.people["first"], room.house.tenant), logged_in(room.house, room.people["first"])
    mutation = f'mutation M($k: String!, $v: JSON) {{ act_: act{"".join(p.title() for p in resource.key.replace("_", ".").split("."))}(key: $k, verb: "%s", values: $v) {{ id }} }}'
    for name in (room.approval.yes, room.approval.no):
        asked = dict.fromkeys(life.step(name).asked, "x")
        with room.acting("first"):
            with pytest.raises(ValidationError, match="投票|votes"):
                commands.act(resource, name, room.row, asked, rights)
            with pytest.raises(ValidationError, match="投票|votes"):
                life.take(room.row, name, **asked)
            with pytest.raises(ValidationError):
                commands.change(resource, room.row, {life.field: life.step(name).to}, rights)
            (refused,) = commands.save_many(resource, [(room.row, {life.field: life.step(name).to})], rights, carries_state=True)
            assert isinstance(refused, ValidationError), "neither an import nor the hub"
        assert browser.post(f"/w/{resource.key}/{room.row.pk}/do/{name}/", asked).status_code == 422
        assert browser.get(f"/w/{resource.key}/{room.row.pk}/do/{name}/")["Location"].endswith("/vote/"), "the button becomes the vote"
        browser.post(f"/w/{resource.key}/bulk/", {"action": f"verb:{name}", "pk": [room.row.pk]})
        assert program.call("POST", f"/api/v1/{resource.key}/{room.row.pk}/{name}", asked)[0] == 422
        _status, answer = program.call("POST", "/graphql", {"query": mutation % name, "variables": {"k": str(room.row.pk), "v": asked}})
        assert "投票" in answer["errors"][0]["message"] or "votes" in answer["errors"][0]["message"], answer
        assert f"/do/{name}/" not in browser.get(f"/w/{resource.key}/{room.row.pk}/").content.decode()
    assert room.state == waits_in(resource) and room.case.state == "open"


def test_author_and_submitter_do_not_vote_and_not_through_deputies(room: Room, resource: Resource) -> None:
    with pytest.raises(ValidationError, match="Another person|另一人"):
        room.vote("author")
    room.stands_in("looker", "author")
    with pytest.raises(ValidationError, match="Another person|另一人"):
        room.vote("looker")  # the deputy of the author
    room.stands_in("author", "first")
    with pytest.raises(ValidationError, match="Another person|另一人"):
        room.vote("author", acting_for=room.people["first"].pk)  # the author as the deputy of somebody else
    with room.acting("looker") as rights:
        assert "approval" not in {kind.name for kind, _rows in waiting.waiting_for(rights)}
    assert room.state == waits_in(resource) and not Vote.unscoped.exists()


def put_back(room: Room) -> None:
    """The row at its beginning, as if nobody had submitted it."""
    life = room.resource.life
    assert life is not None
    with scope.within(scope.Scope(room.house.tenant.pk)):
        Case.objects.all().delete()
        room.resource.model.objects.filter(pk=room.row.pk).update(**{life.field: life.start})
        room.row = room.resource.model.objects.get(pk=room.row.pk)


def test_whoever_submits_it_does_not_vote_either(room: Room, resource: Resource) -> None:
    """Given a row that another one wrote, when somebody submits it, then neither of them votes."""
    put_back(room)
    room.submit("first")
    for name in ("author", "first"):
        with pytest.raises(ValidationError, match="Another person|另一人"):
            room.vote(name)
    assert room.vote("second").state == "approved"


def test_one_yes_of_another_person_is_enough_where_nothing_else_is_said(room: Room) -> None:
    assert room.vote("first").state == "approved" and room.state == passed(room)
    with pytest.raises(ValidationError):
        room.vote("second")  # it is over


def test_a_no_needs_a_reason_and_ends_it(room: Room, resource: Resource) -> None:
    assert resource.life is not None
    with pytest.raises(ValidationError) as refusal:
        room.vote("first", "no", word="  ")
    assert "word" in refusal.value.message_dict
    room.asks(3)
    room.vote("second")
    assert room.vote("first", "no", word="zu teuer").state == "rejected"
    assert room.state == resource.life.step(room.approval.no).to
    with room.acting("author"):
        for name in resource.life.step(room.approval.no).asked:
            assert getattr(resource.model.objects.get(pk=room.row.pk), name) == "zu teuer"
        assert any("zu teuer" in words_of(each) for each in Notification.objects.filter(user=room.people["author"]))


def test_a_quorum_counts_people_and_abstaining_is_no_yes(room: Room, resource: Resource) -> None:
    room.asks(2)
    room.vote("third", "abstain")
    room.vote("first")
    with pytest.raises(ValidationError, match="one voice|一票"):
        room.vote("first")
    assert room.state == waits_in(resource)
    assert room.vote("second").state == "approved"


def test_one_voice_a_human_being_also_with_deputies(room: Room, resource: Resource) -> None:
    room.asks(3)
    room.stands_in("first", "second")
    room.stands_in("looker", "second")
    room.vote("first")
    with pytest.raises(ValidationError, match="one voice|一票"):
        room.vote("first", acting_for=room.people["second"].pk)
    room.vote("looker")
    with pytest.raises(ValidationError, match="one voice|一票"):
        room.vote("second")  # his deputy has spoken for him
    with room.acting("author"):
        assert [(v.user.username, v.acting_for and v.acting_for.username) for v in Vote.objects.order_by("pk")] == [("first", None), ("looker", "second")]
    assert room.state == waits_in(resource)
    assert room.vote("third").state == "approved"


def test_a_deputy_stands_in_for_his_days_and_project_only(room: Room, resource: Resource) -> None:
    with room.acting("first") as rights:
        elsewhere = Project(code="P9", name="x", start_on=date(2026, 11, 2))
        elsewhere.save()
        today = timezone.localdate()
        past = Deputy(person=room.people["second"], deputy=room.people["looker"], from_on=today - timedelta(days=9), until_on=today - timedelta(days=2))
        past.save()
        with pytest.raises(ValidationError):
            arranging.deputy_name(access=rights, person=room.people["first"].pk, deputy=room.people["first"].pk, from_on="2026-12-01", until_on="2126-12-01")
    room.stands_in("looker", "second", elsewhere)
    with pytest.raises(PermissionDenied):
        room.vote("looker")
    room.stands_in("looker", "other")  # who has no voice himself has none to lend
    with pytest.raises(PermissionDenied):
        room.vote("looker")
    room.stands_in("looker", "second", room.house.project)
    assert room.vote("looker").state == "approved"


def test_nobody_takes_a_voice_that_he_was_not_given(room: Room) -> None:
    days = {"from_on": timezone.localdate().isoformat(), "until_on": (timezone.localdate() + timedelta(days=3)).isoformat()}
    with room.acting("looker") as rights:
        with pytest.raises(PermissionDenied):
            arranging.deputy_name(access=rights, person=room.people["first"].pk, deputy=room.people["looker"].pk, **days)
        arranging.deputy_name(access=rights, person=room.people["looker"].pk, deputy=room.people["first"].pk, **days)
    with room.acting("second") as rights, pytest.raises(ValidationError):
        arranging.deputy_name(access=rights, person=room.people["first"].pk, deputy=room.people["second"].pk, **days)
    with room.acting("first") as rights:
        for wrong in ({"until_on": "2020-01-01"}, {"from_on": "soon"}, {"until_on": "9999-12-31"}):
            with pytest.raises(ValidationError):
                arranging.deputy_name(access=rights, person=room.people["first"].pk, deputy=room.people["second"].pk, **(days | wrong))
        with pytest.raises(ValidationError):
            arranging.deputy_name(access=rights, person=room.people["first"].pk, deputy=room.people["stranger"].pk, **days)


def changed_behind(room: Room, text: str = "anders") -> None:
    """What is voted on is changed past all verbs."""
    name = next(n for n in room.approval.voids_on if room.resource.model._meta.get_field(n).get_internal_type() in ("CharField", "TextField"))
    with room.acting("author"):
        room.resource.model.objects.filter(pk=room.row.pk).update(**{name: text})


def test_what_was_voted_on_and_has_changed_is_voted_on_anew(room: Room, resource: Resource) -> None:
    assert room.approval.voids_on or resource.children, "nothing that is voted on is named"
    room.asks(2)
    room.vote("first")
    changed_behind(room)
    with pytest.raises(ValidationError, match="changed|变"):
        room.vote("second")  # he has not seen it
    case = room.case
    assert (case.round, case.state, room.state) == (2, "open", waits_in(resource))
    with room.acting("author"):
        assert Vote.objects.filter(withdrawn_at=None).count() == 0 and Vote.objects.count() == 1
        assert any("withdrawn" in words_of(each, "en") for each in Notification.objects.filter(user=room.people["first"])), "and that is said"
    room.vote("second")
    assert room.vote("first").state == "approved", "who had voted is heard again"


def test_a_vote_on_what_was_seen_before_is_refused(room: Room) -> None:
    seen = voting.seen_as(room.case)
    changed_behind(room)
    with room.acting("author"):
        cases.rows_written(room.resource, [room.row])
    with pytest.raises(ValidationError):
        room.vote("first", seen=seen)
    assert room.vote("first", seen=voting.seen_as(room.case)).state == "approved"


def test_a_step_back_closes_the_case_and_submitting_again_opens_another(room: Room, resource: Resource) -> None:
    life = resource.life
    assert life is not None
    room.asks(2)
    room.vote("first")
    back = next((s for s in life.steps if waits_in(resource) in s.from_ and s.name not in life.voted), None)
    if back is None:
        pytest.skip("no other step leads on from here")
    with room.acting("second") as rights:
        room.row = commands.act(resource, back.name, room.row, dict.fromkeys(back.asked, "x"), rights)
    assert room.case.state == "withdrawn"
    with pytest.raises(ValidationError):
        room.vote("second")
    room.submit()
    assert room.case.state == "open" and room.case.round == 1
    room.vote("second")
    assert room.vote("first").state == "approved", "an earlier case's vote is none of this one's"


def test_undo_takes_no_vote_back_and_says_so(room: Room, resource: Resource) -> None:
    room.asks(2)
    with room.acting("first") as rights:
        with scope.because(trace="vote"):
            voting.vote(resource, room.row, "yes", rights)
        assert undo.undo("vote", rights)
        assert Vote.objects.filter(withdrawn_at=None).count() == 1
    with room.acting("second") as rights:
        with scope.because(trace="last"):
            voting.vote(resource, room.row, "yes", rights)
        assert undo.undo("last", rights)
    assert room.state == passed(room) and room.case.state == "approved"


def test_stages_follow_each_other_and_those_that_do_not_apply_are_passed_over(room: Room, resource: Resource, monkeypatch: pytest.MonkeyPatch) -> None:
    role = Role.objects.create(tenant=room.house.tenant, key="board", name="board", grants=["*.view"])
    Membership.objects.create(tenant=room.house.tenant, user=room.people["other"], role=role, project=room.house.project)
    stages = (Stage("a", "A"), Stage("b", "B", when=lambda _row: False), Stage("c", "C", role="board"))
    with monkeypatch.context() as patch:
        patch.setitem(resource.__dict__, "approval", replace(room.approval, stages=stages))
        put_back(room)
        room.submit()
        assert room.case.stage == "a"
        with pytest.raises(PermissionDenied):
            room.vote("other")
        assert room.vote("first").stage == "c"
        with room.acting("other") as rights:
            (kind, rows), *_rest = waiting.waiting_for(rights)
            assert kind.name == "approval" and len(rows) == 1
        with pytest.raises(PermissionDenied):
            room.vote("second")  # all rights, but not the role
        assert room.vote("other").state == "approved" and room.state == passed(room)


def test_the_database_itself_counts_a_voice_once(room: Room) -> None:
    case = room.case
    with room.acting("first"):
        stage = room.approval.stages[0].name
        Vote(case=case, stage=stage, user=room.people["first"], choice="yes").save()
        for user, acting_for in (("first", None), ("first", "third"), ("second", "first")):
            with pytest.raises(IntegrityError), transaction.atomic():
                Vote(case=case, stage=stage, user=room.people[user], acting_for=room.people.get(acting_for or ""), choice="yes").save()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("voters", [("first", "first"), ("first", "second")], ids=["the same twice", "two at once"])
def test_two_last_votes_at_once_take_the_step_once(room: Room, resource: Resource, voters: tuple[str, str]) -> None:
    together, ends = threading.Barrier(2), []

    def cast(name: str) -> None:
        try:
            together.wait()
            ends.append(room.vote(name).state)
        except ValidationError:
            ends.append("refused")
        finally:
            connection.close()

    threads = [threading.Thread(target=cast, args=(name,)) for name in voters]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(ends) == ["approved", "refused"] and room.state == passed(room)
    with room.acting("author"):
        assert Vote.objects.count() == 1

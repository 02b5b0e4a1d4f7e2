"""The law of lives, over every resource that has one: each state can be reached, a step is refused from every other state, what is fixed is fixed by every
way of writing, what stays on record stays, and nobody decides on what he wrote himself."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import transaction
from django.test import Client

from jingwei.frame import scope
from jingwei.frame.lives.lifecycle import Everything, Step, StepTaken
from jingwei.frame.models import Membership, Project, User
from jingwei.frame.records import commands, undo
from jingwei.frame.records.resource import Resource, registry, resource, resources
from jingwei.frame.rights.access import access_of
from jingwei.frame.telling import facts
from tests.house.conftest import House
from tests.house.test_api import Program

pytestmark = pytest.mark.django_db
living = [each for each in resources() if each.life is not None]
named = {"argvalues": living, "ids": [each.key for each in living]}
free_steps = {  # the first steps that need nothing
    each.key: step for each in living if each.life for step in each.life.steps if each.life.start in step.from_ and not step.asks and not step.needs
}


def field_of(resource: Resource, name: str) -> Any:
    """The model's field of that name."""
    return resource.model._meta.get_field(name)


def put(row: Any, resource: Resource, state: str) -> Any:
    """The row in a state, past all steps."""
    assert resource.life is not None
    resource.model.objects.filter(pk=row.pk).update(**{resource.life.field: state})
    return resource.model.objects.get(pk=row.pk)


def asked_by(step: Step) -> dict[str, Any]:
    return dict.fromkeys(step.asked, "x")


@pytest.mark.parametrize("resource", **named)
def test_every_state_is_named_once_and_can_be_reached(resource: Resource) -> None:
    life = resource.life
    assert life is not None
    declared = {state for state, _name in field_of(resource, life.field).flatchoices}
    reached, waiting = {life.start}, [life.start]
    while waiting:
        state = waiting.pop()
        further = {step.to for step in life.steps if state in step.from_} - reached
        reached |= further
        waiting += further
    assert set(life.states) <= declared, "a state that the field does not know"
    assert reached == set(life.states), "a state to which no step leads"
    assert field_of(resource, life.field).default == life.start
    assert len({step.name for step in life.steps}) == len(life.steps) and life.start not in {step.to for step in life.steps}
    assert set(life.locked) | set(life.tones) | set(life.removable or ()) <= set(life.states) | declared
    assert set(life.tones.values()) <= {"good", "busy", "warn", "bad", "plain"}
    assert life.field not in resource.plain_fields and life.field not in resource.inline


@pytest.mark.parametrize("resource", **named)
def test_a_step_is_refused_from_every_other_state_in_words(resource: Resource, house: House, inside: Any) -> None:
    life = resource.life
    assert life is not None
    with inside():
        row = house.make(resource)
        for step in life.steps:
            for state in set(life.states) - set(step.begins):
                here = put(row, resource, state)
                with pytest.raises(ValidationError) as refusal:
                    commands.act(resource, step.name, here, asked_by(step), house.access)
                text = " ".join(refusal.value.messages)
                assert life.words(here, [state]) in text and life.words(here, step.begins[:1]) in text
                assert life.state_of(resource.model.objects.get(pk=row.pk)) == state


@pytest.mark.parametrize("resource", **named)
def test_a_state_is_not_typed_in(resource: Resource, house: House, inside: Any) -> None:
    life = resource.life
    assert life is not None
    with inside():
        row = house.make(resource)
        other = next(state for state in life.states if state != life.start)
        with pytest.raises(ValidationError) as refusal:
            commands.change(resource, row, {life.field: other}, house.access)
        assert not life.is_carried or life.field in refusal.value.message_dict
        with pytest.raises(ValidationError):
            commands.change(resource, row, {life.field: "banana"}, house.access)
        (refused,) = commands.save_many(resource, [(row, {life.field: other})], house.access)
        assert isinstance(refused, ValidationError)
    program = Program(house, house.owner, house.tenant)
    answer = program.client.patch(
        f"/api/v1/{resource.key}/{row.pk}", {life.field: other}, content_type="application/json", headers={"Authorization": f"Bearer {program.token}"}
    )
    assert answer.status_code == 422
    with inside():
        assert life.state_of(resource.model.objects.get(pk=row.pk)) == life.start


def fixed_field(resource: Resource, state: str) -> tuple[str, str] | None:
    """A plain text field that is fixed in the state, with another value for it."""
    assert resource.life is not None
    fixed = resource.life.locked.get(state, ())
    for name in resource.plain_fields:
        found = resource.model_field(name)
        is_plain = found is not None and found.get_internal_type() in ("CharField", "TextField", "DecimalField") and not found.choices
        if found is not None and is_plain and (fixed == Everything or name in fixed):
            return name, "7" if found.get_internal_type() == "DecimalField" else "anders"
    return None


@pytest.mark.parametrize("resource", **named)
def test_what_is_fixed_is_fixed_by_every_way_of_writing(resource: Resource, house: House, inside: Any) -> None:
    life = resource.life
    assert life is not None
    for state in life.locked:
        found = fixed_field(resource, state)
        assert found is not None, "the law needs a field to try"
        name, value = found
        with inside():
            row = put(house.make(resource), resource, state)
            before = resource.model.objects.filter(pk=row.pk).values().get()
            with pytest.raises(ValidationError):
                commands.change(resource, row, {name: value}, house.access)
            (refused,) = commands.save_many(resource, [(row, {name: value})], house.access)
            assert isinstance(refused, ValidationError)
            for part in resource.children:
                with pytest.raises(ValidationError):
                    commands.change(resource, row, {part.name: []}, house.access)
        browser = Client()
        browser.force_login(house.owner, backend="allauth.account.auth_backends.AuthenticationBackend")
        assert browser.post(f"/w/{resource.key}/{row.pk}/edit/", {name: value}).status_code == 422
        if name in resource.inline:
            assert browser.post(f"/w/{resource.key}/{row.pk}/cell/{name}/", {name: value}).status_code >= 400
        program = Program(house, house.owner, house.tenant)
        headers = {"Authorization": f"Bearer {program.token}"}
        assert program.client.patch(f"/api/v1/{resource.key}/{row.pk}", {name: value}, content_type="application/json", headers=headers).status_code == 422
        with inside():
            assert resource.model.objects.filter(pk=row.pk).values().get() == before
            if life.removable is not None and state not in life.removable:
                with pytest.raises(ValidationError):
                    commands.remove(resource, row, house.access)
                assert isinstance(commands.remove_many(resource, [row], house.access)[0], ValidationError)
            put(row, resource, life.start)
            row.delete()


@pytest.mark.parametrize("resource", [each for each in living if each.model.project_path == "project_id"], ids=lambda r: r.key)
def test_a_row_holds_its_project_as_long_as_it_may_not_be_deleted_itself(resource: Resource, house: House, inside: Any) -> None:
    """Given a row in any state, or back from one after which it stays, when its project is deleted, then that is refused exactly if the row's own deletion is."""
    life, projects = resource.life, next(each for each in resources() if each.model is Project)
    assert life is not None
    with inside():
        row = house.make(resource)
        project = Project.objects.get(pk=row.project_id)
        for state in (*life.states, *life.stays_after, life.start):
            here = put(row, resource, state)
            refusals = [_refusal(lambda here=here: life.check_removal(here)), _refusal(lambda: commands.remove(projects, project, house.access))]
            assert not refusals[0] or refusals[1], f"{state}: it goes with its project"
            if refusals[1]:
                assert str(here) in refusals[1]
                assert isinstance(commands.remove_many(projects, [project], house.access)[0], ValidationError)
            if refusals[0]:
                assert str(resource.title) in refusals[1] and str(Project.Status.CLOSED.label) in refusals[1]


def _refusal(attempt: Callable[[], object]) -> str:
    """What an attempt is refused with; it is taken back in any case."""
    with transaction.atomic():
        try:
            attempt()
        except ValidationError as problem:
            return " ".join(problem.messages)
        finally:
            transaction.set_rollback(True)
    return ""


@pytest.mark.parametrize("resource", [each for each in living if each.key in free_steps], ids=lambda r: r.key)
def test_a_step_is_told_as_a_fact_and_is_taken_back_by_no_undo(resource: Resource, house: House, inside: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    life, step = resource.life, free_steps[resource.key]
    assert life is not None
    told: list[StepTaken] = []
    monkeypatch.setitem(facts._reactions, StepTaken, [told.append])
    with inside():
        row = house.make(resource)
        with scope.because(trace="life"):
            commands.act(resource, step.name, row, {}, house.access)
        (fact,) = told
        assert (fact.resource, fact.row_id, fact.step, fact.before, fact.after) == (resource.key, row.pk, step.name, life.start, step.to)
        assert undo.undo("life", house.access), "and that is said"
        assert life.state_of(resource.model.objects.get(pk=row.pk)) == step.to


@pytest.mark.parametrize("resource", [each for each in living if each.life and any(step.never_by for step in each.life.steps)], ids=lambda r: r.key)
def test_nobody_decides_on_what_he_wrote_himself(resource: Resource, house: House, inside: Any) -> None:
    life = resource.life
    assert life is not None
    other = User.objects.create_user("another", password=None)
    Membership.objects.create(tenant=house.tenant, user=other, role=house.tenant.roles.get(key="owner"))
    rights = access_of(other, house.tenant)
    for step in life.steps:
        if step.never_by is None or step.name in life.voted:  # of votes it is the law of approvals
            continue
        with inside():
            row = house.make(resource)
        with scope.within(scope.Scope(house.tenant.pk, other.pk)):
            texts = [each for each in step.never_by.fields if field_of(resource, each).get_internal_type() in ("TextField", "CharField")]
            name = next(each for each in texts if each in resource.plain_fields)
            commands.change(resource, row, {name: "von mir"}, rights)
            row = put(row, resource, step.from_[0])
            with pytest.raises(ValidationError, match="Another person|另一人"):
                commands.act(resource, step.name, row, asked_by(step), rights)
            assert life.state_of(resource.model.objects.get(pk=row.pk)) == step.from_[0]
            row = put(row, resource, life.start)
            row.delete()


def test_states_are_told_by_the_main_way_and_what_is_beside_it_after() -> None:
    told = {
        key: resource(key).life.states for key in ("labour.sheet", "decision.decision", "risk.risk", "change.changerequest", "cost.costline") if key in registry
    }
    assert told["labour.sheet"] == ("draft", "submitted", "confirmed", "settled", "disputed")
    assert told["decision.decision"] == ("proposed", "voting", "accepted", "superseded", "returned", "rejected")
    assert told["risk.risk"] == ("identified", "assessed", "planned", "monitoring", "occurred", "closed")
    for kind in resources():
        if kind.life is not None:
            assert set(kind.life.main) <= set(kind.life.states) and kind.life.main[0] == kind.life.start, kind.key

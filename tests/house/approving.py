"""A room in which something is voted on: author, voters, a viewer and a stranger, as the laws of approvals want it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any

from jingwei.frame import scope
from jingwei.frame.approvals import cases, voting
from jingwei.frame.lives.approval import Approval
from jingwei.frame.models import Case, Deputy, Project, StageRule, User
from jingwei.frame.records import commands
from jingwei.frame.records.resource import Resource, resources
from jingwei.frame.rights.access import access_of
from tests.house.conftest import House
from tests.house.half import member

decided = [each for each in resources() if each.approval is not None]
named = {"argvalues": decided, "ids": [each.key for each in decided]}


@dataclass
class Room:
    """People around one submitted row: its author, those who may decide, and one who may only look."""

    house: House
    resource: Resource
    people: dict[str, User] = field(default_factory=dict)
    row: Any = None

    @property
    def approval(self) -> Approval:
        assert self.resource.approval is not None
        return self.resource.approval

    @property
    def state(self) -> str:
        """Where the row is, as stored."""
        with self.acting("author"):
            assert self.resource.life is not None
            return self.resource.life.state_of(self.resource.model.objects.get(pk=self.row.pk))

    @property
    def case(self) -> Case:
        """Its newest case."""
        with self.acting("author"):
            return cases.of_row(self.resource, self.row)[0]

    def rights(self, name: str) -> Any:
        return access_of(self.people[name], self.house.other if name == "stranger" else self.house.tenant)

    @contextmanager
    def acting(self, name: str) -> Iterator[Any]:
        """Work as that person."""
        rights = self.rights(name)
        with scope.within(scope.Scope(rights.tenant_id, self.people[name].pk, rights.project_ids)):
            yield rights

    def vote(self, name: str, choice: str = "yes", **more: Any) -> Case:
        """One voice."""
        with self.acting(name) as rights:
            return voting.vote(self.resource, self.row, choice, rights, **({"word": "deshalb"} | more))

    def stands_in(self, deputy: str, person: str, project: Project | None = None) -> None:
        """Somebody is away today."""
        with scope.within(scope.Scope(self.house.tenant.pk)):
            day = date(2020, 1, 1)
            Deputy(person=self.people[person], deputy=self.people[deputy], project=project, from_on=day, until_on=day + timedelta(days=9_000)).save()

    def asks(self, quorum: int) -> None:
        """The project wants more voices."""
        with scope.within(scope.Scope(self.house.tenant.pk)):
            for stage in self.approval.stages:
                StageRule(resource=self.resource.key, stage=stage.name, project=self.house.project, quorum=quorum).save()

    def submit(self, name: str = "author") -> None:
        """Bring the row by plain steps to the state in which its step `on` begins, and take it."""
        life = self.resource.life
        assert life is not None
        with self.acting(name) as rights:
            step = life.step(self.approval.on)
            ways = [way for state in step.from_ if (way := _way(life, life.state_of(self.row), state)) is not None]
            assert ways, "no plain steps lead to where it is submitted"
            way = min(ways, key=len)
            for each in (*(plain for _before, plain in way), step):
                self.row = commands.act(self.resource, each.name, self.row, dict.fromkeys(each.asked, "x"), rights)
            self.row = self.resource.model.objects.get(pk=self.row.pk)


def _way(life: Any, before: str, after: str) -> Any:
    """The fewest steps that anybody may take, those that ask for a text among them."""
    ways: dict[str, Any] = {before: ()}
    waiting = [before]
    while waiting and after not in ways:
        state = waiting.pop(0)
        for step in life.steps:
            if state in step.from_ and step.to not in ways and not (step.needs or step.then or step.never_by) and step.name not in life.voted:
                ways[step.to] = (*ways[state], (state, step))
                waiting.append(step.to)
    return ways.get(after)


def voting_room(house: House, resource: Resource) -> Iterator[Room]:
    """With one voice a stage, as the laws count; those of the quorum ask for more themselves, and a declaration's own number is its domain's to test."""
    declared = resource.approval
    assert declared is not None
    object.__setattr__(resource, "approval", replace(declared, stages=tuple(replace(each, quorum=1) for each in declared.stages)))
    try:
        yield _room(house, resource)
    finally:
        object.__setattr__(resource, "approval", declared)


def _room(house: House, resource: Resource) -> Room:
    made = Room(house, resource)
    for name, role in (("author", "owner"), ("first", "owner"), ("second", "owner"), ("third", "owner"), ("looker", "viewer"), ("other", "viewer")):
        made.people[name] = member(house, name, role, None)
    made.people["stranger"] = house.stranger
    with made.acting("author") as rights:
        values = house.values(resource, 5)
        made.row = commands.create(resource, {n: getattr(v, "pk", v) for n, v in values.items()}, rights)
    made.submit()
    return made


def passed(room: Room) -> str:
    """The state to which a yes leads."""
    assert room.resource.life is not None
    return room.resource.life.step(room.approval.yes).to

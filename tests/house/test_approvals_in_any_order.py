"""Votes in any order by anybody, for himself or as a deputy, with changes in between: the case ends as a plain count of people says, never earlier, and never twice."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from jingwei.frame.approvals import cases
from jingwei.frame.models import Vote
from jingwei.frame.records.resource import Resource
from tests.house.approving import Room, decided
from tests.house.test_approvals import changed_behind

deputies = {("looker", "second"), ("first", "third"), ("author", "first"), ("looker", "author")}
voices = ("author", "first", "second", "third", "looker")
who_for_whom = st.sampled_from([*((each, None) for each in voices), *sorted(deputies) * 2, ("first", "second")])
moves = st.lists(st.tuples(who_for_whom, st.sampled_from(("yes", "yes", "yes", "no", "abstain", "change"))), max_size=9)


@dataclass
class Count:
    """What should be so: a count of people in plain words."""

    quorum: int
    state: str = "open"
    humans: set[str] = field(default_factory=set)
    heard: set[str] = field(default_factory=set)
    yes: int = 0

    def expects(self, who: str, acting_for: str | None, choice: str) -> str:
        """How a vote ends: counted, denied or refused."""
        has_own = who != "looker"
        mine = [None] if has_own and acting_for is None else sorted(p for d, p in deputies if d == who and acting_for in (None, p))
        if not mine:
            return "denied"
        if self.state != "open" or who == "author":
            return "refused"
        free = [person for person in mine if person != "author" and (person or who) not in self.heard]
        if not free or who in self.humans:
            return "refused"
        self.humans.add(who)
        self.heard.add(free[0] or who)
        self.yes += choice == "yes"
        self.state = "rejected" if choice == "no" else "approved" if self.yes >= self.quorum else "open"
        return "counted"


def ends(room: Room, who: str, acting_for: str | None, choice: str) -> str:
    """How it really ends."""
    try:
        with transaction.atomic():
            room.vote(who, choice, acting_for=room.people[acting_for].pk if acting_for else None)
    except PermissionDenied:
        return "denied"
    except ValidationError:
        return "refused"
    return "counted"


@pytest.mark.django_db
@pytest.mark.parametrize("resource", decided, ids=lambda r: r.key)
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(moves=moves, quorum=st.integers(1, 3))
def test_a_case_ends_as_a_count_of_people_says(room: Room, resource: Resource, moves: list[tuple[tuple[str, str | None], str]], quorum: int) -> None:
    with transaction.atomic():
        room.asks(quorum)
        for deputy, person in sorted(deputies):
            room.stands_in(deputy, person)
        count = Count(quorum)
        for (who, acting_for), choice in moves:
            if choice == "change" and count.state == "open":
                changed_behind(room, f"anders {len(count.heard)}")
                with room.acting("author"):
                    asked_anew = cases.rows_written(resource, [resource.model.objects.get(pk=room.row.pk)])
                if asked_anew:
                    count = Count(quorum)
            elif choice != "change":
                assert ends(room, who, acting_for, choice) == count.expects(who, acting_for, choice), (who, acting_for, choice)
            with room.acting("author"):
                given_now = Vote.objects.filter(withdrawn_at=None).count()
            assert (room.case.state, given_now) == (count.state, len(count.heard))
        transaction.set_rollback(True)

"""The law of trying again: whatever writes rows of a project from outside takes the project's turn, and is tried again when the database ends a circle of waiting by refusing it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import pytest
from django.db import OperationalError
from psycopg import errors

from jingwei.frame.carried import files, tags, talk
from jingwei.frame.models import Attachment, Comment, Tagging, Vote
from jingwei.frame.records import turns
from jingwei.frame.records.resource import resource
from jingwei.frame.rights.access import access_of
from jingwei.frame.traces import edges, traces
from tests.house.approving import decided, voting_room
from tests.house.carried import browser, upload
from tests.house.conftest import House

pytestmark = pytest.mark.django_db(transaction=True)
risks = resource("risk.risk")


@pytest.fixture
def circle(monkeypatch: pytest.MonkeyPatch) -> Callable[[], list[set[int]]]:
    """From when it is called the first one to take a turn is refused by the database; gives the turns that are taken."""
    taken: list[set[int]] = []
    take = turns.take

    def begin() -> list[set[int]]:
        def refused_first(places: Iterable[int]) -> None:
            taken.append(set(places))
            if len(taken) == 1:
                raise OperationalError("deadlock detected") from errors.DeadlockDetected()
            take(taken[-1])

        monkeypatch.setattr(turns, "take", refused_first)
        return taken

    return begin


def test_talk_files_and_tags_are_tried_again(house: House, inside: Any, circle: Any) -> None:
    with inside():
        row = house.make(risks)
        mine = access_of(house.owner, house.tenant)
        comment = talk.say(risks, row, "said", mine)
        attached = files.attach(risks, row, [upload(b"there")], mine)[0]
        tag = tags.add(risks, row, "there", mine)
        taken = circle()
        for work in (
            lambda: talk.say(risks, row, "again", mine), lambda: talk.amend(risks, row, comment, "other", mine), lambda: talk.take_back(risks, row, comment, mine),
            lambda: files.attach(risks, row, [upload()], mine), lambda: files.remove(risks, row, attached, mine),
            lambda: tags.add(risks, row, "word", mine), lambda: tags.remove(risks, row, tag.pk, mine),
        ):  # fmt: skip
            taken.clear()
            work()
            assert len(taken) > 1 and {house.project.pk} in taken
        assert [each.text for each in Comment.objects.all()] == ["again"] and Attachment.objects.count() == Tagging.objects.count() == 1


def test_edges_are_tried_again(house: House, inside: Any, circle: Any) -> None:
    trace = next(each for each in traces() if each.source != each.target)
    with inside():
        source, target = (house.make(end) for end in trace.ends)
        taken = circle()
        edge = edges.join(trace, source, target, house.access)
        assert len(taken) > 1
        for work in (edges.confirm, edges.part):
            taken.clear()
            work(edge, house.access)
            assert len(taken) > 1


def test_votes_are_tried_again(house: House, circle: Any) -> None:
    for room in voting_room(house, decided[0]):
        with room.acting("first"):
            taken = circle()
            room.vote("first")
            assert len(taken) > 1 and Vote.objects.count() == 1


def test_what_is_changed_together_is_tried_again(house: House, inside: Any, circle: Any) -> None:
    with inside():
        rows = [house.make(risks) for _ in range(2)]
    client = browser(house.owner)
    taken = circle()
    answer = client.post(f"/w/{risks.key}/bulk/", {"action": "delete", "pk": [row.pk for row in rows]})
    assert answer.status_code == 302 and len(taken) > 1
    with inside():
        assert not risks.model.objects.exists()

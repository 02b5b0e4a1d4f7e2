"""A link that cannot be planned is said so and can be planned again; a side's trouble is no link's fault."""

from __future__ import annotations

from typing import Any

import pytest

from jingwei.domains.work.models import Task
from jingwei.hub import contract
from jingwei.hub.engine import cycle, decisions
from jingwei.hub.models import DeadLetter, Delivery, Link
from jingwei.hub.sync import planning
from tests.hub.conftest import Joined
from tests.hub.deeds import change, fresh, issue, soon, theirs

pytestmark = pytest.mark.django_db(transaction=True)


def planned_in_vain(joined: Joined, monkeypatch: pytest.MonkeyPatch, fault: Exception) -> Any:
    """An edit of ours that nobody has read yet, and a plan of its link that fails; gives the issue."""
    made = issue(joined, subject="之前")
    joined.sync()
    change(joined, Task.objects.get(), name="之后")

    def failing(*given: Any) -> None:
        raise fault

    with monkeypatch.context() as broken:
        broken.setattr(planning, "carry_out", failing)
        planning.plan_isolated(fresh(joined), None, [Link.objects.get().pk])
    return made


def test_replaying_the_letter_of_a_link_plans_it_again(joined: Joined, monkeypatch: pytest.MonkeyPatch) -> None:
    made = planned_in_vain(joined, monkeypatch, ValueError("a fault of ours"))
    letter = DeadLetter.objects.get(code="hub.failed")
    decisions.dead_letter_settle(letters=[letter], settlement="replay")
    cycle.cycle(joined.interface.pk, sides=())
    assert theirs(joined, made["id"])["subject"] == "之后"


def test_a_sides_trouble_kills_nothing_and_is_planned_later(joined: Joined, monkeypatch: pytest.MonkeyPatch) -> None:
    made = planned_in_vain(joined, monkeypatch, contract.Unreachable("nobody at home"))
    assert not DeadLetter.objects.exists() and Delivery.objects.get(state="waiting").not_before is not None
    soon(joined)
    cycle.cycle(joined.interface.pk, sides=())
    assert theirs(joined, made["id"])["subject"] == "之后"

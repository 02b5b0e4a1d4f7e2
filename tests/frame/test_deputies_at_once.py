"""What people arrange for approvals, sent twice: it is there once."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from jingwei.frame import scope
from jingwei.frame.approvals import arranging
from jingwei.frame.lives.approval import Stage
from jingwei.frame.models import Deputy, StageRule
from jingwei.frame.records.resource import Resource
from jingwei.frame.rights.access import access_of
from tests.at_once import overlapped
from tests.frame.test_members import Firm

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def firm() -> Firm:
    return Firm()


def within(firm: Firm, work: Any) -> Any:
    with scope.within(scope.Scope(firm.tenant.pk, firm.head.pk)):
        return work()


def days(length: int = 3) -> dict[str, str]:
    return {"from_on": str(date.today()), "until_on": str(date.today() + timedelta(days=length))}


def test_a_deputy_who_is_named_twice_is_named_once(firm: Firm) -> None:
    access, deputy = access_of(firm.head, firm.tenant), firm.person("stand-in", "viewer", None)

    def name(length: int = 3) -> Any:
        return within(firm, lambda: arranging.deputy_name(access=access, person=firm.head.pk, deputy=deputy.pk, **days(length)))

    one, two = overlapped(name, name)
    assert one == two == name()
    assert within(firm, Deputy.objects.count) == 1
    assert name(9) != one and within(firm, Deputy.objects.count) == 2, "other days are another deputy"


def test_a_rule_of_a_stage_that_two_keep_at_once_is_there_once(firm: Firm) -> None:
    resource: Resource
    stage: Stage
    resource, stage = next(arranging.stages())
    access = access_of(firm.head, firm.tenant)

    def keep(quorum: int) -> Any:
        given = {"access": access, "key": resource.key, "stage": stage.name, "project": None, "quorum": str(quorum), "days": ""}
        return within(firm, lambda: arranging.rule_keep(**given))

    _one, two = overlapped(lambda: keep(stage.quorum + 1), lambda: keep(stage.quorum + 2))
    assert two is None and within(firm, lambda: StageRule.objects.get().quorum) == stage.quorum + 2

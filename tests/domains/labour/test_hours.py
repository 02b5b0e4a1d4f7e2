"""Nobody works more than a day has hours: counted over all sheets of the organisation, however the name is written, whoever submits, and also at once."""

from __future__ import annotations

import threading
from datetime import date
from decimal import Decimal
from functools import partial
from typing import Any

import pytest
from django.core.exceptions import ValidationError

from jingwei.domains.directory.models import Team
from jingwei.domains.labour.models import Sheet
from jingwei.frame import scope
from jingwei.frame.records import commands
from jingwei.frame.records.resource import resource
from tests.at_once import together
from tests.domains.conftest import Firm, refuses, staff

pytestmark = pytest.mark.django_db


def sheet_of(firm: Firm, name: str, hours: int, **values: Any) -> Sheet:
    """A draft on which one person worked so long."""
    line = {"worker": name, "trade": "电工", "hours": Decimal(hours), "rate": Decimal(45)}
    made: Sheet = firm.made("labour.sheet", **({"work_date": date(2026, 11, 20), "team": firm.crew, "description": "布线", "lines": [line]} | values))
    return made


def test_sheets_of_projects_that_the_submitter_does_not_see_count(firm: Firm) -> None:
    """Given 16 h in P2, when somebody who knows only P1 submits 16 h more of the same person, then he is told the hours and nothing of the sheet."""
    firm.taken(far := sheet_of(firm, "李强", 16, project=firm.second), "submit")
    staff(firm, "one", "manager", project=firm.project)
    near = sheet_of(firm, "李强", 16)
    with firm.acting("one"):
        assert not Sheet.objects.filter(pk=far.pk).exists()
        with pytest.raises(ValidationError) as caught:
            commands.act(resource("labour.sheet"), "submit", near, {}, firm.rights("one"))
    text = " ".join(caught.value.messages)
    assert "16 " in text and far.number not in text and "P2" not in text and firm.second.name not in text
    firm.taken(sheet_of(firm, "李强", 8), "submit")


@pytest.mark.parametrize("other", ["li  wei", "Ｌｉ Ｗｅｉ", " LI WEI", "Li\u3000Wei"])
def test_a_name_is_the_same_in_any_case_and_width(firm: Firm, other: str) -> None:
    firm.taken(sheet_of(firm, "Li Wei", 16), "submit")
    with refuses(text="16"):
        firm.taken(sheet_of(firm, other, 16), "submit")
    with refuses(text="24"):
        firm.taken(sheet_of(firm, other, 9), "submit")
    lines = [{"worker": name, "trade": "电工", "hours": Decimal(8), "rate": Decimal(45)} for name in ("Zhang San", other, "Li Wei")]
    with refuses(text="Li Wei"):
        firm.taken(sheet_of(firm, "x", 1, lines=lines, work_date=date(2026, 11, 19)), "submit")


def test_another_crew_and_another_day_are_others(firm: Firm) -> None:
    """Names such as 李师傅 are many people's: a crew knows its own."""
    firm.taken(sheet_of(firm, "李师傅", 16), "submit")
    (other := Team(code="C2", name="电气队", kind=Team.Kind.SUBCONTRACTOR)).save()
    firm.taken(sheet_of(firm, "李师傅", 16, team=other), "submit")
    firm.taken(sheet_of(firm, "李师傅", 16, work_date=date(2026, 11, 19)), "submit")


@pytest.mark.django_db(transaction=True)
def test_of_two_who_submit_at_once_the_second_is_refused(firm: Firm, monkeypatch: pytest.MonkeyPatch) -> None:
    """Given 16 h and 16 h on two sheets, when both are submitted at the same moment, then one goes through."""
    rows = [sheet_of(firm, "李强", 16), sheet_of(firm, "李强", 16, project=firm.second)]
    both = threading.Barrier(2)
    stamped = Sheet.save

    def late(row: Sheet, *args: Any, **options: Any) -> None:  # both have looked, or one waits for the other, before one is written
        try:
            both.wait(1)
        except threading.BrokenBarrierError:
            pass
        stamped(row, *args, **options)

    monkeypatch.setattr(Sheet, "save", late)

    def submit(row: Sheet) -> None:
        with scope.within(scope.Scope(firm.tenant.pk, firm.users["owner"].pk)):
            commands.act(resource("labour.sheet"), "submit", row, {}, firm.rights("owner"))

    told = together(*(partial(submit, row) for row in rows))
    refused = [each for each in told if isinstance(each, ValidationError)]
    assert told.count(None) == len(refused) == 1 and "24" in refused[0].messages[0], told

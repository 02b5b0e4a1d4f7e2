"""Change requests that waited for a decision before there were votes: the migration gives each its case, and votes decide it."""

from __future__ import annotations

from importlib import import_module

import pytest
from django.apps import apps

from jingwei.domains.change.models import ChangeRequest
from jingwei.frame.approvals.voting import vote
from jingwei.frame.models import Case, Vote
from jingwei.frame.records import commands
from jingwei.frame.records.resource import resource
from tests.domains.conftest import Firm, refuses

pytestmark = pytest.mark.django_db
migration = import_module("jingwei.domains.change.migrations.0002_cases")


def submitted(firm: Firm, by: str) -> ChangeRequest:
    """A submitted request as it was stored before: without a case."""
    requests = resource("change.changerequest")
    with firm.acting(by):
        made = commands.create(requests, {"project": firm.project.pk, "title": f"von {by}"}, firm.rights(by))
        commands.act(requests, "assess", made, {}, firm.rights(by))
        commands.act(requests, "submit", made, {}, firm.rights(by))
        Case.objects.all().delete()
    return made


def test_what_waits_gets_a_case_once_and_another_person_votes(firm: Firm) -> None:
    firm.task("开发", duration_minutes=2400)
    made, draft = (
        submitted(firm, "manager"),
        commands.create(resource("change.changerequest"), {"project": firm.project.pk, "title": "x"}, firm.rights("owner")),
    )
    for _twice in range(2):
        migration.open_cases(apps, None)
    case = Case.objects.get()
    assert (case.row_id, case.state, case.opened_by, case.stage, case.due_at) == (made.pk, "open", firm.users["manager"], "decision", None)
    assert draft.pk != made.pk
    with firm.acting("manager"), refuses(text="另一人"):
        vote(resource("change.changerequest"), made, "yes", firm.rights("manager"))
    with firm.acting("owner"):
        vote(resource("change.changerequest"), made, "yes", firm.rights("owner"))
    made.refresh_from_db()
    assert (made.status, made.decided_by, Vote.objects.count()) == ("approved", firm.users["owner"], 1)

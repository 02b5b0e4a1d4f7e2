"""Decisions: accepted by two who did not write them, kept as they were decided, superseded by another, looked at again on their day."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from jingwei.domains.decision.models import Decision
from jingwei.frame import scope
from jingwei.frame.approvals import voting
from jingwei.frame.carried import files
from jingwei.frame.documents import declaration, saying
from jingwei.frame.models import Alarm, Notification
from jingwei.frame.narrowing import Limit
from jingwei.frame.records import commands
from jingwei.frame.records.resource import resource
from jingwei.frame.telling.wording import words_of
from jingwei.frame.traces import edges
from jingwei.frame.traces.trace import registry
from jingwei.frame.work import watching
from tests.domains.conftest import Firm, staff

pytestmark = pytest.mark.django_db
kind = resource("decision.decision")


@pytest.fixture
def proposal(firm: Firm) -> Decision:
    """Written and put to the vote by the engineer."""
    staff(firm, "pmo", "pmo")
    staff(firm, "second", "manager")
    with firm.acting("engineer"):
        words = {"situation": "两边各有一套物料", "choice": "物料以 ERP 为唯一来源。", "alternatives": "以 MES 为准", "consequences": "MES 只读"}
        values = {"project": "P1", "title": "主数据以 ERP 为准", "review_on": timezone.localdate() + timedelta(days=30), **words}
        made: Decision = commands.create(kind, values, firm.rights("engineer"))
        commands.act(kind, "submit", made, {}, firm.rights("engineer"))
    made.refresh_from_db()
    return made


def vote(firm: Firm, decision: Decision, name: str, choice: str = "yes", word: str = "") -> Decision:
    with firm.acting(name):
        voting.vote(kind, decision, choice, firm.rights(name), word=word)
    return Decision.unscoped.get(pk=decision.pk)


def accepted(firm: Firm, decision: Decision) -> Decision:
    vote(firm, decision, "manager")
    return vote(firm, decision, "pmo")


def test_it_takes_two_and_never_its_author(firm: Firm, proposal: Decision) -> None:
    assert proposal.code == "D-1"
    with firm.acting("engineer"), pytest.raises((ValidationError, PermissionDenied)):
        voting.vote(kind, proposal, "yes", firm.rights("engineer"))
    assert vote(firm, proposal, "manager").status == "voting"
    with firm.acting("manager"), pytest.raises(ValidationError):
        voting.vote(kind, proposal, "yes", firm.rights("manager"))
    done = vote(firm, proposal, "pmo")
    assert (done.status, done.decided_by, done.decided_at is not None) == ("accepted", firm.users["pmo"], True)


def test_one_no_rejects_it_with_its_reason_and_it_may_come_again(firm: Firm, proposal: Decision) -> None:
    done = vote(firm, proposal, "manager", "no", "先评估 MDM")
    assert (done.status, done.refusal) == ("rejected", "先评估 MDM")
    with firm.acting("engineer"):
        again = commands.act(kind, "withdraw", done, {}, firm.rights("engineer"))
    assert (again.status, again.decided_by, again.decided_at) == ("returned", None, None)


def test_nobody_accepts_it_but_by_votes(firm: Firm, proposal: Decision) -> None:
    with firm.acting("manager"):
        for step in ("accept", "reject"):
            with pytest.raises(ValidationError):
                commands.act(kind, step, proposal, {"refusal": "x"}, firm.rights("manager"))
    assert Decision.unscoped.get(pk=proposal.pk).status == "voting"


def test_what_is_voted_on_and_changed_is_voted_on_anew(firm: Firm, proposal: Decision) -> None:
    vote(firm, proposal, "manager")
    with firm.acting("engineer"):
        commands.change(kind, Decision.objects.get(pk=proposal.pk), {"choice": "以 PLM 为准。"}, firm.rights("engineer"))
    assert vote(firm, proposal, "pmo").status == "voting", "the first vote was for other words"
    assert vote(firm, proposal, "second").status == "accepted"


def test_what_was_decided_stays_as_it_was(firm: Firm, proposal: Decision) -> None:
    done = accepted(firm, proposal)
    with firm.acting("manager"):
        rights = firm.rights("manager")
        with pytest.raises(ValidationError):
            commands.change(kind, done, {"choice": "anders"}, rights)
        with pytest.raises(ValidationError):
            commands.remove(kind, done, rights)
        assert commands.change(kind, done, {"review_on": timezone.localdate()}, rights).review_on == timezone.localdate()


def test_another_accepted_one_takes_its_place(firm: Firm, proposal: Decision) -> None:
    done = accepted(firm, proposal)
    with firm.acting("manager"):
        rights = firm.rights("manager")
        other = commands.create(kind, {"project": "P1", "title": "改以 MDM 为准", "choice": "x"}, rights)
        for wrong in (other, done):
            with pytest.raises(ValidationError) as refused:
                commands.act(kind, "supersede", done, {"successor": wrong.pk}, rights)
            assert "successor" in refused.value.message_dict
        Decision.objects.filter(pk=other.pk).update(status="accepted")
        gone = commands.act(kind, "supersede", done, {"successor": other.pk}, rights)
        assert (gone.status, gone.successor) == ("superseded", other)
        with pytest.raises(ValidationError):
            commands.change(kind, gone, {"review_on": None}, rights)


def test_an_overdue_review_is_told_once_and_stands_on_the_home_of_the_pmo(firm: Firm, proposal: Decision) -> None:
    done = accepted(firm, proposal)
    Decision.unscoped.filter(pk=done.pk).update(review_on=timezone.localdate() - timedelta(days=1))
    with firm.acting("owner"):
        watching.look_at_all()
        watching.look_at_all()
        told = Notification.objects.filter(user=firm.users["manager"], key=f"decision.review:{done.pk}")
        assert [(each.count, "D-1" in words_of(each)) for each in told] == [(1, True)]
    assert "D-1 主数据以 ERP 为准" in firm.client("pmo").get("/").text
    assert "D-1" not in firm.client("stranger").get("/alarms/").text
    Decision.unscoped.filter(pk=done.pk).update(review_on=None)
    with firm.acting("owner"):
        watching.look_at_all()
        assert not Alarm.objects.filter(watch="decision.review", ended_at=None).exists()


@pytest.mark.parametrize("view", ["", "?view=board", "?view=month"])
def test_its_list_board_and_month_show_it(view: str, firm: Firm, proposal: Decision) -> None:
    month = f"&month={proposal.review_on:%Y-%m}" if "month" in view and proposal.review_on else ""
    page: Any = firm.client("manager").get(f"/w/decision.decision/{view}{month}")
    assert page.status_code == 200
    assert "主数据以 ERP 为准" in page.text or view == "?view=month"
    assert "主数据" not in firm.client("stranger").get(f"/w/decision.decision/{view}").text


def test_who_wrote_it_elsewhere_is_its_author_still(firm: Firm) -> None:
    """Given a decision that moved to another project, when its author votes with rights of that project alone, then he is refused, and so is its removal once it was rejected there."""
    staff(firm, "pmo", "pmo")
    with firm.acting("engineer"):
        rights = firm.rights("engineer")
        made = commands.create(kind, {"project": "P1", "title": "x", "choice": "x"}, rights)
        made = commands.change(kind, made, {"project": "P2"}, rights)
    with firm.acting("manager"):
        commands.act(kind, "submit", made, {}, firm.rights("manager"))
    limits = (Limit(("*",), frozenset({firm.second.pk})),)
    narrow = firm.rights("engineer").narrowed(limits)
    there = scope.Scope(firm.tenant.pk, firm.users["engineer"].pk, frozenset({firm.second.pk}), limits=limits)
    with scope.within(there), pytest.raises((ValidationError, PermissionDenied)):
        voting.vote(kind, Decision.objects.get(pk=made.pk), "yes", narrow)


def test_its_page_leads_to_its_paper_which_has_all_that_the_record_has(firm: Firm, proposal: Decision, settings: Any, tmp_path: Any) -> None:
    """Question, options, votes with who, when and why, consequences, what it is joined with, files by name; of rights that are not there nothing."""
    settings.MEDIA_ROOT = tmp_path
    with firm.acting("engineer"):
        task = firm.task("清洗主数据")
        edges.join(registry["decides"], Decision.objects.get(pk=proposal.pk), task, firm.rights("manager"))
        files.attach(kind, proposal, [SimpleUploadedFile("会议纪要.txt", "记录".encode())], firm.rights("manager"))
    vote(firm, proposal, "manager", word="口径要统一")
    vote(firm, proposal, "second", "no", word="迁移太贵")
    client = firm.client("manager")
    row = client.get(f"/w/decision.decision/{proposal.pk}/").content.decode()
    address = f"/documents/P1/decision.paper/?row={proposal.pk}"
    assert f'href="{address}"' in row and 'href="/documents/P1/decision.log/"' in row
    page = client.get(address).content.decode()
    for text in ("两边各有一套物料", "以 MES 为准", "MES 只读", "口径要统一", "迁移太贵", "清洗主数据", "会议纪要.txt", str(firm.users["second"])):
        assert text in page, text
    assert firm.client("stranger").get(address).status_code in (403, 404)
    narrow = firm.client("crew").get(f"/w/decision.decision/{proposal.pk}/")
    assert narrow.status_code != 200 or "decision.paper" not in narrow.content.decode()
    told = declaration.registry["decision.paper"].asked(firm.rights("manager"), firm.project, proposal.pk)
    told.without = frozenset({"work.task.view"})
    with firm.acting("manager"):
        assert "清洗主数据" not in str([part.rows for part in saying.said(declaration.registry["decision.paper"], told).parts]), (
            "what needs a right is withheld without it"
        )

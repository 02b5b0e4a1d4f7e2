"""A row's cases as pages and programs show them: stages with their votes, who is asked, until when, what one may do oneself; and what was before."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _

from jingwei.frame.approvals import arranging, cases, people, voting
from jingwei.frame.approvals.declaration import declared
from jingwei.frame.lives.approval import Stage
from jingwei.frame.models import Case, Vote
from jingwei.frame.records.resource import Resource
from jingwei.frame.rights.access import Access

cases_at_most = 20  # of one row: the newest


def cases_of(resource: Resource, row: Any) -> list[tuple[Case, list[Vote]]]:
    """The newest cases of a row with their votes: two queries."""
    found = list(cases.of_row(resource, row).select_related("opened_by")[:cases_at_most])
    given: dict[int, list[Vote]] = defaultdict(list)
    for vote in Vote.objects.filter(case__in=found).select_related("user", "acting_for").order_by("pk"):
        given[vote.case_id].append(vote)
    return [(case, given[case.pk]) for case in found]


def approval_of(resource: Resource, row: Any, access: Access) -> dict[str, Any] | None:
    """What the page of a row shows of its approval; None when it has none, or nothing was ever asked."""
    if resource.approval is None or not (found := cases_of(resource, row)):
        return None
    case, votes = found[0]
    titles = {each.name: each.title for each in resource.approval.stages}
    shown: dict[str, Any] = {
        "case": case, "is_open": case.state == Case.State.OPEN, "stages": _stages(resource, row, case, votes), "before": [
            {"case": each, "votes": [{"vote": vote, "stage": titles.get(vote.stage, vote.stage)} for vote in given]} for each, given in found[1:]
        ],
        "withdrawn": [vote for vote in votes if vote.withdrawn_at is not None],
    }  # fmt: skip
    if case.state == Case.State.OPEN and case.stage in titles:
        shown["ways_on"] = _ways_on(resource, row, access)
        shown |= _asked(resource, row, case, votes) | _own(resource, row, case, access)
    return shown


def _stages(resource: Resource, row: Any, case: Case, votes: list[Vote]) -> list[dict[str, Any]]:
    _life, approval = declared(resource)
    names = [each.name for each in approval.stages]
    now = names.index(case.stage) if case.stage in names else 0
    out = []
    for number, stage in enumerate(approval.stages):
        given = [vote for vote in votes if vote.stage == stage.name and vote.withdrawn_at is None]
        is_open = case.state == Case.State.OPEN
        state = "now" if is_open and number == now else "done" if given else "later" if is_open and number > now and stage.is_asked(row) else "skipped"
        yes = sum(vote.choice == Vote.Choice.YES for vote in given)
        out.append({"stage": stage, "state": state, "votes": given, "yes": yes, "quorum": cases.rule_of(case, resource, stage)[0]})
    return out


def _asked(resource: Resource, row: Any, case: Case, votes: list[Vote]) -> dict[str, Any]:
    """Who has not been heard yet, and until when."""
    stage = _stage(resource, case)
    heard = {pk for vote in votes if vote.withdrawn_at is None and vote.stage == stage.name for pk in (vote.user_id, vote.acting_for_id)}
    left = [user for pk, user in people.asked(case, resource, stage, row).items() if pk not in heard]
    return {"asked": left, "due": case.due_at, "is_late": case.due_at is not None and case.due_at <= timezone.now()}


def _own(resource: Resource, row: Any, case: Case, access: Access) -> dict[str, Any]:
    """Whether one may vote oneself, or why not; nothing is said to whom it does not concern."""
    try:
        acting_for = people.voice(case, resource, _stage(resource, case), row, access)
    except PermissionDenied:
        is_theirs = access.user_id in people.authors(resource, [row], [case])[row.pk]
        return {"may_vote": False, "why_not": _("You wrote or submitted this: other people decide.") if is_theirs else "", "seen": ""}
    except ValidationError as problem:
        return {"may_vote": False, "why_not": " ".join(problem.messages), "seen": ""}
    return {"may_vote": True, "why_not": "", "seen": voting.seen_as(case), "acting_for": people.person(acting_for)}


def _ways_on(resource: Resource, row: Any, access: Access) -> dict[str, Any]:
    """What one may do oneself where nobody may vote: give the right, name a deputy, take it back."""
    life, approval = declared(resource)
    may_take_back = bool(approval.back) and access.allows(resource.permission(approval.back), *resource.places_of(row)) and life.may_take(row, approval.back)
    return {
        "may_grant": access.anywhere("frame.membership.change"), "may_arrange": access.anywhere(arranging.permission),
        "back": life.step(approval.back) if may_take_back else None,
    }  # fmt: skip


def _stage(resource: Resource, case: Case) -> Stage:
    return declared(resource)[1].stage(case.stage)

"""Voting: one voice a person and stage; the last yes takes the step in the same transaction, the first no ends it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from jingwei.frame.approvals import cases, people
from jingwei.frame.approvals.declaration import declared
from jingwei.frame.lives.approval import Stage
from jingwei.frame.models import Case, Vote
from jingwei.frame.models.values import problem_with
from jingwei.frame.records import turns
from jingwei.frame.records.resource import Resource
from jingwei.frame.rights.access import Access

longest_word = 2000


def vote(resource: Resource, row: Any, choice: str, access: Access, *, word: str = "", acting_for: int | None = None, seen: str = "") -> Case:
    """Say yes, no or abstain to a row; returns its case as it is then. `acting_for` is the id of the person whose deputy one is; `seen` the print of what was
    looked at. PermissionDenied to whoever may not vote; ValidationError says what is wrong, and whose turn it is."""
    require_voter(resource, row, access, acting_for)
    is_seen = not _has_changed(resource, row)  # that stays noted when the vote is refused for it
    return _voted(resource, row, choice, access, word, acting_for, lambda case: is_seen and seen in ("", seen_as(case)))


@turns.in_turn
def _has_changed(resource: Resource, row: Any) -> bool:
    """Whether it was changed since it was asked about, whatever way that was done."""
    return cases.rows_written(resource, [_locked(resource, row)])


@turns.in_turn
def _voted(resource: Resource, row: Any, choice: str, access: Access, word: str, acting_for: int | None, is_seen: Callable[[Case], bool]) -> Case:
    current = _locked(resource, row)
    case = cases.open_of(resource, current)
    if case is None:
        raise ValidationError(_("“%(row)s” is not voted on now.") % {"row": row})
    stage = declared(resource)[1].stage(case.stage)
    mine = people.voice(case, resource, stage, current, access, acting_for)
    if not is_seen(case):
        raise ValidationError(_("“%(row)s” or its stage has changed since you looked at it. Look again, then vote.") % {"row": row})
    Vote(case=case, stage=stage.name, user_id=access.user_id or 0, acting_for_id=mine, choice=_checked(choice, word), word=word.strip()).save()
    _follow(case, resource, stage, current, choice, word.strip())
    return case


def require_voter(resource: Resource, row: Any, access: Access, acting_for: int | None = None) -> None:
    """The right comes before any value: PermissionDenied to whoever could not vote on this row in its present stage, nor as a deputy."""
    access.require(resource.permission("view"), *resource.places_of(row))
    _life, approval = declared(resource)
    case = cases.of_row(resource, row).filter(state=Case.State.OPEN).first()
    if case is not None:
        people.require(resource, approval.stage(case.stage), resource.places_of(row), access, acting_for)
    elif not any(people.may_vote(resource, stage, resource.places_of(row), access, acting_for) for stage in approval.stages):
        people.require(resource, approval.stages[0], resource.places_of(row), access, acting_for)


def seen_as(case: Case) -> str:
    """What a voter has looked at: of which round, in which stage."""
    return f"{case.pk}.{case.round}.{case.stage}"


def _locked(resource: Resource, row: Any) -> Any:
    turns.stay(resource, row)
    return resource.model.objects.select_for_update(of=("self",), no_key=True).select_related(*resource.references).get(pk=row.pk)


def _checked(choice: str, word: str) -> str:
    if choice not in Vote.Choice.values:
        raise ValidationError({"choice": _("Choose one of: %(choices)s.") % {"choices": ", ".join(Vote.Choice.values)}})
    if problem := problem_with(None, word):
        raise ValidationError({"word": problem.messages})
    if len(word) > longest_word:
        raise ValidationError({"word": _("At most %(most)s characters.") % {"most": longest_word}})
    if choice == Vote.Choice.NO and not word.strip():
        raise ValidationError({"word": _("A no needs a reason.")})
    return choice


def _follow(case: Case, resource: Resource, stage: Stage, row: Any, choice: str, word: str) -> None:
    """What follows from a vote."""
    _life, approval = declared(resource)
    if choice == Vote.Choice.NO:
        _decide(case, resource, row, approval.no, Case.State.REJECTED, word)
    elif case.votes.filter(stage=stage.name, choice=Vote.Choice.YES, withdrawn_at=None).count() >= cases.rule_of(case, resource, stage)[0]:
        after = next(approval.asked_of(row, stage.name), None)
        if after is not None:
            cases.ask(case, resource, after, row)
        else:
            _decide(case, resource, row, approval.yes, Case.State.APPROVED, word)


def _decide(case: Case, resource: Resource, row: Any, step: str, state: str, word: str) -> None:
    """Take the step that the votes decided on, in the name of who voted last. Refused, the vote itself is not given: its reason is told to the voter."""
    life, _approval = declared(resource)
    cases.end(case, resource, row, state, word)
    life.decide(row, step, **dict.fromkeys(life.step(step).asked, word))

"""REST of approvals: the cases of a row with their votes, and voting."""

from datetime import datetime
from typing import Any, Literal

from django.http import HttpRequest
from ninja import Router
from pydantic import BaseModel, Field

from jingwei.frame.api import schemas
from jingwei.frame.approvals import shown, voting
from jingwei.frame.models import Case, Vote
from jingwei.frame.records.resource import Resource


class VoteTold(BaseModel):
    """One vote. `acting_for_id` is the person whose deputy voted; a withdrawn vote counts no more, because what was voted on has changed."""

    stage: str
    user_id: int
    acting_for_id: int | None
    choice: Literal["yes", "no", "abstain"]
    word: str
    at: datetime
    withdrawn_at: datetime | None


class CaseTold(BaseModel):
    """A row that was submitted and is decided by votes. `seen` goes back with a vote, so that nobody votes on what he has not looked at."""

    id: int
    state: Literal["open", "approved", "rejected", "withdrawn"]
    stage: str
    round: int = Field(description="How often it was asked, counting from 1: anew whenever what is voted on changed.")
    opened_by_id: int | None
    opened_at: datetime
    due_at: datetime | None
    ended_at: datetime | None
    seen: str
    votes: list[VoteTold]


class Voting(schemas.Strict):
    """A vote: a no needs a word; `acting_for` is the id of the person whose deputy one is, when it is not one's own voice; `seen` as the case told it."""

    choice: Literal["yes", "no", "abstain"]
    word: str = ""
    acting_for: int | None = None
    seen: str = ""


def told(case: Case, votes: list[Vote]) -> dict[str, Any]:
    """A case as programs read it."""
    return {
        "id": case.pk, "state": case.state, "stage": case.stage, "round": case.round, "opened_by_id": case.opened_by_id, "opened_at": case.created_at, "due_at": case.due_at,
        "ended_at": case.ended_at, "seen": voting.seen_as(case), "votes": [
            {
                "stage": vote.stage, "user_id": vote.user_id, "acting_for_id": vote.acting_for_id, "choice": vote.choice, "word": vote.word, "at": vote.created_at,
                "withdrawn_at": vote.withdrawn_at,
            }
            for vote in votes
        ],
    }  # fmt: skip


def add_routes(router: Router, resource: Resource, one: Any) -> None:
    """The two operations of a resource with an approval; `one(request, resource, key)` finds a row that may be seen."""
    name = resource.key.replace(".", "_")

    def list_cases(request: HttpRequest, key: str) -> Any:
        return [told(case, votes) for case, votes in shown.cases_of(resource, one(request, resource, key))]

    def vote(request: HttpRequest, key: str, values: Voting) -> Any:
        row = one(request, resource, key)
        case = voting.vote(resource, row, values.choice, request.access, word=values.word, acting_for=values.acting_for, seen=values.seen)  # type: ignore[attr-defined]
        return told(case, list(case.votes.order_by("pk")))

    router.get("/{key}/cases", response={200: list[CaseTold]}, operation_id=f"{name}_cases", summary="Cases and votes")(list_cases)
    router.post("/{key}/vote", response={200: CaseTold}, operation_id=f"{name}_vote", summary="Vote")(vote)

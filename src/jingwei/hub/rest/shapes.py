"""What the hub's REST operations take and tell."""

import datetime as dt
from collections.abc import Sequence
from typing import Annotated, Any, Literal

from django.core.exceptions import ValidationError
from django.db.models import Model, QuerySet
from django.utils.translation import gettext as _
from ninja import Schema
from ninja.errors import ValidationError as BadInput
from pydantic import BaseModel, BeforeValidator, Field, WithJsonSchema, create_model

from jingwei.frame.api.schemas import Strict
from jingwei.frame.walls import exactly
from jingwei.frame.web import Request
from jingwei.hub.contract import Record
from jingwei.hub.inbox.deliveries import unstorable

Id = Annotated[int, Field(ge=1, le=2**63 - 1)]
Key = Annotated[str, Field(max_length=200)]
Json = Annotated[Any, BeforeValidator(exactly.loose), WithJsonSchema({"description": "any JSON value"})]


class Paged(Schema):
    """Which page of what; an interface's key narrows it."""

    interface: Key = ""
    page: int = Field(1, ge=1, le=1_000_000)
    size: int = Field(50, ge=1, le=500)


class Ids(Strict):
    """Which rows."""

    ids: list[Id] = Field(..., min_length=1, max_length=1000)


class Resolve(Ids):
    """What is decided for all of them. `value` is the third value, or for `pair` the key of the counterpart."""

    choice: Literal["a", "b", "value", "accept", "create", "pair"]
    value: Json = None


class Release(Strict):
    """With `record` the mended values go in; without, the record as it is over there now."""

    record: Annotated[dict[str, Any] | None, BeforeValidator(exactly.loose)] = Field(
        None, description="The values under the side's own field names, in place of those that came"
    )


class Switch(Strict):
    """The stage to be in."""

    stage: Literal["live", "paused", "retired"]


class Rollback(Strict):
    """The version whose content is published as a new one; `in_use` is the one in use that was looked at: another one published since is a 409."""

    number: int = Field(..., ge=1, le=2**31 - 1)
    note: str = Field("", max_length=300)
    in_use: int | None = Field(None, ge=1, le=2**31 - 1)


class Done(BaseModel):
    """How many rows it was done to."""

    count: int


class Touched(BaseModel):
    """When a side last changed, and through whom, as far as that is known."""

    at: dt.datetime | None
    who: str


class CandidateOut(BaseModel):
    """A record that may be the counterpart."""

    key: str
    name: str
    values: dict[str, Any]


class ConflictOut(BaseModel):
    """One question: both values, what was agreed, and the answers that fit."""

    id: int
    interface: str
    field: str
    reason: str
    zh: str
    en: str
    peer_zh: str
    peer_en: str
    key_a: str | None
    key_b: str | None
    name: str
    a: Any
    b: Any
    agreed: Any
    values_hidden: bool
    at: dt.datetime
    changed_a: Touched
    changed_b: Touched
    candidates: list[CandidateOut]
    answers: list[str]


class ParkedOut(BaseModel):
    """One parked record and why."""

    id: int
    interface: str
    side: str
    record_key: str
    code: str
    at: dt.datetime
    problems: list[dict[str, Any]]
    values_hidden: bool


class ParkedWholeOut(ParkedOut):
    """With its values, and what came in."""

    values: dict[str, Any] | None
    raw: str | None
    source: str
    can_be_mended: bool


class LetterOut(BaseModel):
    """One dead letter and why."""

    id: int
    interface: str
    code: str
    zh: str
    en: str
    at: dt.datetime
    side: str
    action: str
    key_a: str | None
    key_b: str | None


class DeleteOut(BaseModel):
    """One held delete: the record that would be deleted on `side`."""

    id: int
    side: str
    key: str | None
    key_a: str | None
    key_b: str | None
    name: str
    at: dt.datetime


class VersionOut(BaseModel):
    """One version."""

    number: int
    at: dt.datetime | None
    author: str | None
    note: str
    in_use: bool


class ChangeOut(BaseModel):
    """One difference; before or after is null when it is not there."""

    part: str
    where: str
    what: dict[str, str]
    before: dict[str, str] | None
    after: dict[str, str] | None


class StageOut(BaseModel):
    """The stage an interface is in, and whether the machinery stopped it."""

    key: str
    stage: str
    held_reason: str
    version: int | None


class GrantOut(BaseModel):
    """What an interface may do with our own records; `needed` by the published version."""

    permissions: list[str]
    granted_by: str | None
    granted_at: dt.datetime | None
    needed: list[str]


class FoundOut(BaseModel):
    """What a look at all keys found."""

    gone: int
    missed: int


def page_of(model: type[BaseModel], name: str) -> Any:
    """The shape of a page of these."""
    return create_model(name, count=(int, ...), page=(int, ...), items=(list[model], ...))  # type: ignore[valid-type]


def sliced(rows: QuerySet[Any], query: Paged) -> Sequence[Model]:
    """The page asked for."""
    start = (query.page - 1) * query.size
    return list(rows[start : start + query.size])


def only(request: Request, *names: str) -> None:
    """Refuse parameters that mean nothing here."""
    unknown = sorted(set(request.GET) - set(names))
    if unknown:
        raise BadInput([{"loc": ("query", name), "type": "extra_forbidden", "msg": "Extra inputs are not permitted"} for name in unknown])


def storable(**given: Any) -> None:
    """Refuse what no database can hold. Raises ValidationError by field."""
    wrong = {}
    for name, value in given.items():
        reason = unstorable(Record("", "", {"value": value}))
        if reason:
            wrong[name] = ValidationError(_("It cannot be kept: %(reason)s"), params={"reason": reason})
    if wrong:
        raise ValidationError(wrong)

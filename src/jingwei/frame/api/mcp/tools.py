"""The tools an assistant has: a few for every resource there is, within the rights of the token's owner. Answers are compact, and lists go on behind a cursor."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import NON_FIELD_ERRORS, PermissionDenied, ValidationError
from django.db import DatabaseError
from django.http import Http404
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from pydantic import BaseModel, ConfigDict, Field
from pydantic import ValidationError as BadInput

from jingwei.frame.api import schemas
from jingwei.frame.models import Project, kept
from jingwei.frame.models.values import unreadable, whole
from jingwei.frame.narrowing import read_only
from jingwei.frame.records import asking, commands, extra, past, report, turns
from jingwei.frame.records.listing import Listing
from jingwei.frame.records.resource import Resource, registry, resources
from jingwei.frame.records.search import find
from jingwei.frame.records.told import as_told
from jingwei.frame.records.told import told as fields_told
from jingwei.frame.rights.access import Access
from jingwei.frame.walls import exactly, heavy, troubles

rows_at_most = 50
hits_at_most = 5
text_at_most = 60_000  # characters of one answer


@dataclass(frozen=True, slots=True)
class Caller:
    """Whose rights hold, and whether the token says that it may write."""

    access: Access
    may_write: bool

    @classmethod
    def of(cls, access: Access) -> Caller:
        """Who asks with these rights; one whose limits only let him read is offered nothing else."""
        return cls(access, all(set(limit.grants) - set(read_only) for limit in access.limits))


class Asked(BaseModel):
    """Arguments: what is not known is refused."""

    model_config = ConfigDict(extra="forbid")


class Nothing(Asked):
    """No arguments."""


class OfKind(Asked):
    """A kind of record, such as “work.task”."""

    kind: str = Field(description="A key that `kinds` gives, such as work.task")


class Words(Asked):
    """Words to look for."""

    words: str = Field(description="Words; all of them must occur", min_length=1, max_length=200)
    kind: str = Field("", description="Only in records of this kind")


class List(OfKind):
    """What a list is asked for."""

    filters: dict[str, str | int | bool] = Field(default_factory=dict, description='By the names that `describe` gives, such as {"status": "todo"}')
    sort: str = Field("", description="A field; with “-” before it, downward")
    words: str = Field("", max_length=200)
    fields: list[str] = Field(default_factory=list, description="Only these fields of each row; left out, those of the list's columns")
    size: int = Field(20, ge=1, le=rows_at_most)
    after: str = Field("", description="The `next` of the answer before")


class One(OfKind):
    """One record."""

    key: str | int = Field(description="Its id (a number) or its code (a text)")


class Report(Asked):
    """A report about a project, or about all."""

    report: str
    project: str = Field("", description="The project's code; none for a report over all projects")
    asked: dict[str, Any] = Field(default_factory=dict)


class New(OfKind):
    """A new record."""

    values: dict[str, Any]


class Change(One):
    """Another value of some fields."""

    values: dict[str, Any]
    version: int | None = Field(None, description="The version that was read; refused when somebody has changed it since")


class Act(One):
    """A declared verb or step."""

    verb: str = Field(description="One that `describe` gives, such as submit")
    values: dict[str, Any] = Field(default_factory=dict, description="What the verb asks for")
    version: int | None = Field(None, description="The version that was read; refused when somebody has changed it since")


@dataclass(frozen=True, slots=True)
class Tool:
    """One tool: what it is for, what it takes, and what it does."""

    name: str
    text: Any
    asked: type[Asked]
    work: Callable[[Any, Access], Any]
    writes: bool = False
    destroys: bool = False

    def described(self) -> dict[str, Any]:
        """As the protocol lists it."""
        hints = {"readOnlyHint": not self.writes, "destructiveHint": self.destroys, "idempotentHint": not self.writes, "openWorldHint": False}
        return {"name": self.name, "description": str(self.text), "inputSchema": self.asked.model_json_schema(), "annotations": hints}

    def called(self, arguments: dict[str, Any], caller: Caller) -> dict[str, Any]:
        """What comes of it; a refusal is an answer that says what is wrong and how it is mended."""
        try:
            asked = self.asked.model_validate(arguments)
            return _told(turns.in_turn(self.work)(asked, caller.access), is_error=False)
        except BadInput as problem:
            return _told({"errors": [{"field": ".".join(map(str, each["loc"])), "message": each["msg"]} for each in problem.errors()]}, is_error=True)
        except (ValidationError, PermissionDenied, Http404, commands.Stale, heavy.Busy, DatabaseError, ValueError, OverflowError, RecursionError) as problem:
            return _told({"errors": _words(problem)}, is_error=True)


def offered(caller: Caller) -> Iterator[Tool]:
    """The tools for this caller."""
    return (tool for tool in every if caller.may_write or not tool.writes)


def _told(found: Any, *, is_error: bool) -> dict[str, Any]:
    text = json.dumps(found, cls=exactly.Encoder, ensure_ascii=False, separators=(",", ":"))
    if len(text) > text_at_most:
        found = {
            "errors": [{"field": "", "message": _("The answer is longer than %(most)s characters. Ask for fewer rows or fields.") % {"most": text_at_most}}]
        }
        return _told(found, is_error=True)
    return {"content": [{"type": "text", "text": text}], "structuredContent": json.loads(text), "isError": is_error}


def _words(problem: Exception) -> list[dict[str, str]]:
    if isinstance(problem, ValidationError):
        texts = problem.message_dict if hasattr(problem, "error_dict") else {"": problem.messages}
        return [{"field": "" if name == NON_FIELD_ERRORS else name, "message": text} for name, many in texts.items() for text in many]
    if isinstance(problem, PermissionDenied | commands.Stale | heavy.Busy):
        return [{"field": "", "message": str(problem)}]
    if isinstance(problem, Http404):
        return [{"field": "key", "message": _("There is nothing of that name that you may see.")}]
    said = troubles.said_of(problem)
    if said is None:
        raise problem
    return [{"field": "", "message": said.text}]


def _kind(key: str, access: Access, verb: str = "view") -> Resource:
    """A kind of which something may be seen; what may not be seen is not there."""
    found = registry.get(key)
    if found is None or not access.anywhere(found.permission("view")):
        raise ValidationError({"kind": _("There is no kind “%(key)s” for you. `kinds` names those there are.") % {"key": key[:60]}})
    access.require_anywhere(found.permission(verb))
    return found


def _row(kind: Resource, key: str | int, access: Access) -> Any:
    rows = kind.rows(access)
    if isinstance(key, int) or (pk := whole(key)) is not None:
        row = rows.filter(pk=key if isinstance(key, int) else pk).first()
    else:
        row = kind.named(key, rows) if not unreadable(key) else None
    if row is None:
        raise Http404
    return row


def _compact(kind: Resource, row: Any, access: Access, *, only: tuple[str, ...] = (), with_parts: bool = False) -> dict[str, Any]:
    """A row without what is empty, and without what was not asked for."""
    told = as_told(kind, row, access, with_parts=with_parts)
    wanted = {"id", "version", "natural_key", *only, *(f"{name}_name" for name in only)} if only else set(told)
    return {name: value for name, value in told.items() if name in wanted and value not in (None, "", [], {})}


def kinds(_asked: Nothing, access: Access) -> Any:
    """Every kind of record of which something may be seen."""
    shown = [each for each in resources() if access.anywhere(each.permission("view"))]
    return {"kinds": [{"kind": each.key, "title": str(each.title_plural)} for each in shown]}


def describe(asked: OfKind, access: Access) -> Any:
    """What a kind's rows hold, and what may be asked and done."""
    kind = _kind(asked.kind, access)
    return {
        "kind": kind.key, "title": str(kind.title), "named_by": list(kind.natural_key),
        "fields": schemas.schema_in(kind, partial=True).model_json_schema()["properties"],
        **({"extra": extra.described(kind)} if kind.is_extended else {}), "filters": asking.described(kind), "may": [verb for verb in ("add", "change", "delete") if access.anywhere(kind.permission(verb))],
        "verbs": [{"verb": v.name, "title": str(v.title), "asks": list(v.fields)} for v in kind.verbs if access.anywhere(kind.permission(v.name))],
    }  # fmt: skip


def search(asked: Words, access: Access) -> Any:
    """The first hits of every kind, the best first."""
    hits = find(asked.words, access, [_kind(asked.kind, access)] if asked.kind else resources(), most=rows_at_most if asked.kind else hits_at_most)
    rows: dict[tuple[str, int], Any] = {}
    for kind in {hit.resource for hit in hits}:
        rows |= {(kind.key, row.pk): row for row in kind.rows(access).filter(pk__in=[hit.pk for hit in hits if hit.resource is kind])}
    shown = [(hit.resource, row) for hit in hits if (row := rows.get((hit.resource.key, hit.pk))) is not None]
    return {"hits": [{"kind": kind.key, "id": row.pk, "natural_key": kind.name_of(row), "text": str(row)} for kind, row in shown]}


def list_rows(asked: List, access: Access) -> Any:
    """Rows of a kind, page by page."""
    kind = _kind(asked.kind, access)
    parameters = {
        **{name: str(value) for name, value in asked.filters.items()},
        "sort": asked.sort,
        "q": asked.words,
        "after": asked.after,
        "size": str(asked.size),
    }
    asking.require_known(kind, parameters)
    known = {field.name for field in fields_told(kind)}
    if strange := [name for name in asked.fields if name not in known]:
        raise ValidationError(
            {"fields": _("There is no field “%(name)s”. Known are: %(names)s.") % {"name": strange[0][:60], "names": ", ".join(sorted(known))}}
        )
    listing = Listing(kind, access, parameters)
    only = tuple(asked.fields or (name for name in kind.columns if name in known))
    counted = {} if asked.after else {"count": listing.count}
    return {**counted, "rows": [_compact(kind, row, access, only=only) for row in listing.rows], "next": listing.next}


def read(asked: One, access: Access) -> Any:
    """One row with its parts."""
    kind = _kind(asked.kind, access)
    return _compact(kind, _row(kind, asked.key, access), access, with_parts=True)


def history(asked: One, access: Access) -> Any:
    """Who changed what, the newest first."""
    kind = _kind(asked.kind, access)
    told = past.of_row(access, kind, _row(kind, asked.key, access))
    lines = [
        {"at": h.at, "action": h.action, "by": h.actor_id, "reason": h.reason, "before": kept.told(h.before), "after": kept.told(h.after)}
        for h in told.lines[:rows_at_most]
    ]
    return {"lines": lines, "is_cut": told.is_cut or len(told.lines) > rows_at_most}


def reports(_asked: Nothing, access: Access) -> Any:
    """The reports there are."""

    def told(each: report.Report | report.Survey) -> dict[str, Any]:
        return {"report": each.key, "title": str(each.title), "asks": each.asked.model_json_schema().get("properties", {})}

    shown = [told(each) for each in report.reports() if access.anywhere(each.permission)]
    return {"reports": shown + [told(each) | {"of": "all projects"} for each in report.surveys() if access.anywhere(each.permission)]}


def report_of(asked: Report, access: Access) -> Any:
    """A computed answer about one project, or over all."""
    survey = report.surveyed.get(asked.report)
    if survey is not None and access.anywhere(survey.permission):
        return {"answer": survey.told(access, survey.asked.model_validate(asked.asked))}
    found = report.registry.get(asked.report)
    if found is None or not access.anywhere(found.permission):
        raise ValidationError({"report": _("There is no report “%(key)s” for you. `reports` names those there are.") % {"key": asked.report[:60]}})
    project = Project.objects.filter(code=asked.project).first() if not unreadable(asked.project) else None
    if project is None or not access.allows(found.permission, project.pk):
        raise ValidationError({"project": _("There is no such project.")})
    with heavy.turns.taken(access.user_id or 0) if found.is_costly else nullcontext():
        return {"answer": found.told(access, project, found.asked.model_validate(asked.asked))}


def _given(model: type[BaseModel], values: dict[str, Any]) -> dict[str, Any]:
    """Only what was named, each known and of its kind."""
    return model.model_validate(values).model_dump(exclude_unset=True)


def create(asked: New, access: Access) -> Any:
    """A new row."""
    kind = _kind(asked.kind, access, "add")
    commands.require_before(access, kind, "add", asked.values)
    row = commands.create(kind, _given(schemas.schema_in(kind, partial=False), asked.values), access)
    return _compact(kind, _row(kind, row.pk, access), access, with_parts=True)


def change(asked: Change, access: Access) -> Any:
    """Change some fields of a row."""
    kind = _kind(asked.kind, access, "change")
    row = _row(kind, asked.key, access)
    commands.authorise(access, kind, "change", row)
    commands.change(kind, row, _given(schemas.schema_in(kind, partial=True), asked.values), access, version=asked.version)
    return _compact(kind, _row(kind, row.pk, access), access, with_parts=True)


def act(asked: Act, access: Access) -> Any:
    """Do a declared verb to a row."""
    kind = _kind(asked.kind, access)
    verb = next((each for each in kind.verbs if each.name == asked.verb), None)
    if verb is None:
        raise ValidationError({"verb": _("There is no verb “%(name)s” here. `describe` names those there are.") % {"name": asked.verb[:60]}})
    row = _row(kind, asked.key, access)
    commands.authorise(access, kind, verb.name, row)
    given = _given(schemas.schema_of_verb(kind, verb), asked.values)
    version = given.pop("version", None)
    commands.act(kind, verb.name, row, given, access, version=version if asked.version is None else asked.version)
    return _compact(kind, _row(kind, row.pk, access), access, with_parts=True)


def remove(asked: One, access: Access) -> Any:
    """Delete a row."""
    kind = _kind(asked.kind, access, "delete")
    commands.remove(kind, _row(kind, asked.key, access), access)
    return {"removed": asked.key}


every = (
    Tool("kinds", gettext_lazy("Every kind of record that you may see: projects, tasks, costs, risks, interfaces and so on."), Nothing, kinds),
    Tool("describe", gettext_lazy("The fields, filters, verbs and rights of one kind."), OfKind, describe),
    Tool("search", gettext_lazy("Find records by words, in all kinds or in one."), Words, search),
    Tool("list", gettext_lazy("Records of one kind: filtered, sorted, page by page."), List, list_rows),
    Tool("read", gettext_lazy("One record with its parts, by id or code."), One, read),
    Tool("history", gettext_lazy("Who changed a record, when, why and what."), One, history),
    Tool("reports", gettext_lazy("Every report that you may ask for."), Nothing, reports),
    Tool("report", gettext_lazy("A computed answer about one project, such as its earned value or the quality of its plan."), Report, report_of),
    Tool("create", gettext_lazy("Make a new record."), New, create, writes=True),
    Tool("change", gettext_lazy("Change fields of a record."), Change, change, writes=True),
    Tool("act", gettext_lazy("Do a verb or take a step with a record, such as submit or complete."), Act, act, writes=True),
    Tool("remove", gettext_lazy("Delete a record."), One, remove, writes=True, destroys=True),
)

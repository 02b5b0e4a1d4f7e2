"""Custom fields as fields of the stream: typed where the key may ask for their definitions, else as the issues show them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from jingwei.connectors.redmine.answers import issue_rows, listed, of_project, page_limit, plain, remembered
from jingwei.hub.contract import Field, FieldType, Forbidden, Session, Title, Values

default_reference = "Jingwei ref"
_types: Mapping[str, FieldType] = {
    "text": "text", "int": "integer", "float": "decimal", "date": "date", "bool": "boolean", "list": "enum", "enumeration": "enum",
    "user": "reference", "version": "reference",
}  # fmt: skip
Choices = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class CustomField:
    """One custom field of issues. `kind` is the type of one value; with `multiple` the field holds a list of them."""

    id: int
    title: str
    kind: FieldType = "string"
    multiple: bool = False
    required: bool = False
    read_only: bool = False
    max_length: int | None = None
    choices: Choices = ()

    @property
    def name(self) -> str:
        """Its name in the stream."""
        return f"cf_{self.id}"

    def field(self) -> Field:
        """As a field of the stream."""
        kind: FieldType = "list" if self.multiple else "string" if self.kind == "enum" and not self.choices else self.kind
        return Field(
            self.name,
            kind,
            Title(self.title, self.title),
            required=self.required,
            read_only=self.read_only,
            max_length=None if self.multiple else self.max_length,
            choices=self.choices,
        )

    def read(self, value: Any) -> Any:
        """A value of Redmine's in the contract's form. Several values come in any order and are put in one."""
        if self.multiple:
            return sorted(str(each) for each in (value if isinstance(value, list) else [value]) if each not in (None, ""))
        return plain(self.kind, value)

    def sent(self, value: Any) -> Any:
        """A value of the contract as Redmine takes it; an empty text clears."""
        if self.multiple:
            return [str(each) for each in value or ()] or [""]
        if isinstance(value, bool):
            return "1" if value else "0"
        return "" if value is None else str(value)


def newest_issues(session: Session) -> Sequence[Mapping[str, Any]]:
    """The hundred issues of the project changed last: what they show is there to be learnt from."""
    return remembered(
        session,
        "newest",
        lambda: [
            {name: row.get(name) for name in ("tracker", "assigned_to", "author", "custom_fields")}
            for row in issue_rows(session, of_project(session, sort="updated_on:desc", limit=page_limit))
        ],
    )


def _shown(rows: Iterable[Mapping[str, Any]]) -> dict[int, Mapping[str, Any]]:
    return {int(each["id"]): each for row in rows for each in row.get("custom_fields") or ()}


def _seen(rows: Iterable[Mapping[str, Any]]) -> tuple[list[int], list[int]]:
    """The custom fields and the trackers that issues show."""
    rows = list(rows)
    return sorted(_shown(rows)), sorted({int(row["tracker"]["id"]) for row in rows if row.get("tracker")})


def _definitions(session: Session) -> list[Mapping[str, Any]]:
    """Rows of /custom_fields.json that belong to issues; without the right to ask, what issues show. The reference is always sought."""
    try:
        rows = listed(session, "/custom_fields.json", "custom_fields", {})
        return [row for row in rows if row.get("customized_type") == "issue"]
    except Forbidden:
        found = _shown(newest_issues(session))
        wanted = _wanted(session)
        if not any(_is_reference(row, wanted) for row in found.values()):
            anywhere = _shown(issue_rows(session, {"status_id": "*", "sort": "updated_on:desc", "limit": page_limit}))
            found |= {pk: row for pk, row in anywhere.items() if _is_reference(row, wanted)}
        return [{"id": pk, "name": row.get("name"), "multiple": row.get("multiple", False)} for pk, row in sorted(found.items())]


def _wanted(session: Session) -> str:
    return str(session.config.get("reference_field") or default_reference)


def _is_reference(row: Mapping[str, Any], wanted: str) -> bool:
    return row.get("name") == wanted or str(row.get("id")) == wanted.removeprefix("cf_")


def definitions(session: Session) -> list[Mapping[str, Any]]:
    """The custom fields of issues as this key may know them, asked once as long as the session's cache keeps it."""
    return remembered(session, "custom_fields", lambda: _definitions(session))


def reference_id(session: Session) -> int | None:
    """The id of the custom field that keeps our reference (configured by name or by id)."""
    wanted = _wanted(session)
    return next((int(row["id"]) for row in definitions(session) if _is_reference(row, wanted)), None)


def keeps_reference(session: Session, project: Mapping[str, Any], reference: int) -> bool:
    """Whether nothing speaks against it: Redmine silently drops the value of a field that the issue's project or tracker does not have.
    For an account that may not ask for definitions, and for a field of all projects, only issues tell."""
    of = {each["id"] for row in definitions(session) if int(row["id"]) == reference for each in row.get("trackers") or ()}
    trackers = {each["id"] for each in project.get("trackers") or ()}
    return not (of and trackers - of) and all(shows(row, reference) for row in newest_issues(session))


def shows(row: Mapping[str, Any], field: int) -> bool:
    """Whether an issue has the custom field, be it empty."""
    return field in _shown([row])


def custom_fields(session: Session, project: Mapping[str, Any], people: Choices = (), versions: Choices = ()) -> dict[int, CustomField]:
    """The custom fields that issues of this project have, by id."""
    here = {int(each["id"]) for each in project.get("issue_custom_fields") or ()}
    shown, trackers_shown = remembered(session, "shown", lambda: _seen(newest_issues(session)))
    trackers = {each["id"] for each in project.get("trackers") or ()}
    reference = reference_id(session)
    out = {}
    for row in definitions(session):
        of = {each["id"] for each in row.get("trackers") or ()} & trackers
        is_new = bool(of) and not of.intersection(trackers_shown)  # no issue yet of a tracker that would show it
        is_known = int(row["id"]) in here or int(row["id"]) in shown
        if is_known or int(row["id"]) == reference or is_new:
            # whether a field of all projects is one of this one is not told before an issue shows it: then it is offered, not demanded
            out[int(row["id"])] = _custom_field(row, is_known and of == trackers, people, versions)
    return out


def _custom_field(row: Mapping[str, Any], is_everywhere: bool, people: Choices, versions: Choices) -> CustomField:
    form = str(row.get("field_format") or "string")
    possible = tuple((str(each["value"]), str(each.get("label", each["value"]))) for each in row.get("possible_values") or ())
    choices = {"user": people, "version": versions, "list": possible, "enumeration": possible}.get(form, ())
    return CustomField(
        id=int(row["id"]),
        title=str(row.get("name")),
        kind=_types.get(form, "string"),
        multiple=bool(row.get("multiple")),
        required=bool(row.get("is_required")) and is_everywhere and not row.get("default_value"),
        read_only=form == "attachment",
        max_length=row.get("max_length") if _types.get(form, "string") in ("string", "text") else None,
        choices=choices,
    )


def sent_custom(fields: Mapping[int, CustomField], values: Values) -> list[dict[str, Any]]:
    """The custom fields among the values as Redmine takes them."""
    return [{"id": each.id, "value": each.sent(values[each.name])} for each in fields.values() if each.name in values]

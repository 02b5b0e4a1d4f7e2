"""Our own resources as streams: what the `local` connector reads and writes, always within the interface's project."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.db import connection, models
from django.utils import translation
from django.utils.text import capfirst

from jingwei.frame import commands
from jingwei.frame.access import Access, system_access
from jingwei.frame.models import History
from jingwei.frame.resource import Resource, UnknownResource, resource, resources
from jingwei.hub import contract
from jingwei.hub.contract import Field, FieldType, Page, Record, Stream, Title, Values

_types: tuple[tuple[type[models.Field[Any, Any]], FieldType], ...] = (
    (models.ForeignKey, "reference"),
    (models.TextField, "text"),
    (models.BooleanField, "boolean"),
    (models.DecimalField, "decimal"),
    (models.DateTimeField, "datetime"),
    (models.DateField, "date"),
    (models.JSONField, "list"),
    (models.IntegerField, "integer"),
    (models.CharField, "string"),
)


class LocalResources:
    """Implements contract.LocalPort for one tenant and project; the scope is set by the caller."""

    def __init__(self, project_id: int | None, access: Access | None, tenant_id: int) -> None:
        self.project_id = project_id
        self.access = access or system_access(tenant_id)

    def streams(self) -> Sequence[Stream]:
        return [stream_of(each) for each in resources() if each.is_stream]

    def rows(self, name: str) -> tuple[Resource, models.QuerySet[Any]]:
        """The resource and its rows of this project."""
        try:
            found = resource(name)
        except UnknownResource as problem:
            raise contract.Refused(str(problem)) from problem
        rows = found.model.objects.select_related(*found.references)
        if self.project_id is not None and found.model.project_path:
            rows = rows.filter(**{found.model.project_path: self.project_id})
        return found, rows

    def changes(self, stream: str, cursor: Values, limit: int) -> Page:
        """Rows changed since the cursor by the history's order; a first read walks the rows themselves, then the history."""
        found, rows = self.rows(stream)
        if "history" not in cursor:
            horizon = cursor.get("horizon") or _settled_history()
            batch = list(rows.filter(pk__gt=cursor.get("after", 0)).order_by("pk")[:limit])
            records = tuple(map(Reader(found).record, batch))
            if len(batch) == limit:
                return Page(records, {"after": batch[-1].pk, "horizon": horizon}, more=True)
            return Page(records, {"history": horizon}, more=False)
        return self._changes_since(found, rows, list(cursor["history"]), limit)

    def _changes_since(self, found: Resource, rows: models.QuerySet[Any], after: list[int], limit: int) -> Page:
        # In the order of (transaction, id), and only transactions older than every running one: a row that commits late has
        # a younger transaction than any we have passed, so it is never skipped.
        lines = History.objects.filter(resource=found.key).extra(
            where=["written_by < pg_snapshot_xmin(pg_current_snapshot())::text::numeric", "(written_by, id) > (%s, %s)"], params=after
        )
        if self.project_id is not None and found.model.project_path:
            lines = lines.filter(project_id=self.project_id)
        seen = list(lines.order_by("written_by", "id").values_list("written_by", "id", "object_id", "action")[:limit])
        if not seen:
            return Page((), {"history": after}, more=False)
        last: dict[int, str] = {object_id: action for _, _, object_id, action in seen}
        present = {row.pk: row for row in rows.filter(pk__in=last)}
        reader = Reader(found)
        records = tuple(
            reader.record(present[pk]) if pk in present else contract.tombstone(found.key, str(pk)) for pk in last if pk in present or last[pk] == "D"
        )
        return Page(records, {"history": [int(seen[-1][0]), seen[-1][1]]}, more=len(seen) == limit)

    def fetch(self, stream: str, keys: Sequence[str]) -> Sequence[Record]:
        """The rows of these keys as they are now, locked until the transaction ends when there is one."""
        found, rows = self.rows(stream)
        wanted = [int(key) for key in keys if key.isdigit()]
        if connection.in_atomic_block:
            rows = rows.select_for_update(of=("self",))
        return list(map(Reader(found).record, rows.filter(pk__in=wanted)))

    def where(self, stream: str, keys: Sequence[str]) -> dict[str, contract.Found]:
        """Each key as it is now, or why it is not here."""
        here = {record.key: record for record in self.fetch(stream, keys)}
        missing = [int(key) for key in keys if key not in here and key.isdigit()]
        found, _rows = self.rows(stream)
        elsewhere = set(map(str, found.model.objects.filter(pk__in=missing).values_list("pk", flat=True)))
        return {key: here.get(key) or (contract.Absence.ELSEWHERE if key in elsewhere else contract.Absence.MISSING) for key in keys}

    def delete_many(self, stream: str, keys: Sequence[str]) -> list[contract.ConnectorError | None]:
        """Delete many."""
        out: list[contract.ConnectorError | None] = []
        for key in keys:
            try:
                self.delete(stream, key)
                out.append(None)
            except contract.ConnectorError as problem:
                out.append(problem)
        return out

    def find(self, stream: str, external_key: str) -> Sequence[Record]:
        """Local creates are in the hub's own transaction, so their outcome is never unknown."""
        return []

    def keys(self, stream: str) -> Iterator[str]:
        _, rows = self.rows(stream)
        for pk in rows.order_by("pk").values_list("pk", flat=True).iterator():
            yield str(pk)

    def write(self, stream: str, items: Sequence[tuple[str | None, Values]]) -> list[Record | contract.ConnectorError]:
        """Create (no key) or change many rows through the resource's declared verb; what it refuses is given as contract.Refused by field."""
        found, rows = self.rows(stream)
        keys = [int(key) for key, _values in items if key is not None]
        known = {row.pk: row for row in rows.select_for_update(of=("self",)).filter(pk__in=keys)} if keys else {}
        out: list[Record | contract.ConnectorError | None] = [None] * len(items)
        wanted: list[tuple[int, Any | None, Values]] = []
        for place, (key, values) in enumerate(items):
            row = known.get(int(key)) if key is not None else None
            if key is not None and row is None:
                out[place] = contract.Gone(f"{stream} {key}")
                continue
            given = dict(values)
            if row is None and self.project_id is not None and "project" in found.fields:
                given.setdefault("project", self.project_id)
            wanted.append((place, row, given))
        results = commands.save_many(found, [(row, given) for _place, row, given in wanted], self.access)
        reader = Reader(found)
        for (place, _row, _given), result in zip(wanted, results, strict=True):
            out[place] = _refused(result) if isinstance(result, ValidationError) else reader.record(result)
        return [each for each in out if each is not None]

    def delete(self, stream: str, key: str) -> None:
        found, rows = self.rows(stream)
        row = rows.filter(pk=int(key)).first()
        if row is not None:
            try:
                commands.remove(found, row, self.access)
            except ValidationError as problem:
                raise contract.Refused("; ".join(problem.messages)) from problem


def _refused(problem: ValidationError) -> contract.Refused:
    return contract.Refused("; ".join(problem.messages), fields={name: "; ".join(texts) for name, texts in _by_field(problem).items()})


def _by_field(problem: ValidationError) -> dict[str, list[str]]:
    return problem.message_dict if hasattr(problem, "error_dict") else {"": problem.messages}


def _settled_history() -> list[int]:
    """Where the history is read on from, if everything before is read from the rows: the oldest transaction still running."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint")
        return [int(cursor.fetchone()[0]), 0]


def stream_of(found: Resource) -> Stream:
    """A resource as a stream: its writable fields, then what is only computed."""
    names = [n for n in found.fields if n != "project"]
    computed = computed_of(found)
    fields = (
        Field("id", "integer", Title("编号", "ID"), read_only=True),
        *(_field_of(found, n) for n in names),
        *(_field_of(found, n, read_only=True) for n in computed),
    )
    return Stream(
        name=found.key,
        title=_both(found.title_plural),
        fields=fields,
        key="id",
        label=found.natural_key[-1],
        modified="updated_at",
        can_delete=True,
        idempotent_create=True,
        tells_deletes=True,
        page_limit=1000,
    )


_own_affairs = ("id", "tenant", "project", "version", "created_at", "updated_at")


def computed_of(found: Resource) -> list[str]:
    """Stored fields that only services write, such as computed dates; a stream offers them read-only."""
    return [
        f.name for f in found.model._meta.concrete_fields
        if f.name not in found.fields and f.name not in _own_affairs and not isinstance(f, models.BinaryField) and f.remote_field is None
    ]  # fmt: skip


def _field_of(found: Resource, name: str, *, read_only: bool = False) -> Field:
    field = found.model_field(name)
    assert field is not None
    kind: FieldType = next((t for cls, t in _types if isinstance(field, cls)), "string")
    choices = tuple((str(value), str(label)) for value, label in field.flatchoices)
    return Field(
        name=name,
        type="enum" if choices else kind,
        title=_both(field.verbose_name),
        required=not (field.blank or field.null or field.has_default()) and not read_only,
        read_only=read_only,
        max_length=field.max_length if kind in ("string", "text") else None,
        choices=choices,
    )


def _both(text: Any) -> Title:
    with translation.override("zh-hans"):
        zh = str(text)
    with translation.override("en"):
        return Title(zh, capfirst(str(text)))


class Reader:
    """Turns rows of one resource into records; which fields there are is worked out once."""

    def __init__(self, found: Resource) -> None:
        self.key = found.key
        self.names = [*(n for n in found.fields if n != "project"), *computed_of(found)]

    def record(self, row: Any) -> Record:
        """A row as a record; references by their natural key."""
        values: Values = {"id": row.pk}
        for name in self.names:
            values[name] = plain(getattr(row, name))
        return Record(stream=self.key, key=str(row.pk), values=values, modified_at=row.updated_at, version=str(row.version))


def plain(value: Any) -> Any:
    """A field's value as JSON takes it."""
    match value:
        case None | bool() | int() | str() | list() | dict():
            return value
        case Decimal():
            return str(value)
        case dt.datetime():
            return value.astimezone(dt.UTC).isoformat()
        case dt.date():
            return value.isoformat()
        case models.Model():
            from jingwei.frame.resource import resource_of

            target = resource_of(type(value))
            return target.name_of(value) if target else value.pk
        case _:
            return str(value)

"""Our own resources as streams: what the `local` connector reads and writes, always within the interface's project."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, TypeVar

import structlog
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import InterfaceError, OperationalError, connection, models, transaction
from django.utils import translation

from jingwei.frame import scope
from jingwei.frame.models import History
from jingwei.frame.records import commands, parts, turns
from jingwei.frame.records.resource import Resource, UnknownResource, resource, resource_of, resources
from jingwei.frame.rights.access import Access, system_access
from jingwei.frame.walls import troubles
from jingwei.hub import contract
from jingwei.hub.contract import Absence, ConnectorError, Page, Record, Stream, Values
from jingwei.hub.peers.offered import Reader, plain, stream_of
from jingwei.hub.peers.taken import Taker

__all__ = ["LocalResources", "Reader", "plain", "stream_of"]

log = structlog.get_logger(__name__)
T = TypeVar("T")


class LocalResources:
    """Implements contract.LocalPort for one tenant and project; the scope is set by the caller.

    `access` is what the interface was granted; None stands for the machinery itself.
    """

    def __init__(self, project_id: int | None, access: Access | None, tenant_id: int) -> None:
        self.project_id = project_id
        self.access = access or system_access(tenant_id)

    def streams(self) -> Sequence[Stream]:
        return [stream_of(each, self.project_id) for each in resources() if each.is_stream]

    def rows(self, name: str) -> tuple[Resource, models.QuerySet[Any]]:
        """The resource and its rows of this project; Forbidden without the right to see them."""
        try:
            found = resource(name)
        except UnknownResource as problem:
            raise contract.Refused(str(problem)) from problem
        try:
            if found.model.project_path:
                self.access.require(found.permission("view"), self.project_id)
            else:
                self.access.require_anywhere(found.permission("view"))
        except PermissionDenied as problem:
            raise contract.Forbidden(str(problem)) from problem
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
            records = tuple(Reader(found, self.project_id).records(batch))
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
        touched = dict.fromkeys(object_id for _, _, object_id, _ in seen)
        present = {row.pk: row for row in rows.filter(pk__in=touched)}
        # A transaction that began earlier may have deleted what a later one had changed: its line then stands before the
        # change. So any delete counts if the row is gone, and none does if the row has only moved to another project.
        removed = {object_id for _, _, object_id, action in seen if action == "D"} - present.keys()
        removed -= _existing(found, removed)
        reader = Reader(found, self.project_id)
        reader.prime(present.values())
        records = tuple(
            reader.record(present[pk]) if pk in present else contract.tombstone(found.key, str(pk)) for pk in touched if pk in present or pk in removed
        )
        return Page(records, {"history": [int(seen[-1][0]), seen[-1][1]]}, more=len(seen) == limit)

    def fetch(self, stream: str, keys: Sequence[str]) -> Sequence[Record]:
        """The rows of these keys as they are now, locked until the transaction ends when there is one."""
        found, rows = self.rows(stream)
        return Reader(found, self.project_id).records(_locked(rows, keys).values())

    def where(self, stream: str, keys: Sequence[str]) -> dict[str, Record | Absence]:
        """Each key as it is now, or why it is not there: ELSEWHERE when another project of the organisation has it, else MISSING.

        Locked until the transaction ends when there is one: what is planned on them is not edited before it is written.
        """
        found, rows = self.rows(stream)
        numbers = {key: _number(key) for key in keys}
        wanted = [number for number in numbers.values() if number is not None]
        present = _locked(rows, keys)
        apart = _existing(found, set(wanted) - present.keys())
        reader = Reader(found, self.project_id)
        return {
            key: reader.record(present[number]) if number in present else Absence.ELSEWHERE if number in apart else Absence.MISSING
            for key, number in numbers.items()
        }

    def find(self, stream: str, external_key: str) -> Sequence[Record]:
        """Local creates are in the hub's own transaction, so their outcome is never unknown."""
        return []

    def keys(self, stream: str) -> Iterator[str]:
        _, rows = self.rows(stream)
        for pk in rows.order_by("pk").values_list("pk", flat=True).iterator():
            yield str(pk)

    def write(self, stream: str, items: Sequence[tuple[str | None, Values]]) -> list[Record | ConnectorError]:
        """Create (no key) or change many rows through the resource's declared verb; each gives its record, or its own error."""
        found, rows = self.rows(stream)
        known = _locked(rows, [key for key, _values in items if key is not None])
        taker = Taker(found, self.project_id)
        out: dict[int, Record | ConnectorError] = {}
        wanted: dict[int, tuple[Any | None, Values]] = {}
        for place, (key, values) in enumerate(items):
            row = known.get(_number(key)) if key is not None else None
            if key is not None and row is None:
                out[place] = contract.Gone(f"{stream} {key}")
                continue
            try:
                given = taker.taken(values)
            except contract.Refused as problem:
                out[place] = problem
                continue
            if row is None and self.project_id is not None and "project" in found.fields:
                given["project"] = self.project_id
            wanted[place] = (row, given)
        results = _one_by_one(list(wanted.values()), lambda part: commands.save_many(found, part, self.access, carries_state=True))
        reader = Reader(found, self.project_id)
        for place, result in zip(wanted, results, strict=True):
            out[place] = _error(result) if isinstance(result, Exception) else reader.record(result)
        return [out[place] for place in range(len(items))]

    def delete(self, stream: str, key: str) -> None:
        (problem,) = self.delete_many(stream, [key])
        if problem is not None and not isinstance(problem, contract.Gone):
            raise problem

    def delete_many(self, stream: str, keys: Sequence[str]) -> list[ConnectorError | None]:
        """Delete rows together; for each key None, Gone when it is not in this project, or why it stays."""
        found, rows = self.rows(stream)
        known = _locked(rows, keys, go=True)
        numbers = {key: _number(key) for key in keys}
        wanted = [number for number in dict.fromkeys(numbers.values()) if number in known]
        results = _one_by_one([known[number] for number in wanted], lambda part: commands.remove_many(found, part, self.access))
        outcome = dict(zip(wanted, results, strict=True))
        out: list[ConnectorError | None] = []
        for key in keys:
            result = outcome.get(numbers[key])
            out.append(_error(result) if isinstance(result, Exception) else None if numbers[key] in outcome else contract.Gone(f"{stream} {key}"))
        return out


def _one_by_one(items: Sequence[T], work: Callable[[Sequence[T]], Sequence[Any]]) -> list[Any]:
    """What `work` makes of the items, an exception in the place of one that breaks it. All go together; where that breaks, halves do,
    each in a savepoint. A lost database, a deadlock and the like are not an item's fault and are raised."""
    if not items:
        return []
    try:
        with transaction.atomic():
            return list(work(items))
    except (OperationalError, InterfaceError):
        raise
    except Exception as problem:
        if len(items) == 1:
            if not isinstance(problem, ValidationError | PermissionDenied):
                log.exception("hub.local_verb_broke")
            return [problem]
    middle = len(items) // 2
    return [*_one_by_one(items[:middle], work), *_one_by_one(items[middle:], work)]


def _error(problem: Exception) -> ConnectorError:
    match problem:
        case commands.NotAllowed() | PermissionDenied():
            return contract.Forbidden(str(getattr(problem, "message", problem)), mend=contract.Title(
                "为该接口授予这项权限，或由有权限的人重新发布", "Grant the interface this right, or have it published by somebody who has it"))  # fmt: skip
        case ValidationError():
            with translation.override("zh-hans"):
                zh = "；".join(f"{name}：{text}" if name else text for name, text in _by_field(problem).items())
            with translation.override("en"):
                return contract.Refused("; ".join(problem.messages), fields=_by_field(problem), zh=zh)
        case _ if (refusal := troubles.said_of(problem)) is not None:  # taken in this very moment, or a value the database does not keep
            with translation.override("zh-hans"):
                zh = (troubles.said_of(problem) or refusal).text
            with translation.override("en"):
                return contract.Refused((troubles.said_of(problem) or refusal).text, zh=zh)
        case _:
            return contract.Refused(f"{type(problem).__name__}: {problem}"[:500].replace("\0", "�"))


def _by_field(problem: ValidationError) -> dict[str, str]:
    """What is wrong, in the language of now."""
    texts: Mapping[str, list[str]] = problem.message_dict if hasattr(problem, "error_dict") else {"": problem.messages}
    return {name: "; ".join(many) for name, many in texts.items()}


def _number(key: str | None) -> int | None:
    """A key of ours as the number it is; None when it can be none."""
    return int(key) if key is not None and key.isascii() and key.isdigit() and len(key) <= 18 else None


def _locked(rows: models.QuerySet[Any], keys: Sequence[str], *, go: bool = False) -> dict[int, Any]:
    """The rows of these keys by number, in one order, locked until the transaction ends when there is one. Who only names one need not wait, unless they `go`."""
    wanted = [number for key in keys if (number := _number(key)) is not None]
    if not wanted:
        return {}
    if connection.in_atomic_block:
        if (found := resource_of(rows.model)) is not None:
            turns.take_of(found, wanted)
        _lock_wholes(rows.filter(pk__in=wanted))
        rows = rows.select_for_update(of=("self",), no_key=not go)
    return {row.pk: row for row in rows.filter(pk__in=wanted).order_by("pk")}


def _lock_wholes(rows: models.QuerySet[Any]) -> None:
    """Whole before part, as everybody locks them."""
    found, name = resource_of(rows.model), getattr(rows.model, "project_from", "")
    if found is not None and name:
        parts.Wholes().lock_ids(found, set(rows.values_list(f"{name}_id", flat=True)))


def _existing(found: Resource, numbers: set[int]) -> set[int]:
    """Those that exist anywhere in the organisation."""
    if not numbers:
        return set()
    return set(found.model.unscoped.filter(tenant_id=scope.current().tenant_id, pk__in=numbers).values_list("pk", flat=True))


def _settled_history() -> list[int]:
    """Where the history is read on from, if everything before is read from the rows: the oldest transaction still running."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint")
        return [int(cursor.fetchone()[0]), 0]

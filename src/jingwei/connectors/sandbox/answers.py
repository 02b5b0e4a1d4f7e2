"""What the three adapters share: reading values out of answers, and being careful after a write."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, TypeVar
from urllib.parse import quote

from jingwei.hub.contract import (
    Absence,
    BrokenAnswer,
    ConnectorError,
    Field,
    Forbidden,
    Found,
    Gone,
    Record,
    Response,
    ServerFault,
    Session,
    Title,
    UnknownOutcome,
    Values,
)
from jingwei.hub.kit.rows import understood
from jingwei.kernels import bounds

Answer = TypeVar("Answer")


def written(read_answer: Callable[[], Answer]) -> Answer:
    """Read the answer to a write. If it is garbled the write may well have happened, so its outcome is unknown."""
    try:
        with understood():
            return read_answer()
    except BrokenAnswer as problem:
        raise UnknownOutcome(f"written, but the answer is broken: {problem.message}") from problem


def part(body: Any, name: str, kind: type[Answer]) -> Answer:
    """One part of an answer, of the kind we rely on; raises BrokenAnswer."""
    value = body.get(name) if isinstance(body, Mapping) else None
    if not isinstance(value, kind):
        raise BrokenAnswer(f"the answer has no {name}")
    return value


def values_of(fields: Iterable[Field], row: Mapping[str, Any]) -> Values:
    """The stream's fields that the row has, in the contract's forms: decimals and times as text, times in UTC."""
    return {each.name: _plain(each, row[each.name]) for each in fields if each.name in row}


def _plain(field: Field, value: Any) -> Any:
    if value is None:
        return None
    if field.type == "decimal":
        if (number := bounds.number_of(value)) is None:
            raise BrokenAnswer(f"no number: {value!r}"[:200])
        return f"{number:f}"
    if field.type == "datetime":
        return moment(value).isoformat()
    return value


def moment(text: Any) -> datetime:
    """A time with its zone, in UTC; raises BrokenAnswer."""
    try:
        parsed = datetime.fromisoformat(text)
    except (TypeError, ValueError):
        raise BrokenAnswer(f"not a time: {text!r}") from None
    if parsed.tzinfo is None:
        raise BrokenAnswer(f"a time without its zone: {text!r}")
    return parsed.astimezone(UTC)


def choices(rows: Any, value: str, label: str) -> tuple[tuple[str, str], ...]:
    """(value, label) pairs of a list of the peer's."""
    return tuple((str(row[value]), str(row[label])) for row in rows)


def address(collection: str, key: str) -> str:
    """The API address of one record."""
    return f"/api/{collection}/{quote(key, safe='')}"


def page_address(session: Session | None, collection: str, key: Any) -> str | None:
    """Where a person sees the record."""
    base = str(session.config.get("base_url", "")).rstrip("/") if session else ""
    return f"{base}/{collection}/{quote(str(key), safe='')}" if base else None


def looked_up(fetch: Callable[[str], Record | None], keys: Iterable[str]) -> dict[str, Found]:
    """Each key asked for by itself. These peers answer 404 for what is gone and 403 for what is not shown; all else raises."""
    out: dict[str, Found] = {}
    for key in keys:
        try:
            out[key] = fetch(key) or Absence.MISSING
        except Forbidden:
            out[key] = Absence.NOT_VISIBLE
    return out


def ask_of_one(session: Session, method: str, where: str, not_found_at: tuple[str, ...], **more: Any) -> Response:
    """A call for one record. That it is gone is believed when the peer says "not found" at that place of its 404; without a place it
    never says so by a 404. A gateway before the peer answers 404 too, while the peer itself is away."""
    try:
        return session.request(method, where, **more)
    except Gone as problem:
        said = problem.said
        for name in not_found_at:
            said = said.get(name) if isinstance(said, Mapping) else None
        if str(said).lower() != "not_found":
            raise ServerFault(f"not the peer's own words: {problem.message}") from problem
        raise


def deleted_one_by_one(delete: Callable[[str], None], keys: Iterable[str]) -> dict[str, ConnectorError | None]:
    """These peers delete one record a call: each key's own outcome."""
    out: dict[str, ConnectorError | None] = {}
    for key in keys:
        try:
            delete(key)
            out[key] = None
        except ConnectorError as problem:
            out[key] = problem
    return out


def title(zh: str, en: str) -> Title:
    """A name in both languages."""
    return Title(zh, en)

"""All that a connector may see of the hub: streams, records, the session to call through, and the errors to raise."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Literal, Protocol, runtime_checkable

type_names = ("string", "text", "integer", "decimal", "boolean", "date", "datetime", "enum", "reference", "list")
FieldType = Literal["string", "text", "integer", "decimal", "boolean", "date", "datetime", "enum", "reference", "list"]
Values = dict[str, Any]  # JSON-able: str, int, float, bool, None, list; decimals, dates and datetimes travel as ISO strings


@dataclass(frozen=True, slots=True)
class Title:
    """One name in both languages."""

    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a stream. `choices` are (value, label) pairs of an enum or of a reference's known targets."""

    name: str
    type: FieldType
    title: Title
    required: bool = False
    read_only: bool = False
    max_length: int | None = None
    choices: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Stream:
    """A kind of record a system offers, and what may be done with it.

    `external_key_field` names a field in which the peer keeps *our* reference; with it an unknown outcome of a create is
    resolved by searching before retrying. `modified_resolution` is the precision of the peer's clock.
    """

    name: str
    title: Title
    fields: tuple[Field, ...]
    key: str = "id"
    label: str = ""
    modified: str | None = None
    external_key_field: str | None = None
    can_create: bool = True
    can_update: bool = True
    can_delete: bool = False
    idempotent_create: bool = False
    tells_deletes: bool = False
    page_limit: int = 100
    place: str = ""  # which part of the peer this is (the number of a project), however it was named in the settings
    identity: str = ""  # what names that part wherever it is reached from: a number alone does not, a number and the moment it was made do
    modified_resolution: timedelta = timedelta(seconds=1)

    def field(self, name: str) -> Field:
        """The field of that name; KeyError when the stream has none."""
        for each in self.fields:
            if each.name == name:
                return each
        raise KeyError(name)


@dataclass(frozen=True, slots=True)
class Record:
    """One record of theirs as read: `key` is their id, `values` holds every field of the stream that was present.

    A *tombstone* (`deleted=True`) carries no values. `version` is the peer's concurrency token where it has one, `sequence` a
    number that grows with every change of the record where the peer counts them. `replaced` is told by an update when the peer
    says what it overwrote: the values that stood there until then. With a `problem` the connector could not read the record:
    `values` are then its raw ones, and it is parked while all others go on.
    """

    stream: str
    key: str
    values: Values
    modified_at: datetime | None = None
    deleted: bool = False
    version: str | None = None
    url: str | None = None
    external_key: str | None = None
    sequence: int | None = None
    replaced: Values | None = None
    problem: str = ""


class Absence(StrEnum):
    """Why a record that was looked up is not there for us. Only MISSING is a delete."""

    MISSING = "missing"
    NOT_VISIBLE = "not_visible"  # the peer refuses to show it to us: says nothing of its existence
    ELSEWHERE = "elsewhere"  # it exists, but outside what this connection reads (moved to another project)


Found = Record | Absence


@dataclass(frozen=True, slots=True)
class Page:
    """What one read brought: records in ascending order of change, the cursor to go on from, and whether more waits now."""

    records: tuple[Record, ...]
    cursor: Values
    more: bool


@dataclass(frozen=True, slots=True)
class Check:
    """Result of testing a connection with an authenticated call. `account` is who we are over there."""

    ok: bool
    account: str = ""
    message: str = ""
    version: str = ""


@dataclass(frozen=True, slots=True)
class Response:
    """A peer's answer. `body` is at most the session's size limit."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    parse: Callable[[bytes], Any] = field(repr=False, default=lambda body: None)

    def json(self) -> Any:
        """The body as JSON; raises BrokenAnswer when it is not."""
        return self.parse(self.body)


class Session(Protocol):
    """How a connector calls its peer. Addresses are relative to the system's base URL; the hub adds credentials, budget,
    breaker, timeouts and address checks, and raises the errors below for refusals, so a connector sees only 2xx answers."""

    config: Mapping[str, Any]
    cache: dict[str, Any]  # lookups that belong to the connection (choices, ids of custom fields), kept for some minutes

    def now(self) -> datetime:
        """The earlier of our clock and the peer's (by its last answer's Date): no read may settle anything past it."""
        ...

    def request(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, Any] | None = None,
        json: Any = None,
        headers: Mapping[str, str] | None = None,
    ) -> Response: ...

    @property
    def local(self) -> LocalPort:
        """Our own resources; only the local system's session has them."""
        ...


class LocalPort(Protocol):
    """Our own resources as the local connector sees them: every call is scoped to the interface's tenant and project."""

    def streams(self) -> Sequence[Stream]: ...

    def changes(self, stream: str, cursor: Values, limit: int) -> Page: ...

    def fetch(self, stream: str, keys: Sequence[str]) -> Sequence[Record]: ...

    def where(self, stream: str, keys: Sequence[str]) -> Mapping[str, Found]: ...

    def find(self, stream: str, external_key: str) -> Sequence[Record]: ...

    def keys(self, stream: str) -> Iterator[str]: ...

    def write(self, stream: str, items: Sequence[tuple[str | None, Values]]) -> Sequence[Record | ConnectorError]: ...

    def delete_many(self, stream: str, keys: Sequence[str]) -> Sequence[ConnectorError | None]: ...


class Connector(Protocol):
    """What one connector does. It holds no state and does no I/O but through the session."""

    def check(self, session: Session) -> Check:
        """Call something that needs our credentials; raise or return ok=False with what to mend."""
        ...

    def streams(self, session: Session) -> Sequence[Stream]:
        """The streams on offer, with enum choices read from the peer where it has them."""
        ...

    def read(self, session: Session, stream: str, cursor: Values, limit: int) -> Page:
        """Records changed since the cursor ({} = from the beginning), oldest change first. Never skips, may repeat."""
        ...

    def fetch(self, session: Session, stream: str, key: str) -> Record | None:
        """One record now, None when it does not exist."""
        ...

    def lookup(self, session: Session, stream: str, keys: Sequence[str]) -> Mapping[str, Found]:
        """Each key as it is now, or why it is not there; asked before anything is taken for deleted. Silence is no absence:
        a key that the peer would not speak of is NOT_VISIBLE, and a failing call raises."""
        ...

    def find(self, session: Session, stream: str, external_key: str) -> Sequence[Record]:
        """Records that carry our reference; asked before an unknown create is retried. None proves that there is none: where a record of
        ours may stand without its reference, raise NotFindable."""
        ...

    def keys(self, session: Session, stream: str) -> Iterator[str]:
        """Every key that exists, for reconciliation and to notice deletes."""
        ...

    def create(self, session: Session, stream: str, values: Values, external_key: str) -> Record:
        """Create and read back: peers coerce silently."""
        ...

    def update(self, session: Session, stream: str, key: str, values: Values, version: str | None) -> Record:
        """Write only the given fields and read back. What the peer made different is told by the record, never raised as a
        refusal: the hub compares. With `version` the write must not touch a record that has moved on: raise Stale."""
        ...

    def delete(self, session: Session, stream: str, key: str) -> None: ...

    def delete_many(self, session: Session, stream: str, keys: Sequence[str]) -> Mapping[str, ConnectorError | None]:
        """Delete many in as few calls as the peer allows; each key's own outcome (Gone where it was gone already)."""
        ...

    def delivery(self, stream: str, headers: Mapping[str, str], body: Any) -> Iterable[Record]:
        """Records named by a webhook delivery (parsed JSON). A record without values is fetched by the hub. Pure."""
        ...


@runtime_checkable
class TellsAfterwards(Protocol):
    """A connector whose peer keeps a journal, so that also a write whose answer never came can be told what it replaced."""

    def after_write(self, session: Session, stream: str, key: str, values: Values, before: Record) -> Record | None:
        """The record now, `replaced` as by an update: what a write of ours of these values overwrote although `before` (the written fields as they were
        known, and the peer's time of that state) did not say so. None when it is not there."""
        ...


class ConnectorError(Exception):
    """Something went wrong with the peer. `code` is stable, `mend` tells a person what to do, in both languages.

    `status`, `said`: of the answer it was made from, where there was one, so that a connector can tell by the peer's own words what
    the status alone does not: a 400 that means "too many requests".
    """

    code = "connector.error"
    retry = False
    status: int | None = None
    said: Any = None

    def __init__(self, message: str, *, mend: Title | None = None, fields: Mapping[str, str] | None = None, zh: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.zh = zh  # the message in Chinese, where it is one of ours; a peer's words stay as they are
        self.mend = mend
        self.fields = dict(fields or {})


class Unreachable(ConnectorError):
    """Nothing was sent: safe to retry."""

    code, retry = "connector.unreachable", True


class RateLimited(ConnectorError):
    """The peer asks us to wait `after` seconds; nothing was done."""

    code, retry = "connector.rate_limited", True

    def __init__(self, message: str, after: float) -> None:
        super().__init__(message)
        self.after = after


class ServerFault(ConnectorError):
    """5xx on a read, or a 5xx that the peer guarantees had no effect: safe to retry."""

    code, retry = "connector.server_fault", True


class UnknownOutcome(ConnectorError):
    """A write was sent and no answer came: search by external key before trying again."""

    code, retry = "connector.unknown_outcome", True


class Unauthorised(ConnectorError):
    """Credentials refused (or expired): a person must mend them. What waits is held, never killed."""

    code, retry = "connector.unauthorised", True


class Forbidden(ConnectorError):
    """The credentials are good, but this very thing is not allowed to us."""

    code = "connector.forbidden"


class Refused(ConnectorError):
    """The peer will never take this record as it is (4xx with reasons): quarantine."""

    code = "connector.refused"


class NotFindable(Refused):
    """A create may have happened, and no search can tell: a person must look over there."""

    code = "connector.not_findable"


class Gone(ConnectorError):
    """The record no longer exists over there. `said`: what the peer's answer told with it, parsed; None when it was empty."""

    code = "connector.gone"

    def __init__(self, message: str, *, mend: Title | None = None, said: Any = None) -> None:
        super().__init__(message, mend=mend)
        self.said = said


class Stale(ConnectorError):
    """Somebody changed the record since it was read: read and plan again."""

    code, retry = "connector.stale", True


class CursorExpired(ConnectorError):
    """The peer no longer knows the position we read on from: everything is read again, beside what is new."""

    code, retry = "connector.cursor_expired", True


class BrokenAnswer(ConnectorError):
    """The answer could not be understood (truncated, not JSON, an error inside a 200)."""

    code, retry = "connector.broken_answer", True


def tombstone(stream: str, key: str) -> Record:
    """A record that is gone."""
    return Record(stream=stream, key=key, values={}, deleted=True)


def with_values(record: Record, values: Values) -> Record:
    """The same record with other values."""
    return replace(record, values=values)

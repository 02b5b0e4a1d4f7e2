"""What one of the three systems declares about itself; everything else is common."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone

from sandbox.columns import Pair, Table, Values
from sandbox.store import Store
from sandbox.web import Request, Response, Router
from sandbox.webhooks import Courier

company: Pair = ("精工制造", "Jinggong Manufacturing")
beijing = timezone(timedelta(hours=8))
projects: tuple[tuple[str, Pair], ...] = (
    ("MES-ROLL", ("MES 推广实施", "MES roll-out")),
    ("ERP-JOIN", ("ERP 集成对接", "ERP integration")),
    ("WMS-PDA", ("WMS 与 PDA 上线", "WMS and handhelds")),
)


@dataclass(frozen=True)
class System:
    """A business system: its records, its dialect and its first data."""

    name: str
    title: Pair
    version: str
    tables: tuple[Table, ...]
    tells: bool  # whether it has webhooks
    add_routes: Callable[[Router, Store, Courier | None], None]
    public: Callable[[str, Values], Values]  # (table name, row) as its API shows it
    key_given: Callable[[Request], str]  # the API key in a request, "" when none
    problem: Callable[[int, str, str, dict[str, str]], Response]  # (status, code, message, fields) in its dialect
    seed: Callable[[Store, date], None]


def actor_of(request: Request) -> str:
    """Who acts: the integration account unless the caller says on whose behalf."""
    return request.headers.get("x-actor", "")[:60] or "integration"


def utc_text(at_ms: int) -> str:
    """Milliseconds since 1970 as ISO 8601 in UTC with milliseconds."""
    return datetime.fromtimestamp(at_ms / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def ms_of(text: str) -> int:
    """An ISO 8601 time with its zone as milliseconds since 1970; raises ValueError."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError("a time without its zone")
    since = moment - datetime(1970, 1, 1, tzinfo=UTC)
    return since.days * 86_400_000 + since.seconds * 1000 + since.microseconds // 1000

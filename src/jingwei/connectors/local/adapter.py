"""Adapter over the local port: no network, writes happen in the hub's own transaction."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from jingwei.hub.contract import Check, ConnectorError, Found, Page, Record, Session, Stream, Values


class LocalConnector:
    """Implements contract.Connector."""

    def check(self, session: Session) -> Check:
        return Check(ok=True, account="local", version="")

    def streams(self, session: Session) -> Sequence[Stream]:
        return session.local.streams()

    def read(self, session: Session, stream: str, cursor: Values, limit: int) -> Page:
        return session.local.changes(stream, cursor, limit)

    def fetch(self, session: Session, stream: str, key: str) -> Record | None:
        return next(iter(session.local.fetch(stream, [key])), None)

    def lookup(self, session: Session, stream: str, keys: Sequence[str]) -> Mapping[str, Found]:
        """One call for all: nothing of our own is hidden from us, and what moved to another project is told apart from what was deleted."""
        return session.local.where(stream, keys)

    def find(self, session: Session, stream: str, external_key: str) -> Sequence[Record]:
        return session.local.find(stream, external_key)

    def keys(self, session: Session, stream: str) -> Iterator[str]:
        return session.local.keys(stream)

    def create(self, session: Session, stream: str, values: Values, external_key: str) -> Record:
        return _written(session, stream, None, values)

    def update(self, session: Session, stream: str, key: str, values: Values, version: str | None) -> Record:
        return _written(session, stream, key, values)

    def delete(self, session: Session, stream: str, key: str) -> None:
        (outcome,) = session.local.delete_many(stream, [key])
        if outcome is not None:
            raise outcome

    def delete_many(self, session: Session, stream: str, keys: Sequence[str]) -> Mapping[str, ConnectorError | None]:
        """All in one call, in the hub's own transaction."""
        return dict(zip(keys, session.local.delete_many(stream, keys), strict=True))

    def delivery(self, stream: str, headers: Mapping[str, str], body: Any) -> Iterable[Record]:
        return ()


def _written(session: Session, stream: str, key: str | None, values: Values) -> Record:
    (outcome,) = session.local.write(stream, [(key, values)])
    if isinstance(outcome, ConnectorError):
        raise outcome
    return outcome

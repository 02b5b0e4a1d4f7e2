"""What a peer is asked as its records are read: a page behind a cursor, and single records by their keys; each with the moment before it was asked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from django.utils import timezone

from jingwei.hub.contract import Absence, Page, Record, TellsAfterwards, Values
from jingwei.hub.kit.rows import understood
from jingwei.hub.models import Interface
from jingwei.hub.peers import catalogue
from jingwei.hub.peers.session import HubSession, session_for

Found = Mapping[str, Record | Absence]


class Peers:
    """Both sides of an interface. Raises ConnectorError when one cannot be asked."""

    def __init__(self, interface: Interface) -> None:
        self.interface = interface
        self._sessions: dict[str, HubSession] = {}

    def read(self, side: str, cursor: Values, most: int) -> tuple[Page, datetime]:
        """The page behind a cursor, of so many records at most."""
        connector, session, began = catalogue.connector(self.interface.system(side).connector), self._session(side), timezone.now()
        with understood():
            return connector.read(session, self.interface.stream(side), cursor, most), began

    def look_up(self, side: str, keys: Sequence[str]) -> tuple[Found, datetime]:
        """What there is of these keys."""
        connector, session, began = catalogue.connector(self.interface.system(side).connector), self._session(side), timezone.now()
        with understood():
            return connector.lookup(session, self.interface.stream(side), keys), began

    def after_write(self, side: str, key: str, values: Values, before: Record) -> Record | None:
        """What became of a write without an answer, with what it replaced; None where the peer's connector cannot tell."""
        connector = catalogue.connector(self.interface.system(side).connector)
        if not isinstance(connector, TellsAfterwards):
            return None
        with understood():
            return connector.after_write(self._session(side), self.interface.stream(side), key, values, before)

    def _session(self, side: str) -> HubSession:
        if side not in self._sessions:
            self._sessions[side] = session_for(self.interface, side)
        return self._sessions[side]

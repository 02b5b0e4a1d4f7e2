"""Peers that were asked beforehand, so that nothing is held while one of them answers: a transaction that misses an answer is taken back and begun again with it."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime
from typing import TypeVar

from jingwei.hub import contract
from jingwei.hub.contract import Page, Values
from jingwei.hub.models import Checkpoint, Interface
from jingwei.hub.peers.session import stream_of
from jingwei.hub.sync import polling
from jingwei.hub.sync.asking import Found, Peers
from jingwei.kernels.merge import sides

T = TypeVar("T")


class Unasked(Exception):
    """An answer is missing. `ask` fetches it, while nothing is held."""

    def __init__(self, ask: Callable[[], None]) -> None:
        super().__init__()
        self.ask = ask


class Beforehand(Peers):
    """Answers what was answered already. Our own side is read as it stands in the transaction."""

    def __init__(self, interface: Interface, most: int) -> None:
        super().__init__(interface)
        self._most = most
        self._pages: dict[tuple[str, str], tuple[Page, datetime]] = {}
        self._found: dict[tuple[str, str], tuple[contract.Record | contract.Absence, datetime]] = {}
        self._refused: dict[tuple[str, tuple[str, ...]], contract.ConnectorError] = {}

    def ask_all(self) -> None:
        """Read the others to their end. Raises ConnectorError."""
        for side in (each for each in sides if not self._is_ours(each)):
            with suppress(contract.ConnectorError):  # remembered for the work to come; whether it can be read is told as its records are asked for
                stream_of(self.interface, side)
            at = Checkpoint.objects.filter(interface=self.interface, side=side).first()
            self._read_on(side, at.cursor if at is not None else {})
            if at is not None and at.again is not None:
                self._read_on(side, at.again)

    def read(self, side: str, cursor: Values, most: int) -> tuple[Page, datetime]:
        """A page that was read beforehand."""
        if self._is_ours(side):
            return Peers(self.interface).read(side, cursor, most)
        if (mark := _mark(side, cursor)) not in self._pages:
            raise Unasked(lambda: self._read_on(side, cursor))
        return self._pages[mark]

    def look_up(self, side: str, keys: Sequence[str]) -> tuple[Found, datetime]:
        """What was found beforehand, or why it could not be asked."""
        if self._is_ours(side):
            return Peers(self.interface).look_up(side, keys)
        if (problem := self._refused.get((side, tuple(keys)))) is not None:
            raise problem
        if any((side, key) not in self._found for key in keys):
            raise Unasked(lambda: self._find(side, keys))
        return {key: self._found[side, key][0] for key in keys}, min(self._found[side, key][1] for key in keys)

    def _is_ours(self, side: str) -> bool:
        return self.interface.system(side).connector == "local"

    def _read_on(self, side: str, cursor: Values) -> None:
        """From this cursor to the end, or until there is more than is wanted."""
        read = 0
        while (mark := _mark(side, cursor)) not in self._pages:
            page, _began = self._pages[mark] = super().read(side, cursor, polling.page_size)
            read += len(page.records)
            if not page.more or read > self._most:
                return
            cursor = page.cursor

    def _find(self, side: str, keys: Sequence[str]) -> None:
        try:
            found, began = super().look_up(side, keys)
        except contract.ConnectorError as problem:
            self._refused[side, tuple(keys)] = problem
        else:
            self._found |= {(side, key): (found.get(key, contract.Absence.NOT_VISIBLE), began) for key in keys}  # silence is no absence


def answered(work: Callable[[], T]) -> T:
    """The outcome of work that holds what it writes: as often as it misses an answer, it is taken back, the answer is fetched, and it is done again."""
    while True:
        try:
            return work()
        except Unasked as missing:
            missing.ask()


def _mark(side: str, cursor: Values) -> tuple[str, str]:
    return side, json.dumps(cursor, sort_keys=True, default=str)

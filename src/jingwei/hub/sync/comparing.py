"""What a comparison holds in memory: eight bytes a pair of each side and of the base, and the values on disk."""

from __future__ import annotations

import json
import tempfile
from array import array
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from jingwei.hub.contract import Values
from jingwei.hub.models import Interface, Link
from jingwei.hub.register.versions import Ready
from jingwei.kernels.merge import SideName, sides

PRESENT, LEFT, UNREADABLE = 1, 2, 4
_mask = (1 << 64) - 1


def print_of(values: Mapping[str, Any] | None) -> int:
    """Eight bytes that differ when the values do; good within this process only."""
    return hash(json.dumps(values, sort_keys=True, separators=(",", ":"))) & _mask


def key_print(key: str) -> int:
    """Eight bytes of a key."""
    return hash(key) & _mask


class Spool:
    """Values by place, on disk: a comparison's memory does not grow with what the records hold."""

    def __init__(self) -> None:
        self._file = tempfile.TemporaryFile()  # noqa: SIM115  (closed by the comparison)
        self._at = array("q")
        self._end = 0

    def put(self, place: int, values: Values) -> None:
        """Keep the newest values of a place."""
        line = json.dumps(values, ensure_ascii=False, separators=(",", ":")).encode()
        if len(self._at) <= place:
            self._at.extend([-1] * max(1024, place + 1 - len(self._at), len(self._at)))
        self._at[place] = self._end
        self._file.write(line + b"\n")
        self._end += len(line) + 1

    def get(self, place: int) -> Values | None:
        """The values of a place."""
        if place >= len(self._at) or self._at[place] < 0:
            return None
        self._file.seek(self._at[place])
        line = self._file.readline()
        self._file.seek(self._end)
        return json.loads(line)  # type: ignore[no-any-return]

    def close(self) -> None:
        """Let the disk go."""
        self._file.close()


class Ledger:
    """Prints of all pairs by place, and which key stands where."""

    def __init__(self, interface: Interface) -> None:
        self.interface = interface
        self.count = 0
        self._ids: NDArray[np.int64] = np.zeros(0, np.int64)
        self._base: NDArray[np.uint64] = np.zeros(0, np.uint64)
        self._prints: dict[SideName, NDArray[np.uint64]] = {}
        self._flags: dict[SideName, NDArray[np.uint8]] = {}
        self._keys: dict[SideName, tuple[NDArray[np.uint64], NDArray[np.int64]]] = {}
        self._active: NDArray[np.bool_] = np.zeros(0, np.bool_)

    def load(self, terms: Ready) -> None:
        """Read all links once: their keys and the prints of their bases."""
        ids, base, active = array("q"), array("Q"), array("b")
        keys: dict[SideName, array[int]] = {side: array("Q") for side in sides}
        places: dict[SideName, array[int]] = {side: array("q") for side in sides}
        rows = Link.objects.filter(interface=self.interface).order_by("id").values_list("pk", "key_a", "key_b", "base", "state")
        for place, (pk, key_a, key_b, agreed, state) in enumerate(rows.iterator(chunk_size=5000)):
            ids.append(pk)
            base.append(print_of({name: value for name, value in (agreed or {}).items() if name in terms.types}))
            active.append(state != Link.State.UNLINKED)
            for side in sides:
                key = key_a if side == "a" else key_b
                if key is not None:
                    keys[side].append(key_print(key))
                    places[side].append(place)
        self._ids, self._base = np.array(ids, np.int64), np.array(base, np.uint64)
        self._active = np.array(active, np.bool_)
        self.count = int(self._active.sum())
        for side in sides:
            order = np.argsort(np.array(keys[side], np.uint64), kind="stable")
            self._keys[side] = (np.array(keys[side], np.uint64)[order], np.array(places[side], np.int64)[order])
            self._prints[side] = np.zeros(len(ids), np.uint64)
            self._flags[side] = np.zeros(len(ids), np.uint8)

    def places(self, side: SideName, keys: Sequence[str]) -> list[int]:
        """The place of each key, -1 where no link holds it."""
        known, places = self._keys[side]
        wanted = np.array([key_print(key) for key in keys], np.uint64)
        if not len(known):
            return [-1] * len(keys)
        at = np.minimum(np.searchsorted(known, wanted), len(known) - 1)
        found: list[int] = np.where(known[at] == wanted, places[at], -1).tolist()
        return found

    def note(self, side: SideName, place: int, print_: int, *, left: bool, unreadable: bool) -> None:
        """One record was read."""
        self._prints[side][place] = print_
        self._flags[side][place] = PRESENT | (LEFT if left else 0) | (UNREADABLE if unreadable else 0)

    def forget(self, side: SideName, place: int) -> None:
        """It was deleted while we read."""
        self._flags[side][place] = 0

    def present(self, side: SideName) -> int:
        """How many linked records of that side exist and are meant."""
        return int(((self._flags[side] & (PRESENT | LEFT)) == PRESENT).sum())

    def is_present(self, side: SideName, place: int) -> bool:
        return bool(self._flags[side][place] & PRESENT)

    def is_left(self, side: SideName, place: int) -> bool:
        return bool(self._flags[side][place] & LEFT)

    def is_unreadable(self, side: SideName, place: int) -> bool:
        return bool(self._flags[side][place] & UNREADABLE)

    def suspects(self) -> list[int]:
        """Places whose three prints are not one, or where a side is missing, left or unreadable."""
        a, b = self._prints["a"], self._prints["b"]
        agrees = (a == b) & (a == self._base) & (self._flags["a"] == PRESENT) & (self._flags["b"] == PRESENT)
        found: list[int] = np.flatnonzero(self._active & ~agrees).tolist()
        return found

    def links(self, places: Collection[int]) -> list[tuple[int, Link]]:
        """The links of these places as they are now; those removed meanwhile are gone."""
        ids = {int(self._ids[place]): place for place in places}
        rows = Link.objects.filter(pk__in=ids).exclude(state=Link.State.UNLINKED)
        return sorted(((ids[link.pk], link) for link in rows), key=lambda each: each[0])

    def doubled(self, side: SideName) -> list[str]:
        """Keys that stand in more than one link."""
        known, places = self._keys[side]
        twice = np.flatnonzero(known[1:] == known[:-1]) + 1 if len(known) > 1 else np.zeros(0, np.int64)
        ids = [int(self._ids[places[at]]) for at in twice]
        return sorted(Link.objects.filter(pk__in=ids).values_list(f"key_{side}", flat=True))

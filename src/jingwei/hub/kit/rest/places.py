"""On which line of a TOML text something stands: tomllib tells values without their lines. Pure.

Only for a text that tomllib has read: what it would refuse is not looked for here.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

Place = tuple[str | int, ...]  # a way of names, and of numbers in lists
_bare = re.compile(r"[A-Za-z0-9_-]+")
_plain = re.compile(r"[^,\]}#\n]+")
_escapes = {"b": "\b", "t": "\t", "n": "\n", "f": "\f", "r": "\r"}


def lines_of(text: str) -> dict[Place, int]:
    """The line (from 1) of every table, key and element of a list. A table that is opened several times stands where it was opened first."""
    return _Reader(text).read()


def line_of(lines: dict[Place, int], place: Sequence[str | int]) -> int:
    """The line of a place; of what is missing there, the line of the nearest thing around it that is there."""
    for length in range(len(place), 0, -1):
        if (line := lines.get(tuple(place[:length]))) is not None:
            return line
    return 1


class _Reader:
    def __init__(self, text: str) -> None:
        self.text, self.at, self.lines = text, 0, dict[Place, int]()
        self.counts: dict[Place, int] = {}  # [[tables]] → the number of the one that is open

    def read(self) -> dict[Place, int]:
        """The whole text."""
        table: Place = ()
        while self._skip("\n"):
            if self._next("[["):
                table = self._header("]]", is_list=True)
            elif self._next("["):
                table = self._header("]", is_list=False)
            else:
                self._pair(table)
        return self.lines

    def _note(self, place: Place) -> None:
        line = self.text.count("\n", 0, self.at) + 1
        for length in range(1, len(place) + 1):
            self.lines.setdefault(place[:length], line)

    def _skip(self, more: str = "") -> bool:
        """Pass over blanks, comments and `more`; False at the end of the text."""
        while self.at < len(self.text):
            if self.text[self.at] == "#":
                end = self.text.find("\n", self.at)
                self.at = len(self.text) if end < 0 else end
            elif self.text[self.at] in " \t\r" + more:
                self.at += 1
            else:
                return True
        return False

    def _next(self, mark: str) -> bool:
        if not self.text.startswith(mark, self.at):
            return False
        self.at += len(mark)
        return True

    def _header(self, end: str, *, is_list: bool) -> Place:
        names = self._key()
        place: Place = ()
        for name in names[:-1]:
            place = self._inside((*place, name))
        place = (*place, names[-1])
        if is_list:
            self.counts[place] = self.counts.get(place, -1) + 1
        place = self._inside(place)
        self._note(place)
        self._skip()
        self._next(end)
        return place

    def _inside(self, place: Place) -> Place:
        return (*place, self.counts[place]) if place in self.counts else place

    def _key(self) -> list[str]:
        names = []
        while True:
            self._skip()
            if self.text[self.at] in "\"'":
                names.append(self._string())
            else:
                found = _bare.match(self.text, self.at)
                assert found is not None
                names.append(found[0])
                self.at = found.end()
            self._skip()
            if not self._next("."):
                return names

    def _pair(self, table: Place) -> None:
        start = self.at
        names = self._key()
        end, self.at = self.at, start
        self._note((*table, *names))
        self.at = end
        self._next("=")
        self._skip()
        self._value((*table, *names))

    def _value(self, place: Place) -> None:
        mark = self.text[self.at]
        if mark in "\"'":
            self._string()
        elif mark == "[":
            self.at += 1
            number = 0
            while self._skip("\n,") and not self._next("]"):
                self._note((*place, number))
                self._value((*place, number))
                number += 1
        elif mark == "{":
            self.at += 1
            while self._skip("\n,") and not self._next("}"):
                self._pair(place)
        else:
            found = _plain.match(self.text, self.at)
            assert found is not None
            self.at = found.end()

    def _string(self) -> str:
        quote = self.text[self.at]
        mark = quote * 3 if self.text.startswith(quote * 3, self.at) else quote
        self.at += len(mark)
        out = []
        while not self.text.startswith(mark, self.at):
            if quote == '"' and self.text[self.at] == "\\":
                out.append(self._escaped())
            else:
                out.append(self.text[self.at])
                self.at += 1
        self.at += len(mark)
        while len(mark) == 3 and self.text.startswith(quote, self.at):  # up to two quotes more belong to the text
            self.at += 1
        return "".join(out)

    def _escaped(self) -> str:
        letter = self.text[self.at + 1]
        digits = {"u": 4, "U": 8}.get(letter, 0)
        self.at += 2 + digits
        return chr(int(self.text[self.at - digits : self.at], 16)) if digits else _escapes.get(letter, letter)

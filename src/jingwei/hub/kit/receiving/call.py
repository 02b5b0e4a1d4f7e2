"""What a scheme of receiving sees, and what it may say."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

tolerance_seconds = 300
longest_id = 200


@dataclass(frozen=True, slots=True)
class Call:
    """One request as it came: names of headers in small letters, `path` without the query, the body to its last byte."""

    method: str
    path: str
    headers: Mapping[str, str]
    query: Mapping[str, str] = field(default_factory=dict)
    body: bytes = field(default=b"", repr=False)

    def header(self, name: object) -> str:
        """A header, or an empty text."""
        return self.headers.get(str(name).lower(), "")

    @property
    def addresses(self) -> tuple[str, ...]:
        """By what the sender may know this address: whoever stands before us may have taken the https off."""
        host = self.header("x-forwarded-host") or self.header("host")
        return tuple(f"{scheme}://{host}{self.path}" for scheme in ("https", "http")) if host else ()


@dataclass(frozen=True, slots=True)
class Taken:
    """A delivery that is what it says: by what it is known when it comes again, its body in clear, and what the sender wants to hear (None: whatever we say)."""

    event_id: str
    body: bytes = field(repr=False)
    answer: bytes | None = None


@dataclass(frozen=True, slots=True)
class Answered:
    """No delivery but a question whether this address is ours, and its answer. `secret`: the sender's, told with it, with which it signs from now on."""

    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    kind: str = "text/plain; charset=utf-8"
    secret: str = field(default="", repr=False)


Outcome = Taken | Answered | None


class Scheme(Protocol):
    """How one vendor signs. `read` believes nothing that it has not checked: None is a refusal."""

    methods: tuple[str, ...]
    tells_its_secret: bool

    def is_signed(self, call: Call) -> bool:
        """Whether the head alone shows anything to check: who does not even sign need not be listened to."""
        ...

    def read(self, call: Call, keys: Sequence[bytes], now: float) -> Outcome:
        """What a request is. `keys`: those of now and before; `now`: seconds since 1970."""
        ...


class Posted:
    """What most schemes have alike."""

    methods: tuple[str, ...] = ("POST",)
    tells_its_secret = False


def same(given: Iterable[str], wanted: Iterable[str]) -> bool:
    """Whether one of the given marks is one of the wanted ones; takes as long whether it is or not."""
    known = [each.encode() for each in wanted]
    fits = False
    for one in given:
        for other in known:
            fits |= bool(one) and hmac.compare_digest(one.encode("utf-8", "replace"), other)
    return fits


def is_near(at: float | None, now: float, most: float = tolerance_seconds) -> bool:
    """Whether a moment is one of these minutes."""
    return at is not None and abs(now - at) <= most


def named(text: object, body: bytes) -> str:
    """The id of an event; what has none is known by what it says."""
    found = str(text or "")
    return found if 0 < len(found) <= longest_id else hashlib.sha256(body).hexdigest()

"""Tokens that a peer gives for our credentials and that end after a while: asked for once for all sessions of this process, anew before they end, and anew
when the peer refuses one early. How, the manifest says (`hub/kit/exchange.py`)."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from jingwei.frame.walls import egress, scrub
from jingwei.hub import contract
from jingwei.hub.kit import exchange
from jingwei.hub.models import Connection
from jingwei.hub.peers import answers, memory

early_seconds = 60.0  # before its end a token is not used any more; a tenth of a short one
believed_seconds = 5.0  # a token that is refused sooner was no good from the start


@dataclass(frozen=True, slots=True)
class Token:
    """One token, and until when it is used (monotonic)."""

    text: str = field(repr=False)
    since: float
    until: float


_tokens: dict[memory.Mark, Token] = {}
_locks: dict[memory.Mark, threading.Lock] = {}
_guard = threading.Lock()


def token_of(connection: Connection, told: Mapping[str, Any], opened: Mapping[str, str], way: egress.Egress) -> Token:
    """The token of a connection as it is set up; the one who finds none asks, and the others wait for him. Raises ConnectorError: nothing was done."""
    mark = memory.mark_of(connection)
    with _guard:
        lock = _locks.setdefault(mark, threading.Lock())
    with lock:
        now = time.monotonic()
        found = _tokens.get(mark)
        if found is None or found.until <= now:
            text, seconds = _asked(connection, told, opened, way)
            scrub.know(text)
            found = Token(text, now, now + seconds - min(early_seconds, seconds / 10))
            _drop_old(now)
            _tokens[mark] = found
    return found


def refused(connection: Connection, token: Token) -> bool:
    """The peer has refused a token: whether another one may help. Whoever has asked anew meanwhile keeps what he got."""
    mark = memory.mark_of(connection)
    with _guard:
        if _tokens.get(mark) is token:
            del _tokens[mark]
        return mark in _tokens or time.monotonic() - token.since > believed_seconds


def _drop_old(now: float) -> None:
    with _guard:
        for mark in [each for each, token in _tokens.items() if token.until <= now]:
            del _tokens[mark]


def _asked(connection: Connection, told: Mapping[str, Any], opened: Mapping[str, str], way: egress.Egress) -> tuple[str, float]:
    fields = exchange.filled(told, opened)
    body, params, headers = exchange.carried(told, fields)
    try:
        answer = way.request(
            str(told.get("method", "POST")), address_of(connection, told), params=params, content=body, headers={"Accept": "application/json", **headers},
            secrets=scrub.secrets_in(dict(opened)),
        )  # fmt: skip
    except egress.EgressRefused as problem:
        raise contract.Refused(str(problem), mend=contract.Title("检查系统地址与允许的主机", "Check the system's address and its allowed hosts")) from problem
    except (egress.NotSent, egress.NoAnswer, egress.TooLarge) as problem:
        raise contract.Unreachable(f"no token: {problem}") from problem  # whatever became of the question: nothing of ours was written
    return _token_in(answer, told)


def _token_in(answer: egress.Answer, told: Mapping[str, Any]) -> tuple[str, float]:
    response = answers.response_of("GET", answer)
    text = f"no token: {response.status}: {answers.excerpt(response.body)}"
    mend = contract.Title("重新填写该系统的凭据", "Enter this system's credentials again")
    if response.status in (400, 401, 403):
        raise contract.Unauthorised(text, mend=mend)
    problem = answers.problem_of("GET", response, is_page_wanted=False)
    if problem is not None:
        raise problem if problem.retry else contract.Unauthorised(text, mend=mend)
    found = exchange.found_in(response.json(), told)
    if found is None:
        raise contract.Unauthorised(text, mend=mend)
    return found


def address_of(connection: Connection, told: Mapping[str, Any]) -> str:
    """Where a token is asked for."""
    address = str(told.get("address", ""))
    return address if urlsplit(address).scheme else str(connection.config.get("base_url", "")).rstrip("/") + "/" + address.lstrip("/")

"""How a connector reaches its peer: one request is let through, logged in, sent, and its answer turned into the contract's terms."""

from __future__ import annotations

import time
from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

from django.db.models.signals import post_delete, post_save
from django.dispatch import receiver
from django.utils import timezone

from jingwei.frame import scope
from jingwei.frame.rights.access import Access
from jingwei.frame.walls import egress
from jingwei.hub import contract
from jingwei.hub.contract import Response, Stream
from jingwei.hub.models import Connection, Interface, System
from jingwei.hub.peers import answers, breaker, budget, catalogue, clock, credentials, grants, known, memory, offered, pause, tokens, uses
from jingwei.hub.peers.answers import safe_methods
from jingwei.hub.peers.breaker import BreakerOpen
from jingwei.hub.peers.local import LocalResources
from jingwei.hub.peers.standing import Drawn

__all__ = [
    "BreakerOpen",
    "HubSession",
    "bound_of",
    "egress_of",
    "host_of",
    "safe_methods",
    "session_for",
    "session_of",
    "stream_of",
    "stream_told",
    "streams_of",
]

ok_told_seconds = 10.0
check_believed_seconds = 10.0
# what sending raises after the breaker was told how it went; anything else was never sent
_noted = (contract.Unreachable, contract.ServerFault, contract.BrokenAnswer, contract.UnknownOutcome)


class HubSession:
    """Implements contract.Session for one connection.

    `is_check`: it may call although the connection is held, to see whether its credentials were mended.
    """

    def __init__(self, system: System, connection: Connection | None, project_id: int | None, *, is_check: bool = False, access: Access | None = None) -> None:
        self.system = system
        self.connection = connection
        self.project_id = project_id
        self.is_check = is_check
        self._access = access
        self._own_cache: dict[str, Any] = {}
        self._local: LocalResources | None = None
        self._take(connection)

    def _take(self, connection: Connection | None) -> None:
        self.connection = connection
        self.config: Mapping[str, Any] = connection.config if connection else {}
        self._mark = memory.mark_of(connection) if connection else None
        self._login: credentials.Login | None = None
        self._secrets: list[str] = []

    @property
    def is_local(self) -> bool:
        """Whether this is our own side."""
        return self.system.connector == "local"

    @property
    def cache(self) -> dict[str, Any]:
        """Lookups that belong to the connection; one dictionary for all its sessions in this process."""
        return self._own_cache if self._mark is None else memory.lookups(self._mark)

    @property
    def local(self) -> LocalResources:
        if not self.is_local:
            raise contract.Refused("only the local system has our own resources")
        if self._local is None:
            self._local = LocalResources(self.project_id, self._access, scope.current().tenant_id)
        return self._local

    def now(self) -> datetime:
        """The earlier of our clock and the peer's; see contract.Session."""
        return clock.earlier(self.connection.clock_ahead if self.connection else None)

    def request(
        self, method: str, path: str, *, params: Mapping[str, Any] | None = None, json: Any = None, headers: Mapping[str, str] | None = None
    ) -> Response:
        """One call through egress; see contract.Session."""
        if self.connection is None:
            raise contract.Unauthorised("this system has no connection yet")
        method = method.upper()
        drawn = budget.admit(self.connection, checking=self.is_check)
        try:
            if drawn.version != self.connection.version:
                self._reload()
            answer = self._sent(method, path, params, json, headers, drawn)
            if answer.status == 401 and self._has_another_token():  # refused, so nothing was done: it is asked once more
                answer = self._sent(method, path, params, json, headers, drawn)
        except BaseException as problem:
            if drawn.is_probe and not isinstance(problem, _noted):
                breaker.returned(self.connection)
                budget.forget(self.connection.pk)
            raise
        return self._judged(method, answer, headers, drawn)

    def _has_another_token(self) -> bool:
        """Whether what was refused is a token that may have ended before its time; the next one is asked for with the next call."""
        login, self._login = self._login, None
        assert self.connection is not None
        return login is not None and login.token is not None and tokens.refused(self.connection, login.token)

    def _reload(self) -> None:
        """Somebody saved the connection while this session was at work: go on with what it is now."""
        assert self.connection is not None
        fresh = Connection.objects.filter(pk=self.connection.pk).select_related("credential", "system").first()
        if fresh is None:
            raise contract.Unauthorised("this system has no connection any more")
        self._take(fresh)

    def _sent(self, method: str, path: str, params: Any, json: Any, headers: Mapping[str, str] | None, drawn: Drawn) -> egress.Answer:
        connection, is_read = self.connection, method in safe_methods
        assert connection is not None
        url = str(self.config.get("base_url", "")).rstrip("/") + "/" + path.lstrip("/")
        if self._login is None:
            if self.project_id is not None and not uses.is_given(self.system, self.project_id):
                raise contract.Forbidden(f"the log-in of {self.system.key} is not granted to this interface's project", mend=contract.Title(
                    "请该系统的负责人把它授权给本项目使用", "Ask who looks after the system to grant its use to this project"))  # fmt: skip
            self._secrets = credentials.further_secrets(connection)
            self._login = self._logged_in(connection, drawn)
        login, before = self._login, timezone.now()
        try:
            answer = egress_of(connection).request(
                method,
                url,
                params={**(params or {}), **login.params},
                json=json,
                headers=headers,
                login=login.headers,
                secrets=[*self._secrets, *login.secrets],
            )
        except egress.EgressRefused as problem:
            raise contract.Refused(str(problem), mend=contract.Title(
                "检查系统地址与允许的主机", "Check the system's address and its allowed hosts")) from problem  # fmt: skip
        except egress.NotSent as problem:
            self._failed(str(problem), drawn)
            raise contract.Unreachable(str(problem)) from problem
        except egress.TooLarge as problem:
            self._succeeded(drawn)
            raise (contract.BrokenAnswer if is_read else contract.UnknownOutcome)(str(problem)) from problem
        except egress.NoAnswer as problem:
            self._failed(str(problem), drawn)
            kind = contract.BrokenAnswer if isinstance(problem, egress.CutShort) else contract.ServerFault
            raise (kind if is_read else contract.UnknownOutcome)(str(problem)) from problem
        ahead = clock.ahead_of(answers.lowered(answer.headers), before, timezone.now())
        if ahead is not None:
            clock.noted(connection, ahead)
        return answer

    def _logged_in(self, connection: Connection, drawn: Drawn) -> credentials.Login:
        """What lets us in; a peer that gives no token is away like one that does not answer, and one that refuses to is shut."""
        try:
            return credentials.login_of(connection, egress_of(connection))
        except (contract.Unreachable, contract.ServerFault) as problem:
            self._failed(problem.message, drawn)
            raise contract.Unreachable(problem.message) from problem
        except contract.RateLimited as problem:
            pause.begin(connection, problem.after)
            budget.forget(connection.pk)
            raise
        except contract.Unauthorised as problem:
            if not self.is_check and problem.message.startswith("no token"):
                credentials.hold(connection, problem.message)
                budget.forget(connection.pk)
            raise

    def _judged(self, method: str, answer: egress.Answer, headers: Mapping[str, str] | None, drawn: Drawn) -> Response:
        response = answers.response_of(method, answer)
        wants_page = any(name.lower() == "accept" and "html" in value for name, value in (headers or {}).items())
        problem = answers.problem_of(method, response, is_page_wanted=wants_page)
        if response.status >= 500 and not isinstance(problem, contract.RateLimited):
            assert problem is not None
            self._failed(problem.message, drawn)
        else:
            self._succeeded(drawn)
            self._pause(response, problem)
        if response.status in (401, 403):
            raise self._shut_out(method, response)
        if problem is not None:
            raise problem
        return response

    def _pause(self, response: Response, problem: contract.ConnectorError | None) -> None:
        """Whoever shares the connection waits too: asked by a refusal, or told along with a success that nothing is left."""
        if isinstance(problem, contract.RateLimited):
            seconds: float | None = problem.after
        else:
            told = [each for each in (pause.asked(response.headers), pause.exhausted(response.headers)) if each]
            seconds = max(told, default=None)
        if seconds:
            assert self.connection is not None
            pause.begin(self.connection, seconds)
            budget.forget(self.connection.pk)

    def _shut_out(self, method: str, response: Response) -> contract.ConnectorError:
        """401 holds the connection. 403 may be about this one record: a fresh check tells which."""
        connection = self.connection
        assert connection is not None
        text = f"{method} → {response.status}: {answers.excerpt(response.body)}"
        if response.status == 403 and self.is_check:
            return contract.Forbidden(text)
        if response.status == 403:
            try:
                if self._is_let_in():
                    return contract.Forbidden(text)
            except contract.ConnectorError as unclear:
                return unclear
        if not self.is_check:
            credentials.hold(connection, text)
            budget.forget(connection.pk)
        return contract.Unauthorised(text, mend=credentials.mend)

    def _is_let_in(self) -> bool:
        """Whether our credentials are still good; a check that could not be made raises why."""
        connection = self.connection
        assert connection is not None
        passed = _passed.get(connection.pk)
        if passed is not None and passed[0] == self._mark and time.monotonic() - passed[1] < check_believed_seconds:
            return True
        try:
            check = catalogue.connector(self.system.connector).check(HubSession(self.system, connection, self.project_id, is_check=True))
        except contract.Unauthorised:
            return False
        except contract.ConnectorError as problem:
            if problem.retry:
                raise
            return False
        if credentials.is_somebody(connection, check):
            _passed[connection.pk] = (self._mark, time.monotonic())
            return True
        return False

    def _failed(self, text: str, drawn: Drawn) -> None:
        assert self.connection is not None
        breaker.failed(self.connection, text, is_probe=drawn.is_probe)
        budget.forget(self.connection.pk)

    def _succeeded(self, drawn: Drawn) -> None:
        connection, now = self.connection, time.monotonic()
        assert connection is not None
        if drawn.failures or drawn.is_probe or now - _told_ok.get(connection.pk, -ok_told_seconds) >= ok_told_seconds:
            _told_ok[connection.pk] = now
            breaker.succeeded(connection, is_probe=drawn.is_probe)
            if drawn.failures or drawn.is_probe:
                budget.forget(connection.pk)


_told_ok: dict[int, float] = {}  # connection → when its last success was noted (monotonic)
_passed: dict[int, tuple[memory.Mark | None, float]] = {}  # connection → as it was set up when a check passed, and when


@receiver((post_save, post_delete), sender=Connection, dispatch_uid="hub.connection_forgotten")
def _forget(instance: Connection, **_: Any) -> None:
    memory.forget(instance)
    budget.forget(instance.pk)
    _passed.pop(instance.pk, None)


def session_for(interface: Interface, side: str) -> HubSession:
    """The session of one side of an interface."""
    system = interface.system(side)
    if system.connector == "local":
        return HubSession(system, None, interface.project_id, access=grants.access_for(interface))
    return HubSession(system, _connection_of(system), interface.project_id)


def session_of(system: System, project_id: int | None = None) -> HubSession:
    """A session outside of any interface (listing a system's streams)."""
    return HubSession(system, _connection_of(system), project_id)


def _connection_of(system: System) -> Connection | None:
    found: Connection | None = Connection.objects.filter(system=system).select_related("credential", "system").first()
    return found


def streams_of(system: System) -> dict[str, Stream]:
    """The streams a system offers, asked at most every five minutes."""
    session = session_of(system)

    def ask() -> dict[str, Stream]:
        told = {s.name: s for s in catalogue.connector(system.connector).streams(session)}
        if not session.is_local:
            known.note(system, told)
        return told

    return memory.streams(system, session.connection, ask)


def stream_of(interface: Interface, side: str) -> Stream:
    """The stream on one side; Refused, naming those there are, when the system does not offer it."""
    system, name = interface.system(side), interface.stream(side)
    there = streams_of(system)
    if name not in there:
        names = ", ".join(sorted(there)) or "-"
        raise contract.Refused(f"{system.key} offers no stream “{name}”; there are: {names}", mend=contract.Title(
            f"请选择其中一个数据流：{names}", f"Choose one of these streams: {names}"))  # fmt: skip
    return offered.with_declared(there[name], interface.project_id) if system.connector == "local" else there[name]


def stream_told(interface: Interface, side: str) -> Stream:
    """The stream on one side as its system tells it itself. Raises ConnectorError, also where `stream_of` would go on with what is remembered."""
    system = interface.system(side)
    memory.ask_again(system)
    stream = stream_of(interface, side)
    if (trouble := memory.trouble(system)) is not None:
        raise trouble.with_traceback(None)
    return stream


@lru_cache(maxsize=256)
def _egress(hosts: tuple[str, ...], connection_id: int) -> egress.Egress:
    return egress.Egress(hosts=hosts)


def egress_of(connection: Connection) -> egress.Egress:
    """The kept-alive way out of a connection, bound to its hosts."""
    return _egress(tuple(connection.hosts), connection.pk)


def host_of(url: str) -> str:
    """host or host:port of an address. Raises ValueError for one that cannot be read."""
    parts = urlsplit(url)
    return (parts.hostname or "") + (f":{parts.port}" if parts.port else "")


def bound_of(url: str) -> str:
    """An address as credentials are bound to it: once https, never in clear."""
    host = host_of(url)
    return f"https://{host}" if host and urlsplit(url).scheme == "https" else host

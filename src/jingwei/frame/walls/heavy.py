"""Costly renderings take turns: a person has two at a time, a process as many as leave half of it to everybody else.

A view that prints, draws, exports or reads a file of some size is declared by `@rendering`; a form that may bring a picture takes its turn `for_files`. Who has to wait waits a few seconds without a database connection; who has waited
long enough, or waits in too many places, is told to come back (`Busy`, answered with 429).

Requests of programs (REST, GraphQL) take turns as well, more of them: one person's never hold more than half of the connections, all together leave two.
"""

from __future__ import annotations

import functools
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any

from django.conf import settings
from django.db import connection
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _

from jingwei.frame.walls import limits

of_person = 2
waiting_of_person = 2
wait_seconds = 4.0
retry_after_seconds = 5
usual_connections = 12  # of a process that has no pool


class Busy(Exception):
    """It is not one's turn, and waiting did not help; the text says what to do."""


def _rendering_text(is_own: bool) -> str:
    if is_own:
        return _("Two large pages or files are being made for you already. Wait until one of them is there, then ask again.")
    return _("Many large pages and files are being made at this moment. Wait a few seconds, then ask again.")


def _answering_text(is_own: bool) -> str:
    if is_own:
        return _("%(count)s requests of yours are being answered already. Send fewer at a time, and this one again in a few seconds.") % {"count": places()}
    return _("Many requests are being answered at this moment. Send this one again in a few seconds.")


def connections() -> int:
    """How many requests a process can answer at once, as each needs a database connection: what its pool says."""
    options: Any = settings.DATABASES["default"].get("OPTIONS") or {}
    pool = options.get("pool") or {}
    return int(pool.get("max_size", usual_connections))


def places() -> int:
    """How many costly ones a process makes at once: half of the connections stay free."""
    return max(1, connections() // 2)


class Turns:
    """Who is making something now, and who waits for it. For one process."""

    def __init__(
        self, most: int | Callable[[], int] = places, each: Callable[[], int] = lambda: of_person, waiting: int = waiting_of_person,
        text: Callable[[bool], str] = _rendering_text,
    ) -> None:  # fmt: skip
        """At most `most` at a time, `each` of one person, who waits in at most `waiting` places; `text(is_own)` says so."""
        self._changed = threading.Condition()
        self._most: Callable[[], int] = most if callable(most) else lambda: most
        self._each, self._waiting_most, self._text = each, waiting, text
        self._doing: Counter[int] = Counter()
        self._waiting: Counter[int] = Counter()

    @contextmanager
    def taken(self, person: int, seconds: float | None = None, *, before_waiting: Callable[[], None] = lambda: None) -> Iterator[None]:
        """Work inside when it is this person's turn; raises Busy after so many seconds. `before_waiting` is called when there is something to wait for."""
        with self._changed:
            if not self._is_free(person):
                self._wait(person, wait_seconds if seconds is None else seconds, before_waiting)
            self._doing[person] += 1
        try:
            yield
        finally:
            with self._changed:
                self._doing[person] -= 1
                self._doing += Counter()  # who has none is forgotten
                self._changed.notify_all()

    def _is_free(self, person: int) -> bool:
        return self._doing[person] < self._each() and self._doing.total() < self._most()

    def _wait(self, person: int, seconds: float, before_waiting: Callable[[], None]) -> None:
        if self._waiting[person] >= self._waiting_most:
            raise Busy(self._text(True))
        self._waiting[person] += 1
        try:
            before_waiting()
            if not self._changed.wait_for(lambda: self._is_free(person), timeout=seconds):
                raise Busy(self._text(self._doing[person] >= self._each()))
        finally:
            self._waiting[person] -= 1


turns = Turns()
answers = Turns(most=lambda: max(1, connections() - 2), each=places, waiting=12, text=_answering_text)


@contextmanager
def turn(request: HttpRequest) -> Iterator[None]:
    """Make something costly for whoever asks. Raises Busy."""

    def give_back() -> None:
        # a program's connection has its time limit and keeps it
        if not connection.in_atomic_block and not limits.is_programs(request.path):
            connection.close()

    with turns.taken(request.user.pk or 0, before_waiting=give_back):
        yield


@contextmanager
def answering(person: int) -> Iterator[None]:
    """Answer a program's request. Raises Busy."""

    def give_back() -> None:
        if not connection.in_atomic_block:
            connection.close()

    with answers.taken(person, before_waiting=give_back):
        yield


def for_files(request: HttpRequest) -> AbstractContextManager[None]:
    """A turn for a form that brings a file, as that is read in a process of its own; one that brings none costs nothing."""
    return turn(request) if request.FILES else nullcontext()


def rendering(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """Declare a view that makes something costly."""

    @functools.wraps(view)
    def taking_turns(request: Any, *args: Any, **kwargs: Any) -> HttpResponseBase:
        with turn(request):
            return view(request, *args, **kwargs)

    vars(taking_turns)["is_heavy"] = True
    return taking_turns

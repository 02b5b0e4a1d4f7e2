"""Two at once, on two connections: the first is done and not yet committed when the second begins."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from django.db import connections, transaction

long_enough = 0.7  # for the second to come to the point where it waits, or should have


def overlapped(
    first: Callable[[], Any], second: Callable[[], Any], *, waits: bool = False, passes: bool = False, then: Callable[[], Any] = lambda: None
) -> tuple[Any, Any]:
    """What each gave; of the second one the exception that it ended with. `waits`: the second must not have ended before the first;
    `passes`: it must have. `then` is what the first one goes on to do once the second has begun."""
    given: list[Any] = []

    def follow() -> None:
        given.append(_outcome(second))
        connections.close_all()

    thread = threading.Thread(target=follow, daemon=True)
    with transaction.atomic():
        one = first()
        thread.start()
        thread.join(20 if passes else long_enough)
        assert given or not passes, "it passes"
        assert not (waits and given), "it waits"
        then()
    thread.join(60)
    assert given, "the second has not come to an end"
    return one, given[0]


def together(*works: Callable[[], Any]) -> list[Any]:
    """What each gave, or the exception that it ended with; all begin in the same moment."""
    gate, given = threading.Barrier(len(works)), dict[int, Any]()

    def run(number: int, work: Callable[[], Any]) -> None:
        gate.wait(20)
        given[number] = _outcome(work)
        connections.close_all()

    threads = [threading.Thread(target=run, args=each, daemon=True) for each in enumerate(works)]
    for each in threads:
        each.start()
    for each in threads:
        each.join(60)
    return [given[number] for number in range(len(works))]


def _outcome(work: Callable[[], Any]) -> Any:
    try:
        return work()
    except Exception as problem:
        return problem

"""Facts: what has happened, told upward. A reaction runs inside the transaction that states the fact: it demands work, which is done afterwards,
or writes by a service of its own domain what may not be missing beside the fact for a moment. An observer runs after the commit."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

from django.db import transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """Something that was done; subclasses are named in the past tense and carry ids, never models."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberEnrolled(Fact):
    """Somebody was given a role. `may_join`: who gave it may say which of the organisation's people the log-in is; what follows is `told` in words."""

    user_id: int
    may_join: bool = False
    told: list[str] = field(default_factory=list)


F = TypeVar("F", bound=Fact)
_reactions: dict[type[Fact], list[Callable[[Any], None]]] = defaultdict(list)
_observers: dict[type[Fact], list[Callable[[Any], None]]] = defaultdict(list)


def reacts_to(kind: type[F]) -> Callable[[Callable[[F], None]], Callable[[F], None]]:
    """Run inside the stating transaction: what a reaction writes or demands is saved with the cause, or not at all."""

    def register(reaction: Callable[[F], None]) -> Callable[[F], None]:
        _reactions[kind].append(reaction)
        return reaction

    return register


def observes(kind: type[F]) -> Callable[[Callable[[F], None]], Callable[[F], None]]:
    """Run after commit, for what may be lost with the process (a log line, a metric)."""

    def register(observer: Callable[[F], None]) -> Callable[[F], None]:
        _observers[kind].append(observer)
        return observer

    return register


def state(fact: Fact) -> None:
    """State a fact inside the transaction that made it true."""
    for kind in type(fact).__mro__:
        for reaction in _reactions.get(kind, ()):
            reaction(fact)
        for observer in _observers.get(kind, ()):
            transaction.on_commit(lambda observer=observer: observer(fact))  # type: ignore[misc]

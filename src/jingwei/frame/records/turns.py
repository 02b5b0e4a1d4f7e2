"""Turns: who writes rows of a project holds the project first, so what is looked at before writing still stands when it is written.

A task that is moved, a row that names it, a link that closes a circle, a sum over parts: each is checked by reading other rows of the project. Two writers
of one project therefore go one after the other, whatever they write; two of different projects do not wait. Projects are held before any of their rows,
the lowest id first, so nobody waits in a circle.
"""

from __future__ import annotations

import functools
import logging
from collections.abc import Callable, Collection, Iterable
from typing import Any, ParamSpec, TypeVar

from django.core.exceptions import ValidationError
from django.db import IntegrityError, OperationalError, connection, transaction
from django.utils.translation import gettext as _
from psycopg import errors

from jingwei.frame.models import Project
from jingwei.frame.records.resource import Resource
from jingwei.frame.walls import limits
from jingwei.frame.walls.heavy import Busy

P = ParamSpec("P")
T = TypeVar("T")
tries = 3
log = logging.getLogger(__name__)


class Gone(ValidationError):
    """The row was removed, or went where one may not look, since it was read."""

    def __init__(self) -> None:
        super().__init__(_("It is not there any more: somebody removed or moved it in this moment."))


class Turn:
    """The projects that one operation holds."""

    def __init__(self, *places: Any) -> None:
        self._held: set[int] = set()
        self.hold(*places)

    def hold(self, *places: Any) -> None:
        """Wait for these projects; whatever is no project is passed over."""
        if wanted := {place for place in places if isinstance(place, int)} - self._held:
            take(wanted)
            self._held |= wanted

    def check(self, *places: Any) -> None:
        """Raise Gone when a row would be elsewhere than was held: what it belongs to moved between being read and being held."""
        if not {place for place in places if isinstance(place, int)} <= self._held:
            raise Gone


def take(places: Iterable[int]) -> None:
    """Hold these projects till the transaction ends. Not the key: whoever writes history refers to the project. Raises Busy when whoever asks would
    have to wait for long."""
    if not (wanted := set(places)):
        return
    limits.patient()
    try:
        list(Project.objects.select_for_update(of=("self",), no_key=True).filter(pk__in=wanted).order_by("pk").values_list("pk"))
    except OperationalError as problem:
        if isinstance(problem.__cause__, errors.LockNotAvailable | errors.QueryCanceled):
            raise Busy(
                _("Something large is being written in this project, perhaps an import. Nothing of yours was written: send it again in a moment.")
            ) from problem
        raise


def take_of(resource: Resource, ids: Collection[int]) -> None:
    """Hold the projects of these rows, before the rows themselves are locked."""
    if ids and resource.place_path:
        take(place for place in resource.model.objects.filter(pk__in=ids).values_list(resource.place_path, flat=True).distinct() if place is not None)


def stay(resource: Resource, *rows: Any) -> None:
    """Hold the projects of these rows, which stay where they were read; Gone when one has left since."""
    places = {row.pk: resource.project_of(row) for row in rows}
    take(place for place in places.values() if place is not None)
    if resource.place_path and dict(resource.model.objects.filter(pk__in=places).values_list("pk", resource.place_path)) != places:
        raise Gone


def in_turn(operation: Callable[P, T]) -> Callable[P, T]:
    """An operation that writes, whole or not at all. When it is the outermost one and the database ends a circle of waiting by refusing it, it is
    tried again; what it names and is not there any more at its end is said in words."""

    @functools.wraps(operation)
    def run(*args: P.args, **kwargs: P.kwargs) -> T:
        if connection.in_atomic_block:
            with transaction.atomic():
                return operation(*args, **kwargs)
        for left in reversed(range(tries)):
            try:
                with transaction.atomic():
                    return operation(*args, **kwargs)
            except OperationalError as problem:
                if not left or not isinstance(problem.__cause__, errors.DeadlockDetected):
                    raise
                log.warning("records.again", extra={"operation": operation.__name__})
            except IntegrityError as problem:
                if isinstance(problem.__cause__, errors.ForeignKeyViolation):
                    raise ValidationError(_("Something that it names was removed in this moment. Look again, then choose another.")) from problem
                raise
        raise AssertionError("unreachable")  # the last try returns or raises

    return run

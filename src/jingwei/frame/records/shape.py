"""What a list asks of a view of it, and declared fields of a resource: what stands below both knows no more of them."""

from __future__ import annotations

from typing import Any, Protocol

from django.db import models


class Shape(Protocol):
    """What a list asks of a view of it: its name, which of the rows it shows, and which lie in one of its places."""

    @property
    def only(self) -> models.Q:
        """Which of the list's rows it shows."""

    @property
    def key(self) -> str:
        """How the address names it."""

    def check(self, resource: Any) -> None:
        """Raise LookupError when it names what the model has not."""

    def inside(self, resource: Any, place: str) -> models.Q | None:
        """The rows in one of its places."""


class Extensible(Protocol):
    """What declared fields ask of the resource whose rows have them."""

    @property
    def key(self) -> str:
        """Such as `work.task`."""

    @property
    def model(self) -> Any:
        """The model of its rows."""

    @property
    def filters(self) -> tuple[str, ...]:
        """The fields by which its list is narrowed."""

    @property
    def inline(self) -> tuple[str, ...]:
        """The fields that may be edited in its list."""

    @property
    def is_extended(self) -> bool:
        """Whether people may declare fields of it."""

    def permission(self, verb: str) -> str:
        """The right to do that to a row."""

    def project_of(self, row: Any) -> int | None:
        """The project a row belongs to."""

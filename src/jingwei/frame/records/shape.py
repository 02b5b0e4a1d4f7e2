"""What a list asks of a view of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from django.db import models

if TYPE_CHECKING:
    from jingwei.frame.records.resource import Resource


class Shape(Protocol):
    """What a list asks of a view of it: its name, which of the rows it shows, and which lie in one of its places."""

    @property
    def only(self) -> models.Q:
        """Which of the list's rows it shows."""

    @property
    def key(self) -> str:
        """How the address names it."""

    def check(self, resource: Resource) -> None:
        """Raise LookupError when it names what the model has not."""

    def inside(self, resource: Resource, place: str) -> models.Q | None:
        """The rows in one of its places."""

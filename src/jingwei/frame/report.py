"""A report: a computed answer about one project, declared once, asked by page, REST and command line alike."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ConfigDict

from jingwei.frame.models import Project

registry: dict[str, Report] = {}


class Asked(BaseModel):
    """What a report may be asked for; a report with parameters declares its own kind of it."""

    model_config = ConfigDict(extra="forbid")


@dataclass(frozen=True)
class Report:
    """`answer(project, asked)` gives what JSON can hold; it may raise ValidationError. `permission` is needed in the project."""

    key: str
    title: Any
    permission: str
    answer: Callable[[Project, Any], dict[str, Any]]
    asked: type[Asked] = Asked

    def __post_init__(self) -> None:
        registry[self.key] = self


def reports() -> Iterator[Report]:
    """All of them in the order they were declared."""
    yield from list(registry.values())

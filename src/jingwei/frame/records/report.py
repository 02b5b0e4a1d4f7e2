"""A report: a computed answer about one project, declared once, asked by page, REST and command line alike; a survey is one over all projects."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, is_dataclass
from decimal import Decimal
from typing import Any

from pydantic import BaseModel, ConfigDict

from jingwei.frame.models import Project
from jingwei.frame.records.resource import resource
from jingwei.frame.rights.access import Access

registry: dict[str, Report] = {}
surveyed: dict[str, Survey] = {}


class Asked(BaseModel):
    """What a report may be asked for; a report with parameters declares its own kind of it."""

    model_config = ConfigDict(extra="forbid")


@dataclass(frozen=True)
class Report:
    """`answer(project, asked)` gives what JSON can hold; it may raise ValidationError. `permission` is needed in the project.

    `is_costly`: it computes for seconds, so those who ask take turns. `without` says what becomes of the answer for somebody who lacks a further permission there, such as the one to see money;
    `asked_without` what becomes of the question, where two answers side by side would tell what was cut out of each.
    """

    key: str
    title: Any
    permission: str
    answer: Callable[[Project, Any], dict[str, Any]]
    asked: type[Asked] = Asked
    is_costly: bool = False
    without: Mapping[str, Callable[[dict[str, Any]], dict[str, Any]]] = field(default_factory=dict)
    asked_without: Mapping[str, Callable[[Any], Any]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        registry[self.key] = self

    def told(self, access: Access, project: Project, asked: Any) -> dict[str, Any]:
        """The answer for these eyes. Raises PermissionDenied."""
        access.require(self.permission, project.pk)
        for permission, narrow in self.asked_without.items():
            if not access.allows(permission, project.pk):
                asked = narrow(asked)
        found = self.answer(project, asked)
        for permission, trim in self.without.items():
            if not access.allows(permission, project.pk):
                found = trim(found)
        return found


@dataclass(frozen=True)
class Survey:
    """`answer(access, asked)` over every project that its reader may look into, and never over another: it asks `access` where `permission` holds.
    It may raise ValidationError."""

    key: str
    title: Any
    permission: str
    answer: Callable[[Access, Any], dict[str, Any]]
    asked: type[Asked] = Asked

    def __post_init__(self) -> None:
        surveyed[self.key] = self

    def told(self, access: Access, asked: Any) -> dict[str, Any]:
        """The answer for these eyes. Raises PermissionDenied when the right holds nowhere."""
        access.require_anywhere(self.permission)
        return self.answer(access, asked)


def plain(value: Any, *names: str) -> Any:
    """What JSON can hold of figures: Decimals as exact text, a dataclass by its fields or by `names` (properties too), and all that is inside."""
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, list | tuple):
        return [plain(each, *names) for each in value]
    if is_dataclass(value) and not isinstance(value, type):
        return {name: plain(getattr(value, name)) for name in names or (each.name for each in fields(value))}
    return value


def rows_report(key: str, title: Any, of: str, under: str, names: Sequence[str], **computed: Callable[[Any], Any]) -> Report:
    """Declare the report of a project's rows of one resource, for who may look at them: fields as they are, and what is computed of each row."""

    def answer(project: Project, _asked: Asked) -> dict[str, Any]:
        declared = resource(of)
        rows = declared.model.objects.filter(**{declared.place_path: project}).order_by(*declared.order)
        told = [{name: getattr(row, name) for name in names} | {name: tell(row) for name, tell in computed.items()} for row in rows]
        return {"project": project.code, under: told}

    return Report(key, title, f"{of}.view", answer)


def reports() -> Iterator[Report]:
    """All of them in the order they were declared."""
    yield from list(registry.values())


def surveys() -> Iterator[Survey]:
    """Those over all projects in the order they were declared."""
    yield from list(surveyed.values())

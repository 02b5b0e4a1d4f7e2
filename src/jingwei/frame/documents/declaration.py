"""A document, declared in a domain's `documents.py`: its sections, whose facts are asked with the rights of whoever asks, and the texts that people write."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from jingwei.frame import narrowing
from jingwei.frame.models import Project
from jingwei.frame.records.resource import Resource
from jingwei.frame.records.resource import resource as resource_named
from jingwei.frame.rights.access import Access, Lacking

registry: dict[str, Document] = {}


@dataclass
class Asked:
    """About what a section is asked, and by whom. `row` is None where the document is the project's own; `without` are rights that are passed over,
    so that a version which was made without them can be compared with now."""

    project: Project
    row: Any
    access: Access
    without: frozenset[str] = frozenset()
    shown: set[str] = field(default_factory=set)
    withheld: set[str] = field(default_factory=set)

    def may(self, permission: str) -> bool:
        """Whether what needs this further right may stand in the document. The answer is kept with the version: only who has what it shows reads it."""
        is_held = permission not in self.without and self.access.allows(permission, self.project.pk)
        (self.shown if is_held else self.withheld).add(permission)
        return is_held


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table; `share` is how wide it is beside the others."""

    title: Any
    share: float = 1.0
    is_number: bool = False


@dataclass(frozen=True, slots=True)
class Facts:
    """Named values: `answer(asked)` gives (label, value) pairs. `permission` is a further right without which the section is left out."""

    key: str
    title: Any
    answer: Callable[[Asked], Iterable[tuple[Any, Any]]]
    permission: str = ""


@dataclass(frozen=True, slots=True)
class TableOf:
    """A table: `rows(asked)` gives as many values as there are columns, or as `columns(asked)` gives where these depend on rights."""

    key: str
    title: Any
    columns: tuple[Column, ...] | Callable[[Asked], tuple[Column, ...]]
    rows: Callable[[Asked], Iterable[Iterable[Any]]]
    permission: str = ""


@dataclass(frozen=True, slots=True)
class Authored:
    """What people write, as Markdown; `hint` says what belongs here."""

    key: str
    title: Any
    hint: Any = ""
    permission: str = ""


Section = Facts | TableOf | Authored


@dataclass(frozen=True)
class Document:
    """`permission` is needed in the project to see, make and download it, `edits` to write its texts and to make a final version.

    `resource` names the rows that have one each; without it the document is the project's own. `follows` are the resources its facts come from:
    the first change of any of them tells since when a version says something else.
    """

    key: str
    title: Any
    permission: str
    edits: str
    sections: tuple[Section, ...]
    follows: tuple[str, ...]
    resource: str = ""
    icon: str = "file-text"

    def __post_init__(self) -> None:
        keys = [section.key for section in self.sections]
        if len(set(keys)) != len(keys):
            raise ValueError(f"{self.key}: a section is declared twice")
        registry[self.key] = self

    @property
    def authored(self) -> tuple[Authored, ...]:
        """The sections that people write."""
        return tuple(section for section in self.sections if isinstance(section, Authored))

    def row_of(self, access: Access, project: Project, row_id: int) -> Any:
        """The row it is about, when it may be seen in that project; None of a project's own. Raises LookupError."""
        if bool(row_id) != bool(self.resource):
            raise LookupError(row_id)
        if not self.resource:
            return None
        declared: Resource = resource_named(self.resource)
        row = declared.rows(access).filter(pk=row_id).first() if row_id < 2**63 else None
        if row is None or declared.places_of(row) != {project.pk}:
            raise LookupError(row_id)
        return row

    def asked(self, access: Access, project: Project, row_id: int = 0) -> Asked:
        """A question about it. Raises PermissionDenied, and LookupError when there is no such row for these eyes."""
        access.require(self.permission, project.pk)
        return Asked(project, self.row_of(access, project, row_id), access)

    def may_edit(self, access: Access, project: Project) -> bool:
        """Whether its texts may be written, and final versions made."""
        return access.allows(self.edits, project.pk)


def documents() -> Iterator[Document]:
    """All of them in the order they were declared."""
    yield from list(registry.values())


def documents_of(access: Access, project: Project) -> list[Document]:
    """A project's own documents that these rights may make."""
    return [each for each in documents() if not each.resource and access.allows(each.permission, project.pk)]


def require_edit(document: Document, asked: Asked) -> None:
    """Raise PermissionDenied unless its texts may be written."""
    asked.access.require(document.edits, asked.project.pk)


def require_make(document: Document, access: Access, place: int) -> None:
    """Raise PermissionDenied unless a version may be made. Whoever may see the document makes one; but a version stays, so a program needs a token that
    was given the right to write the document, and not only to look."""
    access.require(document.permission, place)
    within = narrowing.narrowed(document.edits, None, access.limits)
    if within is not None and place not in within:
        raise Lacking(document.edits)

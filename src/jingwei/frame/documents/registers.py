"""Documents that tell the rows of a resource: headings, words and rights of a column follow from what is declared of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from jingwei.frame.documents.declaration import Asked, Column, Document, Section, TableOf
from jingwei.frame.records.resource import Resource, resource

Rows = Callable[[Asked], Iterable[Any]]


@dataclass(frozen=True, slots=True)
class Told:
    """A column that is no field: its heading, what it says of a row, and the further right it needs."""

    title: Any
    value: Callable[[Any], Any]
    share: float = 1.0
    needs: str = ""
    is_number: bool = False


def register(key: str, title: Any, of: str, *sections: Section, icon: str = "file-text") -> Document:
    """The document of a project's rows of one resource: who may export them makes it, who may change them writes its texts, and it follows them."""
    return Document(key, title, permission=f"{of}.export", edits=f"{of}.change", follows=(of,), icon=icon, sections=sections)


def rows_of(
    key: str, title: Any, of: str, columns: Mapping[str, float | Told], *, rows: Rows | None = None, order: Sequence[str] = (), numbers: Sequence[str] = ()
) -> TableOf:
    """A table of them: columns by name with how wide each is. One that names rows of another resource stands in it for those who may see these.

    `rows(asked)` gives them, all of the project unless told otherwise, in the list's order or in `order`; `numbers` are columns set to the right.
    """

    def shown(asked: Asked) -> list[str]:
        return [name for name, column in columns.items() if not (needs := _needs(resource(of), name, column)) or asked.may(needs)]

    def headings(asked: Asked) -> tuple[Column, ...]:
        return tuple(_heading(resource(of), name, columns[name], name in numbers) for name in shown(asked))

    def answer(asked: Asked) -> Iterator[tuple[Any, ...]]:
        names = shown(asked)
        for row in rows(asked) if rows is not None else _all(resource(of), asked, order):
            yield tuple(_value(row, name, columns[name]) for name in names)

    return TableOf(key, title, headings, answer)


def by_state(of: str, title: Any, rows: Rows | None = None) -> Callable[[Asked], Iterator[tuple[Any, Any]]]:
    """Facts: how many rows there are, and how many in each state."""

    def answer(asked: Asked) -> Iterator[tuple[Any, Any]]:
        declared = resource(of)
        assert declared.life is not None, f"{of} has no states"
        name = declared.life.field
        states = Counter(getattr(row, name) for row in rows(asked)) if rows else Counter(_of_project(declared, asked).order_by().values_list(name, flat=True))
        yield title, sum(states.values())
        yield from ((words, states[state]) for state, words in _choices(declared, name))

    return answer


def _choices(declared: Resource, name: str) -> Any:
    found = declared.model_field(name)
    return found.flatchoices if found is not None else ()


def _of_project(declared: Resource, asked: Asked) -> Any:
    return declared.model.objects.filter(**{declared.place_path: asked.project})


def _all(declared: Resource, asked: Asked, order: Sequence[str]) -> Any:
    return _of_project(declared, asked).select_related(*declared.references).order_by(*(order or declared.order))


def _needs(declared: Resource, name: str, column: float | Told) -> str:
    if isinstance(column, Told):
        return column.needs
    target = declared.target(name)
    return target.permission("view") if target is not None else ""


def _heading(declared: Resource, name: str, column: float | Told, is_number: bool) -> Column:
    if isinstance(column, Told):
        return Column(column.title, column.share, column.is_number)
    return Column(declared.label(name), column, is_number)


def _value(row: Any, name: str, column: float | Told) -> Any:
    if isinstance(column, Told):
        return column.value(row)
    words = getattr(row, f"get_{name}_display", None)
    return words() if words is not None else getattr(row, name)

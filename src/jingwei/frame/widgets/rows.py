"""Widgets that follow from what is declared already: the rows of a query, and the open alarms of a watch."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from jingwei.frame.models.currency import meant_in
from jingwei.frame.records.resource import resource, resource_of
from jingwei.frame.telling import watches
from jingwei.frame.widgets.desk import Answer, Desk, Row, cut, shown_at_most
from jingwei.frame.widgets.widget import Widget

address = "/w/{key}/{row.pk}/"  # of a record


def of_rows(rows: Callable[[Desk], QuerySet[Any]], *, at: str = address, note: str = "", amount: str = "", **told: Any) -> Callable[[Desk], Answer]:
    """An answer that lists rows as their declaration tells them: name, project, state. `at` and `note` are written with {row}, `amount` names a field of money;
    `told` goes into the answer (`empty`, `url`, `link`, `actions`)."""

    def answer(desk: Desk) -> Answer:
        shown, total = cut(rows(desk), lambda row: row_of(row, at, note, amount))
        words: dict[str, Any] = {name: str(value) if name in ("empty", "link") else value for name, value in told.items()}
        return Answer(shown, total, **words)

    return answer


def where(of: str, verb: str, only: Q, *order: str) -> Callable[[Desk], QuerySet[Any]]:
    """For `of_rows`: the rows of a resource to which `only` applies, where the person may do `verb`."""
    return lambda desk: resource(of).seen(desk.access, verb).filter(only).order_by(*order)


def row_of(row: Any, at: str = address, note: str = "", amount: str = "") -> Row:
    """A row of any resource as a line."""
    kind = resource_of(type(row))
    assert kind is not None, f"{type(row)} has no resource"
    state = kind.life.field if kind.life is not None else "status"
    words = " · ".join(filter(None, (row.project.code, note.format(row=row))))
    return Row(
        at.format(key=kind.key, row=row), str(row), words, str(getattr(row, state)), getattr(row, f"get_{state}_display")(),
        amount=getattr(row, amount) if amount else None, currency=meant_in(row),
    )  # fmt: skip


def of_watches() -> None:
    """Declare a widget for every watch that says on which homes it stands; called once, when every room has declared its own."""
    for watch in watches.registry.values():
        if watch.homes:
            Widget(watch.key, watch.title, _amiss(watch.key), f"{watch.resource}.view", homes=watch.homes)


def _amiss(key: str) -> Callable[[Desk], Answer]:
    def answer(desk: Desk) -> Answer:
        found = watches.seen(desk.access, key)
        rows = [
            Row(each.alarm.url, each.title, state=each.alarm.level, word=each.alarm.get_level_display(), at=each.alarm.created_at)
            for each in found[:shown_at_most]
        ]
        return Answer(rows, len(found), empty=_("Nothing is amiss"), url="/alarms/", link=_("Alarms"))

    return answer

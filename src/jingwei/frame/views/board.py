"""A board: cards in columns by a field of choices, or by the states of a life; then a card moves by the step that leads there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from jingwei.frame.lives.lifecycle import Step
from jingwei.frame.models import values
from jingwei.frame.records.listing import Listing
from jingwei.frame.records.resource import Resource
from jingwei.frame.rights.access import Access
from jingwei.frame.views.measures import Measure, currency_of, measured
from jingwei.frame.views.view import Unanswerable, View, choices_of, having, leading

cards_at_once = 30


@dataclass(frozen=True)
class Way:
    """Where a card may go: a column, and the step that leads there when a life decides."""

    to: str
    label: Any
    step: Step | None = None


@dataclass(frozen=True)
class Board(View):
    """Cards by `field`. `columns` are the choices shown (all without it), `title_from`, `owner`, `due` and `tags` what a card tells, `sum_of` what a column
    comes to. `refreshes` names an event of the house after which an open board looks again."""

    kind: ClassVar[str] = "board"
    icon: ClassVar[str] = "kanban"
    usual_title: ClassVar[Any] = gettext_lazy("Board")
    asks: ClassVar[tuple[str, ...]] = ("column", "skip")

    field: str
    columns: tuple[str, ...] = ()
    title_from: str = ""
    owner: str = ""
    due: str = ""
    tags: tuple[str, ...] = ()
    sum_of: str = ""
    order: tuple[str, ...] = ()
    refreshes: str = ""

    def named(self) -> tuple[str, ...]:
        """The fields it stands on."""
        return tuple(filter(None, (self.field, self.title_from, self.owner, self.due, self.sum_of)))

    def check(self, resource: Resource) -> None:
        """Columns are choices of the field, and a card can be moved at all."""
        super().check(resource)
        names = choices_of(resource, self.field)
        if not names or not set(self.columns) <= set(names):
            raise LookupError(f"{resource.key}: the columns of “{self.key}” are no choices of {self.field!r}")
        if any(resource.model_field(name) is None and not hasattr(resource.model, name) for name in self.tags):
            raise LookupError(f"{resource.key}: a tag of “{self.key}” is unknown")

    def heads(self, resource: Resource) -> dict[str, Any]:
        """Every column with its name: as declared, else in the order of the choices."""
        names = choices_of(resource, self.field)
        return {str(value): names[value] for value in self.columns or names}

    def _lives(self, resource: Resource) -> bool:
        return resource.life is not None and resource.life.field == self.field

    def rows(self, listing: Listing) -> QuerySet[Any]:
        """In the board's own order unless another one is asked for."""
        found = super().rows(listing)
        return found.order_by(*self.order, "pk") if self.order and not listing.parameters.get("sort") else found

    def answer(self, listing: Listing) -> dict[str, Any]:
        """Columns with their first cards; or the next cards of one column."""
        resource, rows = listing.resource, self.rows(listing)
        heads = self.heads(resource)
        skip, wanted = self._skipped(listing, heads)
        counts = measured(rows, self.field, self.sum_of, currency_of(resource, self.sum_of))
        shown = rows.filter(**{f"{self.field}__in": [wanted] if wanted else list(heads)})
        cards: dict[str, list[dict[str, Any]]] = {value: [] for value in heads}
        for row in leading(shown, (self.field,), cards_at_once, skip):
            cards[str(getattr(row, self.field))].append(self._card(resource, listing.access, row))
        columns = [self._column(value, label, counts.get(value, Measure()), cards[value], skip) for value, label in heads.items()]
        if wanted:
            return {"column": next(each for each in columns if each["value"] == wanted)}
        return {"columns": columns, "left_out": sum(each.count for value, each in counts.items() if str(value) not in heads)}

    def _skipped(self, listing: Listing, heads: dict[str, Any]) -> tuple[int, str]:
        wanted = listing.parameters.get("column", "")
        if wanted and wanted not in heads:
            raise Unanswerable(_("There is no column “%(column)s”. Choose one of the board.") % {"column": wanted[:40]})
        return (values.whole(listing.parameters.get("skip", ""), 10**7) or 0 if wanted else 0), wanted

    def _column(self, value: str, label: Any, measure: Measure, cards: list[dict[str, Any]], skip: int) -> dict[str, Any]:
        reached = skip + len(cards)
        return {"value": value, "label": label, "measure": measure, "cards": cards, "skip": reached if cards and reached < measure.count else 0}

    def _card(self, resource: Resource, access: Access, row: Any) -> dict[str, Any]:
        return {"row": row, "ways": self.ways(resource, access, row), "title": getattr(row, self.title_from) if self.title_from else str(row)}

    def ways(self, resource: Resource, access: Access, row: Any) -> list[Way]:
        """The columns that this card may go to with these rights. Who else must do it is found out when it is done."""
        now, heads, places = str(getattr(row, self.field)), self.heads(resource), resource.places_of(row)
        if not self._lives(resource) or resource.life is None:
            may = self.field in resource.plain_fields and access.allows(resource.permission("change"), *places) and not resource.is_fixed(row, self.field)
            return [Way(value, label) for value, label in heads.items() if value != now] if may else []
        steps = {
            step.to: step for step in reversed(resource.life.steps)
            if now in step.from_ and step.to in heads and step.to != now and access.allows(resource.permission(step.name), *places)
        }  # fmt: skip
        return [Way(value, label, steps[value]) for value, label in heads.items() if value in steps]

    def step_to(self, resource: Resource, row: Any, to: str) -> Step | None:
        """The first step that leads from where the row is to that column; None without one."""
        if resource.life is None:
            return None
        now = resource.life.state_of(row)
        return next((step for step in resource.life.steps if now in step.from_ and step.to == to), None)

    def inside(self, resource: Resource, place: str) -> Q | None:
        """A column."""
        return having(resource, self.field, place) if place in self.heads(resource) else None

    def words(self, resource: Resource, place: str) -> str:
        """The column's name."""
        return str(self.heads(resource).get(place, place))

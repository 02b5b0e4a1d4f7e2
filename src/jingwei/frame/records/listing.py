"""One list of a resource as asked for by page, REST or GraphQL: filters, search, sort, page. A fixed number of queries."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from jingwei.frame.models import User, values
from jingwei.frame.records import cursors, extra, extra_lists, tagged
from jingwei.frame.records import people as people_meant
from jingwei.frame.records.extra import Extra, Kind, SeveralField, is_name, people
from jingwei.frame.records.resource import Resource, registry, resource_of
from jingwei.frame.rights.access import Access

page_sizes = (50, 100)
counted_to, found_to = 100_000, 1_000  # so far a page counts what it lists, and what a search finds; more is told as more
choices_at_most = 200


@dataclass(frozen=True, slots=True)
class Filter:
    """One filter as shown: its kind (choice, reference, boolean, date, text), options and present value."""

    name: str
    label: Any
    kind: str
    value: str
    options: tuple[tuple[str, str], ...] = ()


class Listing:
    """What `parameters` (a query string's values) ask of a resource, within these rights.

    A million rows take longer to count than to list: a page for people (`counts_all=False`) counts a part of them, and tells that there are more.
    """

    def __init__(
        self, resource: Resource, access: Access, parameters: Mapping[str, str], *, size: int = 50, verb: str = "view", counts_all: bool = True
    ) -> None:
        self.resource, self.access, self.parameters, self.verb, self.counts_all = resource, access, parameters, verb, counts_all
        self.size = values.whole(parameters.get("size", ""), 500) or size

    @cached_property
    def all_rows(self) -> models.QuerySet[Any]:
        """Every matching row, sorted."""
        rows = self.resource.rows(self.access, self.verb)
        for name in self.resource.filters:
            rows = self._narrowed(rows, name)
        rows = self._narrowed_by_extras(rows)
        if "tags" in self.resource.carries and (word := self.parameters.get("tag", "")):
            rows = tagged.narrowed(rows, self.resource, readable(word).strip())  # a word of nothing is borne by no row
        if words := readable(self.parameters.get("q", "")).strip()[:200]:
            rows = rows.filter(searched(self.resource, words))
        if at := self.parameters.get("at", ""):
            inside = self._inside(readable(at))
            rows = rows.filter(inside) if inside is not None else rows.none()
        return rows.order_by(*self.order)

    @cached_property
    def extras(self) -> tuple[Extra, ...]:
        """The declared fields that it may show, sort and filter by: the organisation's, and those of the project to which it is narrowed."""
        return extra.fields_of(self.resource, self.place, archived=False)

    @cached_property
    def place(self) -> int | None:
        """The project to which it is narrowed, when its rows may be seen there."""
        asked = extra.place_asked(self.resource, self.parameters)
        return asked if asked is not None and self.access.allows(self.resource.permission(self.verb), asked) else None

    def _narrowed_by_extras(self, rows: models.QuerySet[Any]) -> models.QuerySet[Any]:
        for each in self.extras:
            if (wanted := extra_lists.wanted(each, self.parameters)) is not None:
                rows = rows.alias(**{extra_lists.alias_of(each): extra_lists.comparable(each)}).filter(wanted)
        return self._sorted_by_extra(rows)

    def _sorted_by_extra(self, rows: models.QuerySet[Any]) -> models.QuerySet[Any]:
        by = self._sorting_extra
        return rows if by is None else rows.annotate(**{extra_lists.alias_of(by): extra_lists.comparable(by)})

    @cached_property
    def _sorting_extra(self) -> Extra | None:
        name = self.parameters.get("sort", "").removeprefix("-")
        return next((each for each in self.extras if each.name == name), None) if is_name(name) else None

    def _inside(self, at: str) -> Q | None:
        """The rows of one place of a view, such as `matrix:4~5`; None when there is no such place."""
        name, _colon, place = at.partition(":")
        view = self.resource.view(name)
        found = view.inside(self.resource, place) if view is not None else None
        return view.only & found if view is not None and found is not None else None

    def _narrowed(self, rows: models.QuerySet[Any], name: str) -> models.QuerySet[Any]:
        field = self.resource.model_field(name)
        value = readable(self.parameters.get(name, ""))
        if isinstance(field, models.DateField):
            since, until = (values.day_of(self.parameters.get(f"{name}{end}", "")) for end in ("_from", "_to"))
            rows = rows.filter(**{f"{name}__gte": since}) if since else rows
            return rows.filter(**{f"{name}__lt": until + dt.timedelta(days=1)}) if until else rows
        if value == "":
            return rows
        if value == "-":
            return rows.filter(**{f"{name}__isnull": True})
        if isinstance(field, models.BooleanField):
            return rows.filter(**{name: value in ("1", "true", "True")})
        if isinstance(field, models.ForeignKey):
            if (pk := values.whole(value)) is not None:
                return rows.filter(**{f"{name}_id": pk})
            target = resource_of(field.remote_field.model)
            row = target.named(value, target.seen(self.access)) if target else None  # a name that one may not see names nothing
            meant = [row] if row else self._meant(value, target, field)
            return rows.filter(**{f"{name}__in": [each.pk for each in meant]}) if meant else rows.none()
        return rows.filter(**{f"{name}__in": _kept_of(field, value)})

    def _meant(self, value: str, target: Resource | None, field: models.Field[Any, Any]) -> list[Any]:
        """Everybody who may be meant by a name, when the filter is one of people."""
        if target is not None and target.spelt is not None:
            return people_meant.meant(value, target.seen(self.access), target.also_named)
        return people_meant.meant(value, people_meant.members(), people_meant.of_members) if field.related_model is User else []

    @cached_property
    def order(self) -> tuple[str, ...]:
        """Field names to sort by; the primary key decides ties, so paging never skips or repeats."""
        asked = self.parameters.get("sort", "")
        name = asked.removeprefix("-")
        if (by := self._sorting_extra) is not None:
            return (("-" if asked.startswith("-") else "") + extra_lists.alias_of(by), "id")
        hidden = (*self.resource.veiled, *self.resource.untold)  # an order, and the cursor that goes on from it, would tell them
        field = self.resource.model_field(name) if name in (*self.resource.columns, *self.resource.fields) and name not in hidden else None
        if field is None:
            return (*self.resource.order, *(() if any(o.lstrip("-") in ("id", "pk") for o in self.resource.order) else ("id",)))
        path = name
        if isinstance(field, models.ForeignKey) and (target := resource_of(field.remote_field.model)):
            path = f"{name}__{target.natural_key[-1]}"
        return (("-" if asked.startswith("-") else "") + path, "id")

    @property
    def count(self) -> int:
        """How many rows match, or as many of them as were counted: see `has_more`."""
        return self._counted[0]

    @property
    def has_more(self) -> bool:
        """Whether there are more rows than `count`."""
        return self._counted[1]

    @cached_property
    def _counted(self) -> tuple[int, bool]:
        rows, most = self.all_rows.order_by(), found_to if self.parameters.get("q") else counted_to
        if self._is_found_at_once and len(self._found) <= most:
            return len(self._found), False
        if self.counts_all or self._asked * self.size >= most:
            return rows.count(), False
        counted = len(self._found) if self._is_found_at_once else rows[: most + 1].count()
        return min(counted, most), counted > most

    @property
    def _asked(self) -> int:
        return values.whole(self.parameters.get("page", "1")) or 1

    @property
    def _is_found_at_once(self) -> bool:
        return bool(self.parameters.get("q")) and self._asked * self.size <= found_to and not self.parameters.get("after")

    @cached_property
    def _found(self) -> list[int]:
        """What a search finds, as far as that is counted and one more. It looks through every row, so it is asked once: for the count and for the page."""
        return list(self.all_rows.values_list("pk", flat=True)[: found_to + 1])

    @property
    def page(self) -> int:
        """The page asked for, at most the last one."""
        return max(1, min(self._asked, self.pages))

    @property
    def pages(self) -> int:
        """How many pages there are, of the rows that were counted."""
        return max(1, -(-self.count // self.size))

    @cached_property
    def rows(self) -> list[Any]:
        """The rows of the page, or those behind the cursor `after`. What lies nearer to the end is counted from there."""
        if after := self.parameters.get("after", ""):
            return self._whole(cursors.behind(self.all_rows, self.order, after)[: self.size])
        start = (self.page - 1) * self.size
        if self._is_found_at_once:
            return self._whole(self._found[start : start + self.size])
        left = self.count - start
        if start > left and not self.has_more:
            return self._whole(self.all_rows.reverse()[max(0, left - self.size) : left])
        return self._whole(self.all_rows[start : start + self.size])

    def _whole(self, part: models.QuerySet[Any] | list[int]) -> list[Any]:
        """A part of the list with all that is joined to its rows: which they are is settled first, on rows without it."""
        rows = self.resource.seen(self.access, self.verb).filter(pk__in=part if isinstance(part, list) else part.values("pk"))
        return list(self._sorted_by_extra(rows).order_by(*self.order))

    @property
    def next(self) -> str | None:
        """The cursor behind the last row of a full page; None at the end."""
        return cursors.after(self.rows[-1], self.order) if len(self.rows) == self.size else None

    @cached_property
    def filters(self) -> tuple[Filter, ...]:
        """The filters to offer; references with few targets as choices. The project is chosen at the head of every page."""
        own = (*(self._filter(name) for name in self.resource.filters if name != "project"), *self._extra_filters)
        if "tags" not in self.resource.carries:
            return own
        value = self.parameters.get("tag", "")
        words = dict.fromkeys((*(tag.word for tag in tagged.seen(self.resource, self.access)), *filter(None, (value,))))
        return (*own, Filter("tag", _("tag"), "choice", value, tuple((word, word) for word in words)))

    @cached_property
    def _extra_filters(self) -> tuple[Filter, ...]:
        """Those of declared fields whose columns are shown, or that are set already: all of them would be too many."""
        shown = self.parameters.get("columns", "").split(",")
        return tuple(
            self._extra_filter(each) for each in self.extras if each.name in shown or any(self.parameters.get(n) for n in extra_lists.parameters_of(each))
        )

    def _extra_filter(self, each: Extra) -> Filter:
        name, label, value = each.name, each.field.verbose_name, self.parameters.get(each.name, "")
        if each.definition.kind in (Kind.CHOICE, Kind.SEVERAL):
            options = each.field.options if isinstance(each.field, SeveralField) else each.field.flatchoices
            return Filter(name, label, "choice", value, tuple((str(v), str(t)) for v, t in options))
        if each.definition.kind == Kind.PERSON:
            return Filter(name, label, "reference", value, self._people)
        return Filter(name, label, "boolean" if each.definition.kind == Kind.YES_NO else "text", value)

    @cached_property
    def _people(self) -> tuple[tuple[str, str], ...]:
        return tuple((str(row.pk), str(row)) for row in registry[people].rows(self.access)[:choices_at_most])

    def _filter(self, name: str) -> Filter:
        field = self.resource.model_field(name)
        assert field is not None
        value, label = self.parameters.get(name, ""), field.verbose_name
        if field.flatchoices:
            return Filter(name, label, "choice", value, tuple((str(v), str(t)) for v, t in field.flatchoices))
        if isinstance(field, models.BooleanField):
            return Filter(name, label, "boolean", value)
        if isinstance(field, models.DateField):
            return Filter(name, label, "date", value)
        if isinstance(field, models.ForeignKey) and (target := resource_of(field.remote_field.model)):
            rows = target.rows(self.access)[:choices_at_most]
            return Filter(name, label, "reference", value, tuple((str(row.pk), str(row)) for row in rows))
        return Filter(name, label, "text", value)

    @property
    def is_narrowed(self) -> bool:
        """Whether anything is filtered or searched."""
        own = ("q", "at", *(("tag",) if self.resource.carries else ()))
        names = {*own, *self.resource.filters, *(f"{n}{end}" for n in self.resource.filters for end in ("_from", "_to"))}
        return any(self.parameters.get(name) for name in (*names, *(n for each in self.extras for n in extra_lists.parameters_of(each))))


def readable(text: str) -> str:
    """What can be compared with: without characters that nothing stored can hold."""
    return text.replace("\0", "").encode("utf-8", "ignore").decode() if values.unreadable(text) else text


def _kept_of(field: models.Field[Any, Any] | None, text: str) -> list[Any]:
    """The values of a filter such as “todo,done” that the column can hold; others match nothing."""
    out: list[Any] = []
    for each in filter(None, dict.fromkeys(text.split(","))):
        try:
            out.append(field.to_python(each) if field is not None else each)
        except (ValidationError, ValueError, OverflowError):
            continue
    return out


def searched(resource: Resource, words: str) -> Q:
    """Rows in which every word occurs in one of the search fields; Chinese needs no spaces."""
    wanted = Q()
    for word in words.split()[:8]:
        either, lookup = Q(), "icontains" if word.upper() != word.lower() else "contains"  # Chinese and numbers have no case, and looking for one is dear
        for name in resource.searched:
            either |= Q(**{f"{name}__{lookup}": word})
        if resource.is_extended:
            either |= ~Q(**{extra.column: {}}) & Q(extra_lists.searched(word))
        wanted &= either
    return wanted

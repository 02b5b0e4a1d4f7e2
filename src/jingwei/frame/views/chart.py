"""A chart: counts or sums of a list's rows by a field. Money has one series a currency, as two currencies are never added."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from django.db import models
from django.db.models import Count, Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from jingwei.frame.records.listing import Listing
from jingwei.frame.records.resource import Resource
from jingwei.frame.views.measures import Measure, currency_of, measured
from jingwei.frame.views.view import View, having, nothing

groups_at_most = 30
kinds = (models.CharField, models.IntegerField, models.BooleanField, models.ForeignKey)


@dataclass(frozen=True)
class Chart(View):
    """Rows by `group`; their number, or what `sum_of` comes to."""

    kind: ClassVar[str] = "chart"
    icon: ClassVar[str] = "chart"
    usual_title: ClassVar[Any] = gettext_lazy("Chart")

    group: str
    sum_of: str = ""

    def named(self) -> tuple[str, ...]:
        """The fields it stands on."""
        return tuple(filter(None, (self.group, self.sum_of)))

    def check(self, resource: Resource) -> None:
        """It groups by what can be told apart, and adds what can be added."""
        super().check(resource)
        if not isinstance(resource.model_field(self.group), kinds):
            raise LookupError(f"{resource.key}: the chart “{self.key}” cannot group by {self.group!r}")
        if self.sum_of and not isinstance(resource.model_field(self.sum_of), models.DecimalField | models.IntegerField):
            raise LookupError(f"{resource.key}: the chart “{self.key}” cannot add {self.sum_of!r}")

    def answer(self, listing: Listing) -> dict[str, Any]:
        """Groups with their measures, the largest first; what is beyond those shown is told together."""
        resource, rows = listing.resource, self.rows(listing)
        path = currency_of(resource, self.sum_of)
        keys = self._largest(rows)
        shown, others = self._parted(rows, keys)
        found = measured(shown, self.group, self.sum_of, path)
        names = self._names(resource, keys[:groups_at_most])
        lines = [self._line(key, names[key], found.get(key, Measure())) for key in keys[:groups_at_most]]
        if others is not None:
            lines.append(self._line("", _("all others"), measured(others, "", self.sum_of, path).get(None, Measure())) | {"place": ""})
        series = sorted({currency for line in lines for currency in line["measure"].sums}) if self.sum_of else []
        for line in lines:
            line["sums"] = [(currency, line["measure"].sums.get(currency)) for currency in series]
        return {
            "lines": lines, "series": series, "group": resource.label(self.group), "sum": resource.label(self.sum_of) if self.sum_of else "", "is_money": path is not None,
            "drawn": self._drawn(resource, lines, series), "count": sum(line["measure"].count for line in lines),
        }  # fmt: skip

    def _largest(self, rows: QuerySet[Any]) -> list[Any]:
        found = rows.order_by().values(of_group=models.F(self.group)).annotate(rows_there=Count("pk")).order_by("-rows_there", "of_group")
        return list(found.values_list("of_group", flat=True)[: groups_at_most + 1])

    def _parted(self, rows: QuerySet[Any], keys: list[Any]) -> tuple[QuerySet[Any], QuerySet[Any] | None]:
        """The rows of the groups that are shown, and the others if there are any."""
        if len(keys) <= groups_at_most:
            return rows, None
        shown = Q(**{f"{self.group}__in": [key for key in keys[:groups_at_most] if key is not None]})
        shown |= Q(**{f"{self.group}__isnull": True}) if None in keys[:groups_at_most] else Q()
        inside = rows.order_by().filter(shown).values("pk")
        return rows.filter(pk__in=inside), rows.exclude(pk__in=inside)

    def _names(self, resource: Resource, keys: list[Any]) -> dict[Any, str]:
        found = resource.model_field(self.group)
        if isinstance(found, models.ForeignKey):
            target = resource.target(self.group)
            rows: Any = target.model.objects.select_related(*target.references) if target is not None else models.QuerySet(found.related_model).none()
            names: dict[Any, Any] = {row.pk: str(row) for row in rows.filter(pk__in=[key for key in keys if key is not None])}
        elif isinstance(found, models.BooleanField):
            names = {True: _("yes"), False: _("no")}
        else:
            names = dict(found.flatchoices) if found is not None else {}
        return {key: str(names.get(key, key)) if key not in (None, "") else _("none") for key in keys}

    def _line(self, key: Any, name: str, measure: Measure) -> dict[str, Any]:
        return {"name": name, "place": nothing if key is None else str(key), "measure": measure}

    def _drawn(self, resource: Resource, lines: list[dict[str, Any]], series: list[str]) -> dict[str, Any]:
        """What the picture is made from."""
        if not self.sum_of:
            drawn = [{"name": _("rows"), "values": [line["measure"].count for line in lines]}]
        else:
            label = str(resource.label(self.sum_of))
            drawn = [{"name": f"{label} {each}".strip(), "values": [float(line["measure"].sums.get(each) or 0) for line in lines]} for each in series]
        return {"names": [line["name"] for line in lines], "series": drawn}

    def inside(self, resource: Resource, place: str) -> Q | None:
        """A group."""
        return having(resource, self.group, place)

    def words(self, resource: Resource, place: str) -> str:
        """The group's name."""
        found = resource.model_field(self.group)
        if place == nothing:
            return _("none")
        if isinstance(found, models.ForeignKey):
            target = resource.target(self.group)
            row = target.model.objects.filter(having(target, "id", place) or Q(pk__in=())).first() if target is not None else None
            return str(row) if row is not None else place
        return self._names(resource, [place])[place]

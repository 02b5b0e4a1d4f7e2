"""An amount is never read in another currency: a project keeps its currency while amounts stand in it, and no row comes to a project in another one with amounts
of the old. What models declare of their money (`money`) is the only place that says whose currency an amount is in."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from jingwei.frame.models import History, Project
from jingwei.frame.models.currency import Money
from jingwei.frame.models.currency import currencies as known
from jingwei.frame.models.scoped import TenantModel
from jingwei.frame.records.resource import Resource


def models_with_money() -> list[type[TenantModel]]:
    """All of them, also those that are no resource."""
    from django.apps import apps

    return [each for each in apps.get_models() if issubclass(each, TenantModel) and each.money is not None]


def keep(project: Project, before: str) -> None:
    """Raise ValidationError at `currency` when amounts of a project whose currency was `before` would be read in that of now."""
    for model in models_with_money():
        money = model.money
        assert money is not None
        if money.stays and model.unscoped.filter(money.is_bound, tenant_id=project.tenant_id, project=project).exists():
            raise ValidationError({"currency": str(money.stays) % {"before": before, "after": project.currency}})


def kept_from_moving(resource: Resource, row: Any, after: Any, cleaned: Mapping[str, Any]) -> dict[str, str]:
    """What keeps a row from going to another project, at its field: amounts that would be read in the currency there. What is given anew with the move is not meant."""
    money, field = resource.model.money, getattr(resource.model, "project_from", "") or "project"
    names = [name for name in money.bound_in(row) if cleaned.get(name, getattr(row, name)) == getattr(row, name)] if money is not None else []
    if money is None or not names:
        return {}
    words = {"field": _labels(resource, names), "before": money.currency_of(row), "after": _currency_of(resource.project_of(after))}
    if words["before"] == words["after"]:
        return {}
    if all(name in resource.plain_fields for name in names):
        text = _("“%(field)s” is in %(before)s and would be read as %(after)s there. Take that amount out first, or choose a project in %(before)s.")
    else:  # nobody types it
        text = _("“%(field)s” is in %(before)s and would be read as %(after)s there. Choose a project in %(before)s, or write a new one there.")
    return {field: text % words}


def refuse_return(resource: Resource, row: Any, line: History, names: Collection[str] | None = None) -> None:
    """Raise ValidationError at amounts that come back out of the past (of a row whole, or of these fields only) and would be read in another currency than then."""
    money = resource.model.money
    wrong = [name for name in money.fields if (names is None or name in names) and getattr(row, name)] if money is not None else []
    if money is None or not wrong:
        return
    words = {"before": _then(money, row, line), "after": _now(money, row)}
    if words["before"] != words["after"] and words["before"] in known:  # what nobody knows as a currency is mended at any time
        text = _("“%(field)s” was in %(before)s and would be read as %(after)s now: it does not come back. Write it anew in %(after)s.")
        raise ValidationError({wrong[0]: text % {"field": _labels(resource, wrong), **words}})


def is_foreign(resource: Resource, name: str, row: Mapping[str, Any], before: str, after: str) -> bool:
    """Whether a value of a row out of a file is an amount in the currency `before` of the project from which it comes, which `after` is not."""
    money = resource.model.money
    is_bound = money is not None and name in money.fields and not (money.own and row.get(money.own))
    return before != after and is_bound and str(row[name]).strip("0.") != ""


def _labels(resource: Resource, names: Collection[str]) -> str:
    return ", ".join(str(resource.label(name)) for name in names)


def _currency_of(project_id: int | None) -> str:
    return str(Project.unscoped.filter(pk=project_id).values_list("currency", flat=True).first() or "")


def _now(money: Money, row: Any) -> str:
    """In what the row's amounts are read; while it is written, that is what its project counts in."""
    return _currency_of(row.project_id) if money.bound_in(row) else money.currency_of(row)


def _then(money: Money, row: Any, line: History) -> str:
    """In what they were when that line of history was written: of the row itself, else of the project in which it lay."""
    own = money.own if "__" not in money.own else ""
    if own and (found := _before_change(row._meta.label_lower, row.pk, own, line) or getattr(row, own)):
        return found
    place = line.project_id or row.project_id
    return _before_change(Project._meta.label_lower, place, "currency", line) or _currency_of(place)


def _before_change(key: str, pk: int, name: str, line: History) -> str:
    """What a field of a row held at that line, when it was changed since; empty when it was not."""
    later = History.unscoped.filter(tenant_id=line.tenant_id, resource=key, object_id=pk, action=History.Action.UPDATE, pk__gt=line.pk, before__has_key=name)
    return str((later.order_by("pk").values_list(f"before__{name}", flat=True).first()) or "")

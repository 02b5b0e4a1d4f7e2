"""The currency of a project, a line, a rate: only those that there are come in; what stands there from before stays readable. And whose currency an amount is in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import reduce
from operator import or_
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models.functions import Coalesce, NullIf
from django.utils.translation import gettext_lazy as _

# ISO 4217, of the countries that a Chinese enterprise buys from and sells to
currencies = [
    "CNY",
    "USD",
    "EUR",
    "JPY",
    "HKD",
    "TWD",
    "KRW",
    "SGD",
    "GBP",
    "AUD",
    "CAD",
    "CHF",
    "NZD",
    "SEK",
    "NOK",
    "DKK",
    "PLN",
    "CZK",
    "HUF",
    "RUB",
    "KZT",
    "INR",
    "PKR",
    "BDT",
    "LKR",
    "THB",
    "VND",
    "MYR",
    "IDR",
    "PHP",
    "MMK",
    "KHR",
    "LAK",
    "AED",
    "SAR",
    "QAR",
    "KWD",
    "ILS",
    "TRY",
    "EGP",
    "ZAR",
    "NGN",
    "KES",
    "BRL",
    "MXN",
    "ARS",
    "CLP",
    "COP",
    "PEN",
    "MOP",
    "MNT",
]


def known_currency(value: str) -> None:
    """One of them, as it is written."""
    if value not in currencies:
        text = _("There is no currency “%(value)s”. Write its three letters, such as CNY, USD or EUR.")
        raise ValidationError(text, code="currency", params={"value": value})


class CurrencyField(models.CharField):  # type: ignore[type-arg]
    """A currency by its ISO code. No choices: a form with what stands there from before must not choose another one by itself."""

    default_validators = [known_currency]


@dataclass(frozen=True)
class Money:
    """The amounts of a model's rows (`fields`), and in what they are: the currency to which `own` leads, as far as the row has one, else that of its project.

    An amount in a currency of its own goes anywhere and is converted. One that is in its project's currency (also while the row is `written`: field → states) is
    read in no other one: the project keeps its currency, as `stays` says, and the row does not come to a project in another one with it. `none` is what stands
    there when nothing does: amounts may also stand in a list of JSON. `over` says of which rows nothing follows any more: those are told in the currency they had
    then, and bound no longer.
    """

    fields: tuple[str, ...]
    own: str = ""
    written: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    stays: Any = ""
    none: Any = 0
    over: models.Q | None = None

    @property
    def currency(self) -> Any:
        """The currency of a row's amounts, for a query."""
        project = models.F("project__currency")
        return Coalesce(NullIf(models.F(self.own), models.Value("")), project, output_field=models.CharField()) if self.own else project

    def currency_of(self, row: Any) -> str:
        """The same of a row that is there."""
        return (_at(row, self.own) if self.own else "") or str(row.project.currency)

    @property
    def is_bound(self) -> models.Q:
        """Which rows have amounts that are in their project's currency, for a query."""
        some: models.Q = reduce(or_, (models.Q(**{f"{name}__isnull": False}) & ~models.Q(**{name: self.none}) for name in self.fields))
        if self.over is not None:
            some &= ~self.over
        if not self.own:
            return some
        return some & reduce(or_, (models.Q(**{f"{name}__in": states}) for name, states in self.written.items()), models.Q(**{self.own: ""}))

    def bound_in(self, row: Any) -> list[str]:
        """Those amounts of a row that are in its project's currency."""
        if self.own and _at(row, self.own) and not any(_at(row, name) in states for name, states in self.written.items()):
            return []
        return [name for name in self.fields if getattr(row, name)]


def _at(row: Any, path: str) -> Any:
    return reduce(getattr, path.split("__"), row)


def meant_in(row: Any) -> str:
    """In what amounts of a row are told."""
    money: Money | None = getattr(row, "money", None)
    return money.currency_of(row) if money is not None else getattr(row, "currency", "") or "CNY"

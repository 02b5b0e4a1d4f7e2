"""The currency of a project, a line, a rate: only those that there are come in; what stands there from before stays readable."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.db import models
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

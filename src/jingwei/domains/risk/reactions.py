"""Costs of risks are in the currency of their project, which stays while there are any."""

from __future__ import annotations

from jingwei.domains.directory.facts import ProjectCurrencyChanged
from jingwei.domains.risk import services
from jingwei.frame.telling import facts

facts.reacts_to(ProjectCurrencyChanged)(services.keep_currency)

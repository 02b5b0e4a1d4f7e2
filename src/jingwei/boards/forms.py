"""What the boards' pages may be asked, with messages in the reader's language."""

from __future__ import annotations

from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator
from django.utils.translation import gettext_lazy as _

from jingwei.boards.load import LoadAsked, earliest, latest
from jingwei.boards.risk import RiskAsked

kinds = {"pert": _("PERT (beta)"), "triangular": _("Triangular"), "uniform": _("Uniform"), "lognormal": _("Lognormal")}
registers = {"with": _("with its open risks"), "without": _("without")}


class RiskForm(forms.Form):
    """The risk page's fields; what is left out keeps its default."""

    runs = forms.IntegerField(label=_("Simulated runs"), required=False, min_value=100, max_value=200_000)
    seed = forms.IntegerField(label=_("Seed"), required=False, min_value=0, max_value=2**31 - 1)
    low = forms.FloatField(label=_("At best, % of the duration"), required=False, min_value=1, max_value=100)
    high = forms.FloatField(label=_("At worst, % of the duration"), required=False, min_value=100, max_value=1000)
    kind = forms.ChoiceField(label=_("Distribution"), required=False, choices=list(kinds.items()))
    correlation = forms.FloatField(label=_("Correlation of durations (0–0.95)"), required=False, min_value=0, max_value=0.95)
    risks = forms.ChoiceField(label=_("Risk register"), required=False, choices=list(registers.items()))

    def clean(self) -> dict[str, object]:
        """Something must vary."""
        given: dict[str, object] = super().clean() or {}
        if given.get("low") is not None and given.get("low") == given.get("high"):
            self.add_error("high", _("Best and worst are the same: nothing would vary."))
        return given

    def asked(self) -> RiskAsked:
        """The question; only for a valid form."""
        return RiskAsked(**{name: value for name, value in self.cleaned_data.items() if value not in (None, "")})


steps = {"day": _("by day"), "week": _("by week"), "month": _("by month")}
orders = {"load": _("The most loaded first"), "name": _("By name")}


class LoadForm(forms.Form):
    """What the page of people's load may be asked; what is left out keeps its default."""

    _bounds = (MinValueValidator(earliest), MaxValueValidator(latest))
    since = forms.DateField(label=_("First day"), required=False, validators=_bounds)
    until = forms.DateField(label=_("Last day"), required=False, validators=_bounds)
    step = forms.ChoiceField(label=_("Columns"), required=False, choices=list(steps.items()))
    project = forms.CharField(label=_("People of the project"), required=False, max_length=60)
    team = forms.CharField(label=_("Team"), required=False, max_length=60)
    position = forms.CharField(label=_("Position"), required=False, max_length=80)
    person = forms.CharField(label=_("Person"), required=False, max_length=60)
    over = forms.BooleanField(label=_("Only who is overloaded"), required=False)
    sort = forms.ChoiceField(label=_("Order"), required=False, choices=list(orders.items()))

    def asked(self) -> LoadAsked:
        """The question; only for a valid form."""
        return LoadAsked(**{name: value for name, value in self.cleaned_data.items() if value not in (None, "")})

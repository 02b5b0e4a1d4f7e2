"""What the boards' pages may be asked, with messages in the reader's language."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

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

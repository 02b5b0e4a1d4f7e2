"""What is watched of the money: projects with lines that are in no total because nobody has given a rate."""

from django.utils.translation import gettext_lazy

from jingwei.domains.cost import money
from jingwei.domains.cost.models import Line
from jingwei.frame.telling import notices, watches
from jingwei.frame.telling.wording import Said

watches.Watch(
    "cost.no_rate", gettext_lazy("Costs without an exchange rate"), "cost.line",
    rows=lambda: money.Unvalued.of(Line.objects.exclude(status=Line.Status.REVERSED)),
    says=lambda found: Said(
        gettext_lazy("Costs of %(project)s in %(currencies)s are in no total: enter an exchange rate."), project=found.code, currencies=found.currencies
    ),
    tell=lambda found: notices.people_of(found.pk, "finance"), address=lambda found: f"/w/cost.line/?project={found.pk}", homes={"finance": 50},
)  # fmt: skip

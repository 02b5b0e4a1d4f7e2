"""What is watched of decisions: those that hold and whose day of review has come."""

from django.utils import timezone
from django.utils.translation import gettext_lazy

from jingwei.domains.decision.models import Decision
from jingwei.frame.telling import watches
from jingwei.frame.telling.wording import Said

watches.Watch(
    "decision.review", gettext_lazy("Decisions to review"), "decision.decision",
    rows=lambda: Decision.objects.filter(status=Decision.Status.ACCEPTED, review_on__lt=timezone.localdate()).select_related("project__manager"),
    says=lambda decision: Said(gettext_lazy("Decision %(decision)s was to be reviewed on %(day)s: does it still hold?"), decision=decision, day=decision.review_on),
    tell=lambda decision: watches.managers_of(decision.project), homes={"pmo": 50},
)  # fmt: skip

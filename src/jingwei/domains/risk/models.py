"""Risks of a project, and what each does to tasks when it happens."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, ClassVar

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from jingwei.frame.models import Extended, ProjectModel
from jingwei.frame.models.currency import Money
from jingwei.frame.models.custom import extra_index
from jingwei.frame.models.identity import code_rule
from jingwei.frame.models.numbers import Number
from jingwei.kernels.risk import scoring as risk_scoring

percent_rule = (MinValueValidator(0), MaxValueValidator(100))
impact_rule = (MinValueValidator(1), MaxValueValidator(5))
cost_rule = (MinValueValidator(Decimal(0)),)


def _named(text: Any, getter: Any) -> property:
    """A computed column with its heading."""
    getter.short_description = text
    return property(getter)


class Risk(ProjectModel, Extended):
    """Something that may happen and would hurt. Probability × impact before the response and after it (residual)."""

    class Status(models.TextChoices):
        IDENTIFIED = "identified", _("Identified")
        ASSESSED = "assessed", _("Assessed")
        PLANNED = "planned", _("Response planned")
        MONITORING = "monitoring", _("Monitored")
        OCCURRED = "occurred", _("Occurred")
        CLOSED = "closed", _("Closed")

    class Category(models.TextChoices):
        TECHNICAL = "technical", _("Technical")
        INTERFACE = "interface", _("Interface")
        MASTERDATA = "masterdata", _("Master data")
        SUPPLIER = "supplier", _("Supplier")
        PEOPLE = "people", _("People")
        REQUIREMENT = "requirement", _("Requirement")
        SITE = "site", _("Site and installation")
        EXTERNAL = "external", _("External")
        OTHER = "other", _("Other")

    class Strategy(models.TextChoices):
        AVOID = "avoid", _("Avoid")
        MITIGATE = "mitigate", _("Mitigate")
        TRANSFER = "transfer", _("Transfer")
        ACCEPT = "accept", _("Accept")
        ESCALATE = "escalate", _("Escalate")

    open_states: ClassVar[tuple[str, ...]] = (Status.IDENTIFIED, Status.ASSESSED, Status.PLANNED, Status.MONITORING)  # it may still happen
    numbered = Number("code", "R-{n}")
    money = Money(
        ("cost_low", "cost_likely", "cost_high"),
        stays=_("Risks of this project have costs in %(before)s, which would be read as %(after)s. Set these costs to 0 first, or keep the currency."),
    )

    code = models.CharField(_("code"), max_length=40, blank=True, validators=[code_rule], help_text=_("Left empty, the next number is given."))
    title = models.CharField(_("title"), max_length=200)
    cause = models.TextField(_("cause and description"), blank=True)
    category = models.CharField(_("category"), max_length=12, choices=Category.choices, default=Category.OTHER)
    status = models.CharField(_("status"), max_length=10, choices=Status.choices, default=Status.IDENTIFIED, editable=False)
    probability = models.PositiveSmallIntegerField(_("probability (%)"), default=30, validators=percent_rule)
    impact = models.PositiveSmallIntegerField(_("impact (1–5)"), default=3, validators=impact_rule)
    residual_probability = models.PositiveSmallIntegerField(
        _("probability after the response (%)"), null=True, blank=True, validators=percent_rule, help_text=_("Counts from the moment the risk is monitored.")
    )
    residual_impact = models.PositiveSmallIntegerField(_("impact after the response (1–5)"), null=True, blank=True, validators=impact_rule)
    cost_low = models.DecimalField(_("cost if it happens, at least"), max_digits=18, decimal_places=2, default=Decimal(0), validators=cost_rule)
    cost_likely = models.DecimalField(_("cost if it happens, likely"), max_digits=18, decimal_places=2, default=Decimal(0), validators=cost_rule)
    cost_high = models.DecimalField(_("cost if it happens, at most"), max_digits=18, decimal_places=2, default=Decimal(0), validators=cost_rule)
    trigger = models.CharField(_("trigger"), max_length=300, blank=True, help_text=_("By what one notices that it begins to happen."))
    strategy = models.CharField(_("response strategy"), max_length=10, choices=Strategy.choices, blank=True)
    response = models.TextField(_("response"), blank=True)
    owner = models.ForeignKey("directory.Person", models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("owner"))
    review_on = models.DateField(_("next review"), null=True, blank=True)

    class Meta(ProjectModel.Meta):
        verbose_name = _("risk")
        verbose_name_plural = _("risks")
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=("project", "code"), name="risk_code_once"),
            models.CheckConstraint(condition=Q(probability__lte=100) & Q(impact__gte=1, impact__lte=5), name="risk_within_the_matrix"),
            models.CheckConstraint(
                condition=(Q(residual_probability__isnull=True) | Q(residual_probability__lte=100))
                & (Q(residual_impact__isnull=True) | Q(residual_impact__gte=1, residual_impact__lte=5)),
                name="risk_residual_within_the_matrix",
            ),
            models.CheckConstraint(condition=Q(cost_low__gte=0, cost_likely__gte=F("cost_low"), cost_high__gte=F("cost_likely")), name="risk_costs_in_order"),
        ]
        indexes: ClassVar[list[Any]] = [
            models.Index(fields=("project", "status"), name="risks_by_status"),
            models.Index(fields=("tenant", "-id"), name="risks_newest"),
            extra_index("risks_by_more"),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.title}"

    @property
    def is_open(self) -> bool:
        """It may still happen."""
        return self.status in self.open_states

    @property
    def probability_now(self) -> int:
        """Per cent: the residual one as soon as the response is in place and monitored, else the inherent one; 0 when it is no risk any more."""
        if not self.is_open:
            return 0
        residual = self.residual_probability if self.status == self.Status.MONITORING else None
        return self.probability if residual is None else residual

    @property
    def has_residual(self) -> bool:
        """Somebody has said what stays after the response."""
        return self.residual_probability is not None or self.residual_impact is not None

    @property
    def residual_position(self) -> tuple[int, int]:
        """(per cent, impact) after the response; what nobody has said stays as it is."""
        percent = self.probability if self.residual_probability is None else self.residual_probability
        return percent, self.impact if self.residual_impact is None else self.residual_impact

    @property
    def severity(self) -> str:
        """Low, medium or high, of the inherent score."""
        return risk_scoring.severity_of(self.score)

    def _score(self) -> int:
        return risk_scoring.score_of(self.probability, self.impact)

    def _residual_score(self) -> int | None:
        return risk_scoring.score_of(*self.residual_position) if self.has_residual else None

    def _emv(self) -> Decimal:
        return risk_scoring.expected_value(self.probability, self.cost_low, self.cost_likely, self.cost_high)

    def _emv_now(self) -> Decimal:
        return risk_scoring.expected_value(self.probability_now, self.cost_low, self.cost_likely, self.cost_high)

    score = _named(_("score"), _score)
    residual_score = _named(_("score after the response"), _residual_score)
    emv_amount = _named(_("EMV before the response"), _emv)
    emv_now_amount = _named(_("EMV now"), _emv_now)


class RiskImpact(ProjectModel):
    """How much longer a task takes when the risk happens: working minutes of the project's calendar."""

    project_from: ClassVar[str] = "risk"

    risk = models.ForeignKey(Risk, models.CASCADE, related_name="impacts", verbose_name=_("risk"))
    task = models.ForeignKey("work.Task", models.CASCADE, related_name="+", verbose_name=_("task"))
    delay_low_minutes = models.PositiveIntegerField(_("delay, at least (working min)"), default=0)
    delay_likely_minutes = models.PositiveIntegerField(_("delay, likely (working min)"), default=480)
    delay_high_minutes = models.PositiveIntegerField(_("delay, at most (working min)"), default=960)

    class Meta(ProjectModel.Meta):
        verbose_name = _("impact on a task")
        verbose_name_plural = _("impacts on tasks")
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=("risk", "task"), name="risk_impact_once_a_task"),
            models.CheckConstraint(
                condition=Q(delay_likely_minutes__gte=F("delay_low_minutes"), delay_high_minutes__gte=F("delay_likely_minutes")), name="risk_delays_in_order"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.risk.code} → {self.task.code}"

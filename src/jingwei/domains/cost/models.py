"""Cost lines, work packages that earn value, and frozen periods."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, ClassVar

from django.core.validators import MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from jingwei.frame.models import Extended, ProjectModel, TenantModel
from jingwei.frame.models.currency import CurrencyField, Money, currencies
from jingwei.frame.models.custom import extra_index
from jingwei.frame.models.identity import code_rule
from jingwei.frame.models.month import MonthField


class Line(ProjectModel, Extended):
    """Money of one project in one period: planned, committed or spent."""

    class Kind(models.TextChoices):
        PLANNED = "planned", _("Planned")
        COMMITTED = "committed", _("Committed")
        ACTUAL = "actual", _("Actual")

    class Account(models.TextChoices):
        LABOUR = "labour", _("Labour")
        MATERIAL = "material", _("Material")
        EQUIPMENT = "equipment", _("Equipment")
        SUBCONTRACT = "subcontract", _("Subcontract")
        SOFTWARE = "software", _("Software")
        TRAVEL = "travel", _("Travel")
        OTHER = "other", _("Other")

    class Status(models.TextChoices):
        DRAFT = "draft", _("Draft")
        POSTED = "posted", _("Posted")
        REVERSED = "reversed", _("Reversed")

    money = Money(("amount",), own="currency")

    number = models.CharField(_("number"), max_length=60)
    kind = models.CharField(_("kind"), max_length=10, choices=Kind.choices, default=Kind.ACTUAL)
    account = models.CharField(_("account"), max_length=12, choices=Account.choices)
    description = models.CharField(_("description"), max_length=300)
    amount = models.DecimalField(_("amount"), max_digits=18, decimal_places=2)
    currency = CurrencyField(_("currency"), max_length=3, blank=True, help_text=_("Left empty, that of the project."))
    period = MonthField(_("period"), max_length=7)
    posted_on = models.DateField(_("posting date"), null=True, blank=True)
    supplier = models.CharField(_("supplier"), max_length=200, blank=True)
    task = models.ForeignKey("work.Task", models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("task"))
    status = models.CharField(_("status"), max_length=10, choices=Status.choices, default=Status.DRAFT)
    # the day-labour sheet whose cost this is: written when both sides have confirmed it, typed in nowhere
    sheet = models.ForeignKey("labour.Sheet", models.SET_NULL, null=True, editable=False, related_name="cost_lines", verbose_name=_("day-labour sheet"))

    class Meta(ProjectModel.Meta):
        verbose_name = _("cost line")
        verbose_name_plural = _("cost lines")
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=("project", "number"), name="cost_line_number_once"),
            models.UniqueConstraint(fields=("sheet",), condition=~models.Q(status="reversed"), name="cost_of_a_sheet_once"),
        ]
        indexes: ClassVar[list[Any]] = [
            models.Index(fields=("project", "period"), name="cost_by_period"),
            models.Index(fields=("tenant", "-id"), name="cost_newest"),
            models.Index(fields=("tenant", "-period", "number", "id"), name="cost_in_order"),
            extra_index("cost_by_more"),
        ]

    def __str__(self) -> str:
        return f"{self.number} {self.description}"

    def belong(self) -> None:
        """A line without a currency takes its project's."""
        super().belong()
        self.currency = self.currency or self.project.currency


class Rate(TenantModel):
    """What one unit of a currency is worth in another from a day on, until the next such day."""

    currency = models.CharField(_("currency"), max_length=3, choices=[(code, code) for code in currencies])
    base = models.CharField(_("in"), max_length=3, default="CNY", choices=[(code, code) for code in currencies])
    on = models.DateField(_("from"))
    rate = models.DecimalField(_("rate"), max_digits=18, decimal_places=8, help_text=_("How many units of the second currency one unit of the first is worth."))

    class Meta(TenantModel.Meta):
        verbose_name = _("exchange rate")
        verbose_name_plural = _("exchange rates")
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=("tenant", "currency", "base", "on"), name="rate_of_a_day_once"),
            models.CheckConstraint(condition=models.Q(rate__gt=0), name="rate_above_zero"),
            models.CheckConstraint(condition=~models.Q(currency=models.F("base")), name="rate_of_two_currencies"),
        ]

    def __str__(self) -> str:
        return f"{self.currency}/{self.base} {self.on}"


class Package(ProjectModel):
    """A work package: a branch of the WBS whose budget is earned by one method. Work outside every package earns by physical progress."""

    class Method(models.TextChoices):
        PHYSICAL = "physical", _("Physical progress")
        ZERO_HUNDRED = "0/100", _("0/100: when finished")
        FIFTY_FIFTY = "50/50", _("50/50: half at the start")
        MILESTONES = "weighted_milestones", _("Weighted milestones")
        UNITS = "units", _("Units done")
        EFFORT = "level_of_effort", _("Level of effort")

    money = Money(
        ("budget",),
        stays=_("Work packages of this project have budgets in %(before)s, which would be read as %(after)s. Empty these budgets first, or keep the currency."),
    )

    code = models.CharField(_("code"), max_length=40, validators=[code_rule])
    name = models.CharField(_("name"), max_length=200)
    task = models.ForeignKey("work.Task", models.CASCADE, related_name="+", verbose_name=_("task"), help_text=_("Everything below it belongs to the package."))
    method = models.CharField(_("earning method"), max_length=20, choices=Method.choices, default=Method.PHYSICAL)
    budget = models.DecimalField(
        _("budget"),
        max_digits=18,
        decimal_places=2,
        null=True,
        blank=True,
        help_text=_("Left empty, the planned cost lines of its tasks are the budget."),
        validators=[MinValueValidator(0)],
    )
    units_planned = models.DecimalField(_("units planned"), max_digits=14, decimal_places=3, null=True, blank=True, validators=[MinValueValidator(0)])
    units_done = models.DecimalField(_("units done"), max_digits=14, decimal_places=3, default=Decimal(0), validators=[MinValueValidator(0)])

    class Meta(ProjectModel.Meta):
        verbose_name = _("work package")
        verbose_name_plural = _("work packages")
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=("project", "code"), name="package_code_once"),
            models.UniqueConstraint(fields=("task",), name="package_of_task_once"),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.name}"


class PackageMilestone(ProjectModel):
    """A milestone by which a package earns, with its weight."""

    project_from: ClassVar[str] = "package"

    package = models.ForeignKey(Package, models.CASCADE, related_name="milestones", verbose_name=_("work package"))
    milestone = models.ForeignKey("work.Task", models.CASCADE, related_name="+", verbose_name=_("milestone"))
    weight = models.DecimalField(_("weight"), max_digits=9, decimal_places=2, default=Decimal(1))

    class Meta(ProjectModel.Meta):
        verbose_name = _("weighted milestone")
        verbose_name_plural = _("weighted milestones")
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=("package", "milestone"), name="package_milestone_once"),
            models.CheckConstraint(condition=models.Q(weight__gt=0), name="package_milestone_weight_above_zero"),
        ]

    def __str__(self) -> str:
        return f"{self.milestone_id} × {self.weight}"


class Snapshot(ProjectModel):
    """A period's earned value as it stood when it was frozen: written once, never changed, whatever is edited later."""

    keeps_history: ClassVar[bool] = False
    stays_on_record: ClassVar[bool] = True
    money = Money(
        ("bac", "pv", "ev", "ac"),
        stays=_(
            "Periods of this project are frozen in %(before)s and would be read as %(after)s. Keep the currency; what is in another one belongs into another project."
        ),
    )

    period = MonthField(_("period"), max_length=7)
    taken_at = models.DateTimeField(_("frozen at"), auto_now_add=True)
    taken_by = models.ForeignKey("frame.User", models.SET_NULL, null=True, related_name="+", verbose_name=_("frozen by"))
    bac = models.DecimalField(_("budget at completion"), max_digits=36, decimal_places=2)
    pv = models.DecimalField(_("planned value"), max_digits=36, decimal_places=2)
    ev = models.DecimalField(_("earned value"), max_digits=36, decimal_places=2)
    ac = models.DecimalField(_("actual cost"), max_digits=36, decimal_places=2)
    packages = models.JSONField(default=list)

    class Meta(ProjectModel.Meta):
        verbose_name = _("frozen period")
        verbose_name_plural = _("frozen periods")
        constraints: ClassVar[list[Any]] = [models.UniqueConstraint(fields=("project", "period"), name="period_frozen_once")]

    def __str__(self) -> str:
        return str(self.period)

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Once. Raises ValueError when it is there already."""
        if self.pk is not None:
            raise ValueError(f"{self.period} is frozen")
        super().save(*args, **kwargs)

"""Cost lines."""

from __future__ import annotations

from typing import Any, ClassVar

from django.core.validators import RegexValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from jingwei.frame.models import ProjectModel

period_rule = RegexValidator(r"^\d{4}-(0[1-9]|1[0-2])$", _("Write the period as year and month, such as 2026-11."))


class Line(ProjectModel):
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

    number = models.CharField(_("number"), max_length=60)
    kind = models.CharField(_("kind"), max_length=10, choices=Kind.choices, default=Kind.ACTUAL)
    account = models.CharField(_("account"), max_length=12, choices=Account.choices)
    description = models.CharField(_("description"), max_length=300)
    amount = models.DecimalField(_("amount"), max_digits=18, decimal_places=2)
    currency = models.CharField(_("currency"), max_length=3, default="CNY")
    period = models.CharField(_("period"), max_length=7, validators=[period_rule])
    posted_on = models.DateField(_("posting date"), null=True, blank=True)
    supplier = models.CharField(_("supplier"), max_length=200, blank=True)
    task = models.ForeignKey("work.Task", models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("task"))
    status = models.CharField(_("status"), max_length=10, choices=Status.choices, default=Status.DRAFT)

    class Meta(ProjectModel.Meta):
        verbose_name = _("cost line")
        verbose_name_plural = _("cost lines")
        constraints: ClassVar[list[Any]] = [models.UniqueConstraint(fields=("project", "number"), name="cost_line_number_once")]
        indexes: ClassVar[list[Any]] = [
            models.Index(fields=("project", "period"), name="cost_by_period"),
            models.Index(fields=("tenant", "-id"), name="cost_newest"),
        ]

    def __str__(self) -> str:
        return f"{self.number} {self.description}"

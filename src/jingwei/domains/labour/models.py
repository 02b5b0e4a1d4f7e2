"""Day-labour sheets (点工单): who worked how long on what, with a photo, confirmed by the crew and by us."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from jingwei.frame.models import ProjectModel
from jingwei.frame.models.currency import Money
from jingwei.frame.models.numbers import Number
from jingwei.kernels.cents import to_cents

_in_writing = _(
    "Day-labour sheets of this project that are being written (drafts, disputed ones) have amounts in %(before)s, which would be read as %(after)s. "
    "Finish these sheets or take their workers out first, or keep the currency."
)


class Sheet(ProjectModel):
    """One crew's day on one task. Two different people confirm: the crew leader submits, our side confirms."""

    class Status(models.TextChoices):
        DRAFT = "draft", _("Draft")
        SUBMITTED = "submitted", _("Submitted by the crew")
        CONFIRMED = "confirmed", _("Confirmed by both")
        DISPUTED = "disputed", _("Disputed")
        SETTLED = "settled", _("Settled")

    numbered = Number("number", "DL-{work_date:%Y%m%d}-{n:02d}")
    written_in: ClassVar[tuple[str, ...]] = (Status.DRAFT, Status.DISPUTED)  # the states in which the crew writes
    money = Money(("total_amount",), own="currency", written={"status": written_in}, stays=_in_writing)

    number = models.CharField(_("number"), max_length=60, blank=True, help_text=_("Left empty, the next number of the day is given."))
    # what a phone calls its draft, so that sending it twice writes it once
    client_key = models.CharField(max_length=40, blank=True, editable=False)
    work_date = models.DateField(_("work date"))
    team = models.ForeignKey("directory.Team", models.PROTECT, related_name="+", verbose_name=_("crew"))
    task = models.ForeignKey("work.Task", models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("task"))
    place = models.CharField(_("place"), max_length=200, blank=True)
    description = models.TextField(_("work done"))
    photo = models.ImageField(_("photo"), upload_to="labour/%Y/%m/", blank=True)
    status = models.CharField(_("status"), max_length=10, choices=Status.choices, default=Status.DRAFT, editable=False)
    submitted_by = models.ForeignKey("frame.User", models.SET_NULL, null=True, editable=False, related_name="+", verbose_name=_("submitted by"))
    submitted_at = models.DateTimeField(_("submitted at"), null=True, editable=False)
    confirmed_by = models.ForeignKey("frame.User", models.SET_NULL, null=True, editable=False, related_name="+", verbose_name=_("confirmed by"))
    confirmed_at = models.DateTimeField(_("confirmed at"), null=True, editable=False)
    dispute = models.TextField(_("reason of dispute"), blank=True)
    total_hours = models.DecimalField(_("total hours"), max_digits=9, decimal_places=2, default=Decimal(0), editable=False)
    total_amount = models.DecimalField(_("total amount"), max_digits=18, decimal_places=2, default=Decimal(0), editable=False)
    # in which the crew has submitted it first: the project may go over to another one before it is confirmed
    currency = models.CharField(_("currency"), max_length=3, blank=True, editable=False)

    class Meta(ProjectModel.Meta):
        verbose_name = _("day-labour sheet")
        verbose_name_plural = _("day-labour sheets")
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=("project", "number"), name="sheet_number_once"),
            models.UniqueConstraint(fields=("project", "client_key"), name="sheet_of_phone_once", condition=~models.Q(client_key="")),
        ]

    def __str__(self) -> str:
        return f"{self.number} {self.work_date}"

    @property
    def standing(self) -> str:
        """Whose day it was, and why it came back where it did."""
        team = self.team.name if self.team_id else ""
        return " · ".join(filter(None, (team, str(self.work_date), self.dispute if self.status == self.Status.DISPUTED else "")))


class SheetLine(ProjectModel):
    """One worker on a sheet."""

    project_from: ClassVar[str] = "sheet"
    money = Money(("rate",), own="sheet__currency", written={"sheet__status": Sheet.written_in}, stays=_in_writing)

    sheet = models.ForeignKey(Sheet, models.CASCADE, related_name="lines", verbose_name=_("sheet"))
    worker = models.CharField(_("worker"), max_length=80)
    trade = models.CharField(_("trade"), max_length=80)
    hours = models.DecimalField(_("hours"), max_digits=5, decimal_places=2)
    rate = models.DecimalField(_("rate per hour"), max_digits=9, decimal_places=2)

    class Meta(ProjectModel.Meta):
        verbose_name = _("sheet line")
        verbose_name_plural = _("sheet lines")
        constraints: ClassVar[list[Any]] = [
            models.CheckConstraint(condition=models.Q(hours__gt=0, hours__lte=24), name="sheet_line_hours_in_a_day"),
            models.CheckConstraint(condition=models.Q(rate__gte=0), name="sheet_line_rate_not_negative"),
        ]

    def __str__(self) -> str:
        return f"{self.worker} {self.hours} h"

    def _amount(self) -> Decimal:
        """Hours times rate, to the cent."""
        return to_cents(self.hours * self.rate)

    _amount.short_description = _("amount")  # type: ignore[attr-defined]
    amount = property(_amount)

"""Calendars in layers: the organisation's, a project's, a person's; the later layer's exceptions override. Calendars for tasks stand alone."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from jingwei.frame.models import TenantModel


class Calendar(TenantModel):
    """Working hours of a week. `week` = {"0": [[540, 720], [780, 1080]], …} minutes since midnight, Monday is 0; empty = inherit."""

    place_path: ClassVar[str] = "project_id"

    class Layer(models.TextChoices):
        COMPANY = "company", _("Organisation")
        PROJECT = "project", _("Project")
        PERSON = "person", _("Person")
        TASK = "task", _("Tasks that name it")

    name = models.CharField(_("name"), max_length=120)
    layer = models.CharField(_("layer"), max_length=10, choices=Layer.choices, default=Layer.COMPANY)
    project = models.ForeignKey("frame.Project", models.CASCADE, null=True, blank=True, related_name="+", verbose_name=_("project"))
    person = models.ForeignKey("directory.Person", models.CASCADE, null=True, blank=True, related_name="+", verbose_name=_("person"))
    week = models.JSONField(_("week pattern"), default=dict, blank=True)
    follows_holidays = models.BooleanField(_("Chinese public holidays and make-up days"), default=True)

    class Meta(TenantModel.Meta):
        verbose_name = _("calendar")
        verbose_name_plural = _("calendars")
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=("tenant", "name"), name="calendar_name_once"),
            models.UniqueConstraint(
                fields=("tenant", "layer", "project", "person"),
                name="calendar_of_layer_once",
                nulls_distinct=False,
                condition=~models.Q(layer__in=("company", "task")),
            ),
        ]

    def __str__(self) -> str:
        return self.name


class CalendarException(TenantModel):
    """Days that differ, one or a span: no shifts = nobody works; shifts = those hours are worked."""

    place_path: ClassVar[str] = "calendar__project_id"

    calendar = models.ForeignKey(Calendar, models.CASCADE, related_name="exceptions", verbose_name=_("calendar"))
    on_date = models.DateField(_("date"))
    until = models.DateField(_("last day"), null=True, blank=True, help_text=_("Empty = only that date."))
    shifts = models.JSONField(_("shifts"), default=list, blank=True)
    note = models.CharField(_("note"), max_length=120, blank=True)

    class Meta(TenantModel.Meta):
        verbose_name = _("calendar exception")
        verbose_name_plural = _("calendar exceptions")
        constraints: ClassVar[list[Any]] = [models.UniqueConstraint(fields=("calendar", "on_date"), name="exception_once")]

    def __str__(self) -> str:
        return f"{self.span} {self.note}"

    @property
    def span(self) -> str:
        """Its first and last day."""
        return f"{self.on_date}" if self.until in (None, self.on_date) else f"{self.on_date} – {self.until}"

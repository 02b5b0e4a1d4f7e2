"""What is not as it should be: when a watched condition began and ended, and when a duty of the day was last done."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from jingwei.frame.models.scoped import TenantModel


class Alarm(TenantModel):
    """A row that is in a watched condition, from `created_at` until `ended_at`. Told in both languages, as it was when it began."""

    keeps_history: ClassVar[bool] = False
    passes: ClassVar[bool] = True
    place_path: ClassVar[str] = "project_id"

    class Level(models.TextChoices):
        NOTE = "note", _("Note")
        WARNING = "warning", _("Warning")
        ALARM = "alarm", _("Alarm")

    watch = models.CharField(max_length=80)
    resource = models.CharField(max_length=80)
    row_id = models.BigIntegerField()
    project = models.ForeignKey("frame.Project", models.CASCADE, null=True, related_name="+")
    level = models.CharField(max_length=8, choices=Level.choices)
    title_zh = models.CharField(max_length=300)
    title_en = models.CharField(max_length=300)
    url = models.CharField(max_length=500)
    ended_at = models.DateTimeField(null=True)

    class Meta(TenantModel.Meta):
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=("tenant", "watch", "row_id"), condition=models.Q(ended_at=None), name="alarm_open_once"),
        ]
        indexes: ClassVar[list[Any]] = [models.Index(fields=("tenant", "-created_at"), name="alarms_newest")]


class DutyDone(models.Model):
    """When a duty of the day was last done for an organisation; kept, so that what a stopped server missed is caught up once."""

    tenant = models.ForeignKey("frame.Tenant", models.CASCADE, related_name="+")
    name = models.CharField(max_length=80)
    done_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar[list[Any]] = [models.UniqueConstraint(fields=("tenant", "name"), name="duty_once")]

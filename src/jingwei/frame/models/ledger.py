"""What the machinery writes down itself: history (by trigger), demands (work that must be done once more)."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from jingwei.frame.models.kept import KeptField
from jingwei.frame.models.scoped import ScopedManager


class History(models.Model):
    """One change of one row: who, when, why, through what, before and after. Written by trigger, never by hand, never changed."""

    class Action(models.TextChoices):
        INSERT = "I", _("created")
        UPDATE = "U", _("changed")
        DELETE = "D", _("deleted")

    project_path: ClassVar[str] = ""
    place_path: ClassVar[str] = "project_id"
    id = models.BigAutoField(primary_key=True)
    tenant = models.ForeignKey("frame.Tenant", models.CASCADE, related_name="+", db_constraint=False)
    project_id = models.BigIntegerField(null=True)
    resource = models.CharField(max_length=80)
    object_id = models.BigIntegerField()
    action = models.CharField(max_length=1, choices=Action.choices)
    at = models.DateTimeField()
    actor_id = models.BigIntegerField(null=True)
    origin = models.CharField(max_length=80, blank=True)
    reason = models.TextField(blank=True)
    trace = models.CharField(max_length=64, blank=True)
    before = KeptField(null=True)
    after = KeptField(null=True)
    # xid8 of the writing transaction: readers take only rows below the oldest running one, so none is ever skipped
    written_by = models.DecimalField(max_digits=20, decimal_places=0)

    objects = ScopedManager()
    unscoped = models.Manager()

    class Meta:
        verbose_name = _("history")
        verbose_name_plural = _("history")
        indexes: ClassVar[list[Any]] = [
            models.Index(fields=("tenant", "resource", "object_id", "-id"), name="history_of_one"),
            models.Index(fields=("tenant", "resource", "written_by", "id"), name="history_feed"),
            models.Index(fields=("tenant", "project_id", "-id"), name="history_of_project"),
            models.Index(fields=("tenant", "trace"), name="history_of_trace"),
        ]


class Demand(models.Model):
    """Work that must be done (again) for a key. Appended with the data that causes it, removed by the job that does it, so a
    storm of causes folds into one job and a crash forgets none."""

    id = models.BigAutoField(primary_key=True)
    tenant = models.ForeignKey("frame.Tenant", models.CASCADE, related_name="+", db_constraint=False)
    job = models.CharField(max_length=100)
    key = models.CharField(max_length=100)
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        indexes: ClassVar[list[Any]] = [models.Index(fields=("job", "tenant", "key", "id"), name="demand_of_key")]


class GrowthSample(models.Model):
    """How large a table was on a day, for the whole installation: from two of them follows how fast it grows."""

    id = models.BigAutoField(primary_key=True)
    on = models.DateField()
    name = models.CharField(max_length=80)
    bytes = models.BigIntegerField()
    rows = models.BigIntegerField()

    class Meta:
        constraints: ClassVar[list[Any]] = [models.UniqueConstraint(fields=("on", "name"), name="growth_sample_once")]


class Counter(models.Model):
    """The last number that was given of a kind: it only rises, so no number is ever given twice."""

    passes: ClassVar[bool] = True  # where it is gone, counting begins behind the rows that are there
    id = models.BigAutoField(primary_key=True)
    tenant = models.ForeignKey("frame.Tenant", models.CASCADE, related_name="+")
    project = models.ForeignKey("frame.Project", models.CASCADE, null=True, related_name="+")
    key = models.CharField(max_length=200)
    last = models.BigIntegerField()

    class Meta:
        constraints: ClassVar[list[Any]] = [models.UniqueConstraint(fields=("tenant", "project", "key"), name="counter_once", nulls_distinct=False)]

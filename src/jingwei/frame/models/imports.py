"""A file on its way in, and which columns a person took for which fields."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models

from jingwei.frame.models.scoped import TenantModel


class ImportFile(TenantModel):
    """A sheet that somebody brings: sealed, its owner's, and forgotten after a day. `chosen` is what was said of it so far, `trial` the sealed report of
    what it would do (or did), `outcome` what became of it: {"applied", "counts", "trace"}."""

    keeps_history: ClassVar[bool] = False

    user = models.ForeignKey("frame.User", models.CASCADE, related_name="+")
    # as long work says what it is about
    resource = models.CharField(max_length=80)
    verb = models.CharField(max_length=40)
    projects = ArrayField(models.BigIntegerField(), null=True)
    limits = models.JSONField(default=list)
    name = models.CharField(max_length=200)
    size = models.PositiveIntegerField()
    sealed = models.BinaryField()
    chosen = models.JSONField(default=dict)
    trial = models.BinaryField(null=True)
    work_id = models.BigIntegerField(null=True)
    outcome = models.JSONField(default=dict)

    class Meta(TenantModel.Meta):
        indexes: ClassVar[list[Any]] = [models.Index(fields=("user", "resource", "-created_at"), name="import_files_of_user")]

    def __str__(self) -> str:
        return self.name


class ImportColumns(TenantModel):
    """What a person took the columns of a sheet with these headings for, the last time."""

    keeps_history: ClassVar[bool] = False

    user = models.ForeignKey("frame.User", models.CASCADE, related_name="+")
    resource = models.CharField(max_length=80)
    print = models.CharField(max_length=64)
    columns = models.JSONField(default=dict)
    fixed = models.JSONField(default=dict)

    class Meta(TenantModel.Meta):
        constraints: ClassVar[list[Any]] = [models.UniqueConstraint(fields=("tenant", "user", "resource", "print"), name="columns_once")]

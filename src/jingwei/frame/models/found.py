"""What search looks through: the words of every row, kept by the database itself, and how far they were taken over from rows of before."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models


class SearchLine(models.Model):
    """The words of one row. Triggers write it in the transaction of the row (records/searchable.py), and `jingwei_search` reads it: the application
    itself may do neither. Without foreign keys, so that a bulk load is not asked for them once more."""

    tenant_id = models.BigIntegerField()
    project_id = models.BigIntegerField(null=True)
    resource = models.CharField(max_length=80)
    row_id = models.BigIntegerField()
    code = models.CharField(max_length=200, db_collation="C")
    title = models.CharField(max_length=200, db_collation="C")
    label = models.CharField(max_length=400)
    body = models.TextField()
    at = models.DateTimeField()

    class Meta:
        db_table = "frame_search"
        constraints: ClassVar[list[Any]] = [models.UniqueConstraint(fields=("resource", "row_id"), name="search_row_once")]
        indexes: ClassVar[list[Any]] = [
            models.Index(fields=("tenant_id", "resource", "-at"), name="search_newest"),
            models.Index(fields=("tenant_id", "resource", "code"), name="search_code"),
            models.Index(fields=("tenant_id", "resource", "title"), name="search_title"),
        ]


class SearchFill(models.Model):
    """How far the rows of a kind were taken over since its search was declared so: those up to the id `behind`, or all."""

    resource = models.CharField(max_length=80, unique=True)
    declared = models.CharField(max_length=32)
    behind = models.BigIntegerField(default=0)
    is_full = models.BooleanField(default=False)

    class Meta:
        db_table = "frame_searchfill"

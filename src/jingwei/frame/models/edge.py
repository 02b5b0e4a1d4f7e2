"""Edges: what joins one row to another by a declared trace, with the print of both as they were when somebody last looked."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from jingwei.frame.models.scoped import TenantModel


class Edge(TenantModel):
    """A source and a target by their resources and ids. It belongs where its ends are, and counts while both of them stand: rows that come back by undo find theirs again."""

    trace = models.CharField(max_length=40)
    source = models.CharField(max_length=80)
    source_id = models.BigIntegerField()
    target = models.CharField(max_length=80)
    target_id = models.BigIntegerField()
    source_print = models.CharField(max_length=64)
    target_print = models.CharField(max_length=64)
    confirmed_by = models.ForeignKey("frame.User", models.SET_NULL, null=True, related_name="+")
    confirmed_at = models.DateTimeField()

    class Meta(TenantModel.Meta):
        verbose_name = _("trace")
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=("tenant", "trace", "source", "source_id", "target", "target_id"), name="edge_once"),
        ]
        indexes: ClassVar[list[Any]] = [
            models.Index(fields=("tenant", "target", "target_id"), name="edges_to"),
            models.Index(fields=("tenant", "source", "source_id"), name="edges_from"),
        ]

"""Lists by tag: which words stand on rows that one may see, and the rows that bear one."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models import Exists, OuterRef

from jingwei.frame.models import Tag, Tagging
from jingwei.frame.records.resource import Resource
from jingwei.frame.rights.access import Access


def seen(resource: Resource, access: Access, most: int = 200) -> list[Tag]:
    """The tags on rows that these rights show: a word of another project is not told."""
    rows = resource.seen(access).order_by().values("pk")
    borne = Tagging.objects.filter(resource=resource.key, row_id__in=rows, tag=OuterRef("pk"))
    return list(Tag.objects.filter(Exists(borne)).order_by("word")[:most])


def narrowed(rows: models.QuerySet[Any], resource: Resource, word: str) -> models.QuerySet[Any]:
    """Those rows that bear the tag."""
    return rows.filter(Exists(Tagging.objects.filter(resource=resource.key, row_id=OuterRef("pk"), tag__word__iexact=word)))

"""How much room an organisation's files take on the disk, and whether more may come: attachments, also removed ones until their history is forgotten, and versions of documents."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.db.models import BigIntegerField, F, Max, Sum
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Cast
from django.utils.translation import gettext as _

from jingwei.frame import environment, scope
from jingwei.frame.models import Attachment, DocumentVersion, History


def taken() -> int:
    """Bytes, wherever in the organisation they belong. Three statements."""
    tenant = scope.current().tenant_id
    attached = Attachment.unscoped.filter(tenant_id=tenant)
    removed = History.unscoped.filter(tenant_id=tenant, resource=Attachment._meta.label_lower, action=History.Action.DELETE)
    gone = (
        removed.exclude(object_id__in=attached.values("pk")).values("object_id").annotate(kept=Max(Cast(KeyTextTransform("size", "before"), BigIntegerField())))
    )
    versions = DocumentVersion.unscoped.filter(tenant_id=tenant)
    sums = (attached.aggregate(total=Sum("size")), gone.aggregate(total=Sum("kept")), versions.aggregate(total=Sum(F("docx_size") + F("pdf_size"))))
    return sum(int(each["total"] or 0) for each in sums)


def require(more: int) -> None:
    """Raise ValidationError when so many bytes more would be too much."""
    most = environment.number("JINGWEI_FILES_MB")
    if taken() + more > most * 1_000_000:
        text = _(
            "The organisation's files would take more than %(most)s MB. Ask the operator for more room: a removed file keeps its own until its history is forgotten."
        )
        raise ValidationError(text % {"most": most})

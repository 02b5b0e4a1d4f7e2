"""Documents: what people wrote into one, and the versions of it that were made."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from jingwei.frame.models.scoped import ProjectModel


class DocumentModel(ProjectModel):
    """Of one document of a project, or of one row of it; `row_id` is 0 where the document is the project's own."""

    document = models.CharField(max_length=80)
    row_id = models.BigIntegerField(default=0)

    class Meta(ProjectModel.Meta):
        abstract = True


class DocumentText(DocumentModel):
    """What people wrote into a section, as Markdown; what it said before is in its history."""

    section = models.CharField(max_length=40)
    text = models.TextField(_("text"), blank=True)
    by = models.ForeignKey("frame.User", models.SET_NULL, null=True, related_name="+")

    class Meta(DocumentModel.Meta):
        verbose_name = _("text of a document")
        verbose_name_plural = _("texts of documents")
        constraints: ClassVar[list[Any]] = [models.UniqueConstraint(fields=("project", "document", "row_id", "section"), name="document_text_once")]

    def __str__(self) -> str:
        return f"{self.document} {self.section}"


class DocumentVersion(DocumentModel):
    """A document as it was made. `print` is the fingerprint of what it said; `shown` and `withheld` are the further rights that it was made with and without."""

    class Status(models.TextChoices):
        DRAFT = "draft", _("Draft")
        FINAL = "final", _("Final")

    number = models.PositiveIntegerField(_("version"))
    language = models.CharField(max_length=10)
    status = models.CharField(_("status"), max_length=5, choices=Status.choices, default=Status.DRAFT)
    print = models.CharField(max_length=64)
    shown = models.JSONField(default=list)
    withheld = models.JSONField(default=list)
    by = models.ForeignKey("frame.User", models.SET_NULL, null=True, related_name="+", verbose_name=_("made by"))
    said_at = models.DateTimeField(_("made at"))  # when it was begun to be read what it says
    docx = models.FileField(upload_to="documents/%Y/%m/")
    pdf = models.FileField(upload_to="documents/%Y/%m/")
    docx_size = models.BigIntegerField()
    pdf_size = models.BigIntegerField()

    class Meta(DocumentModel.Meta):
        verbose_name = _("version of a document")
        verbose_name_plural = _("versions of documents")
        constraints: ClassVar[list[Any]] = [models.UniqueConstraint(fields=("project", "document", "row_id", "number"), name="document_version_once")]

    def __str__(self) -> str:
        return f"{self.document} {self.number}"

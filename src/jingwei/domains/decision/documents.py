"""The decisions of a project as a document."""

from collections.abc import Iterator
from typing import Any

from django.utils.translation import gettext_lazy as _

from jingwei.domains.decision.models import Decision
from jingwei.frame.documents import Asked, Authored, Column, Document, TableOf

columns = (
    Column(_("code"), 0.7),
    Column(_("title"), 1.5),
    Column(_("decision"), 3),
    Column(_("status"), 0.9),
    Column(_("decided at"), 1.1),
    Column(_("review on"), 1),
)


def log(asked: Asked) -> Iterator[tuple[Any, ...]]:
    """Every decision, the newest first."""
    for each in Decision.objects.filter(project=asked.project).order_by("-id"):
        yield each.code, each.title, each.choice, each.get_status_display(), each.decided_at, each.review_on


table = TableOf("decisions", _("Decisions"), columns, log)
Document(
    "decision.log",
    _("Decision log"),
    permission="decision.decision.export",
    edits="decision.decision.change",
    follows=("decision.decision",),
    icon="scale",
    sections=(Authored("remarks", _("Remarks")), table),
)

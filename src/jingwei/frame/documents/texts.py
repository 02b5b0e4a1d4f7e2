"""What people write into a document: under the version that they have seen, with what it said before."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from jingwei.frame.documents.declaration import Asked, Authored, Document, require_edit
from jingwei.frame.models import DocumentText, History, User
from jingwei.frame.models.values import problem_with
from jingwei.frame.postgres import locks
from jingwei.frame.records.commands import Stale

longest = 20_000
past_at_most = 20


@dataclass(frozen=True, slots=True)
class Past:
    """What a section said until a moment, and who changed it then."""

    section: str
    text: str
    until: datetime
    by: str


def section_of(document: Document, asked: Asked, key: str) -> Authored:
    """The section that people write. Raises LookupError when there is none of that key for these eyes."""
    found = next((each for each in document.authored if each.key == key), None)
    if found is None or (found.permission and not asked.may(found.permission)):
        raise LookupError(key)
    return found


@transaction.atomic
def write(document: Document, asked: Asked, key: str, text: str, seen: int) -> DocumentText:
    """Write a section. `seen` is the version of the text that was looked at (0: there was none). Raises PermissionDenied, LookupError, ValidationError, Stale."""
    require_edit(document, asked)
    section = section_of(document, asked, key)
    text = text.replace("\r\n", "\n").strip()
    if (problem := problem_with(DocumentText._meta.get_field("text"), text)) is not None:
        raise ValidationError({"text": problem})
    if len(text) > longest:
        raise ValidationError({"text": _("“%(section)s” is longer than %(most)s characters. Shorten it.") % {"section": section.title, "most": longest}})
    row_id = asked.row.pk if asked.row is not None else 0
    locks.hold(f"document {asked.project.pk} {document.key} {row_id}")
    row: DocumentText | None = DocumentText.objects.filter(project=asked.project, document=document.key, row_id=row_id, section=key).first()
    if (row.version if row is not None else 0) != seen:
        raise Stale(row)
    if row is None:
        row = DocumentText(project=asked.project, document=document.key, row_id=row_id, section=key)
    elif row.text == text:
        return row
    row.text, row.by_id = text, asked.access.user_id
    row.save()
    return row


def past(rows: dict[str, DocumentText]) -> list[Past]:
    """What these texts said before, the newest first; as long as history is kept."""
    sections = {row.pk: key for key, row in rows.items()}
    lines = History.objects.filter(resource="frame.documenttext", object_id__in=sections, action=History.Action.UPDATE, before__has_key="text").order_by("-id")[
        :past_at_most
    ]
    names = {user.pk: str(user) for user in User.objects.filter(pk__in={line.actor_id for line in lines})}
    return [Past(sections[line.object_id], str((line.before or {})["text"]), line.at, names.get(line.actor_id or 0, "–")) for line in lines]


def as_plain(row: DocumentText | None) -> dict[str, Any]:
    """A text with what a form or a program needs to change it."""
    return {"text": row.text if row else "", "version": row.version if row else 0, "by": row.by if row else None, "at": row.updated_at if row else None}

"""What stands on the first page of a document, whichever file it is made into."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from django.utils import timezone
from django.utils.translation import gettext as _

from jingwei.frame.documents.declaration import Asked, Document
from jingwei.frame.documents.saying import Said, printable
from jingwei.frame.models import DocumentVersion, User


@dataclass(frozen=True, slots=True)
class Cover:
    """Title, what it is about, a line that names the version, and (label, value) pairs; `note` says what may be missing."""

    title: str
    about: str
    line: str
    pairs: tuple[tuple[str, str], ...]
    note: str


def cover_of(document: Document, asked: Asked, said: Said, *, number: int, status: str, made_at: datetime, by: User | None) -> Cover:
    """The cover of a version, in the language of the moment."""
    project = asked.project
    about = f"{project.code} {project.name}" + (f" · {asked.row}" if asked.row is not None else "")
    state = str(DocumentVersion.Status(status).label)
    day = timezone.localtime(made_at, ZoneInfo(project.zone)).strftime("%Y-%m-%d %H:%M")
    pairs = (
        (_("Project"), f"{project.code} {project.name}"), (_("Version"), str(number)), (_("Status"), state), (_("Date"), day), (_("Made by"), str(by or "–")),
    )  # fmt: skip
    note = _("Made with limited rights: what its maker may not see does not stand in it.") if said.withheld else ""
    return Cover(
        printable(str(document.title)), printable(about), _("Version %(number)s · %(state)s") % {"number": number, "state": state},
        tuple((label, printable(value)) for label, value in pairs), note,
    )  # fmt: skip

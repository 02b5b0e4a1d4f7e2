"""Files of a row: what may come in, how it is kept (once a row, by its SHA-256), and how it goes out again."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import UploadedFile
from django.http import FileResponse, Http404
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from jingwei.frame import environment
from jingwei.frame.carried import room, scanning, watch
from jingwei.frame.carried.rights import carried_by, locked, require
from jingwei.frame.models import Attachment
from jingwei.frame.postgres import locks
from jingwei.frame.records.resource import Resource
from jingwei.frame.records.turns import in_turn
from jingwei.frame.rights.access import Access
from jingwei.frame.telling.notices import Notice
from jingwei.frame.walls import confined
from jingwei.kernels import filekinds

attached = Notice("row.file", gettext_lazy("%(who)s attached %(names)s to %(row)s"), gettext_lazy("Files at what I follow"))
of_row_at_most = 200
_pictures = ("image/png", "image/jpeg", "image/webp")


@dataclass(frozen=True, slots=True)
class Checked:
    """A file that may come in: its tidy name, kind, fingerprint, content, and a small JPEG when it is a picture that could be read."""

    name: str
    kind: str
    sha256: str
    content: bytes
    small: bytes


def of_row(resource: Resource, row: Any) -> Any:
    """The files of a row with who brought them; the newest first."""
    return carried_by(Attachment, resource, row).select_related("by").order_by("-created_at", "-id")


def attach(resource: Resource, row: Any, uploads: list[UploadedFile[Any]], access: Access) -> list[Attachment]:
    """Attach files, all or none; one that the row has already is not kept twice. ValidationError at `file` names the file and the mend."""
    require(access, resource, row, "files")
    if not uploads:
        raise ValidationError({"file": _("Choose a file first.")})
    in_turn(locked)(resource, row)  # a row that is fixed hears so before anything is read
    return _attached(resource, row, [checked(upload) for upload in uploads], access)


@in_turn
def _attached(resource: Resource, row: Any, given: list[Checked], access: Access) -> list[Attachment]:
    current = locked(resource, row)
    require(access, resource, current, "files")  # it may have moved while the files were read
    locks.hold(f"files {row.tenant_id}")
    _check_room(resource, row, given)
    made = [_kept(resource, row, each, access) for each in given]
    fresh = [attachment.name for attachment, is_new in made if is_new]
    if fresh:
        watch.tell(resource, current, attached, who=watch.name_of_me(), names=", ".join(fresh)[:120], row=str(current)[:120])
    return [attachment for attachment, _is_new in made]


def checked(upload: UploadedFile[Any]) -> Checked:
    """Whether it may come in: its size, what it is, what the scanner says."""
    most = environment.number("JINGWEI_FILE_MB")
    name = filekinds.tidy_name(str(upload.name or ""))
    if (upload.size or 0) > most * 1_000_000:
        raise ValidationError({"file": _("“%(name)s” is larger than %(most)s MB. Make it smaller, or split it.") % {"name": name, "most": most}})
    content = upload.read()
    if not content:
        raise ValidationError({"file": _("“%(name)s” is empty. Choose another file.") % {"name": name}})
    if filekinds.is_program(content, name):
        raise ValidationError(
            {"file": _("“%(name)s” is a program. Programs are not attached; put it into an archive that is checked elsewhere.") % {"name": name}}
        )
    scanning.check(content)
    kind = filekinds.kind_of(content)
    return Checked(name, kind, hashlib.sha256(content).hexdigest(), content, _small(kind, content))


def _small(kind: str, content: bytes) -> bytes:
    """Nothing for what is no picture, or one that we cannot read within limits: such a file is never shown, only handed out."""
    if kind not in _pictures:
        return b""
    try:
        return bytes(confined.run("jingwei.kernels.pictures:small", content))
    except ValidationError:
        return b""


def _check_room(resource: Resource, row: Any, given: list[Checked]) -> None:
    if carried_by(Attachment, resource, row).count() + len(given) > of_row_at_most:
        raise ValidationError({"file": _("At most %(most)s files a row. Remove some first.") % {"most": of_row_at_most}})
    try:
        room.require(sum(len(each.content) for each in given))
    except ValidationError as problem:
        raise ValidationError({"file": problem.messages}) from problem


def _kept(resource: Resource, row: Any, given: Checked, access: Access) -> tuple[Attachment, bool]:
    """The attachment, and whether it is new."""
    same = carried_by(Attachment, resource, row).filter(sha256=given.sha256).first()
    if same is not None:
        return same, False
    stored = secrets.token_hex(16)
    made = Attachment(
        resource=resource.key, row_id=row.pk, by_id=access.user_id, name=given.name, kind=given.kind, size=len(given.content), sha256=given.sha256,
        file=ContentFile(given.content, stored), thumbnail=ContentFile(given.small, f"{stored}.jpg") if given.small else "",
    )  # fmt: skip
    made.save()
    return made, True


@in_turn
def remove(resource: Resource, row: Any, attachment: Attachment, access: Access) -> None:
    """Take a file from a row; undo brings it back."""
    require(access, resource, row, "files")
    locked(resource, row)
    carried_by(Attachment, resource, row).filter(pk=attachment.pk).delete()


def is_shown(attachment: Attachment) -> bool:
    """Whether a browser may show it: pictures that we could read ourselves, and PDF. Everything else is handed out to be kept."""
    return bool(attachment.thumbnail) or attachment.kind == "application/pdf"


def answer(attachment: Attachment, *, is_small: bool = False, is_saved: bool = False) -> FileResponse:
    """The file, or its thumbnail, as an answer that no browser takes for a page of ours."""
    stored = attachment.thumbnail if is_small else attachment.file
    if not stored:
        raise Http404
    inline = (is_small or is_shown(attachment)) and not is_saved
    kind = ("image/jpeg" if is_small else attachment.kind) if inline else filekinds.unknown
    try:
        told = FileResponse(stored.open("rb"), as_attachment=not inline, filename=f"{attachment.name}.jpg" if is_small else attachment.name, content_type=kind)
    except FileNotFoundError:
        raise Http404 from None
    told["X-Content-Type-Options"] = "nosniff"
    told["Cache-Control"] = "private, no-cache"
    return told

"""The draft of a mapping: one for each interface, kept as it is typed, guarded by its version, discarded with a way back. Nothing works by it."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from jingwei.frame import scope
from jingwei.frame.models import History
from jingwei.frame.models.values import whole
from jingwei.frame.records import undo
from jingwei.frame.records.commands import Stale
from jingwei.frame.records.turns import in_turn
from jingwei.frame.rights.access import Access
from jingwei.hub.models import Interface, MappingDraft


def of(interface: Interface) -> MappingDraft | None:
    """The draft there is."""
    found: MappingDraft | None = MappingDraft.objects.select_related("by", "base").filter(interface_id=interface.pk).first()
    return found


def mark(interface: Interface, draft: MappingDraft | None) -> str:
    """What a page has seen: this draft as it is now, or the version in use and no draft."""
    return f"{draft.pk}.{draft.version}" if draft is not None else f"v{interface.published_id or 0}"


def upon(draft: MappingDraft | None, seen: str) -> int:
    """The version in use that a page was begun from, by the mark of what it has seen; 0 is none."""
    if seen.startswith("v"):
        return whole(seen[1:]) or 0
    return draft.base_id or 0 if draft is not None else 0


def says(draft: MappingDraft, mapping: dict[str, Any], tables: dict[str, Any]) -> bool:
    """Whether the draft says just this."""
    return bool(draft.mapping == mapping and draft.code_tables == tables)


@in_turn
def keep(*, interface: Interface, mapping: dict[str, Any], tables: dict[str, Any], note: str = "", seen: str) -> MappingDraft:
    """Keep what was typed, whatever is wrong in it. `seen` is the mark of what it was typed upon.

    Raises Stale (with the draft there is now, or None) when somebody has kept, discarded or published something since.
    """
    row = Interface.held(interface.pk)
    draft = of(row)
    if draft is not None and says(draft, mapping, tables) and draft.note == note:
        return draft
    if mark(row, draft) != seen:
        raise Stale(draft)
    if draft is None:
        draft = MappingDraft(interface=row, tenant_id=row.tenant_id, base_id=row.published_id)
    draft.mapping, draft.code_tables, draft.note, draft.by_id = mapping, tables, note, scope.current().user_id
    draft.save()
    return draft


@in_turn
def discard(*, interface: Interface, seen: str) -> bool:
    """Throw the draft away, if it is the one that was looked at; undo brings it back. Raises Stale."""
    row = Interface.held(interface.pk)
    draft = of(row)
    if draft is None:
        return False
    if mark(row, draft) != seen:
        raise Stale(draft)
    draft.delete()
    return True


@in_turn
def finish(*, interface: Interface, mapping: dict[str, Any], tables: dict[str, Any], seen: str) -> None:
    """What was published is a draft no more; one that somebody else has written on, even in this moment, stays."""
    row = Interface.held(interface.pk)
    draft = of(row)
    if draft is not None and (says(draft, mapping, tables) or mark(row, draft) == seen):
        draft.delete()


def note_rehearsal(draft: MappingDraft, told: dict[str, Any]) -> None:
    """Keep what a dry run of this draft told; its version is that of what was typed, and stays."""
    MappingDraft.objects.filter(pk=draft.pk, version=draft.version).update(rehearsed=told, rehearsed_version=draft.version)


@in_turn
def take_back(line: History, access: Access) -> str | None:
    """Bring back a draft that was discarded; returns why not, in words, or nothing; None for what is not taken back."""
    if line.action != History.Action.DELETE:
        return None
    kept: dict[str, Any] = line.before or {}
    interface = Interface.objects.select_for_update(of=("self",), no_key=True).filter(pk=kept.get("interface_id")).first()
    if interface is None:
        return _("The interface of this draft is gone.")
    access.require("hub.interface.change", interface.project_id)
    if of(interface) is not None:
        raise ValidationError(_("Somebody has begun another draft of “%(name)s” since; the discarded one is not put over it.") % {"name": interface.name})
    back = MappingDraft(interface=interface, tenant_id=interface.tenant_id)  # under a new number: no page has seen it as it is now
    for name in ("mapping", "code_tables", "note", "by_id", "base_id"):
        setattr(back, name, kept.get(name))
    back.save(force_insert=True)
    return ""


undo.takers[MappingDraft._meta.label_lower] = take_back

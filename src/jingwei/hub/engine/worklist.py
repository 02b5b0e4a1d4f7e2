"""What waits for a person: conflicts, parked records, dead letters, held deletes; found for eyes that may see it, told as plain values."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator
from typing import Any, TypeVar
from urllib.parse import quote

from django.core.exceptions import ValidationError
from django.db.models import Count, Min, Model, QuerySet
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from jingwei.frame.rights.access import Access
from jingwei.frame.waiting import Waiting, most_of_a_kind, waits_for_me
from jingwei.hub.inbox import unpack
from jingwei.hub.models import Conflict, DeadLetter, Delivery, Interface, Link, OutboxEntry, Quarantine
from jingwei.hub.monitor.search import labels
from jingwei.hub.monitor.trace import hidden
from jingwei.hub.rights import may_see_values, require_values, visible
from jingwei.kernels import bounds

Row = TypeVar("Row", bound=Model)
_interface = ("interface", "interface__system_a", "interface__system_b", "interface__published")
raw_at_most = 200_000


def conflicts(access: Access | None, interface: Interface | None = None) -> QuerySet[Conflict]:
    """Open conflicts, newest first."""
    return _within(Conflict.objects.filter(resolved_at=None).select_related("link", *_interface), access, interface)


@waits_for_me("hub.conflicts", _("Conflicts to decide"), order=30)
def conflicts_waiting(access: Access) -> Iterator[Waiting]:
    """Interfaces with open conflicts that this person may decide."""
    return _by_interface(access, Conflict.objects.filter(resolved_at=None), "/hub/conflicts/?interface={}")


@waits_for_me("hub.quarantine", _("Records in quarantine"), order=31)
def quarantine_waiting(access: Access) -> Iterator[Waiting]:
    """Interfaces with records in quarantine that this person may mend and let in."""
    return _by_interface(access, Quarantine.objects.filter(released_at=None), "/hub/parked/?interface={}")


@waits_for_me("hub.dead_letters", _("Dead letters to settle"), order=32)
def dead_letters_waiting(access: Access) -> Iterator[Waiting]:
    """Interfaces with dead letters that this person may replay or discard."""
    return _by_interface(access, DeadLetter.objects.filter(settled_at=None), "/hub/parked/?interface={}")


@waits_for_me("hub.deletes", _("Held deletes to decide"), order=33)
def deletes_waiting(access: Access) -> Iterator[Waiting]:
    """Interfaces with deletes that wait until this person lets them pass or refuses them."""
    return _by_interface(access, OutboxEntry.objects.filter(state=OutboxEntry.State.HELD), "/hub/interfaces/{}/")


def _by_interface(access: Access, rows: QuerySet[Any], address: str) -> Iterator[Waiting]:
    """What is open, an interface a line, where this person may decide: one query."""
    places = access.projects("hub.interface.change")
    rows = rows if places is None else rows.filter(interface__project__in=places)
    names = ("interface__key", "interface__name", "interface__project__code")
    for key, name, project, count, since in rows.values_list(*names).annotate(n=Count("pk"), since=Min("created_at")).order_by("since")[:most_of_a_kind]:
        yield Waiting(name, address.format(quote(key)), project or "", since, note=gettext("%(count)s to decide") % {"count": count})


def quarantine(access: Access | None, interface: Interface | None = None) -> QuerySet[Quarantine]:
    """Records that are parked, newest first."""
    return _within(Quarantine.objects.filter(released_at=None).select_related("delivery", "link", *_interface), access, interface)


def dead_letters(access: Access | None, interface: Interface | None = None) -> QuerySet[DeadLetter]:
    """Dead letters nobody has settled, newest first."""
    return _within(DeadLetter.objects.filter(settled_at=None).select_related("entry", "entry__link", "delivery", *_interface), access, interface)


def held_deletes(interface: Interface) -> QuerySet[OutboxEntry]:
    """Deletes that wait until somebody lets them pass, oldest first."""
    return OutboxEntry.objects.filter(interface=interface, state=OutboxEntry.State.HELD).select_related("link").order_by("id")


def held_counts(interface_ids: Collection[int]) -> dict[int, int]:
    """How many deletes are held, by interface."""
    rows = OutboxEntry.objects.filter(interface_id__in=interface_ids, state=OutboxEntry.State.HELD)
    return dict(rows.values_list("interface_id").annotate(n=Count("id")).order_by())


def held_among(interfaces: Iterable[Interface]) -> list[tuple[Interface, int]]:
    """Those of these interfaces that hold deletes back, and how many each."""
    found = list(interfaces)
    counts = held_counts([each.pk for each in found])
    return [(each, counts[each.pk]) for each in found if each.pk in counts]


def _within(rows: Any, access: Access | None, interface: Interface | None) -> Any:
    rows = rows.filter(interface__in=visible(access)) if interface is None else rows.filter(interface=interface)
    return rows.order_by("-id")


def chosen(rows: QuerySet[Row], ids: Collection[int], access: Access | None, *, seeing: bool = False) -> list[Row]:
    """Exactly these rows, to be decided on. Raises ValidationError naming what is not open (or not for these eyes), PermissionDenied
    without the right to change their interface; with `seeing`, also without the right to see the values."""
    found: list[Any] = list(rows.filter(pk__in=ids))
    missing = sorted(set(ids) - {row.pk for row in found})
    if missing:
        text = ", ".join(map(str, missing[:20]))
        raise ValidationError({"ids": ValidationError(_("Nothing open has the number %(ids)s: settled already, or not yours to see."), params={"ids": text})})
    for interface in {row.interface_id: row.interface for row in found}.values() if access is not None else ():
        access.require("hub.interface.change", interface.project_id)
        if seeing:
            require_values(access, interface)
    return found


def label(link: Link | None) -> str:
    """What people call the record, from what was last seen of it."""
    for values in (link.seen_b, link.seen_a, link.base) if link is not None else ():
        for name in labels:
            if isinstance(values, dict) and values.get(name):
                return str(values[name])
    return ""


def parked_as_plain(row: Quarantine, access: Access | None, *, whole: bool = False) -> dict[str, Any]:
    """One parked record; with `whole` its values and what came in."""
    shown = may_see_values(access, row.interface)
    out: dict[str, Any] = {
        "id": row.pk, "interface": row.interface.key, "side": row.side, "record_key": row.record_key, "code": row.code, "at": row.created_at.isoformat(),
        "problems": row.problems if shown else [without_values(each) for each in row.problems], "values_hidden": not shown,
    }  # fmt: skip
    if whole:
        out |= {"values": (row.delivery.record or {}).get("values") if shown else None, "raw": raw_of(row.delivery) if shown else None}
        out |= {"source": row.delivery.source, "can_be_mended": row.delivery.record is not None}
    return out


def without_values(problem: dict[str, Any]) -> dict[str, Any]:
    """A problem for eyes that may not see values: which field and what kind; the sentence itself often quotes the value."""
    return {"field": problem.get("field"), "code": problem.get("code"), **hidden}


def raw_of(delivery: Delivery) -> str:
    """What came in, readable: JSON indented, other text as it is, base64 when it is no text."""
    if delivery.raw is None:
        return json.dumps(delivery.record, ensure_ascii=False, indent=2)
    text = unpack.readable_raw(delivery)
    try:
        text = json.dumps(json.loads(text, parse_float=bounds.exact), ensure_ascii=False, indent=2)
    except (ValueError, RecursionError):
        pass
    return text if len(text) <= raw_at_most else text[:raw_at_most] + " …"


def letter_as_plain(row: DeadLetter, access: Access | None) -> dict[str, Any]:
    """One dead letter; what the peer said of it may quote values."""
    said = {"zh": row.message_zh, "en": row.message_en} if may_see_values(access, row.interface) else hidden
    entry = row.entry
    link = entry.link if entry is not None else None
    return {
        "id": row.pk, "interface": row.interface.key, "code": row.code, **said, "at": row.created_at.isoformat(),
        "side": entry.side if entry else (row.delivery.side if row.delivery else ""), "action": entry.action if entry else "",
        "key_a": link.key_a if link else None, "key_b": link.key_b if link else None,
    }  # fmt: skip


def deletes_as_plain(entries: Iterable[OutboxEntry], shown: bool) -> list[dict[str, Any]]:
    """Held deletes: which record would be deleted on which side."""
    return [
        {
            "id": e.pk, "side": e.side, "key": getattr(e.link, f"key_{e.side}"), "key_a": e.link.key_a, "key_b": e.link.key_b,
            "name": label(e.link) if shown else "", "at": e.created_at.isoformat(),
        }
        for e in entries
    ]  # fmt: skip

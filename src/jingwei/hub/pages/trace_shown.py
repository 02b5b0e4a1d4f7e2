"""Where is my record? in the reader's language and zone: each step in words, records by name with their pages, values by their fields' titles."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from jingwei.frame.models import History
from jingwei.frame.rights.access import Access
from jingwei.frame.ui.timeline import history_lines
from jingwei.frame.words import in_words
from jingwei.hub.contract import Title
from jingwei.hub.models import Delivery, Interface, Link, OutboxEntry
from jingwei.hub.monitor import trace
from jingwei.hub.monitor.search import local_resource
from jingwei.hub.monitor.trace import Known
from jingwei.hub.monitor.troubles import plainly
from jingwei.hub.pages.values_shown import Fields, Named


def shown(wanted: str, access: Access) -> dict[str, Any]:
    """What `hub/trace.html` needs."""
    known = trace.gather(wanted, access=access)
    interfaces = _interfaces(known)
    fields = {pk: Fields(interface) for pk, interface in interfaces.items()}
    steps = [
        *(_arrived(each, interfaces.get(each.interface_id or 0), fields, known) for each in known.deliveries),
        *(_sent(each, interfaces[each.interface_id], fields, known) for each in known.entries),
        *_history(known, access),
    ]
    return {
        "links": [_link(link, known, access) for link in known.links], "steps": sorted(steps, key=lambda step: step["at"]),
        "open": [_open(each, fields.get(interface_id or 0)) for interface_id, each in trace.opens(known)],
    }  # fmt: skip


def _interfaces(known: Known) -> dict[int, Interface]:
    out = {link.interface_id: link.interface for link in known.links}
    missing = {each.interface_id for each in known.deliveries if each.interface_id in known.readable} - out.keys()
    return out | {each.pk: each for each in Interface.objects.filter(pk__in=missing).select_related("system_a", "system_b", "published")}


def _link(link: Link, known: Known, access: Access) -> dict[str, Any]:
    readable = known.readable[link.interface_id]
    values = (link.seen_b or link.seen_a or link.base) if readable else None
    sides = [
        {
            "system": link.interface.system(side), "record": Named(link.interface, side, [getattr(link, f"key_{side}")], access).of(getattr(link, f"key_{side}"), values)
            if getattr(link, f"key_{side}")
            else None,
        }
        for side in ("a", "b")
    ]  # fmt: skip
    return {"interface": link.interface, "a": sides[0], "b": sides[1], "state": link.get_state_display(), "code": link.state, "values_hidden": not readable}


def _arrived(row: Delivery, interface: Interface | None, fields: Mapping[int, Fields], known: Known) -> dict[str, Any]:
    where = interface.system(row.side).name if interface is not None and row.side else _("a system")
    values = (row.record or {}).get("values") if known.readable.get(row.interface_id or 0) else None
    return {
        "at": row.received_at, "icon": "arrow-right", "text": _come(row.source) % {"system": where}, "note": _became(row),
        "values": _values(fields.get(row.interface_id or 0), row.side, values),
    }  # fmt: skip


def _come(source: str) -> str:
    """How something came in."""
    known = {
        "webhook": _("Told by “%(system)s”"), "lookup": _("Looked up in “%(system)s”"), "mended": _("Mended by a person, from “%(system)s”"),
        "again": _("Read once more from “%(system)s”"),
    }  # fmt: skip
    return known.get(source, _("Read from “%(system)s”"))


def _became(row: Delivery) -> str:
    """What became of what came in."""
    known = {
        "planned": _("taken over"), "changed": _("taken over"), "new": _("taken over as a new record"), "unchanged": _("nothing new in it"),
        "outdated": _("something newer was known already"), "filtered": _("not within the filter"), "parked": _("quarantined"), "quarantined": _("quarantined"),
        "looked up": _("looked up before it is believed"), "look_up": _("looked up before it is believed"), "discarded": _("discarded by a person"),
        "failed": _("failed"), "unpacked": _("handed to the interfaces that listen"), "nobody listens": _("no interface listens"),
    }  # fmt: skip
    if row.outcome:
        return known.get(row.outcome, row.get_state_display())
    return str(row.get_state_display())


def _sent(row: OutboxEntry, interface: Interface, fields: Mapping[int, Fields], known: Known) -> dict[str, Any]:
    where, is_done = interface.system(row.side).name, row.state == "done"
    texts = {
        ("create", True): _("Created in “%(system)s”"), ("update", True): _("Changed in “%(system)s”"), ("delete", True): _("Deleted in “%(system)s”"),
        ("create", False): _("To be created in “%(system)s”"), ("update", False): _("To be changed in “%(system)s”"), ("delete", False): _("To be deleted in “%(system)s”"),
    }  # fmt: skip
    is_shown = known.readable[row.interface_id]
    said = plainly(row.error) if row.error and is_shown else None
    note = [] if is_done else [str(row.get_state_display())]
    note += [_("tries: %(count)s") % {"count": row.attempts}] if row.attempts > 1 else []
    note += [in_words(said)] if said is not None else []
    return {
        "at": row.done_at or row.sent_at or row.created_at, "icon": "send", "text": texts[row.action, is_done] % {"system": where}, "note": " · ".join(note),
        "values": _values(fields[row.interface_id], "b", row.values if is_shown else None, row.before if is_shown else None),
        "detail": row.error if row.error and is_shown else "",
    }  # fmt: skip


def _values(fields: Fields | None, side: str, values: Any, before: Any = None) -> list[dict[str, str]]:
    if fields is None or not isinstance(values, dict):
        return []
    old = before if isinstance(before, dict) else {}
    return [
        {"title": fields.title(side, name), "before": fields.told(side, name, old[name]) if name in old else "", "after": fields.told(side, name, value)}
        for name, value in values.items()
        if (value not in (None, "", []) or name in old) and not (name == "id" and fields.is_ours(side))  # our numbers say nothing to people
    ]


def _history(known: Known, access: Access) -> Iterable[dict[str, Any]]:
    """Our own record's history, as its page tells it."""
    lines: dict[tuple[str, str, int], list[History]] = {}
    places: dict[int, tuple[Link, str]] = {}
    for link, side, line in known.lines:
        if line.pk not in places:  # the record of two interfaces has one history
            places[line.pk] = (link, side)
            lines.setdefault((link.interface.stream(side), side, line.object_id), []).append(line)
    for (_stream, side, object_id), mine in lines.items():
        link = places[mine[0].pk][0]
        local = local_resource(link.interface, side)
        row = local.seen(access).filter(pk=object_id).first() if local is not None else None
        if local is None or row is None:
            continue
        for told in history_lines(access, local, row, mine):
            line = told["line"]
            text = _("%(action)s in “%(system)s” by %(who)s") % {
                "action": line.get_action_display(),
                "system": link.interface.system(side).name,
                "who": told["who"],
            }
            values = [
                {"title": str(each["label"]), "before": _plain(each["before"]) if line.action == "U" else "", "after": _plain(each["after"])}
                for each in told["fields"]
            ]
            yield {"at": line.at, "icon": "history", "text": text, "note": told["why"], "values": values}


def _plain(text: str) -> str:
    """Nothing is a dash here, as everywhere on the page."""
    return "–" if text == "∅" else text


def _open(each: Mapping[str, Any], fields: Fields | None) -> dict[str, str]:
    """What waits of it, in words, and where it is seen to."""
    if each["kind"] == "conflict":
        title = fields.title("b", each["field"]) if fields is not None and each["field"] else _("The whole record")
        return {"text": _("A conflict waits for a person: %(field)s") % {"field": title}, "url": reverse("hub:conflicts"), "label": _("Decide the conflicts")}
    problems = each["problems"] if each["kind"] == "quarantine" else [each]
    why = "; ".join(in_words(Title(str(p.get("zh", "")), str(p.get("en") or p.get("zh", "")))) for p in problems)
    text = _("Quarantined: %(why)s") if each["kind"] == "quarantine" else _("A write failed for good: %(why)s")
    return {"text": text % {"why": why}, "url": reverse("hub:monitor"), "label": _("See to the parked records")}

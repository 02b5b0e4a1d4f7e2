"""A dry run in words: how many records on each side, what would become of them, and what somebody should think over first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from jingwei.frame.rights.access import Access
from jingwei.frame.words import in_words
from jingwei.hub.contract import Title
from jingwei.hub.models import Interface, Quarantine
from jingwei.hub.pages.parked_shown import titled
from jingwei.hub.pages.values_shown import Fields, Named

rows_at_most = 100
actions = ("create", "update", "delete")


def shown(report: Mapping[str, Any] | None, interface: Interface, access: Access, spec: Mapping[str, Any] | None = None) -> dict[str, Any] | None:
    """What `hub/_dry_run.html` needs. `spec`: the version that was tried, when it is not the published one."""
    if report is None:
        return None
    kept = spec if spec is not None else (interface.published.spec if interface.published is not None else {})
    fields = Fields(interface, kept)
    sides = [_side(report, interface, access, fields, side) for side in ("a", "b")]
    return {
        "read": report["counts"]["read"], "calls": report["calls"], "sides": sides, "is_quiet": not (report["writes"] or report["conflicts"] or report["quarantine"]),
        "warnings": [text for side in sides for text in _warnings(kept, fields, side)],
        "conflicts": [_conflict(each, interface, access, fields) for each in report["conflicts"][:rows_at_most]], "conflict_count": len(report["conflicts"]),
        "quarantine": _parked(report["quarantine"][:rows_at_most], interface, access, fields), "quarantine_count": len(report["quarantine"]),
    }  # fmt: skip


def _side(report: Mapping[str, Any], interface: Interface, access: Access, fields: Fields, side: str) -> dict[str, Any]:
    writes = sorted((each for each in report["writes"] if each["side"] == side), key=lambda each: (actions.index(each["action"]), str(each["key"])))
    other = "b" if side == "a" else "a"
    shown_ones = writes[:rows_at_most]
    here = Named(interface, side, (each["key"] for each in shown_ones), access)
    there = Named(interface, other, (each["from_key"] for each in shown_ones), access)
    return {
        "side": side, "name": interface.system(side).name, "from_name": interface.system(other).name, "total": len(writes),
        "counts": [(verb_text(action), sum(each["action"] == action for each in writes)) for action in actions],
        "creates": [each for each in writes if each["action"] == "create"], "rows": [_row(each, fields, here, there) for each in shown_ones], "more": len(writes) - len(shown_ones),
    }  # fmt: skip


def _row(write: Mapping[str, Any], fields: Fields, here: Named, there: Named) -> dict[str, Any]:
    side, values = write["side"], write["said"]
    changes = [
        {"title": fields.title(side, name), "after": fields.told(side, name, value), "before": fields.told(side, name, write["said_before"].get(name)) if write["action"] == "update" else ""}
        for name, value in values.items()
    ]  # fmt: skip
    return {
        "action": write["action"], "verb": verb_text(write["action"]), "held": write["held"], "changes": changes,
        "record": here.of(write["key"], write["known"]) if write["key"] else None, "source": there.of(write["from_key"], write["known"]) if write["from_key"] else None,
    }  # fmt: skip


def verb_text(action: str) -> str:
    """What is done to a record."""
    return {"create": _("create"), "update": _("change"), "delete": _("delete")}.get(action, action)


def _warnings(spec: Mapping[str, Any], fields: Fields, side: Mapping[str, Any]) -> list[str]:
    made = side["creates"]
    if not made:
        return []
    out = []
    ways = {pair.get("direction", "both") for pair in spec.get("mapping", {}).get("pairs", ())}
    if "both" in ways:
        text = _(
            "Records of “%(there)s” without counterpart: %(count)s. They would be made anew in “%(here)s”, because fields go both ways. If “%(here)s” is to get no records from “%(there)s”, let every pair of fields go one way only (%(arrow)s)."
        )
        out.append(text % {"count": len(made), "there": side["from_name"], "here": side["name"], "arrow": "→" if side["side"] == "a" else "←"})
    missing = [field for field in fields.required(side["side"]) if any(each["said"].get(field.name) in (None, "", []) for each in made)]
    if missing:
        lacking = sum(any(each["said"].get(field.name) in (None, "", []) for field in missing) for each in made)
        names = _(", ").join(in_words(field.title) for field in missing)
        out.append(
            _("New records in “%(here)s” that would lack what is required there: %(count)s (%(fields)s).")
            % {"count": lacking, "here": side["name"], "fields": names}
        )
    return out


def _conflict(conflict: Mapping[str, Any], interface: Interface, access: Access, fields: Fields) -> dict[str, Any]:
    name = conflict["field"]
    return {
        "field": fields.title("b", name) if name else "", "why": in_words(Title(conflict["zh"], conflict["en"] or conflict["zh"])),
        **{
            side: {
                "system": interface.system(side).name, "record": Named(interface, side, [conflict[f"key_{side}"]], access).of(conflict[f"key_{side}"]),
                "value": fields.told("b", name, conflict[side]) if name else "",
            }
            for side in ("a", "b")
        },
    }  # fmt: skip


def _parked(rows: Sequence[Mapping[str, Any]], interface: Interface, access: Access, fields: Fields) -> list[dict[str, Any]]:
    """What would be parked, by name; what is parked already leads to its page."""
    waiting = Quarantine.objects.filter(interface=interface, released_at=None, record_key__in=[each["key"] for each in rows])
    pages = {(row.side, row.record_key): reverse("hub:parked", args=[row.pk]) for row in waiting}
    named = {side: Named(interface, side, (each["key"] for each in rows if each["side"] == side), access) for side in ("a", "b")}
    out = []
    for each in rows:
        record = named[each["side"]].of(each["key"], each["known"])
        page = pages.get((each["side"], each["key"]), record["url"])
        out.append({"record": {**record, "url": page}, "why": titled(each["problems"], fields, each["side"])})
    return out

"""Reasons of health as pages show them: in the reader's language, with moments, and buttons only for those who may press them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from jingwei.frame.words import in_words
from jingwei.hub.models import Interface
from jingwei.hub.monitor.troubles import plainly


def shown(details: Sequence[dict[str, Any]], *, may_change: bool = True) -> list[dict[str, Any]]:
    """Kept reasons (`Interface.state_detail`) for `hub/_reasons.html`."""
    language = "zh" if (get_language() or "zh").startswith("zh") else "en"
    levels = {"down": _("Down"), "degraded": _("Degraded"), "notice": _("Notice")}
    out = []
    for each in details or ():
        act = each.get("act")
        if act is not None and act["method"] == "post" and not may_change:
            act = None
        out.append({
            "code": each["code"], "level": each["level"], "level_text": levels.get(each["level"], each["level"]), "text": each[language], "count": each["count"],
            "since": datetime.fromisoformat(each["since"]) if each.get("since") else None, "endangers": each["endangers"][language], "mend": each["mend"][language], "detail": each.get("detail", ""),
            "act": act and {"url": act["url"], "label": act[f"label_{language}"], "method": act["method"]},
        })  # fmt: skip
    return out


def troubles_shown(interface: Interface, error: str) -> list[dict[str, str]]:
    """The troubles of a run (`a: …; b: …`) with the names of their sides, each in people's words and as it was said."""
    out = []
    for text in re.split(r"; (?=(?:a|b|own): )", error) if error else ():
        side, colon, said = text.partition(": ")
        if not colon or side not in ("a", "b", "own"):
            side, said = "own", text
        out.append({"where": interface.system(side).name if side != "own" else _("Our own process"), **trouble_shown(said)})
    return out


def trouble_shown(said: str) -> dict[str, str]:
    """One trouble in people's words and as it was said."""
    words = plainly(said)
    return {"text": in_words(words) if words is not None else _("It failed; what was said tells why."), "detail": said[:300]}


def why_text(why: str) -> str:
    """Why two values differ, when that is known."""
    known = {
        "conflict": _("A conflict waits for a person"), "parked": _("A side is parked"), "outbox": _("About to be written"), "held": _("Held for approval"),
        "inbox": _("About to be planned"), "dead_letter": _("The write failed for good"), "unlinked": _("No longer joined"),
        "accepted": _("A person wants both to stay"), "coerced": _("The other side changed what was written"), "refused": _("The other side refuses it"),
        "untranslatable": _("It cannot be said in the other side's words"), "overwritten": _("Our write replaced an unseen value"),
        "answered": _("A person has answered"), "circle": _("Our writes chase each other"), "ambiguous": _("Several records share the key"),
    }  # fmt: skip
    return known.get(why, why)

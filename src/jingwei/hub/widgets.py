"""What of the integration stands on a home: conflicts that only a person can decide."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from jingwei.frame.widgets import Answer, Desk, Row, Widget, cut
from jingwei.frame.words import in_words
from jingwei.hub import queries
from jingwei.hub.engine.questions import title_of, value_text
from jingwei.hub.rights import may_see_values, visible


def conflicts(desk: Desk) -> Answer:
    """Open conflicts of interfaces that I may see; their values only where I may see them too."""
    rows = queries.conflicts_open().filter(interface__in=visible(desk.access))
    shown, total = cut(rows, lambda row: _row(row, may_see_values(desk.access, row.interface)))
    return Answer(shown, total, empty=_("None waits."), url="/hub/conflicts/", link=_("All"))


def _row(conflict: Any, is_shown: bool) -> Row:
    values = f"{value_text(conflict.value_a)[:30]} / {value_text(conflict.value_b)[:30]}" if is_shown else ""
    word = _("Refused") if conflict.reason == "refused" else _("Conflict")
    return Row(f"/hub/conflicts/#conflict-{conflict.pk}", f"{conflict.interface.name} · {in_words(title_of(conflict))}", values, "clash", word)


Widget(
    "integration",
    gettext_lazy("Conflicts to decide"),
    conflicts,
    "hub.interface.view",
    homes={"engineer": 20, "pmo": 40, "operations": 10, "owner": 30},
)

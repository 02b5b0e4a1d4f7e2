"""Who publishes upon a version that is no longer in use is told who has published what since: nobody's change is taken back unseen."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from jingwei.frame.records.commands import Stale
from jingwei.frame.words import in_words
from jingwei.hub.models import Interface, InterfaceVersion
from jingwei.hub.register import changes

named_at_most = 5


class Overtaken(Stale):
    """Another version was published since. `row` is the one in use, `changes` are what publishing would make of it."""

    def __init__(self, version: InterfaceVersion, spec: dict[str, Any]) -> None:
        super().__init__(version)
        self.changes = changes.changes(version.spec, spec)

    def __str__(self) -> str:
        named = dict.fromkeys(f"{each.where} ({in_words(each.aspect)})" if each.where else in_words(each.aspect) for each in self.changes)
        what = ", ".join(list(named)[:named_at_most]) + (" …" if len(named) > named_at_most else "")
        words = {"number": self.row.number, "name": self.row.author or _("the machinery"), "what": what}
        return _("Version %(number)s by %(name)s was published since you began. Yours differs from it in: %(what)s. Look at it, then publish again.") % words


def refuse(interface: Interface, spec: dict[str, Any], upon: int | None) -> None:
    """Raise Overtaken when another version is in use than the one this spec was begun from. The caller holds the interface locked."""
    if upon is None or interface.published is None or interface.published_id == upon:
        return
    raise Overtaken(interface.published, spec)

"""Where a change came from, in words: `job:…` and `interface:…` are for programs.

Who declares a kind (`kind:name`) says how its names are told; an origin that nobody knows stays as it is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from jingwei.frame.models import History

Tell = Callable[[set[str]], Mapping[str, str]]

_plain = {
    "web": gettext_lazy("a page"), "system": gettext_lazy("the application"), "job": gettext_lazy("background work"), "scheduler": gettext_lazy("background work"),
    "health": gettext_lazy("the watch over interfaces"), "schedule": gettext_lazy("the computation of dates"), "import": gettext_lazy("an import"),
    "document": gettext_lazy("a document"), "command line": gettext_lazy("the command line"), "demo": gettext_lazy("the demo data"),
    "restore": gettext_lazy("a restore"), "interface": gettext_lazy("an interface"), "api": gettext_lazy("a program"),
}  # fmt: skip
_kinds: dict[str, Tell] = {}
_reasons: dict[str, Callable[[str], str]] = {}
_everywhere: list[Callable[[str], str]] = []  # what a machine wrote goes on with the jobs that follow from it


def tells(kind: str, names: Tell | None = None, *, reason: Callable[[str], str] | None = None, goes_on: bool = False) -> None:
    """Declare how the names of origins of this kind are told, all of a page at once, and the reasons that come with them; `goes_on` when such a reason
    is found with the jobs that follow, too."""
    if names is not None:
        _kinds[kind] = names
    if reason is not None:
        _reasons[kind] = reason
        if goes_on:
            _everywhere.append(reason)


def told(origins: Iterable[str]) -> dict[str, str]:
    """These origins in words: at most one question a kind."""
    out, asked = dict[str, str](), dict[str, set[str]]()
    for origin in set(origins):
        kind, colon, name = origin.partition(":")
        if colon and kind in _kinds:
            asked.setdefault(kind, set()).add(name)
        elif colon and kind == "api":
            out[origin] = _("the program “%(name)s”") % {"name": name}
        else:
            out[origin] = str(_plain.get(kind, origin)) if origin else ""
    for kind, names in asked.items():
        known = _kinds[kind](names)
        out |= {f"{kind}:{name}": known.get(name) or str(_plain.get(kind, name)) for name in names}
    return out


def reason_of(line: History) -> str:
    """Why, as people read it."""
    own = _reasons.get(line.origin.partition(":")[0])
    if own is not None and line.reason:
        return own(line.reason)
    return line.reason if line.actor_id else worded(line.reason)


def worded(reason: str) -> str:
    """A reason that a machine gave, as people read it."""
    for tell in _everywhere if reason else ():
        reason = tell(reason)
    return reason

"""Why dates moved: kept as a sentence of the language of the moment, told in the reader's."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils import translation
from django.utils.translation import gettext

from jingwei.frame.records import origins
from jingwei.frame.telling.wording import languages


def cause(down: Sequence[str], asked: str) -> str:
    """Interfaces that are down first, else what asked for it."""
    if down:
        return gettext("interface down: %(names)s") % {"names": ", ".join(down)}
    return asked or gettext("the plan changed")


def told(kept: str) -> str:
    """A cause that was kept, in the language of now; what people or other parts wrote stays as it is."""
    for language in languages:
        with translation.override(language):
            before = gettext("interface down: %(names)s").partition("%(names)s")[0]
            is_change = kept == gettext("the plan changed")
        if is_change:
            return gettext("the plan changed")
        if kept.startswith(before):
            return gettext("interface down: %(names)s") % {"names": kept.removeprefix(before)}
    return origins.worded(kept)

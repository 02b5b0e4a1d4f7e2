"""Sentences in the reader's language, and values as people read them."""

from __future__ import annotations

from typing import Any

from django import template
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from jingwei.frame.words import InBoth
from jingwei.frame.words import in_words as words
from jingwei.hub.engine import questions
from jingwei.kernels.mapping.operations import kind_title

register = template.Library()


@register.filter
def in_words(text: InBoth | None) -> str:
    """The wording in the reader's language; nothing for nothing."""
    return "" if text is None else words(text)


@register.filter
def value_text(value: Any) -> str:
    """A value for people; ∅ for nothing."""
    return questions.value_text(value)


@register.filter
def problem_text(problem: dict[str, Any]) -> str:
    """Why a record is parked, in the reader's language."""
    from jingwei.hub.contract import Title

    return words(Title(str(problem.get("zh", "")), str(problem.get("en") or problem.get("zh", ""))))


_codes = {
    "connector.refused": gettext_lazy("The other system refused it"), "connector.forbidden": gettext_lazy("Not allowed there"),
    "connector.gone": gettext_lazy("No longer there"), "connector.not_findable": gettext_lazy("Unknown whether it arrived"),
    "hub.circle": gettext_lazy("A circle"),
}  # fmt: skip


@register.filter
def code_text(code: str) -> str:
    """What a code of a failed write means, in a word or two; the sentence stands beside it."""
    return str(_codes.get(code, _("It failed")))


@register.filter
def kind_text(kind: str) -> str:
    """What people call a kind of field."""
    return words(kind_title(kind))

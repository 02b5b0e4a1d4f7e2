"""Sentences that come with both languages, told in the reader's."""

from __future__ import annotations

from typing import Protocol

from django.utils.translation import get_language


class InBoth(Protocol):
    """Anything with a Chinese and an English wording."""

    @property
    def zh(self) -> str: ...
    @property
    def en(self) -> str: ...


def in_words(text: InBoth) -> str:
    """The wording in the language of now; Chinese first."""
    return text.zh if (get_language() or "zh").startswith("zh") else text.en

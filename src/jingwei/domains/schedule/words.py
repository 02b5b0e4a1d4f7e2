"""The Gantt's words in Chinese; its English is in the script itself."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

from django.utils.translation import get_language


@cache
def _chinese() -> dict[str, str]:
    words: dict[str, str] = json.loads((Path(__file__).parent / "gantt_words_zh.json").read_text(encoding="utf-8"))
    return words


def gantt_words() -> dict[str, str]:
    """What the page gives the picture; nothing for English, which it knows."""
    return _chinese() if (get_language() or "zh").startswith("zh") else {}

"""One word for one thing on Chinese pages, and units where they are true."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from django.utils import dates, translation

from jingwei.frame.models import Alarm
from jingwei.frame.ui.cells import told_label
from tools import translations

source = Path(__file__).resolve().parents[2] / "src" / "jingwei"
replaced = {"总浮时": "总浮动", "总时差": "总浮动", "自由时差": "自由浮动", "你": "您"}


def chinese() -> dict[str, str]:
    """Every Chinese text of the source, by where it stands."""
    found = {}
    for path in source.rglob("django.po"):
        for number, text in enumerate(re.findall(r"^(?:msgstr )?(\".*\")$", path.read_text("utf-8"), re.MULTILINE)):
            found[f"{path.relative_to(source)}:{number}"] = text
    for path in source.rglob("*_words_zh.json"):
        found |= {f"{path.name}:{key}": text for key, text in json.loads(path.read_text("utf-8")).items()}
    return found


@pytest.mark.parametrize("word", replaced)
def test_one_word_for_one_thing(word: str) -> None:
    texts = chinese()
    assert len(texts) > 2000
    assert [f"{place}: {text}: say {replaced[word]}" for place, text in texts.items() if word in text] == []


def test_levels_are_told_apart_from_each_other_and_from_the_list_they_stand_in() -> None:
    from django.utils import translation

    with translation.override("zh-hans"):
        words = [str(label) for label in Alarm.Level.labels]
    assert len({word[-1] for word in words}) == len(words), words


@pytest.mark.parametrize(
    ("kept", "told"), [("工期（工作分钟）", "工期"), ("duration (working min)", "duration"), ("延误，最少（工作分钟）", "延误，最少"), ("名称", "名称")]
)
def test_a_duration_that_is_told_in_days_does_not_say_minutes(kept: str, told: str) -> None:
    assert told_label(kept) == told


def test_no_text_of_ours_is_the_name_of_a_month_or_a_day() -> None:
    """Django tells months and days by their bare names: whoever gives one of these another meaning renames it on every page (May the month, may the verb)."""
    told = {str(name) for names in (dates.MONTHS, dates.MONTHS_ALT, dates.MONTHS_3, dates.WEEKDAYS, dates.WEEKDAYS_ABBR) for name in names.values()}
    with translation.override("en"):
        named = {text.lower() for text in told} | {str(name).lower() for name in dates.MONTHS.values()}
    ours = {text for room in translations.rooms() for text, _where in translations.messages_of(room)}
    assert not [text for text in ours if text.lower() in named]
    with translation.override("zh-hans"):
        assert str(dates.MONTHS[5]) == "五月"

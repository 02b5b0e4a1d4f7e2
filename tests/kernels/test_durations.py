"""Durations as people write them: every way in, and what is told is read to the same minutes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jingwei.kernels.durations import parse, told


@pytest.mark.parametrize(
    ("text", "minutes"),
    [
        ("3d", 1440), ("3 days", 1440), ("3天", 1440), ("3 个工作日", 1440), ("2周", 4800), ("2w", 4800), ("4h", 240), ("4小时", 240), ("90m", 90), ("90 分钟", 90),
        ("1天4小时", 720), ("1d 4h", 720), ("1w 1d 1h 1m", 2941), ("0.5d", 240), ("0,5 d", 240), (".5d", 240), ("1.5小时", 90), ("480", 480), ("0", 0), ("-2d", -960),
        ("－２天", -960), ("３天", 1440), ("3D", 1440), ("  1 d  ", 480), ("0.25h", 15), ("1,5d", 720), ("0.125d", 60),
    ],
)  # fmt: skip
def test_it_is_read(text: str, minutes: int) -> None:
    assert parse(text) == minutes


@pytest.mark.parametrize(
    "text",
    ["", " ", "-", "d", "3x", "3d 4", "3 4", "4h 1d", "1d 1d", "1天天", "3d4", "1e3", "nan", "++1d", "1.2.3d", "三天", "3dd", "3 d h", "1" * 40, "1d;2h"],
)
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"^"):
        parse(text)


@given(st.integers(-(10**9), 10**9), st.sampled_from([None, {"d": "天", "h": "小时", "m": "分"}, {"d": " d", "h": " h", "m": " min"}]))
def test_what_is_told_is_read_to_the_same(minutes: int, words: dict[str, str] | None) -> None:
    assert parse(told(minutes, words)) == minutes


@given(st.text())
def test_no_text_does_harm(text: str) -> None:
    try:
        assert isinstance(parse(text), int)
    except ValueError:
        pass

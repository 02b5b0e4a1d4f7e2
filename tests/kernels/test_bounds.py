"""The outer bounds of values: numbers as people type them, characters, depth of JSON, zones."""

from __future__ import annotations

import json
import time
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jingwei.kernels import bounds


@pytest.mark.parametrize("text", ["²", "１２", "", "-1", "1.0", "0x1", " 1", "9" * 30, "½", "٣", "1\0"])
def test_only_ascii_digits_are_a_number(text: str) -> None:
    assert bounds.whole(text) is None


@pytest.mark.parametrize(
    ("text", "most", "number"), [("0", 5, 0), ("5", 5, 5), ("6", 5, None), (str(2**63 - 1), 2**63 - 1, 2**63 - 1), (str(2**63), 2**63 - 1, None)]
)
def test_a_number_is_at_most_what_its_place_holds(text: str, most: int, number: int | None) -> None:
    assert bounds.whole(text, most) == number


def test_characters_that_can_be_kept_nowhere_are_named() -> None:
    assert [bounds.unreadable(text) for text in ("好", "a\0b", "\ud800", "😀")] == ["", "nul", "surrogate", ""]


@given(st.recursive(st.text() | st.integers(), lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3), max_leaves=20))
def test_depth_is_told_alike_of_a_text_and_of_a_value(value: object) -> None:
    deepest = max(depth for depth, _part in bounds.parts_of(value))
    body = json.dumps(value).encode()
    assert not bounds.is_too_deep(body, max(deepest, 1)) and (deepest < 2 or bounds.is_too_deep(body, deepest - 1))


@pytest.mark.parametrize(
    "body", [b"[" * 5_000_000, b'"\\"' + b'\\"' * 2_000_000, b'["' + b"[" * 4_000_000, b"[]" * 500_000], ids=["open", "escapes", "text", "flat"]
)
def test_hostile_brackets_and_texts_are_told_in_a_moment(body: bytes) -> None:
    begun = time.process_time()
    assert bounds.is_too_deep(body) is (body[:2] == b"[[")
    assert time.process_time() - begun < 5


def test_an_unknown_zone_reads_as_utc() -> None:
    assert bounds.zone("Mars/Olympus").key == "UTC" and bounds.zone("Asia/Shanghai").key == "Asia/Shanghai"
    assert not bounds.is_zone("../etc/passwd") and not bounds.is_zone("")


@given(st.decimals(allow_nan=False, allow_infinity=False).filter(lambda number: abs(number) < 10**300))
def test_a_number_of_json_loses_no_digit(number: Decimal) -> None:
    """Given any number with a point, when it is read out of JSON, then it is that very number: a float that holds it, or its text."""
    text = f"{number:f}" if "." in f"{number:f}" else f"{number:f}.0"
    found = json.loads(text, parse_float=bounds.exact)
    assert Decimal(found if isinstance(found, str) else repr(found)) == Decimal(text)


def test_a_number_that_a_float_holds_stays_one_and_what_is_beyond_all_numbers_stays_infinite() -> None:
    told = [json.loads(text, parse_float=bounds.exact) for text in ("10.10", "1234567890123456.78", "1e400", "1e-99999999999999999999")]
    assert told == [10.1, "1234567890123456.78", float("inf"), 0.0]

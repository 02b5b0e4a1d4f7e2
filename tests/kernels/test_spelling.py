"""Names are spelled in every likely reading, the surname's own first; what people type is compared without tones, blanks and case."""

from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jingwei.kernels.spelling import likeliest, spelled, spellings_at_most, typed, written_out


def whole(name: str) -> list[str]:
    """The spellings of a whole name, likelier ones first."""
    return [text[:-1] for text in spelled(name).split() if text.endswith(".")]


@pytest.mark.parametrize(
    ("name", "first", "also"),
    [
        ("张伟", "zhangwei", "zw"), ("单晓", "shanxiao", "danxiao"), ("曾国", "zengguo", "cengguo"), ("解放", "xiefang", "jiefang"), ("仇和", "qiuhe", "chouhe"), ("区明", "ouming", "quming"),
        ("查良", "zhaliang", "chaliang"), ("翟天", "zhaitian", "ditian"), ("尉迟恭", "yuchigong", "weichigong"), ("万俟卨", "moqixie", "wansixie"), ("朴正", "piaozheng", "puzheng"), ("盖聂", "genie", "gainie"),
        ("乐毅", "yueyi", "leyi"), ("覃政", "qinzheng", "tanzheng"), ("黑子", "hezi", "heizi"), ("吕布", "lvbu", "lubu"), ("吕布", "lvbu", "lyubu"), ("欧阳修", "ouyangxiu", "oyx"),
        ("Anna Smith", "annasmith", "smithanna"), ("Zhang Wei", "zhangwei", "zw"), ("ＺＨＡＮＧ　Wei", "zhangwei", "zw"), ("José", "jose", "j"),
    ],
)  # fmt: skip
def test_a_name_is_spelled_as_its_bearer_says_it_and_as_others_read_it(name: str, first: str, also: str) -> None:
    assert whole(name)[0] == first and also in whole(name)


def test_parts_of_a_name_begin_with_a_syllable_and_are_no_whole_name() -> None:
    parts = spelled("欧阳修").split()
    assert {"yangxiu", "xiu", "yx", "x"} <= set(parts) and not {"yangxiu.", "xiu."} & set(parts) and "ang" not in parts


def test_what_is_written_out_leaves_no_syllable_short() -> None:
    assert {"danxiao", "shanxiao"} <= written_out("单晓") and written_out("J B") == {"jb", "bj"} and not written_out("")
    assert all(f" {each}." in spelled("吕布") for each in written_out("吕布")) and "lb" not in written_out("吕布")


@pytest.mark.parametrize("text", ["zhangwei", "zhang wei", "Zhang Wei", "ZHANG-WEI", "Zhāng Wěi", "ｚｈａｎｇ　ｗｅｉ", "zhang'wei"])
def test_what_is_typed_is_compared_without_what_people_vary(text: str) -> None:
    assert typed(text) == "zhangwei"


@pytest.mark.parametrize("text", ["张伟", "张wei", "Жук", "", "  ", "·"])
def test_what_is_no_pinyin_is_compared_with_none(text: str) -> None:
    assert typed(text) == ""


@given(st.text(max_size=300))
def test_any_text_is_a_name(name: str) -> None:
    made = spelled(name)
    assert len(made) < 20_000 and made.isascii() and (not made or made.startswith(" "))


def test_readings_do_not_multiply_without_end() -> None:
    assert len(whole("乐长行重单曾")) <= 60


def test_a_long_name_of_many_readings_is_spelled_at_once() -> None:
    assert whole("和" * 20)[:2] == ["he" * 20, "h" * 20] and len(whole("乐长行重单曾和" * 30)) <= 2 * spellings_at_most


@given(st.lists(st.sets(st.sampled_from("abcdef"), min_size=1, max_size=5).map(sorted).map(tuple), min_size=1, max_size=5))
def test_the_likeliest_are_those_that_all_of_them_in_order_begin_with(known: list[tuple[str, ...]]) -> None:
    places = sorted(product(*(range(len(each)) for each in known)), key=sum)[:spellings_at_most]
    assert likeliest(known) == [tuple(each[place] for each, place in zip(known, chosen, strict=True)) for chosen in places]

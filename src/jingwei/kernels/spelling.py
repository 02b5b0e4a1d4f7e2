"""How Chinese names are spelled: every reading of a name in pinyin, that of the surname first, and how what people type is compared with it."""

from __future__ import annotations

import os
import re
import unicodedata
from collections.abc import Iterator, Sequence
from functools import lru_cache

readings_at_most = 3  # of one character: rarer ones are nobody's name
spellings_at_most = 24  # of one name
text_at_most = 200  # characters of a name that are spelled

# Readings that a character has as a surname, where the dictionary puts another one first or does not know it.
_surnames = {
    "单": "shan", "曾": "zeng", "解": "xie", "仇": "qiu", "区": "ou", "查": "zha", "翟": "zhai", "朴": "piao", "盖": "ge", "乐": "yue", "覃": "qin", "员": "yun", "繁": "po", "折": "she",
    "缪": "miao", "牟": "mu", "种": "chong", "洗": "xian", "黑": "he", "秘": "bi", "隗": "wei", "郇": "xun", "召": "shao", "祭": "zhai", "卜": "bu", "能": "nai", "阚": "kan", "句": "gou",
    "乜": "nie", "尉": "wei", "幺": "yao", "宿": "su", "贲": "ben", "郗": "xi", "眭": "sui", "撒": "sa", "适": "kuo", "呙": "guo", "恽": "yun", "都": "du", "薄": "bo", "占": "zhan", "过": "guo",
    "朝": "chao", "率": "shuai", "粘": "nian", "钭": "tou", "长": "zhang", "盛": "sheng", "重": "chong", "曲": "qu", "那": "na", "任": "ren", "万": "wan", "行": "hang", "邵": "shao", "瞿": "qu",
}  # fmt: skip
_double_surnames = {
    "尉迟": ("yu", "chi"), "万俟": ("mo", "qi"), "澹台": ("tan", "tai"), "长孙": ("zhang", "sun"), "令狐": ("ling", "hu"), "单于": ("chan", "yu"), "拓跋": ("tuo", "ba"),
    "乐正": ("yue", "zheng"), "亓官": ("qi", "guan"), "呼延": ("hu", "yan"), "夏侯": ("xia", "hou"), "宗政": ("zong", "zheng"), "百里": ("bai", "li"), "皇甫": ("huang", "fu"),
}  # fmt: skip
_umlauts = {"lv": ("lv", "lu", "lyu"), "nv": ("nv", "nu", "nyu"), "lve": ("lve", "lue"), "nve": ("nve", "nue")}  # as keyboards, people and passports write ü
_piece = re.compile(r"[㐀-鿿豈-﫿𠀀-𲎯〇]|[a-z0-9]+")


def typed(text: str) -> str:
    """What people type as it is compared with a spelling: small letters and digits, without tones, blanks and marks; empty when other letters stand in it."""
    plain = _without_marks(text)
    return "" if any(each.isalnum() and not each.isascii() for each in plain) else "".join(_piece.findall(plain))


def spelled(name: str) -> str:
    """All that somebody of this name is found by, likelier readings first: ` zhangwei. zw. wei w`. Each stands behind a blank, whole names before a full stop."""
    whole: dict[str, None] = {}
    rest: dict[str, None] = {}
    for syllables in _spellings(_pieces(name)):
        heads = [each if each.isdigit() else each[0] for each in syllables]
        whole |= dict.fromkeys(("".join(syllables) + ".", "".join(heads) + "."))
        rest |= dict.fromkeys(text for at in range(1, len(syllables)) for text in ("".join(syllables[at:]), "".join(heads[at:])))
    return "".join(f" {text}" for text in (*whole, *rest))


def written_out(name: str) -> frozenset[str]:
    """Every spelling of the whole name that leaves nothing out: no initials, no parts."""
    return frozenset("".join(syllables) for syllables in _spellings(_pieces(name)))


def _pieces(name: str) -> list[str]:
    return _piece.findall(_without_marks(name[:text_at_most]))[:20]


def _spellings(pieces: Sequence[str]) -> Iterator[tuple[str, ...]]:
    """The syllables of a name in every likely reading; a name in letters also the other way round, as surnames stand last in the west."""
    if not pieces:
        return
    known = [_readings(piece) for piece in pieces]
    if surname := _double_surnames.get("".join(pieces[:2])):
        known[:2] = [_first(syllable, among) for syllable, among in zip(surname, known, strict=False)]
    elif pieces[0] in _surnames:
        known[0] = _first(_surnames[pieces[0]], known[0])
    yield from likeliest(known)
    if len(pieces) > 1 and all(piece.isascii() for piece in pieces):
        yield (pieces[-1], *pieces[:-1])


def likeliest(known: Sequence[Sequence[str]]) -> list[tuple[str, ...]]:
    """Of all ways to read every piece, those whose readings stand first, in order. Built piece by piece: what is none of the first so far begins none of
    the first in the end, so their number never grows with the length of the name."""
    begun: list[tuple[int, ...]] = [()]
    for each in known:
        begun = sorted(((*chosen, place) for chosen in begun for place in range(len(each))), key=lambda chosen: (sum(chosen), chosen))[:spellings_at_most]
    return [tuple(each[place] for each, place in zip(known, chosen, strict=True)) for chosen in begun]


def _first(syllable: str, among: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys((syllable, *among)))


@lru_cache(maxsize=4096)
def _readings(piece: str) -> tuple[str, ...]:
    """The readings of a character without tones, the commonest first; letters are read as they are."""
    if piece.isascii():
        return (piece,)
    os.environ.setdefault("PYPINYIN_NO_PHRASES", "1")  # names are read a character at a time: the words of the language would cost 45 MB
    from pypinyin import Style, pinyin  # only who writes the name of somebody needs the dictionary

    found = [each for each in pinyin(piece, style=Style.NORMAL, heteronym=True)[0] if each.isascii()][:readings_at_most]
    return tuple(dict.fromkeys(spelling for each in found for spelling in _umlauts.get(each, (each,))))


def _without_marks(text: str) -> str:
    return "".join(each for each in unicodedata.normalize("NFKD", text).casefold() if not unicodedata.combining(each))

"""Text files into cells: which encoding and delimiter they have is found out, and how sure that is."""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections import Counter

from jingwei.kernels.sheets.table import Grid, Place, SheetError, most_columns, most_rows, too_many_columns, too_many_rows

encodings = ("utf-8", "utf-16-le", "utf-16-be", "gb18030", "big5", "cp1252")
delimiters = (",", ";", "\t")
_marks = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
_python_names = {"big5": ("cp950", "big5hkscs")}
_sure_share, _sure_lead, _few = 0.85, 0.2, 4
_acting = re.compile(r"^[=+\-@＝＋－＠][^|]{0,200}\|.{0,2000}!", re.DOTALL)  # what Excel would hand to another program


def decoded(content: bytes, encoding: str, known: frozenset[str]) -> tuple[str, str, bool]:
    """The text, its encoding, and whether that is sure. A mark at the beginning decides, then what the person said, then what the bytes say."""
    for mark, name in _marks:
        if content.startswith(mark):
            return _strictly(content[len(mark) :], name), name, True
    if encoding:
        if encoding not in encodings:
            raise SheetError(f"“{encoding}” is no encoding that is read here.", f"不支持编码“{encoding}”。")
        return _strictly(content, encoding), encoding, True
    if (wide := _wide(content)) is not None:
        return _strictly(content, wide), wide, False
    if (text := _tried(content, "utf-8")) is not None:
        return text, "utf-8", True
    return _guessed(content, known)


def _tried(content: bytes, encoding: str) -> str | None:
    for name in _python_names.get(encoding, (encoding,)):
        try:
            return content.decode(name)
        except UnicodeDecodeError:
            continue
    return None


def _strictly(content: bytes, encoding: str) -> str:
    if (text := _tried(content, encoding)) is None:
        raise SheetError(f"The file is not {encoding.upper()} text. Choose another encoding.", f"文件不是 {encoding.upper()} 文本，请选择其他编码。")
    return text


def _wide(content: bytes) -> str | None:
    """UTF-16 without a mark: plain letters have a zero in them, and read the right way round all is letters one knows."""
    if b"\0" not in content:
        return None
    head = content[: min(len(content), 4000) & ~1]
    shares = {name: _share_of_letters(head.decode(name, "replace")) for name in ("utf-16-le", "utf-16-be")}
    best = max(shares, key=lambda name: shares[name])
    return best if shares[best] > 0.97 else None


def _share_of_letters(text: str) -> float:
    usual = sum(
        each in "\r\n\t" or " " <= each <= "\u024f" or "\u3000" <= each <= "\u30ff" or "\u4e00" <= each <= "\u9fff" or "\uff00" <= each <= "\uffef"
        for each in text
    )
    return usual / len(text) if text else 0.0


def _guessed(content: bytes, known: frozenset[str]) -> tuple[str, str, bool]:
    texts = {name: text for name in ("gb18030", "big5") if (text := _tried(content, name)) is not None}
    if not texts:
        if b"\0" not in content and (text := _tried(content, "cp1252")) is not None:
            return text, "cp1252", False
        raise SheetError("The file is neither UTF-8 nor GB18030 nor Big5 text.", "文件既不是 UTF-8，也不是 GB18030 或 Big5 文本。")
    expected = {name for name, text in texts.items() if _names_known(text, known)}
    if len(expected) == 1:
        name = expected.pop()
        return texts[name], name, True
    shares = {name: _share_of_usual(content, name) for name in texts}
    best = max(texts, key=lambda name: shares[name])
    others = max((share for name, share in shares.items() if name != best), default=0.0)
    letters = sum(byte >= 0x80 for byte in content[:200_000]) // 2
    return texts[best], best, letters >= _few and shares[best] >= _sure_share and shares[best] - others >= _sure_lead


def _names_known(text: str, known: frozenset[str]) -> bool:
    cells = re.split(r"[,;\t\r\n\"]+", text[:4000].lower())
    return any(not cell.isascii() and cell.strip() in known for cell in cells)


def _share_of_usual(content: bytes, encoding: str) -> float:
    """Of the letters of two bytes, how many are among the frequent ones, which both encodings keep in a block of their own."""
    usual = total = place = 0
    head = content[:200_000]
    while place < len(head) - 1:
        lead, trail = head[place], head[place + 1]
        if lead < 0x80:
            place += 1
            continue
        total += 1
        if encoding == "gb18030":
            usual += (0xB0 <= lead <= 0xD7 or lead in (0xA1, 0xA3)) and trail >= 0xA1
        else:
            usual += 0xA4 <= lead <= 0xC6 or lead in (0xA1, 0xA2)
        place += 4 if encoding == "gb18030" and 0x30 <= trail <= 0x39 else 2
    return usual / total if total else 0.0


def delimiter_of(text: str) -> str:
    """The delimiter by which the first lines fall into the same number of cells, the more the better."""
    best, most = ",", (0.0, 0)
    for each in delimiters:
        try:
            widths = [len(line) for _number, line in zip(range(20), csv.reader(io.StringIO(text[:20_000]), delimiter=each), strict=False) if line]
        except csv.Error:
            continue
        counted = Counter(width for width in widths if width > 1)
        if not counted:
            continue
        width, times = max(counted.items(), key=lambda pair: (pair[1], pair[0]))
        if (times / len(widths), width) > most:
            best, most = each, (times / len(widths), width)
    return best


def grid(text: str, delimiter: str) -> tuple[Grid, str]:
    """The cells of a text, and the delimiter; a first line "sep=;" says it, as Excel takes it."""
    if "\0" in text:
        raise SheetError("The file is not a text file.", "文件不是文本文件。")
    if said := re.match(r"\ufeff?sep=([,;\t])\r?\n", text):
        text, delimiter = text[said.end() :], delimiter or said[1]
    delimiter = delimiter or delimiter_of(text)
    if delimiter not in delimiters:
        raise SheetError("Columns are divided by comma, semicolon or tab.", "列之间用逗号、分号或制表符分隔。")
    cells: list[list[str]] = []
    problems: dict[Place, str] = {}
    try:
        for line in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter):
            if len(line) > most_columns:
                raise too_many_columns()
            problems |= {(len(cells), column): "dde" for column, value in enumerate(line) if _acting.match(value.strip())}
            cells.append(line)
            if len(cells) > most_rows:
                raise too_many_rows()
    except csv.Error as problem:
        raise SheetError(f"The file cannot be read as CSV: {problem}", f"文件无法按 CSV 读取：{problem}") from problem
    width = max((len(line) for line in cells), default=0)
    return Grid([line + [""] * (width - len(line)) for line in cells], problems), delimiter

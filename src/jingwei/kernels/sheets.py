"""Sheets of strangers (CSV, Excel) into rows of text; refuses what is none, is hostile, or unpacks to an unreasonable size."""

from __future__ import annotations

import csv
import io
import os
import zipfile
from datetime import datetime
from typing import Any

os.environ.setdefault("OPENPYXL_LXML", "False")  # lxml would accept entity declarations

import openpyxl

most_rows = 50_000
most_columns = 500
most_unpacked = 200_000_000
most_members = 1000
longest_cell = 32_767  # what Excel itself allows


class SheetError(ValueError):
    """A file that is no sheet we read; the text says why and what to do, `zh` the same in Chinese."""

    def __init__(self, en: str, zh: str) -> None:
        super().__init__(en)
        self.zh = zh


def read(content: bytes, name: str) -> list[list[str]]:
    """The rows of a CSV (UTF-8 or GB18030) or of the first sheet of an .xlsx, the header first."""
    if name.lower().endswith(".xlsx"):
        table = _read_xlsx(content)
    elif name.lower().endswith((".csv", ".txt")):
        table = _read_csv(content)
    else:
        raise SheetError("Choose a .csv or .xlsx file.", "请选择 .csv 或 .xlsx 文件。")
    if not table or not any(table[0]):
        raise SheetError("The file is empty: the first row must hold the column names.", "文件是空的：第一行必须是列名。")
    if len(table) > most_rows:
        raise _too_many_rows()
    return table


def _too_many_rows() -> SheetError:
    return SheetError(f"The file has more than {most_rows} rows. Split it.", f"文件超过 {most_rows} 行，请拆分。")


def _too_many_columns() -> SheetError:
    return SheetError(f"The sheet has more than {most_columns} columns. Delete the empty ones.", f"工作表超过 {most_columns} 列，请删除多余的空列。")


def _read_csv(content: bytes) -> list[list[str]]:
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = content.decode(encoding)
            break
        except UnicodeDecodeError:
            continue
    else:
        raise SheetError("The file is neither UTF-8 nor GB18030 text.", "文件既不是 UTF-8 也不是 GB18030 文本。")
    if "\0" in text:
        raise SheetError("The file is not a text file.", "文件不是文本文件。")
    sample = text[:4000]
    delimiter = "\t" if sample.count("\t") > sample.count(",") else ";" if sample.count(";") > sample.count(",") else ","
    out: list[list[str]] = []
    try:
        for line in csv.reader(io.StringIO(text), delimiter=delimiter):
            if len(line) > most_columns:
                raise _too_many_columns()
            out.append(line)
            if len(out) > most_rows:
                raise _too_many_rows()
    except csv.Error as problem:
        raise SheetError(f"The file cannot be read as CSV: {problem}", f"文件无法按 CSV 读取：{problem}") from problem
    return out


def _read_xlsx(content: bytes) -> list[list[str]]:
    check_archive(content)
    try:
        book = openpyxl.load_workbook(io.BytesIO(content), read_only=True, data_only=True)
        sheet = book.worksheets[0]
        if hasattr(sheet, "reset_dimensions"):
            sheet.reset_dimensions()  # what the sheet says of its size is not believed: every row would be filled up to it
        out: list[list[str]] = []
        for line in sheet.iter_rows(values_only=True):
            if len(line) > most_columns and any(value is not None for value in line[most_columns:]):
                raise _too_many_columns()
            out.append([_text(value) for value in line[:most_columns]])
            if len(out) > most_rows:
                raise _too_many_rows()
    except SheetError:
        raise
    except MemoryError:
        raise
    except Exception as problem:  # a damaged workbook fails in a hundred ways
        raise SheetError("The file cannot be read as an Excel workbook.", "文件无法按 Excel 工作簿读取。") from problem
    width = max((len(line) for line in out), default=0)
    return [line + [""] * (width - len(line)) for line in out]


def check_archive(content: bytes) -> None:
    """Refuse what unpacks beyond reason, leaves its folder, or declares entities."""
    try:
        archive = zipfile.ZipFile(io.BytesIO(content))
        infos = archive.infolist()
    except (zipfile.BadZipFile, ValueError, EOFError, OverflowError, NotImplementedError) as problem:
        raise SheetError("The file cannot be read as an Excel workbook.", "文件无法按 Excel 工作簿读取。") from problem
    size = sum(i.file_size for i in infos)
    if len(infos) > most_members or size > most_unpacked or any(i.file_size > 100 * max(i.compress_size, 1) and i.file_size > 1_000_000 for i in infos):
        raise SheetError("The file unpacks to an unreasonable size and was refused.", "文件解压后大小异常，已拒绝。")
    if any(".." in i.filename or i.filename.startswith("/") for i in infos):
        raise SheetError("The file contains forbidden paths and was refused.", "文件包含不允许的路径，已拒绝。")
    for info in infos:
        if info.filename.endswith((".xml", ".rels")):
            _check_part(archive, info)


def _check_part(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> None:
    try:
        with archive.open(info) as part:
            head = part.read(4096)
    except (zipfile.BadZipFile, OSError, RuntimeError, NotImplementedError, EOFError) as problem:
        raise SheetError("The file cannot be read as an Excel workbook.", "文件无法按 Excel 工作簿读取。") from problem
    plain = head.replace(b"\0", b"")  # also in UTF-16
    if b"<!DOCTYPE" in plain or b"<!ENTITY" in plain:
        raise SheetError("The file declares document types or entities and was refused.", "文件声明了文档类型或实体，已拒绝。")


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%d %H:%M") if (value.hour or value.minute) else value.date().isoformat()
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)[:longest_cell]

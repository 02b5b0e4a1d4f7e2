"""What a workbook is packed in: refused when it unpacks beyond reason, leaves its folder, declares entities, or reaches outside of itself."""

from __future__ import annotations

import io
import zipfile

from jingwei.kernels.sheets.table import SheetError

most_unpacked = 200_000_000
most_members = 1000
_outside = ("xl/externallinks/", "xl/embeddings/", "xl/activex/", "xl/connections.xml", "xl/vbaproject.bin")


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


def check_reach(content: bytes) -> None:
    """Refuse a workbook that refers to other files or programs, or carries some. It was checked as an archive before."""
    names = [info.filename.lower() for info in zipfile.ZipFile(io.BytesIO(content)).infolist()]
    if any(name.startswith(_outside) for name in names):
        raise reaching()


def reaching() -> SheetError:
    """A workbook that reaches outside of itself."""
    return SheetError(
        "The workbook refers to other files or programs, or carries macros, and was refused. Copy the values into a new workbook and bring that.",
        "工作簿引用了其他文件或程序，或带有宏，已拒绝。请把数值粘贴到新工作簿后再导入。",
    )


def _check_part(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> None:
    try:
        with archive.open(info) as part:
            head = part.read(4096)
    except (zipfile.BadZipFile, OSError, RuntimeError, NotImplementedError, EOFError) as problem:
        raise SheetError("The file cannot be read as an Excel workbook.", "文件无法按 Excel 工作簿读取。") from problem
    plain = head.replace(b"\0", b"")  # also in UTF-16
    if b"<!DOCTYPE" in plain or b"<!ENTITY" in plain:
        raise SheetError("The file declares document types or entities and was refused.", "文件声明了文档类型或实体，已拒绝。")

"""Which kind of file it is, told by its first bytes."""

from __future__ import annotations

from collections.abc import Callable

from jingwei.kernels.planfile.ganttproject import read_ganttproject
from jingwei.kernels.planfile.model import FileError, PlanFile, UnknownKind
from jingwei.kernels.planfile.mspdi import read_mspdi
from jingwei.kernels.planfile.pmxml import read_pmxml
from jingwei.kernels.planfile.xer import read_xer


def read(content: bytes, name: str = "") -> PlanFile:
    """Read a schedule file of any kind known here. Raises FileError: what is wrong and what to do."""
    head = content[:8000]
    if head[:2] in (b"\xff\xfe", b"\xfe\xff"):
        head = head.decode("utf-16", "ignore").encode("utf-8", "ignore")
    reader = _reader(head.lstrip(b"\xef\xbb\xbf \r\n\t"), name)
    try:
        return reader(content)
    except FileError:
        raise
    except (ValueError, LookupError, ArithmeticError, TypeError, AttributeError) as problem:  # whatever a damaged file leads to
        told = f"the field {problem} is missing" if isinstance(problem, KeyError) else f"a value cannot be read: {problem}"
        zh = f"缺少字段 {problem}" if isinstance(problem, KeyError) else f"有一个值无法读取：{problem}"
        raise FileError(told, zh) from problem


def _reader(head: bytes, name: str) -> Callable[[bytes], PlanFile]:
    if head.startswith(b"<") and b"schemas.microsoft.com/project" in head:
        return read_mspdi
    if head.startswith(b"<") and b"APIBusinessObjects" in head:
        return read_pmxml
    if head.startswith(b"<") and b"<project " in head:
        return read_ganttproject
    if head.startswith(b"ERMHDR"):
        return read_xer
    shown = name or "this"
    if head.startswith(b"\xd0\xcf\x11\xe0"):
        raise UnknownKind(
            f"{shown} is a binary Microsoft Project file: save it as XML there, or switch on the MPXJ extra (pip install 'jingwei[mpxj]')",
            f"{name or '此文件'} 是 Microsoft Project 的二进制文件：请在原软件中另存为 XML，或启用 MPXJ 扩展（pip install 'jingwei[mpxj]'）",
        )
    raise UnknownKind(
        f"{shown} is no schedule file known here: save it as Microsoft Project XML",
        f"{name or '此文件'} 不是可识别的计划文件：请另存为 Microsoft Project XML、XER 或 Primavera XML",
    )

"""Which kind of file it is, told by its first bytes."""

from __future__ import annotations

from jingwei.kernels.planfile.model import FileError, PlanFile
from jingwei.kernels.planfile.mspdi import read_mspdi


def read(content: bytes, name: str = "") -> PlanFile:
    """Read a schedule file of any kind known here. Raises FileError: what is wrong and what to do."""
    head = content[:4000].lstrip(b"\xef\xbb\xbf \r\n\t")
    if head.startswith(b"<") and b"schemas.microsoft.com/project" in head:
        return read_mspdi(content)
    if head.startswith(b"\xd0\xcf\x11\xe0"):
        raise FileError(f"{name or 'this'} is a binary Microsoft Project file: save it as XML there, or switch on the MPXJ extra (pip install 'jingwei[mpxj]')")
    raise FileError(f"{name or 'this'} is no schedule file known here: save it as Microsoft Project XML")

"""What a file is, told by what stands in it and not by its name; and which files nobody should hand on to a colleague: programs."""

from __future__ import annotations

import re
import unicodedata

unknown = "application/octet-stream"
name_at_most = 150
_beginnings = (
    (b"%PDF-", "application/pdf"), (b"\x89PNG\r\n\x1a\n", "image/png"), (b"\xff\xd8\xff", "image/jpeg"), (b"GIF87a", "image/gif"), (b"GIF89a", "image/gif"),
    (b"PK\x03\x04", "application/zip"), (b"PK\x05\x06", "application/zip"), (b"\x1f\x8b", "application/gzip"), (b"7z\xbc\xaf\x27\x1c", "application/x-7z-compressed"),
    (b"Rar!\x1a\x07", "application/vnd.rar"), (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "application/x-ole-storage"),
)  # fmt: skip
# Windows, Linux, macOS (in both orders of bytes, and for several processors at once, which is also how Java's classes begin), Windows shortcuts
_programs = (
    b"MZ",
    b"\x7fELF",
    b"\xfe\xed\xfa\xce",
    b"\xfe\xed\xfa\xcf",
    b"\xce\xfa\xed\xfe",
    b"\xcf\xfa\xed\xfe",
    b"\xca\xfe\xba\xbe",
    b"L\x00\x00\x00\x01\x14\x02\x00",
)
# what a double click runs although its content is plain text, or an archive
_run_by_name = re.compile(r"\.(bat|cmd|com|cpl|exe|hta|jar|js|jse|lnk|msi|msp|pif|ps1|reg|scr|vb|vbe|vbs|wsf|wsh)$", re.IGNORECASE)


def kind_of(content: bytes) -> str:
    """The media type of those kinds that we know by their content, else `unknown`."""
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return "image/webp"
    return next((kind for beginning, kind in _beginnings if content.startswith(beginning)), unknown)


def is_program(content: bytes, name: str) -> bool:
    """Whether it can be run: by its content, or by a name that Windows runs."""
    return content.startswith(_programs) or _run_by_name.search(name.rstrip(" .")) is not None


def tidy_name(name: str) -> str:
    """A file's name without folders, control characters and marks that turn the reading direction; shortened before its suffix, never empty."""
    last = re.split(r"[/\\]", name)[-1]
    kept = "".join(c for c in last if unicodedata.category(c) not in ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")).strip(" .")
    if len(kept) <= name_at_most:
        return kept or "file"
    stem, dot, suffix = kept.rpartition(".")
    return f"{stem[: name_at_most - len(suffix) - 1]}.{suffix}" if dot and 0 < len(suffix) <= 12 else kept[:name_at_most]

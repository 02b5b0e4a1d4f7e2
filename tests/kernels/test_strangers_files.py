"""Sheets and photos of strangers: what is read, what is refused with which words, and that nothing comes along with a photo."""

from __future__ import annotations

import io
import zipfile

import openpyxl
import pytest
from PIL import Image

from jingwei.kernels import pictures, sheets


def workbook(change: dict[str, tuple[bytes, bytes]] | None = None, more: dict[str, bytes] | None = None) -> bytes:
    """A small workbook, some of its parts changed."""
    book = openpyxl.Workbook()
    book.active["A1"], book.active["B1"], book.active["A2"] = "code", "name", "x"
    made, out = io.BytesIO(), io.BytesIO()
    book.save(made)
    source = zipfile.ZipFile(made)
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for info in source.infolist():
            content = source.read(info)
            if change and info.filename in change:
                old, new = change[info.filename]
                assert old in content
                content = content.replace(old, new)
            archive.writestr(info.filename, content)
        for name, content in (more or {}).items():
            archive.writestr(name, content)
    return out.getvalue()


sheet = "xl/worksheets/sheet1.xml"


def test_what_a_sheet_says_of_its_size_is_not_believed() -> None:
    assert sheets.read(workbook({sheet: (b'ref="A1:B2"', b'ref="A1:XFD1048576"')}), "x.xlsx") == [["code", "name"], ["x", ""]]


hostile = {
    "a cell at the far end": workbook({sheet: (b"</sheetData>", b'<row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData>')}),
    "entities": workbook({sheet: (b"<worksheet", b'<!DOCTYPE x [<!ENTITY a "b">]><worksheet')}),
    "a zip bomb": workbook(more={"xl/bomb.bin": b"\0" * 30_000_000}),
    "many members": workbook(more={f"xl/x{n}.bin": b"" for n in range(1001)}),
    "a path that leaves": workbook(more={"../../etc/cron.d/x": b""}),
    "half a file": workbook()[:-300],
    "no archive": b"PK\x03\x04 nothing",
    "nothing": b"",
}


@pytest.mark.parametrize("content", hostile.values(), ids=hostile)
def test_hostile_workbooks_are_refused_in_both_languages(content: bytes) -> None:
    with pytest.raises(sheets.SheetError) as refused:
        sheets.read(content, "x.xlsx")
    assert refused.value.zh and str(refused.value)


@pytest.mark.parametrize(
    "content", [b"\0\0", b"", b"\n\n", b'"' + b"a" * 200_000 + b'"', b"a" + b"," * 600], ids=["binary", "empty", "blank", "long cell", "wide"]
)
def test_hostile_text_sheets_are_refused(content: bytes) -> None:
    with pytest.raises(sheets.SheetError):
        sheets.read(content, "x.csv")


def photo(kind: str, mode: str = "RGB", size: tuple[int, int] = (40, 20), orientation: int = 1) -> bytes:
    out, picture = io.BytesIO(), Image.new(mode, size)
    found = picture.getexif()
    found[0x0112], found[0x010F] = orientation, "Camera of somebody"
    found.get_ifd(0x8825)[1] = "N"
    picture.save(out, kind, **({"exif": found} if kind != "EPS" else {}))
    return out.getvalue()


@pytest.mark.parametrize(("kind", "mode"), [("JPEG", "RGB"), ("JPEG", "L"), ("JPEG", "CMYK"), ("PNG", "RGBA"), ("PNG", "P"), ("PNG", "I;16"), ("WEBP", "RGB")])
def test_a_photo_keeps_its_pixels_and_nothing_else(kind: str, mode: str) -> None:
    suffix, content = pictures.cleaned(photo(kind, mode, orientation=6))
    read = Image.open(io.BytesIO(content))
    assert read.format == kind and suffix == {"JPEG": "jpg", "PNG": "png", "WEBP": "webp"}[kind]
    assert read.size == (20, 40), "turned upright"
    assert not dict(read.getexif()) and b"Camera of somebody" not in content and "exif" not in read.info


def test_what_is_no_photo_or_too_large_is_refused() -> None:
    svg = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
    large = photo("PNG", "1", (7000, 6000))
    for content in (photo("EPS"), photo("GIF"), photo("TIFF"), svg, b"", photo("JPEG")[:200], large):
        with pytest.raises(pictures.PictureError) as refused:
            pictures.cleaned(content)
        assert refused.value.zh

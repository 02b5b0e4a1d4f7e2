"""The law of files: what is attached is told by its content, never runs, goes out safely, is kept once a row, and comes back by undo."""

from __future__ import annotations

import io
import socketserver
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from PIL import Image

from jingwei.frame import scope
from jingwei.frame.carried import files, room
from jingwei.frame.models import Attachment
from jingwei.frame.records import undo
from jingwei.frame.records.resource import Resource, resource
from jingwei.frame.work import keeping
from tests.house.carried import bomb, browser, eicar, made, picture, upload
from tests.house.conftest import House
from tests.house.half import Half
from tests.house.test_api import Program
from tests.serving import in_background

pytestmark = pytest.mark.django_db


def attached(house: House, inside: Any, content: bytes, name: str = "a.txt") -> tuple[Resource, Any, Any]:
    """The answer of the page to a file."""
    kind = resource("work.task")
    row = made(house, inside, kind)
    return kind, row, browser(house.owner, **{"HX-Request": "true"}).post(f"/w/{kind.key}/{row.pk}/carried/files/", {"file": upload(content, name)})


@pytest.mark.parametrize(
    ("content", "name", "kind", "is_shown"),
    [
        (picture(), "p.exe.png", "image/png", True), (b"%PDF-1.7 x", "x.pdf", "application/pdf", True), (b"<html><script>alert(1)</script>", "x.png", "application/octet-stream", False),
        (b"<svg xmlns='http://www.w3.org/2000/svg' onload='x'/>", "x.svg", "application/octet-stream", False), (b"\x89PNG\r\n\x1a\n" + b"damaged" * 9, "d.png", "image/png", False),
        (bomb(), "bomb.png", "image/png", False), (b"GIF89a<script>", "x.gif", "image/gif", False), (b"PK\x03\x04rest", "报告.docx", "application/zip", False),
    ],
    ids=["png", "pdf", "html called png", "svg", "damaged png", "bomb", "gif", "docx"],
)  # fmt: skip
def test_a_file_is_told_by_its_content_and_shown_only_when_it_is_safe(content: bytes, name: str, kind: str, is_shown: bool, house: House, inside: Any) -> None:
    on, row, answer = attached(house, inside, content, name)
    assert answer.status_code == 200, answer.text
    with inside():
        kept = Attachment.objects.get()
    assert (kept.kind, kept.name, kept.size) == (kind, name, len(content)) and bool(kept.thumbnail) == (is_shown and kind.startswith("image"))
    address = f"/w/{on.key}/{row.pk}/carried/files/{kept.pk}/"
    for way, shown in ((address, is_shown), (address + "?save=1", False)):
        told = browser(house.viewer).get(way)
        assert told["X-Content-Type-Options"] == "nosniff" and b"".join(told.streaming_content) == content
        assert told["Content-Disposition"].startswith("inline" if shown else "attachment")
        assert told["Content-Type"] == (kind if shown else "application/octet-stream")
    small = browser(house.viewer).get(address + "?small=1")
    assert small.status_code == (200 if kept.thumbnail else 404)
    if kept.thumbnail:
        assert Image.open(io.BytesIO(b"".join(small.streaming_content))).size == (320, 160) and small["Content-Type"] == "image/jpeg"
    by_rest = Program(house, house.owner, house.tenant)
    told = by_rest.client.get(f"/api/v1/{on.key}/{row.pk}/files/{kept.pk}", headers={"Authorization": f"Bearer {by_rest.token}"})
    assert told["Content-Disposition"].startswith("attachment") and told["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize(
    ("content", "name", "words"),
    [
        (b"", "a.txt", "is empty"), (b"MZ\x90", "photo.png", "is a program"), (b"\x7fELF", "a", "is a program"), (b"@echo off", "run.BAT", "is a program"),
        (b"echo", "x.ps1 .", "is a program"), (b"\xca\xfe\xba\xbe", "A.class", "is a program"), (b"x" * 1_000_001, "long.txt", "larger than 1 MB"),
    ],
    ids=["empty", "exe called png", "elf", "batch", "powershell with dots", "class", "large"],
)  # fmt: skip
def test_what_is_not_taken_is_named(content: bytes, name: str, words: str, house: House, inside: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JINGWEI_FILE_MB", "1")
    _kind, _row, answer = attached(house, inside, content, name)
    assert answer.status_code == 422 and words in answer.text, answer.text[:300]
    with inside():
        assert not Attachment.objects.exists()


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("../../etc/passwd", "passwd"), ("..\\..\\boot.ini", "boot.ini"), ("a\r\nSet-Cookie: x.txt", "aSet-Cookie: x.txt"), ("\u202egpj.exe.txt", "gpj.exe.txt"), ("...", "file"),
        ("图纸 第1版.pdf", "图纸 第1版.pdf"), ("x" * 400 + ".pdf", "x" * 146 + ".pdf"), ("<script>.txt", "<script>.txt"), ('"; filename="x.txt', '"; filename="x.txt'), ("\ud800.txt", "txt"),
    ],
)  # fmt: skip
def test_odd_names_are_tidied_and_go_out_safely(name: str, kept: str, house: House, inside: Any) -> None:
    kind = resource("work.task")
    row = made(house, inside, kind)
    with inside():
        given = upload()
        given._name = name  # past Django's own tidying
        (attachment,) = files.attach(kind, row, [given], house.access)
    assert attachment.name == kept and "/" not in attachment.file.name.removeprefix("carried/")[8:]
    client = browser(house.owner)
    told = client.get(f"/w/{kind.key}/{row.pk}/carried/files/{attachment.pk}/")
    assert "\n" not in told["Content-Disposition"] and "Set-Cookie" not in told
    assert "<script>.txt" not in client.get(f"/w/{kind.key}/{row.pk}/").text


def test_the_same_file_is_kept_once_a_row_and_removal_is_undone(house: House, inside: Any) -> None:
    kind, row, _answer = attached(house, inside, b"same", "one.txt")
    client = browser(house.owner)
    client.post(f"/w/{kind.key}/{row.pk}/carried/files/", {"file": upload(b"same", "two.txt")})
    with inside():
        kept = Attachment.objects.get()
        assert kept.name == "one.txt" and kept.sha256 == "0967115f2813a3541eaef77de9d9d5773f1c0c04314b0bbfe4ff3b3b1c55b5d5"
    page = client.post(f"/w/{kind.key}/{row.pk}/carried/files/{kept.pk}/remove/", follow=True).text
    assert "one.txt” was removed" in page and 'action="/undo/"' in page
    with inside():
        assert not Attachment.objects.exists() and kept.file.name in set(keeping._names_in_use())
    assert "Undone" in client.post("/undo/", {"next": f"/w/{kind.key}/{row.pk}/"}, follow=True).text
    with inside():
        back = Attachment.objects.get()
        assert (back.pk, back.file.read()) == (kept.pk, b"same")


def test_undo_brings_no_file_back_for_who_lost_the_right(house: House, inside: Any, half: Half) -> None:
    kind = resource("work.task")
    with half.inside():
        row = kind.model.objects.get(pk=half.mine[0].pk)
        (kept,) = files.attach(kind, row, [upload()], half.access)
        with scope.because(trace="removed"):
            files.remove(kind, row, kept, half.access)
    half.user.memberships.filter(project=house.project).delete()
    with half.inside():
        assert undo.undo("removed", half.access), "and that is said"
    with inside():
        assert not Attachment.objects.exists()


def test_the_organisations_room_is_bounded(house: House, inside: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JINGWEI_FILES_MB", "1")
    kind = resource("work.task")
    row = made(house, inside, kind)
    with inside():
        files.attach(kind, row, [upload(b"a" * 600_000)], house.access)
        with pytest.raises(ValidationError, match="more than 1 MB|超过 1 MB"):
            files.attach(kind, row, [upload(b"b" * 600_000)], house.access)
        assert Attachment.objects.count() == 1
        files.remove(kind, row, Attachment.objects.get(), house.access)
        with pytest.raises(ValidationError, match="more than 1 MB|超过 1 MB"):
            files.attach(kind, row, [upload(b"b" * 600_000)], house.access)
        assert room.taken() == 600_000, "undo may bring it back, so it is still there"


class Clamd(socketserver.BaseRequestHandler):
    """The scanner's own words, as clamd speaks them."""

    def handle(self) -> None:
        taken = b""
        assert self._read(10) == b"zINSTREAM\0"
        while size := struct.unpack("!I", self._read(4))[0]:
            taken += self._read(size)
        self.request.sendall(b"stream: Eicar-Signature FOUND\0" if eicar in taken else b"stream: OK\0")

    def _read(self, count: int) -> bytes:
        out = b""
        while len(out) < count:
            out += self.request.recv(count - len(out))
        return out


@contextmanager
def scanner(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with socketserver.TCPServer(("127.0.0.1", 0), Clamd) as server:
        in_background(server)
        place = f"127.0.0.1:{server.server_address[1]}"
        monkeypatch.setenv("JINGWEI_CLAMD", place)
        monkeypatch.setenv("JINGWEI_EGRESS_ALLOW", place)
        yield
        server.shutdown()


def test_the_scanner_is_asked_when_there_is_one(house: House, inside: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    with scanner(monkeypatch):
        _kind, _row, answer = attached(house, inside, b"harmless " * 200_000, "ok.txt")
        assert answer.status_code == 200, answer.text[:300]
        _kind, _row, answer = attached(house, inside, eicar, "eicar.txt")
        assert answer.status_code == 422 and "harmful" in answer.text
    _kind, _row, answer = attached(house, inside, b"while it is down", "later.txt")
    assert answer.status_code == 422 and "Try again later" in answer.text
    with inside():
        assert [each.name for each in Attachment.objects.all()] == ["ok.txt"]

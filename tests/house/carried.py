"""What the laws of carried things share: which resources carry, files to attach, and somebody's browser."""

from __future__ import annotations

import io
from html.parser import HTMLParser
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from PIL import Image

from jingwei.frame.carried import files, tags, talk
from jingwei.frame.models import User
from jingwei.frame.records.resource import Resource, resources
from jingwei.frame.rights.access import access_of
from tests.house.conftest import House

carrying = [each for each in resources() if each.carries]
every = pytest.mark.parametrize("kind", carrying, ids=[each.key for each in carrying])
eicar = rb"X5O!P%@AP[4\PZX54(P^)7CC)7}$EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"
ways_of_writing = (("talk/", {"text": "x"}), ("files/", {}), ("tags/", {"word": "x"}), ("follow/", {"on": "1"}))


class Read(HTMLParser):
    """What a browser would make of it: tags, and attributes with their values."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: list[tuple[str, str | None]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes += attrs


def upload(content: bytes = b"hello", name: str = "a.txt") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content, "text/html")


def picture(size: tuple[int, int] = (640, 320)) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, "red").save(out, "PNG")
    return out.getvalue()


def bomb() -> bytes:
    """169 megapixels in 20 kB. Of one bit each: every process that collects the tests makes them, and of three bytes each that takes seconds."""
    out = io.BytesIO()
    Image.new("1", (13_000, 13_000)).save(out, "PNG")
    return out.getvalue()


def browser(user: User, **headers: str) -> Client:
    client = Client(headers={"Accept-Language": "en", **headers}, raise_request_exception=False)
    client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


def made(house: House, inside: Any, kind: Resource) -> Any:
    with inside():
        return house.make(kind)


def full(house: House, inside: Any, kind: Resource) -> Any:
    """A row with a comment, a file and a tag of the owner, who follows it."""
    with inside():
        row, access = house.make(kind), access_of(house.owner, house.tenant)
        talk.say(kind, row, "geheim", access)
        files.attach(kind, row, [upload(b"geheim", "geheim.txt")], access)
        tags.add(kind, row, "geheim", access)
        return row

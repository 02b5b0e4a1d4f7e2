"""Photos of sheets: what comes in is written anew with nothing but its pixels; what is none is refused at its field, and nothing is kept."""

from __future__ import annotations

import io
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import OperationalError
from django.test import Client
from PIL import Image
from psycopg import errors

from jingwei.frame import scope
from jingwei.frame.records import commands, fields
from jingwei.frame.records.resource import resource
from jingwei.frame.records.turns import Turn
from jingwei.frame.walls import confined
from tests.house.carried import bomb
from tests.house.conftest import House

pytestmark = pytest.mark.django_db


def photo(kind: str = "JPEG") -> bytes:
    out, picture = io.BytesIO(), Image.new("RGB", (40, 20))
    found = picture.getexif()
    found[0x0112], found[0x010F] = 6, "Camera of somebody"
    found.get_ifd(0x8825)[1] = "N"
    picture.save(out, kind, **({"exif": found} if kind == "JPEG" else {}))
    return out.getvalue()


def sent(house: House, who: Any, content: bytes, name: str = "site.jpg") -> Any:
    """The sheet's form with a photo."""
    return sent_to(made(house), house, who, content, name)


def made(house: House) -> Any:
    with scope.within(scope.Scope(house.tenant.pk, house.owner.pk)):
        return house.make(resource("labour.sheet"))


def sent_to(row: Any, house: House, who: Any, content: bytes, name: str = "site.jpg") -> Any:
    client = Client(raise_request_exception=False, headers={"Accept-Language": "en"})
    client.force_login(who, backend="allauth.account.auth_backends.AuthenticationBackend")
    answer = client.post(f"/w/labour.sheet/{row.pk}/edit/", {"photo": SimpleUploadedFile(name, content, "image/jpeg"), "place": "gate"})
    with scope.within(scope.Scope(house.tenant.pk)):
        row.refresh_from_db()
    return answer, row


def test_a_viewer_leaves_no_photo(house: House) -> None:
    answer, row = sent(house, house.viewer, photo())
    assert answer.status_code == 403 and not row.photo


def test_a_photo_loses_place_and_camera_and_stands_upright(house: House) -> None:
    answer, row = sent(house, house.owner, photo())
    assert answer.status_code == 302, answer.text[:500]
    kept = row.photo.read()
    read = Image.open(io.BytesIO(kept))
    assert read.size == (20, 40) and not dict(read.getexif()) and b"Camera of somebody" not in kept
    assert row.photo.name.endswith(".jpg") and row.place == "gate"


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (photo("EPS"), "no JPEG, PNG or WebP"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "no JPEG, PNG or WebP"),
        (bomb(), "40 megapixels"),
    ],
    ids=["eps", "svg", "169 megapixels"],
)
def test_what_is_no_photo_is_refused_at_its_field(content: bytes, words: str, house: House) -> None:
    answer, row = sent(house, house.owner, content)
    assert answer.status_code == 422 and words in answer.text and not row.photo and row.place != "gate"


@pytest.mark.django_db(transaction=True)
def test_a_photo_that_is_written_again_is_the_whole_photo(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    row, written = made(house), commands._written
    refused, held, looked_at = list[bool](), list[Any](), list[int]()

    def refused_once(*given: Any) -> Any:
        done = written(*given)
        if not refused:
            refused.append(True)
            raise OperationalError("deadlock detected") from errors.DeadlockDetected()
        return done

    def told(*places: Any) -> Turn:
        held.append(places)
        return Turn(*places)

    def run(work: str, *given: Any) -> Any:
        looked_at.append(len(held))
        return confined.run(work, *given)

    monkeypatch.setattr(commands, "_written", refused_once)
    monkeypatch.setattr(commands, "Turn", told)
    monkeypatch.setattr(fields, "confined", SimpleNamespace(run=run))
    answer, row = sent_to(row, house, house.owner, photo())
    assert answer.status_code == 302 and refused and len(held) == 2, answer.text[:500]
    assert Image.open(io.BytesIO(row.photo.read())).size == (20, 40)
    assert looked_at == [0], "once, and before the project was held"

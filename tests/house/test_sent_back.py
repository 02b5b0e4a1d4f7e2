"""The law of forms: what a page shows and a browser sends back unchanged changes nothing, whatever line breaks, blanks and seconds stand there."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from django.db import models
from lxml import html

import jingwei
from jingwei.frame.models import History
from jingwei.frame.records.resource import Resource, resources
from tests.house.conftest import House
from tests.house.test_leaks import client_of

pytestmark = pytest.mark.django_db
texts = ("eins\nzwei", "eins\r\nzwei", "\nerst leer\n\nzwei", "drei\r\nvier\nfünf", "gemischt\rsechs")


def sent_back(page: str) -> list[tuple[str, str]]:
    """What a browser sends of the form of a page: a first line break of a text is the page's own, every other one is two characters."""
    (form,) = [each for each in html.fromstring(page).forms if "jw-form" in each.get("class", "")]
    out = []
    for name, value in form.form_values():
        field = next(each for each in form.inputs if each.name == name)
        if field.tag == "textarea":
            value = value.replace("\r\n", "\n").replace("\r", "\n")
            value = value.removeprefix("\n").replace("\n", "\r\n")
        out.append((name, value))
    return out


def odd_values(kind: Resource, text: str) -> dict[str, Any]:
    """Values that stand in a row, written past its form: texts of several lines, moments with seconds."""
    out: dict[str, Any] = {}
    for name in kind.plain_fields:
        field = kind.model_field(name)
        if isinstance(field, models.TextField) and not field.choices and name not in ("choices", "facts", "projects"):
            out[name] = text
        elif isinstance(field, models.DateTimeField):
            out[name] = datetime(2026, 11, 3, 1, 30, 17, 123456, tzinfo=UTC)
    return out


cases = [(kind, text) for kind in resources() for text in (texts if odd_values(kind, "") else texts[:1])]


@pytest.mark.parametrize(("kind", "text"), cases, ids=[f"{kind.key}-{texts.index(text)}" for kind, text in cases])
def test_what_is_shown_and_sent_back_changes_nothing(kind: Resource, text: str, house: House, inside: Callable[[], Any]) -> None:
    with inside():
        row = house.make(kind)
        if odd := odd_values(kind, text):
            kind.model.objects.filter(pk=row.pk).update(**odd)
    client, address = client_of(house.owner), f"/w/{kind.key}/{row.pk}/edit/"
    page = client.get(address)
    if page.status_code == 403 or 'class="card jw-form"' not in page.text:
        pytest.skip("it has no form")
    with inside():
        before = (kind.model.objects.filter(pk=row.pk).values().get(), History.objects.count())
    given: dict[str, Any] = {}
    for name, value in sent_back(page.text):
        given.setdefault(name, []).append(value)
    answer = client.post(address, given)
    assert answer.status_code == 302, answer.text
    with inside():
        after = kind.model.objects.filter(pk=row.pk).values().get()
        differing = {name: (value, after[name]) for name, value in before[0].items() if after[name] != value and name not in ("updated_at", "version")}
        assert differing == {} and History.objects.count() == before[1]


def test_every_text_area_keeps_its_first_line() -> None:
    root = Path(jingwei.__file__).parent
    drawn = [
        (path, text) for path in root.rglob("*.html") for text in re.findall(r"<textarea[^>]*(?:{%.*?%}[^>]*)*>(.*?)</textarea>", path.read_text(), re.DOTALL)
    ]
    assert len(drawn) > 6
    for path, text in drawn:
        assert "{% slot" in text or all("in_textarea" in shown for shown in re.findall(r"{{.*?}}", text)), path

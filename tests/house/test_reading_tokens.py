"""The law of tokens that only read: asked through one, no way in leaves anything that stays, whatever its owner may."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.apps import apps
from django.db import connection, transaction
from django.test import Client

from jingwei.frame import scope
from jingwei.frame.documents.declaration import Document, documents
from jingwei.frame.models import ApiToken, DocumentVersion, History, LongWork
from jingwei.frame.narrowing import Limit, read_only
from jingwei.frame.records.resource import resource
from jingwei.frame.work import longwork
from tests.house.conftest import House
from tests.house.rights_ops import Op, all_ops
from tests.house.rights_stage import built

# what is about the asking itself: who was here, when a token was used, and what is worked out for the one who asked
of_the_asking = {"frame_accessevent", "frame_apitoken", "django_session", "frame_longwork"}
unreadable = {"frame_search"}  # follows from the others, and the application itself may not look at it


def reading(house: House) -> Client:
    """A program of the administrator of everything with a token that only reads."""
    _token, text = ApiToken.issue(tenant=house.tenant, user=house.owner, name="reader", limit=Limit(read_only).as_plain())
    return Client(headers={"Authorization": f"Bearer {text}", "Accept-Language": "en"}, raise_request_exception=False)


def written() -> dict[str, int]:
    """How many rows of each table this transaction has written, also what was taken back since."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT relname, n_tup_ins + n_tup_upd + n_tup_del FROM pg_stat_xact_user_tables")
        return dict(cursor.fetchall())


def content(tables: set[str]) -> dict[str, str]:
    """What stands in these tables."""
    out = {}
    with connection.cursor() as cursor:
        for name in tables:
            cursor.execute(f"SELECT md5(coalesce(string_agg(t::text, '|' ORDER BY t::text), '')) FROM \"{name}\" t")
            out[name] = cursor.fetchone()[0]
    return out


@contextmanager
def taken_back() -> Iterator[None]:
    """Whatever is done inside is undone."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def _run_what_was_begun(house: House) -> None:
    """What goes on when the answer has been given, as the worker does it."""
    with scope.within(scope.Scope(house.tenant.pk, house.owner.pk)):
        for work in LongWork.objects.filter(payload__has_key="language"):  # not the one of the stage, which nobody began
            longwork.run(work.pk)


def left_by(client: Client, op: Op, house: House, before: dict[str, str]) -> set[str]:
    """The tables in which asking it has changed something."""
    with taken_back():
        counted = written()
        op.ask(client)
        _run_what_was_begun(house)
        touched = {name for name, number in written().items() if number != counted.get(name, 0)} & before.keys()
        with scope.within(scope.Scope(house.tenant.pk)):
            after = content(touched)
    return {name for name, said in after.items() if said != before.get(name)}


@pytest.mark.django_db
def test_a_token_that_only_reads_leaves_nothing(house: House) -> None:
    stage, client = built(house), reading(house)
    with scope.within(scope.Scope(house.tenant.pk)):
        before = content({model._meta.db_table for model in apps.get_models()} - of_the_asking - unreadable)
    ops = [op for op in all_ops(stage) if op.method != "GET"]
    wrong = {op.name: found for op in ops if (found := left_by(client, op, house, before))}
    assert len(ops) > 300 and not wrong


@pytest.mark.django_db
@pytest.mark.parametrize("document", [each for each in documents() if not each.resource], ids=lambda each: each.key)
def test_a_version_of_a_document_takes_a_token_that_may_write_it(document: Document, house: House, inside: Any, settings: Any, tmp_path: Any) -> None:
    """Persons make one by looking; it stays, and so a token must have been given more than to look. What it made names it."""
    settings.MEDIA_ROOT = tmp_path
    with inside():
        for key in document.follows:
            house.make(resource(key))
    page, rest, client = f"/documents/P1/{document.key}/make/", f"/api/v1/documents/P1/{document.key}", reading(house)
    asked = {"language": "en", "status": "draft"}
    for answer in (
        client.post(page, asked),
        client.post(rest, asked, content_type="application/json"),
        client.post(rest, {"no": 1}, content_type="application/json"),
    ):
        assert answer.status_code == 403 and document.edits in answer.content.decode()
    with inside():
        assert not LongWork.objects.exists()
    limit = Limit((*read_only, document.edits), frozenset({house.project.pk}))
    _token, text = ApiToken.issue(tenant=house.tenant, user=house.owner, name="printer", limit=limit.as_plain())
    writer = Client(headers={"Authorization": f"Bearer {text}"})
    assert writer.post(rest, asked, content_type="application/json").status_code == 202
    with inside():
        work = LongWork.objects.get()
        longwork.run(work.pk)
        version = DocumentVersion.objects.get()
        assert History.objects.get(resource="frame.documentversion", object_id=version.pk).origin == "api:printer"

"""Every schema that was ever released can be upgraded with its rows, and released migrations are never edited."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from django.db import connection

from jingwei.assembly import snapshot
from tests.assembly.test_coming_back import Home, home
from tools import released


@pytest.fixture
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    """An installation without tables."""
    made = home(tmp_path_factory, "upgraded")
    yield made
    made.stop()


def test_released_migrations_are_untouched(monkeypatch: pytest.MonkeyPatch) -> None:
    assert released.check() == 0
    path, mark = next(iter(released.noted().items()))
    monkeypatch.setattr(released, "found", lambda: {**released.noted(), path: mark[::-1]})
    assert released.check() == 1


def test_every_released_schema_comes_up_to_date_with_its_rows(fresh: Home) -> None:
    done = fresh.run_module("tests.assembly.upgrading")
    assert done.returncode == 0, done.stderr[-3000:]
    told = json.loads(done.stdout.splitlines()[-1])
    assert told["states"] == len(released.noted()) and told["lost"] == {}
    assert told["differing"] == []  # what a fresh installation gets at once is what the upgrade leads to
    assert told["unfilled"] == {} and told["filled"] > 40 and told["walls"] > 30, told
    assert told["is_searched"], "rows of before are found"


@pytest.mark.django_db
def test_tables_come_at_once_only_into_an_empty_database_and_only_of_these_migrations(monkeypatch: pytest.MonkeyPatch) -> None:
    assert snapshot.is_current(), "python -m tools.schema write"
    connection.ensure_connection()
    assert not snapshot.bring_in(connection.connection)
    with monkeypatch.context() as patched:
        patched.setattr(snapshot, "label", lambda: "another")
        assert not snapshot.is_current()

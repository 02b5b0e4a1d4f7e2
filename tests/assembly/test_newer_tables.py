"""A program that is older than its database does nothing with it, and says which is newer and what to do; a backup it can still take."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.db.migrations.recorder import MigrationRecorder

from jingwei.assembly import tables
from tests.assembly.coming import Home, whole
from tests.assembly.test_troubles import refused

as_owner = "from django.db import connection\nfrom jingwei.frame.postgres.base import as_owner\nwith as_owner():\n    connection.close()\n    connection.cursor().execute({!r})"
newer = "work.9999_from_the_future"


@pytest.fixture(scope="module")
def ahead(filled_home: Callable[[str], Home]) -> Iterator[Home]:
    made = filled_home("ahead")
    made.do(as_owner.format("INSERT INTO django_migrations (app, name, applied) VALUES ('work', '9999_from_the_future', now())"))
    yield made
    made.stop()


@pytest.mark.parametrize("command", [("up", "--no-demo"), ("web", "--port", "8971"), ("worker",), ("scheduler",), ("migrate",)])
def test_an_older_program_refuses_to_work(ahead: Home, command: tuple[str, ...]) -> None:
    refused(ahead.run(*command), newer, "升级", "upgrade this program", "jingwei restore")


def test_doctor_names_it(ahead: Home) -> None:
    done = ahead.run("doctor")
    assert done.returncode == 1 and f"(with {newer})" in done.stdout and "upgrade this program" in done.stdout


def test_a_backup_is_taken_all_the_same_and_says_so_and_an_older_one_is_the_way_back(ahead: Home, filled_home: Callable[[str], Home], tmp_path: Path) -> None:
    done = ahead.run("backup", str(tmp_path / "newer.jwb"))
    assert done.returncode == 0 and newer in done.stdout and "only the newer one" in done.stdout, done
    assert json.loads(ahead.run("backup", str(tmp_path / "again.jwb"), "--json").stdout)["newer"] == [newer]
    past = filled_home("past")
    try:
        key = past.path / "backup.key"
        assert json.loads(past.run("backup", str(tmp_path / "older.jwb"), "--json").stdout)["newer"] == []
        assert ahead.restore(tmp_path / "older.jwb", "--key-file", str(key)).returncode == 0
    finally:
        past.stop()
    assert ahead.told() == whole and ahead.run("migrate").returncode == 0


def test_what_a_library_has_folded_together_makes_no_program_an_older_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its rows stay in the table for ever, and no program knows them any more."""
    applied = {("mfa", "0001_gone"): None, ("usersessions", "9999_folded"): None, ("work", "9999_from_the_future"): None, ("weather", "0001_initial"): None}
    monkeypatch.setattr(MigrationRecorder, "applied_migrations", lambda _self: applied)
    assert tables.unknown_migrations() == ["weather.0001_initial", newer]

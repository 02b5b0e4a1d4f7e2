"""What a power cut or a full disk leaves of small files: made anew where nothing is lost by it, else named with its mend."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.assembly.coming import Home, whole
from tests.assembly.test_troubles import refused


@pytest.fixture(scope="module")
def mine(filled_home: Callable[[str], Home]) -> Iterator[Home]:
    made = filled_home("spoilt")
    yield made
    made.stop()


@pytest.mark.parametrize("left", [b"", b"cut", b"\0" * 67])
def test_a_session_key_is_made_anew_and_that_is_said(mine: Home, left: bytes) -> None:
    (mine.path / "secret_key").write_bytes(left)
    done = mine.run("setup-link")
    assert done.returncode == 0 and "secret_key" in done.stderr and "重新登录" in done.stderr, done
    assert len((mine.path / "secret_key").read_text()) > 60 and (mine.path / "secret_key").stat().st_mode & 0o777 == 0o600
    assert mine.run("setup-link").stderr == "", "once"


@pytest.mark.parametrize("left", [b"", b"cut", b"\0" * 43])
def test_the_password_of_the_embedded_database_is_made_anew(mine: Home, left: bytes) -> None:
    for first in (lambda: None, mine.stop):  # the server runs, and is started by the very command
        (mine.path / "database-password").write_bytes(left)
        first()
        assert mine.told() == whole
    assert len((mine.path / "database-password").read_text()) > 40


def test_a_spoilt_key_of_credentials_is_named_and_harms_no_other(mine: Home) -> None:
    spoilt = mine.path / "keys" / "k0099-00000000.key"
    spoilt.write_text("")
    try:
        assert mine.told() == whole
        said = mine.run("doctor").stdout
        assert str(spoilt) in said and "delete it" in said and "failed:" not in said and "检查" not in said
    finally:
        spoilt.unlink()


@pytest.mark.parametrize("left", ["", "ab" * 31, "\0" * 64])
def test_a_spoilt_key_of_backups_is_named_and_never_replaced_unasked(mine: Home, tmp_path: Path, left: str) -> None:
    key = mine.path / "backup.key"
    key.write_text(left)
    try:
        refused(mine.run("backup", str(tmp_path / "x.jwb")), str(key), "delete the file", "删除该文件")
        assert key.read_text() == left
        said = mine.run("doctor").stdout
        assert str(key) in said and "delete the file" in said
        key.unlink()
        assert mine.run("backup", str(tmp_path / "x.jwb")).returncode == 0
    finally:
        key.unlink(missing_ok=True)


def test_an_archive_switch_that_is_spoilt_is_mended_as_said(mine: Home, tmp_path: Path) -> None:
    (tmp_path / "archive").mkdir()
    assert mine.run("archive", "on", str(tmp_path / "archive")).returncode == 0
    switch = mine.path / "archive.json"
    try:
        switch.write_text("")
        refused(mine.run("archive", "status"), "archive on")
        assert "archive on FOLDER" in mine.run("doctor").stdout
        assert mine.run("archive", "on", str(tmp_path / "archive")).returncode == 0 and mine.run("archive", "status").returncode == 0
        switch.write_text("")
    finally:
        assert mine.run("archive", "off").returncode == 0 and not switch.exists()
        (mine.path / "backup.key").unlink()


def test_a_spoilt_journal_is_named(mine: Home, tmp_path: Path) -> None:
    assert mine.run("backup", str(tmp_path / "x.jwb"), "--json").returncode == 0
    journal = mine.path / "restore.journal"
    journal.write_text("")
    try:
        refused(mine.restore(tmp_path / "x.jwb"), str(journal), "delete ")
        assert str(journal) in mine.run("doctor").stdout and mine.told() == whole
    finally:
        journal.unlink()
    done = mine.restore(tmp_path / "x.jwb", "--json")
    assert done.returncode == 0 and json.loads(done.stdout)["rows"], done.stderr

"""A first start that was killed in its middle is begun anew; a folder that ever held data is never touched."""

from __future__ import annotations

from pathlib import Path

import pytest

from jingwei.frame.postgres import address


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("JINGWEI_HOME", str(tmp_path))
    made = tmp_path / "postgres"
    made.mkdir()
    return made


def test_what_never_came_through_its_first_start_makes_room(folder: Path) -> None:
    (folder / "PG_VERSION").write_text("18\n")
    (folder / "postgresql.conf").write_text("shared_buffers = 128MB\n")
    address._put_aside_unfinished(folder)
    assert not folder.exists() and len(list(folder.parent.glob("postgres-unfinished-*"))) == 1


def test_what_came_through_stays(folder: Path) -> None:
    address._put_aside_unfinished(folder)
    assert folder.exists(), "an empty folder is a beginning"
    (folder / "PG_VERSION").write_text("18\n")
    (folder / "postgresql.conf").write_text("x\n" + address.embedded_settings.replace("256MB", "64MB"))
    address._put_aside_unfinished(folder)
    assert folder.exists(), "of any release, also one whose settings were others"
    (folder / "postgresql.conf").write_text("mine\n")
    (folder.parent / "database-password").write_text("x")
    address._put_aside_unfinished(folder)
    assert folder.exists(), "with a configuration of somebody's own"

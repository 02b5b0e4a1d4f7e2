"""A first start that was killed in its middle is begun anew; a folder that ever held data is never touched."""

from __future__ import annotations

import os
import subprocess
import sys
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


def test_two_who_start_it_first_are_not_in_each_others_way(tmp_path: Path) -> None:
    environment = {name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "JINGWEI_SUPERVISED")} | {"JINGWEI_HOME": str(tmp_path)}
    command = [sys.executable, "-c", "from jingwei.frame.postgres import address; print(address.start_embedded())"]
    both = [subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for _each in range(2)]
    try:
        said = [each.communicate(timeout=120) for each in both]
        assert [each.returncode for each in both] == [0, 0], said
        assert said[0][0] == said[1][0] and not list(tmp_path.glob("postgres-unfinished-*"))
    finally:
        subprocess.run([sys.executable, "-c", "from jingwei.frame.postgres import address; address.stop_embedded('immediate')"], env=environment, check=True)

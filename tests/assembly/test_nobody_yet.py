"""A backup in which nobody can log in says so when it is made, and its restore tells the way out; an archive without its first base is told as such."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.assembly.coming import Home, home
from tests.assembly.test_troubles import refused
from tests.assembly.warm import root


def test_a_backup_made_before_anybody_could_log_in(tmp_path_factory: pytest.TempPathFactory, tmp_path: Path) -> None:
    new, other = home(tmp_path_factory, "new"), home(tmp_path_factory, "other")
    try:
        assert new.run("migrate").returncode == 0
        done = new.run("backup", str(tmp_path / "x.jwb"))
        assert done.returncode == 0 and "--accept-nobody" in done.stdout and "back up again" in done.stdout, done
        assert json.loads(new.run("backup", str(tmp_path / "y.jwb"), "--json").stdout)["people"] == 0
        key = ("--key-file", str(new.path / "backup.key"))
        refused(other.restore(tmp_path / "x.jwb", *key), "没有人可以登录", "--accept-nobody", "setup-link")
        done = other.restore(tmp_path / "x.jwb", *key, "--accept-nobody")
        assert done.returncode == 0, done.stderr
        assert "/setup/" in other.run("setup-link").stdout
    finally:
        new.stop()
        other.stop()


def test_an_archive_whose_first_base_does_not_fit_is_on_and_says_so(filled_home: Callable[[str], Home], tmp_path: Path) -> None:
    mine = filled_home("small")
    for name in ("large", "small"):
        (tmp_path / name).mkdir()
    try:
        assert json.loads(mine.run("backup", str(tmp_path / "x.jwb"), "--json").stdout)["people"] == 1
        assert mine.run("archive", "on", str(tmp_path / "large")).returncode == 0  # the server is restarted now, not with the limit below
        command = ["bash", "-c", 'ulimit -f 400; exec "$@"', "bash", sys.executable, "-m", "jingwei.assembly", "archive", "on", str(tmp_path / "small")]
        done = subprocess.run(command, cwd=root, env=mine.environment, capture_output=True, text=True, timeout=300, check=False)
        refused(done, "归档已开启", "the archive is on", "tried again", "archive off")
        assert json.loads((mine.path / "archive.json").read_text())["folder"] == str(tmp_path / "small")
        assert mine.run("archive", "base").returncode == 0, "with room it is taken"
    finally:
        mine.stop()

"""A home of any name works wholly: nothing of its path is taken for a shell's word, a list's comma or an address's sign."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from jingwei.frame.postgres import sockets
from tests.assembly.coming import Home, whole
from tests.assembly.test_troubles import refused, run
from tests.assembly.warm import root

shell = 'it\'s $(touch jw-was-here) `touch jw-was-here`; "x" & %f, #?@:\\'
names = ["两 个字", f"{shell} {'long' * 30}"]  # the second can be no address and is too long for one


@pytest.fixture(params=names, ids=["blank", "shell and long"])
def odd(request: pytest.FixtureRequest, filled_home: Callable[[str], Home]) -> Iterator[Home]:
    plain = filled_home("odd")
    made = Home(plain.path.parent / f"{plain.path.name} {request.param}")
    plain.path.rename(made.path)
    yield made
    made.stop()


def test_everything_works_there(odd: Home, tmp_path: Path) -> None:
    assert odd.told() == whole
    file, archive = tmp_path / "x.jwb", tmp_path / odd.path.name.replace("$(touch", "$( touch")
    archive.mkdir()
    done = odd.run("backup", str(file))
    assert done.returncode == 0, done.stderr
    for command in (("archive", "on", str(archive)), ("archive", "base"), ("archive", "keep", "--once"), ("archive", "status")):
        done = odd.run(*command)
        assert done.returncode == 0, (command, done.stdout + done.stderr)
    odd.stop("fast")
    assert odd.restore(file).returncode == 0 and odd.told() == whole
    done = odd.run("restore", "--archive", str(archive), "--yes", "--json")
    assert done.returncode == 0 and json.loads(done.stdout)["secrets"] == 1, done.stdout + done.stderr
    assert odd.told() == whole and "failed:" not in odd.run("doctor").stdout
    assert not [each for place in (root, odd.path, odd.path.parent, Path("/")) for each in place.glob("jw-was-here*")]


def test_a_first_start_works_there(tmp_path_factory: pytest.TempPathFactory) -> None:
    fresh = Home(tmp_path_factory.mktemp("first") / shell)
    try:
        done = fresh.run("migrate")
        assert done.returncode == 0, done.stderr
    finally:
        fresh.stop()


def test_a_home_that_cannot_be_shown_is_refused_before_anything_is_made(tmp_path: Path) -> None:
    for name in ("two\nlines", "\udcff", "\x1b[2J"):
        refused(run("migrate", JINGWEI_HOME=str(tmp_path / name)), "JINGWEI_HOME", "数据目录")
    assert not list(tmp_path.iterdir())


def test_a_socket_is_elsewhere_only_when_it_must_and_never_somebody_elses(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sockets, "_runtime", lambda: tmp_path / "run")
    plain, odd = tmp_path / "数据-1.0", tmp_path / "a,b"
    for each in (plain, odd):
        each.mkdir()
    assert sockets.folder_of(plain) == plain
    place = sockets.folder_of(odd)
    assert place.parent == tmp_path / "run" and place.stat().st_mode & 0o777 == 0o700
    if os.geteuid() == 0:
        os.chown(place, 12345, 12345)
        with pytest.raises(PermissionError):
            sockets.folder_of(odd)

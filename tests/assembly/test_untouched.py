"""Where there is no installation, looking makes none, and a restore that is refused leaves the place as it was."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import psycopg
import pytest

from jingwei.assembly.commands import Refused
from jingwei.assembly.untouched import unless_done
from jingwei.frame.postgres import address, embedded
from tests.assembly.coming import Home, root, whole
from tests.assembly.test_troubles import refused, run

commands = [
    ("interface", "list"), ("organisation", "list"), ("backup",), ("archive", "status"), ("setup-link",), ("seed",), ("worker",), ("web",), ("scheduler",),
    ("restore", "--forget"),
]  # fmt: skip


def servers(home: Path) -> list[int]:
    """Database servers that work there, or worked there before it was removed."""
    found = []
    for process in psutil.process_iter(["name"]):
        try:
            if process.info["name"] == "postgres" and process.cwd().startswith(str(home)):
                found.append(process.pid)
        except psutil.Error:
            continue
    return found


@pytest.mark.parametrize("is_made", [True, False])
@pytest.mark.parametrize("command", commands, ids=" ".join)
def test_looking_makes_nothing(tmp_path: Path, command: tuple[str, ...], is_made: bool) -> None:
    home = tmp_path / "home"
    if is_made:
        home.mkdir()
    refused(run(*command, JINGWEI_HOME=str(home)), str(home), "JINGWEI_HOME", "jingwei up", "no installation")
    assert not home.exists() or is_made and not list(home.iterdir())


def test_doctor_says_that_there_is_nothing(tmp_path: Path) -> None:
    done = run("doctor", JINGWEI_HOME=str(tmp_path / "home"))
    assert done.returncode == 1 and "no installation" in done.stdout and "1 problem" in done.stdout and not list(tmp_path.iterdir())


@pytest.fixture
def backup(filled_home: Callable[[str], Home], tmp_path: Path) -> Path:
    made = filled_home("source")
    try:
        assert made.run("backup", str(tmp_path / "x.jwb")).returncode == 0
    finally:
        made.stop()
    (made.path / "backup.key").rename(tmp_path / "key")
    return tmp_path / "x.jwb"


def test_a_refused_restore_leaves_the_place_as_it_was(backup: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    place = tmp_path_factory.mktemp("place")
    place.chmod(0o755)
    fresh, key = Home(place / "inner" / "home"), str(backup.parent / "key")
    damaged, wrong = backup.with_name("damaged.jwb"), backup.with_name("wrong.key")
    content = backup.read_bytes()
    damaged.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    wrong.write_text("ab" * 32)
    for file, key_file in ((damaged, key), (backup, str(wrong)), (backup, str(place / "nothing"))):
        refused(fresh.restore(file, "--key-file", key_file))
        assert not list(place.iterdir()) and not servers(place)
    refused(fresh.run("restore", str(backup), "--key-file", key), "--yes")
    refused(fresh.run("restore", "--archive", str(place), "--yes", "--until", "2026-11-29"), "密钥")
    fresh.path.mkdir(parents=True)
    (fresh.path / "mine.txt").write_text("kept")
    refused(fresh.restore(damaged, "--key-file", key))
    assert [each.name for each in fresh.path.iterdir()] == ["mine.txt"] and not servers(place)
    (fresh.path / "postgres").mkdir()  # a disk of its own
    refused(fresh.restore(damaged, "--key-file", key))
    assert not list((fresh.path / "postgres").iterdir()) and not servers(place)
    try:
        reader, writer = os.pipe()
        os.close(reader)  # whoever read the output has had enough: by then the data are in their place
        command = [sys.executable, "-m", "jingwei.assembly", "restore", str(backup), "--key-file", key, "--yes"]
        subprocess.run(command, cwd=root, env=fresh.environment, stdout=writer, stderr=subprocess.DEVNULL, check=False)
        os.close(writer)
        assert fresh.told() == whole and (fresh.path / "backup.key").exists()
        refused(fresh.restore(damaged))
        assert fresh.told() == whole, "where there is an installation nothing is taken away"
    finally:
        fresh.stop()


@pytest.fixture
def beginning(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A home in which this process begins something."""
    place = tmp_path_factory.mktemp("begun")
    place.chmod(0o755)
    monkeypatch.setenv("JINGWEI_HOME", str(place / "home"))
    monkeypatch.delenv("DATABASE_URL", raising=False)
    yield place / "home"
    if address.is_there():
        address.stop_embedded("immediate")
        embedded.end_leftovers(place / "home" / "postgres")


def begun(home: Path, meanwhile: Callable[[psycopg.Connection[tuple[object, ...]]], object]) -> None:
    """Something that starts a server and is refused after `meanwhile`."""
    with pytest.raises(Refused), unless_done():
        address.start_embedded()
        with psycopg.connect(host=str(embedded.socket_folder(home / "postgres")), user="postgres", dbname="postgres", autocommit=True) as server:
            meanwhile(server)
        raise Refused("不", "no")


def test_what_holds_nothing_goes_with_its_server(beginning: Path) -> None:
    begun(beginning, lambda _server: None)
    assert not beginning.exists() and not servers(beginning.parent)


@pytest.mark.parametrize("words", ["CREATE TABLE made_meanwhile (n int)", "CREATE DATABASE former_20261129"])
def test_what_somebody_has_made_meanwhile_stays(beginning: Path, words: str) -> None:
    begun(beginning, lambda server: server.execute(words))
    assert address.is_there() and (beginning / "database-password").exists() and servers(beginning)


def test_while_somebody_else_is_connected_everything_stays(beginning: Path) -> None:
    others: list[psycopg.Connection[tuple[object, ...]]] = []
    begun(beginning, lambda server: others.append(psycopg.connect(host=server.info.host, user="postgres", dbname="postgres")))
    assert address.is_there() and servers(beginning)
    others[0].close()


def test_files_that_are_not_ours_stay(beginning: Path) -> None:
    begun(beginning, lambda _server: [(beginning / name).write_text("kept") for name in ("backup.key", "notes")])
    assert sorted(each.name for each in beginning.iterdir()) == ["backup.key", "notes"] and not servers(beginning)

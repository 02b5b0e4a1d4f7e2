"""The archive on a real embedded server: every moment comes back exactly, nothing is missing after kills, what cannot be is refused without harm."""

from __future__ import annotations

import errno
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest

from jingwei.assembly.archiving import choosing, past, places, report, sealing, state, switch
from jingwei.assembly.archiving.keeping import Keeper
from jingwei.assembly.archiving.places import Archive, following
from jingwei.assembly.archiving.sealing import Seal
from jingwei.assembly.backups import bringing, keys, sealed
from jingwei.assembly.commands import Refused
from jingwei.assembly.commands.archive import _check_folder, moment
from jingwei.assembly.supervising.archive import ArchiveLook
from jingwei.assembly.supervising.console import Console
from jingwei.frame import disk
from jingwei.frame.postgres import address, embedded
from tests.assembly.coming import Home, home, root
from tests.assembly.test_troubles import refused, run

canary = "a-row-nobody-may-read-in-plain-text"
silent = lambda _zh, _en: None  # noqa: E731


@dataclass
class Lived:
    """An installation with its archive, and what was written in it when."""

    home: Home
    folder: Path
    moments: list[datetime] = field(default_factory=list)

    @property
    def key(self) -> bytes:
        """The key of its archive."""
        return keys.for_reading(str(self.home.path / "backup.key"))

    def connect(self) -> psycopg.Connection[Any]:
        """To its database, as the owner."""
        return psycopg.connect(host=str(embedded.socket_folder(self.home.path / "postgres")), user="postgres", dbname="jingwei", autocommit=True)

    def write(self, *numbers: int) -> datetime:
        """Rows, and the moment after them; the next ones come later than that."""
        with self.connect() as connection:
            connection.execute("CREATE TABLE IF NOT EXISTS notes (n int, text text)")
            for number in numbers:
                connection.execute("INSERT INTO notes VALUES (%s, %s)", (number, canary))
        time.sleep(0.05)
        now = datetime.now(UTC)
        time.sleep(0.05)
        return now

    def finish_segment(self) -> None:
        """Have the server finish its piece of the log, with the moments before well inside of it, and wait until it is in the spool."""
        time.sleep(places.margin.total_seconds() + 0.1)
        with self.connect() as connection:
            connection.execute("INSERT INTO notes VALUES (-1, '')")
            connection.execute("DELETE FROM notes WHERE n = -1")
            name = connection.execute("SELECT pg_walfile_name(pg_switch_wal())").fetchone()
        assert name is not None
        until(lambda: (self.home.path / "wal-spool" / name[0]).exists() or Archive(self.folder).segment(name[0]).exists())

    def keeper(self) -> Keeper:
        """Its keeper, in this process."""
        on = switch.read()
        assert on is not None
        return Keeper(on)

    def rows_at(self, when: datetime | None, place: Path) -> list[int]:
        """The rows of a moment, from a replay of it."""
        plan = choosing.choose(self.folder, when, self.key)
        place.mkdir()
        with past.replayed(plan, place, self.key, silent) as server, psycopg.connect(server.url("jingwei")) as connection:
            found = [n for (n,) in connection.execute("SELECT n FROM notes ORDER BY n")]
        assert not embedded.processes(place / "data")
        return found


def until(true: Callable[[], object], seconds: float = 60.0) -> None:
    """Wait for it."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end
        time.sleep(0.05)


def drained(keeper: Keeper) -> None:
    """All that waits is sealed (a busy server may just have finished another segment), and all is well."""

    def is_drained() -> bool:
        keeper.round()
        return keeper.state.trouble is None and keeper.state.waiting == 0

    until(is_drained)


@pytest.fixture(scope="module")
def archived(filled_home: Callable[[str], Home], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lived]:
    """Switched on, three moments, and a photograph after the base."""
    lived = Lived(filled_home("archived"), tmp_path_factory.mktemp("archive"))
    try:
        done = lived.home.run("archive", "on", str(lived.folder), "--json")
        assert done.returncode == 0, done.stderr
        for number in range(3):
            lived.moments.append(lived.write(number * 10, number * 10 + 1))
        (lived.home.path / "media" / "photos" / "二.txt").write_text(canary)
        lived.finish_segment()
        done = lived.home.run("archive", "keep", "--once")
        assert done.returncode == 0, done.stdout + done.stderr
        yield lived
    finally:
        lived.home.stop()


@pytest.fixture
def lived(archived: Lived, monkeypatch: pytest.MonkeyPatch) -> Lived:
    """The same; this process works in its home."""
    monkeypatch.setenv("JINGWEI_HOME", str(archived.home.path))
    for name in ("DATABASE_URL", keys.variable):
        monkeypatch.delenv(name, raising=False)
    return archived


def test_each_moment_has_exactly_its_rows(lived: Lived, tmp_path: Path) -> None:
    tmp_path.parent.chmod(0o755)
    assert lived.rows_at(lived.moments[0], tmp_path / "0") == [0, 1]
    assert lived.rows_at(lived.moments[1], tmp_path / "1") == [0, 1, 10, 11]
    assert lived.rows_at(lived.moments[2], tmp_path / "2") == [0, 1, 10, 11, 20, 21]
    assert lived.rows_at(None, tmp_path / "3") == [0, 1, 10, 11, 20, 21]
    assert (tmp_path / "3" / "home" / "media" / "photos" / "二.txt").read_text() == canary
    assert not (tmp_path / "0" / "home" / "media" / "photos" / "二.txt").exists(), "it was not there yet"


def test_nothing_in_plain_text_stands_in_the_folder(lived: Lived) -> None:
    files = [path for path in lived.folder.rglob("*") if path.is_file()]
    assert {path.suffix for path in files} == {".jwb", ".jww", ".jwf"} and all(path.stat().st_mode & 0o077 == 0 for path in files)
    for path in files:
        content = path.read_bytes()
        for word in (canary.encode(), b"the-credential-canary", "任务".encode(), b"argon2", "二.txt".encode(), b"PGDATA", lived.key):
            assert word not in content, path


def test_status_says_what_can_be_brought_back(lived: Lived) -> None:
    drained(lived.keeper())
    done = lived.home.run("archive", "status", "--json")
    told = json.loads(done.stdout)
    assert done.returncode == 0 and told["on"] and told["trouble"] is None and told["waiting"] == 0
    (span,) = told["spans"]
    assert datetime.fromisoformat(span["from"]) < lived.moments[0] and lived.moments[2] - timedelta(seconds=1) < datetime.fromisoformat(span["to"])
    assert 0 < told["rpo_seconds"] < 600 and told["last_segment"] == Archive(lived.folder).segments[-1]
    assert report.healthy() == {"archive": "ok"}


@pytest.fixture
def spoilt(lived: Lived, tmp_path: Path) -> Path:
    """A copy of the archive that may be spoilt."""
    return Path(shutil.copytree(lived.folder, tmp_path / "spoilt"))


def no(folder: Path, when: datetime | None, key: bytes, *words: str) -> None:
    """Refused in both languages, and nothing of it is left."""
    with pytest.raises(Refused) as refusal:
        past.bring(folder, when, key, silent)
    assert all(word in f"{refusal.value.zh} {refusal.value.en}" for word in words), (refusal.value.zh, refusal.value.en)
    assert not list(address.home().glob("past-*")) and not list(address.home().glob("restoring-*"))


def test_moments_out_of_reach_are_refused(lived: Lived, spoilt: Path, tmp_path: Path) -> None:
    archive, now = Archive(spoilt), datetime.now(UTC)
    no(spoilt, archive.bases[0].ended - timedelta(seconds=1), lived.key, "最早能恢复到", choosing.told(archive.bases[0].ended))
    no(spoilt, now + timedelta(days=1), lived.key, "the archive ends at", choosing.told(archive.spans()[-1].end))
    no(tmp_path / "nothing", None, lived.key, "没有归档")
    last = archive.run(archive.bases[0].first)[-1]
    further = archive.segment(following(following(last)))
    shutil.copy(archive.segment(last), further)
    no(spoilt, now, lived.key, following(last), "is missing", "缺少日志段")
    archive.bases[0].path.unlink()
    no(spoilt, None, lived.key, "没有归档")


def test_wrong_keys_foreign_and_damaged_pieces_are_refused(lived: Lived, spoilt: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    archive = Archive(spoilt)
    segment = archive.segment(archive.run(archive.bases[0].first)[-1])
    whole, base, when = segment.read_bytes(), archive.bases[0].path.read_bytes(), lived.moments[1]
    no(spoilt, when, bytes(32), "--key-file", keys.key_id(lived.key))
    for spoil in (whole[: len(whole) // 2], whole[:-1], whole[:-40] + bytes([whole[-40] ^ 1]) + whole[-39:], whole + b"x", b"", b"PK" * 500):
        segment.write_bytes(spoil)
        no(spoilt, when, lived.key, segment.name, "已损坏")
    at = whole.index(b'"system": "') + len(b'"system": "')
    segment.write_bytes(whole[:at] + b"1234" + whole[at + 4 :])
    no(spoilt, when, lived.key, segment.name, "不属于这个归档")
    segment.write_bytes(whole)
    archive.bases[0].path.write_bytes(base[:-1])
    no(spoilt, when, lived.key, archive.bases[0].path.name, "已损坏")
    archive.bases[0].path.write_bytes(base)
    renamed = spoilt / "base-20200101T000000Z.jwb"
    archive.bases[0].path.rename(renamed)
    no(spoilt, when, lived.key, renamed.name, "damaged")
    renamed.rename(archive.bases[0].path)
    monkeypatch.setattr(past.shutil, "disk_usage", lambda _path: shutil._ntuple_diskusage(0, 0, 1000))  # type: ignore[attr-defined]
    no(spoilt, when, lived.key, "磁盘空间不够", "too little room")


def test_a_log_that_does_not_go_on_is_not_taken_for_its_end(lived: Lived, spoilt: Path, tmp_path: Path) -> None:
    """Sealed with the right key, of the same number, but no continuation: a copy of the installation wrote it. To the server that is merely the end."""
    archive = Archive(spoilt)
    path = archive.segment(archive.run(archive.bases[0].first)[-1])
    spooled = tmp_path / path.stem
    spooled.write_bytes(sealing.open_segment(path, lived.key)[:40] + bytes(places.segment_bytes - 40))
    closed = archive.closed(path.stem).timestamp()
    os.utime(spooled, (closed, closed))
    path.unlink()
    sealing.seal_segment(spooled, archive, Seal(lived.key, str(archive.bases[0].head["system"])))
    no(spoilt, None, lived.key, path.stem, "接不上")
    no(spoilt, lived.moments[2], lived.key, path.stem, "does not follow")


def test_the_command_refuses_in_words(lived: Lived, tmp_path: Path) -> None:
    mine = lived.home
    refused(mine.run("restore", "--archive", str(lived.folder), "--until", "2026-01-01T12:00:00", "--yes"), "最早能恢复到")  # the organisation's zone
    refused(mine.run("restore", str(Archive(lived.folder).bases[0].path), "--yes"), "--archive")
    refused(run("archive", "on", str(tmp_path), JINGWEI_HOME=str(tmp_path), DATABASE_URL="postgresql://u:p@127.0.0.1:1/x"), "WAL", "DATABASE_URL")
    with pytest.raises(Refused, match="2026-11-28T12:00:00"):
        moment("yesterday")
    for folder, word in ((mine.path, "overlap"), (mine.path / "media", "overlap"), (tmp_path / "nothing", "no folder"), (mine.path.parent, "overlap")):
        with pytest.raises(Refused, match=word):
            _check_folder(folder, "1")
    with pytest.raises(Refused, match="another installation"):
        _check_folder(lived.folder, "1")
    (tmp_path / "letter.txt").write_text("somebody else's")
    with pytest.raises(Refused, match="neither empty"):
        _check_folder(tmp_path, "1")
    with pytest.raises(Refused, match="time zone"):
        moment_without_people()


def moment_without_people() -> None:
    """No organisation tells its zone."""
    from unittest import mock

    from django.db import DatabaseError

    from jingwei.frame.models import Tenant

    with mock.patch.object(Tenant, "objects") as objects:
        objects.values_list.side_effect = DatabaseError
        moment("2026-11-28T12:00:00")


def test_a_folder_that_is_away_or_full_is_told_and_nothing_is_lost(lived: Lived, monkeypatch: pytest.MonkeyPatch) -> None:
    keeper, away = lived.keeper(), lived.folder.with_name("away")
    lived.folder.rename(away)
    lived.folder.mkdir()  # an empty place where a disk should be
    try:
        lived.write(30)
        lived.finish_segment()
        keeper.round()
        assert keeper.state.trouble is not None and keeper.state.trouble.key == "away" and keeper.state.waiting
        since = keeper.state.trouble.since
        keeper.round()
        assert keeper.state.trouble.since == since and report.healthy() == {"archive": "away", "archive_since": since}
        assert not list(lived.folder.iterdir()), "nothing is written where it does not belong"
        done = lived.home.run("archive", "status")
        assert done.returncode == 1 and "接回" in done.stdout and since in done.stdout
    finally:
        lived.folder.rmdir()
        away.rename(lived.folder)

    def no_room(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as full:
        full.setattr(sealing, "seal_segment", no_room)
        keeper.round()
        assert keeper.state.trouble is not None and keeper.state.trouble.key == "room" and keeper.state.waiting
    drained(keeper)


def test_the_spool_leaves_the_disk_its_room_and_says_that_there_will_be_a_gap(lived: Lived, monkeypatch: pytest.MonkeyPatch) -> None:
    keeper = lived.keeper()
    with monkeypatch.context() as narrow:
        narrow.setattr(keeper.archive, "is_there", lambda: False)
        lived.finish_segment()
        lived.finish_segment()
        narrow.setattr(disk, "free", lambda: 100)
        keeper.round()
        assert keeper.state.trouble is not None and keeper.state.trouble.key == "spool" and (switch.spool() / "full").exists()
        lived_on = set(switch.spool().iterdir())
        time.sleep(1.2)
        with lived.connect() as connection:
            connection.execute("INSERT INTO notes VALUES (40, '')")
            row = connection.execute("SELECT pg_walfile_name(pg_switch_wal())").fetchone()
            assert row is not None
            until(lambda: connection.execute("SELECT last_archived_wal >= %s FROM pg_stat_archiver", row).fetchone() == (True,))
        assert set(switch.spool().iterdir()) == lived_on, "it takes nothing more, and the server goes on"
    drained(keeper)
    assert not (switch.spool() / "full").exists()
    lived.finish_segment()
    keeper.round()
    assert keeper._is_base_due() and len(report.status()["spans"]) == 1
    missing = places.following(Archive(lived.folder).run(Archive(lived.folder).bases[0].first)[-1])
    with pytest.raises(Refused, match=missing):
        choosing.choose(lived.folder, datetime.now(UTC), lived.key)
    keeper.take_base()
    assert not keeper._is_base_due() and len(report.status()["spans"]) == 2


def test_a_killed_keeper_and_a_killed_server_lose_nothing(lived: Lived, tmp_path: Path) -> None:
    tmp_path.parent.chmod(0o755)
    chance, folder = random.Random(20261129), lived.home.path / "postgres"
    before = lived.rows_at(None, tmp_path / "before")
    for number in range(100, 104):
        lived.write(number)
        lived.finish_segment()
        process = subprocess.Popen([sys.executable, "-m", "jingwei.assembly", "archive", "keep"], cwd=root, env=lived.home.environment, start_new_session=True)
        try:
            process.wait(chance.uniform(0.4, 1.6))
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        if number == 102:
            lived.write(number + 100)
            first = embedded.first_process(folder)
            assert first is not None
            first.kill()
            embedded.revive(folder, hung_seconds=0.5)
    lived.finish_segment()
    keeper = lived.keeper()
    drained(keeper)
    assert lived.rows_at(None, tmp_path / "after") == sorted({*before, *range(100, 104), 202, 40})


def test_a_restore_that_is_killed_leaves_no_server_behind(lived: Lived) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "jingwei.assembly", "restore", "--archive", str(lived.folder), "--yes"],
        cwd=root,
        env=lived.home.environment,
        start_new_session=True,
        stdout=subprocess.DEVNULL,
    )
    until(lambda: list(lived.home.path.glob("past-*/data/postmaster.pid")) or process.poll() is not None)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    (left,) = lived.home.path.glob("past-*")
    bringing.sweep()
    assert not left.exists() and not embedded.processes(left / "data")


def test_onto_a_fresh_machine_with_the_folder_and_the_key(lived: Lived, tmp_path_factory: pytest.TempPathFactory) -> None:
    fresh = home(tmp_path_factory, "fresh")
    try:
        command = ("restore", "--archive", str(lived.folder), "--until", lived.moments[1].isoformat(), "--yes", "--json")
        done = fresh.run(*command, "--key-file", str(lived.home.path / "backup.key"))
        assert done.returncode == 0, done.stdout + done.stderr
        told = json.loads(done.stdout)
        assert datetime.fromisoformat(told["made_at"]) == lived.moments[1] and told["secrets"] == 1
        with Lived(fresh, lived.folder).connect() as connection:
            assert [n for (n,) in connection.execute("SELECT n FROM notes ORDER BY n")] == [0, 1, 10, 11]
        assert not list(fresh.path.glob("past-*")) and (fresh.path / "media" / "photos" / "一.txt").read_text() == "照片"
    finally:
        fresh.stop()


def test_switched_off_the_server_archives_no_more_and_the_archive_stays(lived: Lived, tmp_path: Path) -> None:
    done = lived.home.run("archive", "off", "--json")
    assert done.returncode == 0, done.stderr
    assert report.status()["on"] is False and report.healthy() == {} and not switch.spool().exists()
    with lived.connect() as connection:
        assert connection.execute("SHOW archive_mode").fetchone() == ("off",)
    assert Archive(lived.folder).bases


def test_a_segment_of_another_server_is_not_taken(lived: Lived, tmp_path: Path) -> None:
    ours = Archive(lived.folder)
    content = sealing.open_segment(ours.segment(ours.segments[-1]), lived.key)
    archive, spooled = Archive(tmp_path / "archive"), tmp_path / ours.segments[-1]
    archive.make()
    spooled.write_bytes(content)
    with pytest.raises(sealing.Foreign):
        sealing.seal_segment(spooled, archive, Seal(lived.key, "1"))
    sealing.seal_segment(spooled, archive, Seal(lived.key, str(sealed.head_of(ours.segment(ours.segments[-1]))["system"])))


def test_the_supervisor_runs_the_keeper_while_it_is_on_and_tells(lived: Lived, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    children: list[Any] = []
    look = ArchiveLook(Console(tmp_path), children)
    look.look()
    assert not children, "it was switched off by the test before"
    switch.write(switch.Switch(str(lived.folder), 14, "1", state.now()))
    state.write(state.State(trouble=state.Trouble("away", "不可用", "away", "接回", "bring it back", "2026-11-28T12:00:00")))
    look._at = float("-inf")
    look.look()
    assert [child.name for child in children] == ["archive"]
    assert "不可用" in capsys.readouterr().out and "2026-11-28T12:00:00" in (tmp_path / "up.log").read_text()
    state.write(state.State())
    look._at = float("-inf")
    look.look()
    assert "恢复正常" in capsys.readouterr().out
    switch.forget()
    state.forget()
    look._at = float("-inf")
    look.look()
    assert not children

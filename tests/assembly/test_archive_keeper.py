"""The archive's keeper on a real embedded server: nothing is lost while the folder is away, the disk full, or somebody killed; off is off."""

from __future__ import annotations

import errno
import os
import random
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from jingwei.assembly.archiving import choosing, known, past, places, report, sealing, state, switch
from jingwei.assembly.archiving.places import Archive
from jingwei.assembly.archiving.sealing import Seal
from jingwei.assembly.backups import sealed
from jingwei.assembly.commands import Refused
from jingwei.assembly.supervising.archive import ArchiveLook
from jingwei.assembly.supervising.console import Console
from jingwei.frame.postgres import address, embedded
from jingwei.frame.work import disk
from tests.assembly.archived import Lived, canary, drained, silent, until
from tests.assembly.coming import root


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


def test_an_odd_file_stops_no_log_and_what_a_round_does_not_know_is_told(lived: Lived, monkeypatch: pytest.MonkeyPatch) -> None:
    keeper, odd = lived.keeper(), lived.home.path / "media" / os.fsdecode(b"\xff\xfe.jpg")
    odd.write_bytes(b"picture")
    try:
        lived.write(50)
        lived.finish_segment()
        drained(keeper)
        with monkeypatch.context() as broken:
            broken.setattr(known, "seal_new", lambda *_given: {}["nobody thought of this"])
            lived.write(51)
            lived.finish_segment()
            keeper.round()
            assert keeper.state.trouble is not None and keeper.state.trouble.key == "unknown" and "nobody thought" in keeper.state.trouble.en
            assert keeper.state.waiting, "the log waits"
        drained(keeper)
    finally:
        odd.unlink()


def test_a_setting_raised_after_the_base_stops_no_replay(lived: Lived, tmp_path: Path) -> None:
    tmp_path.parent.chmod(0o755)
    before = lived.rows_at(None, tmp_path / "before")
    for setting in ("SET max_connections = 150", "RESET max_connections"):
        with lived.connect() as connection:
            connection.execute(f"ALTER SYSTEM {setting}")
        address.stop_embedded()
        address.start_embedded()
        lived.write(60)
    lived.finish_segment()
    drained(lived.keeper())
    assert lived.rows_at(None, tmp_path / "after") == sorted([*before, 60, 60])


def test_a_damaged_newer_base_and_a_damaged_file_are_told_and_passed_over(lived: Lived, tmp_path: Path) -> None:
    tmp_path.parent.chmod(0o755)
    (lived.home.path / "media" / "photos" / "坏.txt").write_text(canary)
    lived.write(70)
    lived.finish_segment()
    drained(lived.keeper())
    sealed_files = set(Archive(lived.folder).files.glob("*.jwf"))
    older = Archive(lived.folder).bases[-1]
    newer = lived.keeper().take_base()
    time.sleep(1.1)  # bases are named by the full second after which they hold everything
    late = lived.home.path / "media" / "photos" / "后.txt"
    late.write_text(canary)
    wanted = lived.write(71)
    lived.finish_segment()
    drained(lived.keeper())
    broken = max(set(Archive(lived.folder).files.glob("*.jwf")) - sealed_files, key=lambda each: each.stat().st_mtime)
    for path in (newer.path, broken):
        content = bytearray(path.read_bytes())
        content[-100] ^= 1
        path.write_bytes(content)
    told: list[str] = []
    place = tmp_path / "place"
    place.mkdir()
    backup, damaged = past.backup_of_moment(lived.folder, wanted, place, lived.key, lambda _zh, en: told.append(en))
    assert backup.stat().st_size > 10_000 and damaged == [newer.path, broken]
    assert any(f"{newer.path.name} is damaged" in each for each in told)
    newer.path.unlink()
    assert 71 in lived.rows_at(wanted, tmp_path / "seen") and Archive(lived.folder).bases[-1].path == older.path
    whole = older.path.read_bytes()
    (place / "again").mkdir()
    older.path.write_bytes(whole[:-1])
    with pytest.raises(Refused, match=older.path.name):
        past.backup_of_moment(lived.folder, wanted, place / "again", lived.key, silent)
    older.path.write_bytes(whole)
    broken.unlink()


def test_a_file_of_the_last_second_comes_back(lived: Lived, tmp_path: Path) -> None:
    tmp_path.parent.chmod(0o755)
    late = lived.home.path / "media" / "photos" / "晚.txt"
    late.write_text(canary)
    with lived.connect() as connection:
        connection.execute("INSERT INTO notes VALUES (70, '')")
        row = connection.execute("SELECT pg_walfile_name(pg_switch_wal())").fetchone()
    assert row is not None
    until(lambda: (switch.spool() / row[0]).exists() or Archive(lived.folder).segment(row[0]).exists())
    drained(lived.keeper())
    assert 70 in lived.rows_at(None, tmp_path / "last")
    assert (tmp_path / "last" / "home" / "media" / "photos" / "晚.txt").read_text() == canary


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

"""The archive on a real embedded server: every moment comes back exactly, nothing is missing after kills, what cannot be is refused without harm."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from jingwei.assembly.archiving import choosing, past, places, report, sealing
from jingwei.assembly.archiving.places import Archive, following
from jingwei.assembly.archiving.sealing import Seal
from jingwei.assembly.backups import bringing, keys
from jingwei.assembly.commands import Refused
from jingwei.assembly.commands.archive import _check_folder, moment
from jingwei.frame.postgres import address, embedded
from tests.assembly.archived import Lived, canary, drained, silent, until
from tests.assembly.coming import home, root
from tests.assembly.test_troubles import refused, run


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
    refused(mine.run("restore", "--archive", str(lived.folder), "--until", "", "--yes"), "看不懂")  # a shell variable that was not set
    key = mine.path / "backup.key"
    key.rename(tmp_path / "key")
    try:
        refused(mine.run("backup", str(tmp_path / "x.jwb")), "backup.key", "archive off")
        assert not key.exists() and not (tmp_path / "x.jwb").exists()
    finally:
        (tmp_path / "key").rename(key)
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

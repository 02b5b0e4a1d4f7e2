"""Backup and restore as a drill: onto a fresh machine, over what is there, refused without harm; counts, log-in and credentials compared."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.assembly.coming import Home, home, whole
from tests.assembly.test_troubles import refused
from tests.assembly.warm import root


@pytest.fixture(scope="module")
def old(filled_home: Callable[[str], Home]) -> Iterator[Home]:
    """The installation of which a backup is made."""
    made = filled_home("old")
    yield made
    made.stop()


@pytest.fixture(scope="module")
def new(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    """The fresh machine."""
    made = home(tmp_path_factory, "new")
    yield made
    made.stop()


@pytest.fixture(scope="module")
def backup(old: Home, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A backup of it."""
    file = tmp_path_factory.mktemp("backups") / "one.jwb"
    done = old.run("backup", str(file), "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["rows"] > 50 and file.stat().st_mode & 0o077 == 0
    return file


def test_the_backup_shows_nothing_and_its_key_is_not_in_it(old: Home, backup: Path) -> None:
    content = backup.read_bytes()
    key = (old.path / "backup.key").read_text().strip()
    for canary in (b"the-credential-canary", "任务".encode(), b"argon2", b"PGDMP", key.encode(), bytes.fromhex(key)):
        assert canary not in content
    assert (old.path / "backup.key").stat().st_mode & 0o077 == 0
    assert not list(old.path.glob("backup-*")), "nothing in plain text is left behind"


def test_onto_a_fresh_machine(old: Home, new: Home, backup: Path) -> None:
    refused(new.restore(backup), "--key-file", "密钥")
    done = new.restore(backup, "--key-file", str(old.path / "backup.key"), "--json")
    assert done.returncode == 0, done.stdout + done.stderr
    told = json.loads(done.stdout)
    assert told["secrets"] == 1 and 0 < told["rto_seconds"] < 300 and told["rpo_seconds"] > 0
    assert new.told() == whole


def test_over_what_is_there_which_is_kept(new: Home, old: Home, backup: Path) -> None:
    new.do(
        "from jingwei.frame import scope\nfrom jingwei.frame.models import Tenant\nfrom jingwei.domains.work.models import Task\nwith scope.within(scope.Scope(Tenant.objects.get().pk)):\n    Task.objects.all().delete()"
    )
    (new.path / "media" / "photos" / "二.txt").write_text("后来")
    assert new.restore(backup).returncode == 0, "the key is known here since the first time"
    assert new.told() == whole
    former = sorted(new.path.glob("former-*"))
    assert (former[-1] / "media" / "photos" / "二.txt").exists()
    assert new.run("restore", "--forget").returncode == 0
    assert not list(new.path.glob("former-*")) and new.told() == whole


def broken(backup: Path, how: str) -> bytes:
    """The backup, damaged."""
    content = bytearray(backup.read_bytes())
    match how:
        case "cut in half":
            del content[len(content) // 2 :]
        case "its last byte is missing":
            del content[-1:]
        case "one bit differs":
            content[len(content) // 2] ^= 1
        case "its head differs":
            at = content.index(b'"made_at": "20') + 14
            content[at] = ord("1")
        case "something is added":
            content += b"x"
        case "an empty file":
            content.clear()
        case "another kind of file":
            content[:] = b"PK\x03\x04" + bytes(2000)
    return bytes(content)


@pytest.mark.parametrize(
    "how", ["cut in half", "its last byte is missing", "one bit differs", "its head differs", "something is added", "an empty file", "another kind of file"]
)
def test_a_damaged_file_is_refused_without_harm(new: Home, backup: Path, tmp_path: Path, how: str) -> None:
    file = tmp_path / "bad.jwb"
    file.write_bytes(broken(backup, how))
    refused(new.restore(file), str(file))
    assert not list(new.path.glob("restoring-*"))


def test_the_wrong_key_and_a_newer_program_are_refused_without_harm(old: Home, new: Home, backup: Path, tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.key"
    wrong.write_text("ab" * 32)
    refused(new.restore(backup, "--key-file", str(wrong)), "密钥")
    wrong.write_text("not a key")
    refused(new.restore(backup, "--key-file", str(wrong)), str(wrong))
    refused(new.restore(tmp_path / "nothing.jwb"), "nothing.jwb")
    newer = tmp_path / "newer.jwb"
    old.do(
        "from django.db import connection\nfrom jingwei.frame.postgres.base import as_owner\nwith as_owner():\n    connection.close()\n    connection.cursor().execute(\"INSERT INTO django_migrations (app, name, applied) VALUES ('work', '9999_from_the_future', now())\")"
    )
    try:
        assert old.run("backup", str(newer)).returncode == 0
    finally:
        old.do(
            "from django.db import connection\nfrom jingwei.frame.postgres.base import as_owner\nwith as_owner():\n    connection.close()\n    connection.cursor().execute(\"DELETE FROM django_migrations WHERE name LIKE '9999%'\")"
        )
    refused(new.restore(newer), "work.9999_from_the_future", "升级")
    assert new.told() == whole


def test_keys_that_are_missing_refuse_the_restore_unless_that_is_accepted(old: Home, new: Home, tmp_path: Path) -> None:
    """A backup made while the keys lay elsewhere brings credentials that cannot be opened: it says so, and so does the restore."""
    lost = tmp_path / "lost.jwb"
    kept = old.path / "keys"
    kept.rename(old.path / "keys-away")
    try:
        done = old.run("backup", str(lost), "--json")
        assert done.returncode == 0 and json.loads(done.stdout)["credentials_lost"] == 1
        assert not kept.exists(), "looking makes no new key in the place of the lost one"
    finally:
        (old.path / "keys-away").rename(kept)
    refused(new.restore(lost), "1 个凭据打不开", "--accept-lost-keys")
    assert new.told() == whole
    assert new.restore(lost, "--accept-lost-keys").returncode == 0
    assert "1" in new.run("doctor").stdout and new.run("doctor").returncode == 1


def test_links_and_special_files_are_left_out_aloud_and_harm_nothing(old: Home, new: Home, tmp_path: Path) -> None:
    media, elsewhere = old.path / "media", tmp_path / "another-disk"
    media.rename(elsewhere)
    media.symlink_to(elsewhere)  # photographs on another disk
    odd = [elsewhere / "out", elsewhere / "nowhere"]
    odd[0].symlink_to("/etc/passwd")
    odd[1].symlink_to("/does/not/exist")
    os.mkfifo(elsewhere / "pipe")
    (elsewhere / "inside").symlink_to("photos/一.txt")
    try:
        done = old.run("backup", str(tmp_path / "odd.jwb"), "--json")
        assert done.returncode == 0, done.stderr
        assert sorted(json.loads(done.stdout)["left_out"]) == ["media/nowhere", "media/out", "media/pipe"]
    finally:
        for each in (*odd, elsewhere / "pipe", elsewhere / "inside"):
            each.unlink()
        media.unlink()
        elsewhere.rename(media)
    assert new.restore(tmp_path / "odd.jwb").returncode == 0
    assert new.told() == whole and (new.path / "media" / "inside").read_text() == "照片"
    assert all((new.path / name).stat().st_mode & 0o077 == 0 for name in ("media", "keys", "secret_key"))


def test_a_backup_overwrites_nothing_unasked_and_leaves_nothing_in_plain_text(old: Home, tmp_path: Path) -> None:
    there = tmp_path / "there.jwb"
    there.write_text("precious")
    refused(old.run("backup", str(there)), str(there), "--overwrite")
    refused(old.run("backup", "/dev/null"), "/dev/null")
    assert there.read_text() == "precious" and not Path("/dev/null").is_file()
    process = subprocess.Popen(
        [sys.executable, "-m", "jingwei.assembly", "backup", str(tmp_path / "cut.jwb")], cwd=root, env=old.environment, stderr=subprocess.PIPE
    )
    end = time.monotonic() + 60
    while not list(tmp_path.glob(".cut.jwb.part")) and process.poll() is None and time.monotonic() < end:
        time.sleep(0.01)
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=60)
    assert process.returncode != 0 or (tmp_path / "cut.jwb").exists()
    assert not list(tmp_path.glob(".cut*")) and not list(old.path.glob("backup-*"))


def test_a_restore_that_is_killed_anywhere_is_whole_or_never_was(new: Home, backup: Path) -> None:
    began = time.monotonic()
    assert new.restore(backup).returncode == 0
    lasts = time.monotonic() - began
    for part in (0.5, 0.8, 0.95):
        process = subprocess.Popen(
            [sys.executable, "-m", "jingwei.assembly", "restore", str(backup), "--yes"],
            cwd=root,
            env=new.environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        try:
            process.wait(lasts * part)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        assert new.run("migrate").returncode == 0, "it starts again and finishes what was begun"
        assert not (new.path / "restore.journal").exists()
        assert new.told() == whole

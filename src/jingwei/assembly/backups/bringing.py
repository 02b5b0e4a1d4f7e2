"""Bringing a backup back: unpacked, restored and proven beside what is there; only then the two change places. Anything wrong harms nothing."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
from psycopg.sql import SQL, Identifier

from jingwei.assembly import tables
from jingwei.assembly.backups import contents, journal, keys, sealed
from jingwei.assembly.backups.contents import Manifest
from jingwei.assembly.backups.unpacking import unpack
from jingwei.assembly.commands import Refused
from jingwei.frame.postgres import address, embedded, lockfile
from jingwei.frame.postgres.base import app_role

staged_name = "jingwei_restoring"
folder_prefix = "restoring-"
former_prefix = "former-"
past_prefix = "past-"  # a moment of the archive, see archiving/past.py
spare_bytes = 50_000_000
acceptable = ("JINGWEI_ACCEPT_LOST_KEYS", "JINGWEI_ACCEPT_NOBODY")


@dataclass(frozen=True, slots=True)
class Restored:
    """`seconds` from the command to the end (RTO), `age_seconds` between the backup's moment and now (RPO); where the former data are."""

    manifest: Manifest
    seconds: float
    age_seconds: float
    secrets: int
    former_database: str
    former_folder: str
    missing: tuple[str, ...] = ()  # uploaded files that rows name and the backup had not
    damaged: tuple[str, ...] = ()  # pieces of an archive that were no longer what was sealed: an older base, or file, stands in their place


def bring(source: Path, key: bytes, *, accepts: Sequence[str] = ()) -> Restored:
    """Replace the present data by those of a backup; Refused, with everything as it was, when anything is wrong with it.

    `accepts` names what of `acceptable` is to be mended afterwards: credentials whose key is not in the backup, nobody who can log in.
    """
    with alone():
        sweep_pasts()
        return bring_alone(source, key, accepts=accepts)


def bring_alone(source: Path, key: bytes, *, accepts: Sequence[str] = ()) -> Restored:
    """The same, for one who holds `alone`."""
    began = time.monotonic()
    url = address.owner_url()
    journal.finish(url)
    _sweep(url)
    _look(source, key)
    folder = Path(tempfile.mkdtemp(prefix=folder_prefix, dir=address.home()))
    try:
        manifest = _unpack(source, key, folder)
        _check_schema(manifest)
        _restore(url, folder / contents.dump_name)
        _compare(url, manifest, folder)
        (folder / contents.dump_name).unlink()
        proven = _prove(url, folder, accepts)
    except BaseException:
        with contextlib.suppress(psycopg.Error, OSError):
            _sweep(url)
        raise
    stamp = f"{datetime.now(UTC):%Y%m%d_%H%M%S}"
    planned = journal.Swap(journal.database_of(url), staged_name, f"jingwei_former_{stamp}", str(folder), str(address.home() / f"{former_prefix}{stamp}"))
    journal.swap(url, planned)
    age = (datetime.now(UTC) - manifest.moment).total_seconds()
    return Restored(manifest, time.monotonic() - began, age, int(proven["secrets"]), planned.former, planned.former_folder, tuple(proven["missing"]))


@contextlib.contextmanager
def alone() -> Iterator[None]:
    """One restore at a time; Refused while another is at work."""
    with lockfile.alone(address.home() / "restore.lock", Refused("另一个恢复正在进行", "another restore is at work")):
        yield


def finish_what_was_cut_off() -> None:
    """Finish, or take back, a restore whose process died at its last step; nothing while one is at work."""
    if journal.is_open():
        with contextlib.suppress(Refused), alone():
            journal.finish(address.owner_url())


def sweep() -> None:
    """Throw away what a restore or a backup that was killed has left, unless one is at work."""
    left = [*address.home().glob(f"{folder_prefix}*"), *address.home().glob("backup-*/")]
    pasts = [*address.home().glob(f"{past_prefix}*/")]
    if left or pasts:
        with contextlib.suppress(Refused), alone():
            sweep_pasts()
            for each in left:
                shutil.rmtree(each, ignore_errors=True)
            _sweep(address.owner_url())


def sweep_pasts() -> None:
    """End the servers of moments that were being brought back by one who was killed, and throw away their folders. For one who holds `alone`."""
    for left in address.home().glob(f"{past_prefix}*/"):
        data = left / "data"
        if data.is_dir():
            embedded.end_leftovers(data)
        shutil.rmtree(left, ignore_errors=True)


def _sweep(url: str) -> None:
    """Throw away what a restore that was cut off left behind; it never was in force."""
    for left in address.home().glob(f"{folder_prefix}*"):
        shutil.rmtree(left, ignore_errors=True)
    with psycopg.connect(journal.with_database(url, "postgres"), autocommit=True) as server:
        server.execute(SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(Identifier(staged_name)))


def _look(source: Path, key: bytes) -> None:
    """What can be refused before anything is unpacked."""
    try:
        head = sealed.head_of(source)
    except FileNotFoundError:
        raise Refused(f"没有文件 {source}", f"there is no file {source}") from None
    except OSError as problem:
        raise Refused(f"读不了 {source}：{problem.strerror}", f"{source} cannot be read: {problem.strerror}") from problem
    except sealed.NotABackup:
        raise Refused(f"{source} 不是经纬的备份文件", f"{source} is not a backup of Jingwei") from None
    except sealed.Damaged:
        raise _damaged(source) from None
    if head.get("kind"):
        raise Refused(
            f"{source} 是连续归档的一部分；请用 jingwei restore --archive {source.parent} --until 时点",
            f"{source} is a part of an archive; use: jingwei restore --archive {source.parent} --until MOMENT",
        )
    require_key(head, key)
    need, free = int(head.get("bytes") or 0) + source.stat().st_size + spare_bytes, shutil.disk_usage(address.home()).free
    if free < need:
        raise Refused(
            f"磁盘空间不够：需要 {need / 1e6:.0f} MB，只有 {free / 1e6:.0f} MB",
            f"the disk has too little room: {need / 1e6:.0f} MB are needed, {free / 1e6:.0f} MB are free",
        )


def require_key(head: Mapping[str, Any], key: bytes) -> None:
    """Refused when a file was sealed with another key."""
    if head.get("key") != keys.key_id(key):
        raise Refused(
            f"这个备份用密钥 {head.get('key')} 封存，给出的是 {keys.key_id(key)}；用 --key-file 指定正确的密钥",
            f"this backup was sealed with the key {head.get('key')}, the one given is {keys.key_id(key)}; name the right one with --key-file",
        )


def _damaged(source: Path) -> Refused:
    return Refused(f"{source} 已损坏或不完整，数据没有改动", f"{source} is damaged or not whole; nothing was changed")


def _unpack(source: Path, key: bytes, folder: Path) -> Manifest:
    """Everything into a folder of its own, to its sealed end; Refused when any piece of it does not open."""
    try:
        with source.open("rb") as file, sealed.Reader(file, key) as reader:
            with tarfile.open(fileobj=reader, mode="r|") as archive:
                unpack(archive, folder)
            while reader.read(sealed.piece_bytes):
                pass  # the padding: a file cut off in it is not whole either
        _join(folder)
        told = json.loads((folder / contents.manifest_name).read_text())
    except (sealed.Damaged, tarfile.TarError, EOFError, KeyError, ValueError, FileNotFoundError) as problem:
        raise _damaged(source) from problem
    except OSError as problem:
        raise Refused(f"写不了 {folder}：{problem.strerror}；数据没有改动", f"{folder} cannot be written: {problem.strerror}; nothing was changed") from problem
    try:
        return Manifest(**told)
    except TypeError as problem:  # it tells other things than ours do
        raise _damaged(source) from problem


def _join(folder: Path) -> None:
    """The parts of the dump become one file."""
    parts = sorted(folder.glob(f"{contents.dump_name}.*"))
    with os.fdopen(os.open(folder / contents.dump_name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as whole:
        for part in parts:
            whole.write(part.read_bytes())
            part.unlink()
    for each in folder.rglob("*"):
        if each.is_dir():
            each.chmod(0o700)


def _check_schema(manifest: Manifest) -> None:
    """A backup of a newer program cannot be brought back by an older one."""
    unknown = tables.unknown_of(manifest.migrations)
    if unknown:
        raise Refused(
            f"备份来自更新的版本（{manifest.program}，含 {unknown[0]}）；请先升级本程序，数据没有改动",
            f"the backup is of a newer program ({manifest.program}, with {unknown[0]}); upgrade this one first, nothing was changed",
        )


def _restore(url: str, dump: Path) -> None:
    """The dump into a database of its own."""
    try:
        with psycopg.connect(journal.with_database(url, "postgres"), autocommit=True) as server:
            server.execute(SQL("CREATE DATABASE {} TEMPLATE template0").format(Identifier(staged_name)))
            if server.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", (app_role,)).fetchone() is None:
                server.execute(SQL("CREATE ROLE {} NOLOGIN").format(Identifier(app_role)))
    except psycopg.errors.InsufficientPrivilege as problem:
        raise Refused("DATABASE_URL 的用户没有建库的权限（CREATEDB）", "the user in DATABASE_URL may not create databases (CREATEDB)") from problem
    command = [
        address.tool("pg_restore"), "--no-owner", "--no-acl", "--exit-on-error", "--single-transaction",
        "--dbname", journal.with_database(url, staged_name), str(dump),
    ]  # fmt: skip
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    if done.returncode:
        said = (done.stderr.strip().splitlines() or [""])[0][:300]
        raise Refused(f"恢复失败，数据没有改动：{said}", f"restoring failed, nothing was changed: {said}")


def _compare(url: str, manifest: Manifest, folder: Path) -> None:
    """Rows and files are as many as when the backup was made."""
    with psycopg.connect(journal.with_database(url, staged_name)) as connection:
        found = contents.counts_of(connection)
    files = contents.files_of(folder)
    differing = [name for name in {*found, *manifest.counts} if found.get(name) != manifest.counts.get(name)]
    differing += [name for name in {*files, *manifest.files} if files.get(name, 0) < manifest.files.get(name, 0)]
    if differing:
        raise Refused(f"恢复出来的数量不符（{differing[0]}），数据没有改动", f"what came back differs in number ({differing[0]}); nothing was changed")


def _prove(url: str, folder: Path, accepts: Sequence[str]) -> dict[str, Any]:
    """Bring the staged installation up to date and prove it, in a process that knows only the staged home and database."""
    kept = {name: value for name, value in os.environ.items() if name not in ("JINGWEI_KEY_FOLDER", "JINGWEI_SECRET_KEY")}
    environment = kept | {
        "JINGWEI_HOME": str(folder), "DATABASE_URL": journal.with_database(url, staged_name), "DATABASE_OWNER_URL": journal.with_database(url, staged_name), "DJANGO_SETTINGS_MODULE": "jingwei.assembly.settings",
        "JINGWEI_LOG_LEVEL": "ERROR", **{variable: "1" if variable in accepts else "" for variable in acceptable},
    }  # fmt: skip
    if os.environ.get("JINGWEI_KEY_FOLDER"):  # keys that never were in the home are not in the backup either
        environment["JINGWEI_KEY_FOLDER"] = os.environ["JINGWEI_KEY_FOLDER"]
    done = subprocess.run([sys.executable, "-m", "jingwei.assembly.backups.proof"], env=environment, capture_output=True, text=True, check=False)
    try:
        told: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    except (IndexError, ValueError):
        told = {"wrong": [["恢复的数据没有通过检查", f"the restored data did not stand the proof: {done.stderr.strip()[-300:]}"]]}
    if told["wrong"]:
        zh, en = told["wrong"][0]
        raise Refused(f"{zh}；数据没有改动", f"{en}; nothing was changed")
    return told


def forget(url: str) -> list[str]:
    """Drop what restores have put aside; the names of what is gone."""
    gone = []
    with psycopg.connect(journal.with_database(url, "postgres"), autocommit=True) as server:
        for (name,) in server.execute("SELECT datname FROM pg_database WHERE datname LIKE 'jingwei\\_former\\_%' ORDER BY 1").fetchall():
            server.execute(SQL("DROP DATABASE {} WITH (FORCE)").format(Identifier(name)))
            gone.append(str(name))
    for folder in sorted(address.home().glob(f"{former_prefix}*")):
        shutil.rmtree(folder, ignore_errors=True)
        gone.append(str(folder))
    return gone

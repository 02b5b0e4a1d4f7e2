"""Taking a backup: the database as of one moment, the files beside it, and counts of both, sealed into one file while they are read."""

from __future__ import annotations

import io
import json
import os
import subprocess
import tarfile
import tempfile
import time
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO

import psycopg

from jingwei import __version__
from jingwei.assembly.backups import contents, sealed
from jingwei.assembly.backups.contents import Manifest
from jingwei.assembly.commands import Refused
from jingwei.frame.postgres import address

part_bytes = 8 * 1024 * 1024


def take(target: Path, key: bytes, key_name: str) -> tuple[Manifest, list[str], float]:
    """Write the backup; gives what it holds, the names of files that cannot be in one, and the seconds it took.

    Nothing is written in plain text, and a file half written never bears the name asked for.
    """
    began = time.monotonic()
    part = target.with_name(f".{target.name}.part")
    try:
        descriptor = os.open(part, os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            manifest, passed = write(file, key, key_name)
            file.flush()
            os.fsync(file.fileno())
        os.replace(part, target)
    except OSError as problem:
        where = problem.filename or target
        raise Refused(f"写不了 {where}：{problem.strerror}；没有留下备份", f"{where} cannot be written: {problem.strerror}; no backup was left") from problem
    finally:
        part.unlink(missing_ok=True)
    return manifest, passed, time.monotonic() - began


def write(file: BinaryIO, key: bytes, key_name: str, *, url: str = "", folder: Path | None = None, as_of: datetime | None = None) -> tuple[Manifest, list[str]]:
    """Everything as of one moment: the dump reads through the snapshot of the transaction that counts.

    `url` and `folder` lead to another installation than this one, `as_of` to the moment its data are of.
    """
    url, folder = url or address.owner_url(), folder or address.home()
    files, passed = contents.regular(folder)
    with psycopg.connect(url) as connection:
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        row = connection.execute("SELECT pg_export_snapshot(), now(), pg_database_size(current_database())").fetchone()
        assert row is not None
        snapshot, moment, size = row
        told: dict[str, Any] = {
            "made_at": (as_of or moment).astimezone(UTC).isoformat(), "program": __version__, "database_bytes": int(size), "file_bytes": contents.bytes_of(folder),
            "migrations": contents.migrations_of(connection), "counts": contents.counts_of(connection),
        }  # fmt: skip
        need = told["database_bytes"] * 2 + told["file_bytes"]  # room to bring it back: the database once more, its dump, the files
        with (
            sealed.Writer(file, key, {"key": key_name, "made_at": told["made_at"], "bytes": need}) as writer,
            tarfile.open(fileobj=writer, mode="w|") as archive,
        ):
            _dump(archive, url, snapshot)
            manifest = Manifest(**told, files=add_files(archive, files))
            add(archive, contents.manifest_name, json.dumps(manifest.plain()).encode())
    return manifest, passed


def _dump(archive: tarfile.TarFile, url: str, snapshot: str) -> None:
    command = [address.tool("pg_dump"), "--format=custom", "--no-owner", f"--snapshot={snapshot}", "--dbname", url]
    with tempfile.TemporaryFile() as said, subprocess.Popen(command, stdout=subprocess.PIPE, stderr=said) as process:
        assert process.stdout is not None
        number = 0
        while piece := process.stdout.read(part_bytes):
            add(archive, f"{contents.dump_name}.{number:05d}", piece)
            number += 1
        if process.wait():
            said.seek(0)
            why = (said.read().decode(errors="replace").strip().splitlines() or [""])[-1]
            raise Refused(f"数据库没有导出：{why}；没有留下备份", f"the database was not dumped: {why}; no backup was left")


def add_files(archive: tarfile.TarFile, files: Iterable[tuple[Path, str]]) -> Mapping[str, int]:
    """How many went in, by their first folder; one that is removed in this moment is not missed later."""
    counted: dict[str, int] = {}
    for path, name in files:
        try:
            content = path.read_bytes()
        except FileNotFoundError:
            continue
        add(archive, name, content)
        first = name.partition("/")[0]
        counted[first] = counted.get(first, 0) + 1
    return counted


def add(archive: tarfile.TarFile, name: str, content: bytes) -> None:
    """One file into an archive."""
    member = tarfile.TarInfo(name)
    member.size, member.mtime, member.mode = len(content), int(datetime.now().timestamp()), 0o600
    archive.addfile(member, io.BytesIO(content))

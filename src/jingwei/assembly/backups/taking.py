"""Taking a backup: the database as of one moment, the files beside it, and counts of both, sealed into one file."""

from __future__ import annotations

import io
import json
import os
import subprocess
import tarfile
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

import psycopg

from jingwei import __version__
from jingwei.assembly.backups import contents, sealed
from jingwei.assembly.backups.contents import Manifest
from jingwei.assembly.commands import Refused
from jingwei.frame.postgres import address


def take(target: Path, key: bytes, key_name: str) -> tuple[Manifest, float]:
    """Write the backup; gives what it holds and how many seconds it took. A file half written never bears the name asked for."""
    began = time.monotonic()
    part = target.with_name(f".{target.name}.part")
    try:
        with tempfile.TemporaryDirectory(prefix="backup-", dir=address.home()) as folder:
            dump = Path(folder) / contents.dump_name
            manifest = _dump(dump)
            descriptor = os.open(part, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(descriptor, "wb") as file:
                _seal(file, key, {"key": key_name, "made_at": manifest.made_at, "bytes": _need(manifest)}, manifest, dump)
                file.flush()
                os.fsync(file.fileno())
        os.replace(part, target)
    except OSError as problem:
        where = problem.filename or target
        raise Refused(f"写不了 {where}：{problem.strerror}；没有留下备份", f"{where} cannot be written: {problem.strerror}; no backup was left") from problem
    finally:
        part.unlink(missing_ok=True)
    return manifest, time.monotonic() - began


def _need(manifest: Manifest) -> int:
    """Room that bringing it back takes, in bytes: the database once more, its dump, the files."""
    return manifest.database_bytes * 2 + manifest.file_bytes


def _dump(path: Path) -> Manifest:
    """Dump the database and count its rows, both as of one moment."""
    url = address.owner_url()
    with psycopg.connect(url) as connection:
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        row = connection.execute("SELECT pg_export_snapshot(), now(), pg_database_size(current_database())").fetchone()
        assert row is not None
        snapshot, moment, size = row
        with path.open("wb") as file:
            command = [address.tool("pg_dump"), "--format=custom", "--no-owner", f"--snapshot={snapshot}", "--dbname", url]
            done = subprocess.run(command, stdout=file, stderr=subprocess.PIPE, check=False)
        if done.returncode:
            said = done.stderr.decode(errors="replace").strip().splitlines()[-1:] or [""]
            raise Refused(f"数据库没有导出：{said[0]}", f"the database was not dumped: {said[0]}")
        return Manifest(
            made_at=moment.astimezone(UTC).isoformat(),
            program=__version__,
            database_bytes=int(size),
            file_bytes=contents.bytes_of(address.home()),
            migrations=contents.migrations_of(connection),
            counts=contents.counts_of(connection),
            files=contents.files_of(address.home()),
        )


def _seal(file: BinaryIO, key: bytes, head: dict[str, object], manifest: Manifest, dump: Path) -> None:
    """The manifest first, so that a restore can refuse before it unpacks the rest."""
    with sealed.Writer(file, key, head) as writer, tarfile.open(fileobj=writer, mode="w|") as archive:
        told = json.dumps(manifest.plain()).encode()
        member = tarfile.TarInfo(contents.manifest_name)
        member.size, member.mtime = len(told), int(datetime.now().timestamp())
        archive.addfile(member, io.BytesIO(told))
        archive.add(dump, contents.dump_name)
        for name in contents.files_kept:
            if (address.home() / name).exists():
                archive.add(address.home() / name, name)

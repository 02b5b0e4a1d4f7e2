"""A base: the whole database server as it stood, its files beside it, sealed into one file; from it on every moment can be reached by the log."""

from __future__ import annotations

import json
import re
import subprocess
import tarfile
import tempfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import IO, Any

import psycopg

from jingwei import __version__
from jingwei.assembly.archiving import known, places
from jingwei.assembly.archiving.places import Archive, Base
from jingwei.assembly.archiving.sealing import Seal, written
from jingwei.assembly.archiving.switch import system_of
from jingwei.assembly.backups import contents, sealed, taking
from jingwei.assembly.commands import Refused
from jingwei.frame.postgres import address, lockfile

part_name = "base.tar"  # in parts, each packed: base.tar.00000 and so on
manifest_name = "base.json"
part_bytes = 8 * 1024 * 1024
_begins = re.compile(rb"START WAL LOCATION: [0-9A-F/]+ \(file ([0-9A-F]{24})\)")


class Busy(Refused):
    """Another base is being taken."""


@dataclass(frozen=True, slots=True)
class BaseManifest:
    """What a base holds: `first` is the first segment needed from it on, `ended` when it was whole."""

    program: str
    system: str
    postgres: int
    first: str
    began: str
    ended: str


def take(archive: Archive, seal: Seal) -> Base:
    """Take one. OSError when the folder cannot be written to, Refused when the database does not give it."""
    url = address.owner_url()
    with lockfile.alone(address.home() / "archive.lock", Busy("另一个基准备份正在进行", "another base is being taken")):
        with psycopg.connect(url) as connection:
            row = connection.execute(
                "SELECT current_setting('server_version_num')::int / 10000, sum(pg_database_size(oid))::bigint FROM pg_database"
            ).fetchone()
            assert row is not None
            if system_of(connection) != seal.system:
                raise Refused(
                    "数据库已换成另一个：请重新运行 jingwei archive on 另一个目录", "this is another database server: run jingwei archive on ANOTHER-FOLDER"
                )
        ended: list[datetime] = []
        began, files = datetime.now(UTC), list(known.present(seal.key))  # in this order: what is sealed after `began` is kept with the base
        with written(archive.folder, lambda: places.base_name(ended[0])) as file:
            ended.append(_write(file, seal, url, began, files, int(row[0]), int(row[1])))
        known.write({number for number, _name, _path in files} | known.read() & {number for number, _name, _path in known.present(seal.key)})
        return Base(archive.folder / places.base_name(ended[0]), ended[0])


def _write(file: Any, seal: Seal, url: str, began: datetime, files: list[known.Kept], postgres: int, size: int) -> datetime:
    with _streamed(url) as stream:
        start = stream.read(part_bytes)
        label = _begins.search(start)
        if label is None:
            raise Refused(f"基准备份没有开始：{stream.why()}", f"the base did not begin: {stream.why()}")
        first = label[1].decode()
        head = seal.head("base", began=began.isoformat(), first=first, postgres=postgres, bytes=size, file_bytes=contents.bytes_of(address.home()))
        with sealed.Writer(file, seal.key, head) as writer, tarfile.open(fileobj=writer, mode="w|") as out:
            piece, number = start, 0
            while piece:
                taking.add(out, f"{part_name}.{number:05d}", zlib.compress(piece, 1))
                piece, number = stream.read(part_bytes), number + 1
            if stream.failed():
                raise Refused(f"基准备份没有完成：{stream.why()}", f"the base was not finished: {stream.why()}")
            ended = datetime.now(UTC)
            taking.add_files(out, ((path, name) for _number, name, path in files))
            told = BaseManifest(__version__, seal.system, postgres, first, began.isoformat(), ended.isoformat())
            taking.add(out, manifest_name, json.dumps(asdict(told)).encode())
    return ended


class _Stream:
    """What pg_basebackup sends, and what it says when it fails."""

    def __init__(self, process: subprocess.Popen[bytes], said: IO[bytes]) -> None:
        self.process, self.said = process, said

    def read(self, count: int) -> bytes:
        assert self.process.stdout is not None
        return self.process.stdout.read(count)

    def failed(self) -> bool:
        return self.process.wait() != 0

    def why(self) -> str:
        assert self.process.stdout is not None
        self.process.stdout.close()  # should it still send, that ends it
        self.process.wait()
        self.said.seek(0)
        return (self.said.read().decode(errors="replace").strip().splitlines() or [""])[-1]


@contextmanager
def _streamed(url: str) -> Iterator[_Stream]:
    """The data folder as one tar, with the piece of the log that makes it whole by itself."""
    command = [
        address.tool("pg_basebackup"), "--pgdata=-", "--format=tar", "--wal-method=fetch", "--checkpoint=fast", "--no-manifest", "--no-password",
        "--no-sync", "--label=jingwei", f"--dbname={url}",
    ]  # fmt: skip
    with tempfile.TemporaryFile() as said, subprocess.Popen(command, stdout=subprocess.PIPE, stderr=said) as process:
        try:
            yield _Stream(process, said)
        finally:
            if process.poll() is None:
                process.kill()

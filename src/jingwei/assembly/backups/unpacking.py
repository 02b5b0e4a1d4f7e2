"""Files out of an archive of ours: regular files and folders inside of the folder asked for, readable by their owner only, and nothing else.

Done by hand because `tarfile` learned to filter with Python 3.11.4 only, and a restore must work with any that the program runs on.
"""

from __future__ import annotations

import os
import shutil
import tarfile
from pathlib import Path, PurePosixPath


def unpack(archive: tarfile.TarFile, folder: Path) -> None:
    """Everything that is left of a streamed archive. Raises tarfile.TarError for a member that does not belong there."""
    _make(folder)
    while (member := archive.next()) is not None:
        put(archive, member, folder)


def put(archive: tarfile.TarFile, member: tarfile.TarInfo, folder: Path) -> None:
    """One member."""
    target = _place(member.name, folder)
    if member.isdir():
        _make(target)
        return
    content = archive.extractfile(member) if member.isreg() else None
    if content is None:
        raise tarfile.ReadError(f"{member.name!r} is neither a file nor a folder")
    _make(target.parent)
    with os.fdopen(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | getattr(os, "O_NOFOLLOW", 0), 0o600), "wb") as file:
        os.chmod(target, 0o600)
        shutil.copyfileobj(content, file, 1 << 20)
        if file.tell() != member.size:
            raise tarfile.ReadError(f"{member.name!r} is cut off")
    os.utime(target, (member.mtime, member.mtime))


def _place(name: str, folder: Path) -> Path:
    """Where a member goes; never outside."""
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts or "\0" in name:
        raise tarfile.ReadError(f"{name!r} does not belong into the folder")
    target = folder.joinpath(*path.parts)
    if not target.parent.resolve().is_relative_to(folder.resolve()):
        raise tarfile.ReadError(f"{name!r} leads out of the folder")
    return target


def _make(folder: Path) -> None:
    """With those above it, each for its owner only."""
    if not folder.is_dir():
        _make(folder.parent)
        folder.mkdir(mode=0o700, exist_ok=True)

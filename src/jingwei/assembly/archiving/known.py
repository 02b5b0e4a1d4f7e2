"""Which files beside the database the archive has already: their numbers, kept in the home, so that each is sealed once."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from jingwei.assembly.archiving import sealing
from jingwei.assembly.archiving.places import Archive
from jingwei.assembly.archiving.sealing import Seal
from jingwei.assembly.backups import contents
from jingwei.frame.postgres import address
from jingwei.frame.work import pulse

file_name = "archive-known.json"
written_every = 100
Kept = tuple[str, str, Path]  # number, name, file


def _file() -> Path:
    return address.home() / file_name


def read() -> set[str]:
    """The numbers; when the list is lost, all files are sealed once more."""
    try:
        return set(json.loads(_file().read_text()))
    except (OSError, ValueError, TypeError):
        return set()


def write(numbers: Iterable[str]) -> None:
    """Remember exactly these."""
    part = _file().with_suffix(".part")
    part.write_text(json.dumps(sorted(numbers)))
    os.replace(part, _file())


def forget() -> None:
    """Nothing is known of another archive."""
    _file().unlink(missing_ok=True)


def present(key: bytes) -> Iterator[Kept]:
    """Every file beside the database."""
    for path, name in contents.regular(address.home())[0]:
        with contextlib.suppress(FileNotFoundError):  # gone in this moment
            yield sealing.number_of(name, path, key), name, path


def seal_new(archive: Archive, seal: Seal) -> int:
    """Seal every file the archive has not got; how many those were."""
    have, new = read(), 0
    for number, name, path in present(seal.key):
        if number not in have:
            try:
                sealing.seal_file(number, name, path, archive, seal)
            except (FileNotFoundError, PermissionError) as problem:
                if problem.filename != str(path):
                    raise
                continue  # gone, or not to be read: that keeps nothing else out of the archive
            have.add(number)
            new += 1
            pulse.beat()
            if new % written_every == 0:
                write(have)
    if new:
        write(have)
    return new

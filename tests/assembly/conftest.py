"""What the tests of coming back share: an installation that was filled once and is copied by each."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pytest

from jingwei.assembly.archiving.places import Archive
from jingwei.assembly.backups import keys
from tests.assembly.archived import Lived, canary, until
from tests.assembly.coming import Home, filled, home


@pytest.fixture(scope="session")
def filled_home(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Home]:
    """Makes a copy of it under a name."""
    first = home(tmp_path_factory, "filled")
    assert first.run("migrate").returncode == 0
    first.do(filled)
    first.stop("fast")

    def copy(name: str) -> Home:
        made = home(tmp_path_factory, name)
        until(lambda: not (first.path / "postgres" / "postmaster.pid").exists())  # the last of a server that ends
        shutil.copytree(first.path, made.path, dirs_exist_ok=True, ignore=shutil.ignore_patterns(".s.PGSQL*"))
        owner = (first.path / "postgres").stat()
        for each in (made.path / "postgres", *(made.path / "postgres").rglob("*")):
            shutil.chown(each, owner.st_uid, owner.st_gid)
        return made

    return copy


@pytest.fixture(scope="session")
def archived(filled_home: Callable[[str], Home], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lived]:
    """Switched on, three moments, and a photograph after the base. Files run in the order of their names: the keeper's, the last, switch it off."""
    lived = Lived(filled_home("archived"), tmp_path_factory.mktemp("archive"))
    try:
        done = lived.home.run("archive", "on", str(lived.folder), "--json")
        assert done.returncode == 0, done.stderr
        until(lambda: datetime.now(UTC) > Archive(lived.folder).bases[0].ended)  # told in full seconds: what it can lead to begins there
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

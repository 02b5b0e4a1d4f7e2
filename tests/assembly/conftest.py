"""What the tests of coming back share: an installation that was filled once and is copied by each."""

from __future__ import annotations

import shutil
from collections.abc import Callable

import pytest

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
        shutil.copytree(first.path, made.path, dirs_exist_ok=True)
        owner = (first.path / "postgres").stat()
        for each in (made.path / "postgres", *(made.path / "postgres").rglob("*")):
            shutil.chown(each, owner.st_uid, owner.st_gid)
        return made

    return copy

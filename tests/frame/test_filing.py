"""Small files that must survive are written whole or not at all; one that is of no use is made anew where nothing is lost by it."""

from __future__ import annotations

import os
import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from jingwei.frame import filing, secrets

source = Path(filing.__file__).resolve().parents[1]


@pytest.mark.parametrize("write", [filing.put, filing.put_new])
@pytest.mark.parametrize("step", ["write", "fsync", "link or replace"])
def test_what_ends_in_the_middle_leaves_nothing_under_the_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, write: object, step: str) -> None:
    def full(*_given: object, **_more: object) -> None:
        raise OSError(28, "No space left on device")

    for name in {"write": ("fdopen",), "fsync": ("fsync",), "link or replace": ("link", "replace")}[step]:
        monkeypatch.setattr(os, name, full)
    with pytest.raises(OSError, match="No space left"):
        write(tmp_path / "key", "text")  # type: ignore[operator]
    assert not list(tmp_path.iterdir())


def test_what_is_there_is_replaced_as_a_whole_or_stays(tmp_path: Path) -> None:
    path = tmp_path / "key"
    filing.put(path, "first")
    assert path.stat().st_mode & 0o777 == 0o600
    with pytest.raises(FileExistsError):
        filing.put_new(path, "second")
    assert filing.read(path) == "first" and len(list(tmp_path.iterdir())) == 1


@pytest.mark.parametrize("spoilt", [None, b"", b"\n", b"\0" * 40, b"\xff\xfe", b"sho"])
def test_of_many_who_find_it_spoilt_one_makes_it(tmp_path: Path, spoilt: bytes | None) -> None:
    path = tmp_path / "key"
    if spoilt is not None:
        path.write_bytes(spoilt)
    numbers = iter(range(100))
    with ThreadPoolExecutor(8) as crowd:
        found = list(crowd.map(lambda _: filing.keep(path, lambda text: len(text) > 9, lambda: f"made by {next(numbers):>4}"), range(8)))
    assert len(set(found)) == 1 and path.read_text() == found[0]


def test_a_spoilt_key_stands_in_no_others_way(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JINGWEI_KEY_FOLDER", str(tmp_path / "keys"))
    good = secrets.new_key()
    sealed = secrets.seal_text("x", "value")
    spoilt = [secrets.new_key() for _ in range(3)]
    for path, content in zip(spoilt, ("", good.read_text()[:31], "\0" * 64), strict=True):
        path.write_text(content)
    assert secrets.open_text("x", sealed) == "value" and secrets.open_text("x", secrets.seal_text("x", "more")) == "more"
    assert secrets.damaged_keys() == sorted(spoilt)


def test_nobody_writes_into_the_place_itself() -> None:
    """A law: what is written in place is whatever may be lost; everything else goes through `filing`, or a part that is renamed."""
    may_be_lost = {
        "assembly/archiving/keeping.py", "assembly/archiving/known.py", "assembly/archiving/past.py", "assembly/archiving/replaying.py", "assembly/archiving/state.py",
        "assembly/commands/upkeep.py", "assembly/mpxj.py", "assembly/sole.py", "assembly/supervising/console.py", "kernels/jit.py", "kernels/ready.py",
    }  # fmt: skip
    writes = re.compile(r"\.(?:write_text|write_bytes|touch)\(")
    found = {str(path.relative_to(source)) for path in source.rglob("*.py") if writes.search(path.read_text(encoding="utf-8"))}
    assert found <= may_be_lost, found - may_be_lost

"""What comes out of an archive stays in its folder, on every Python that the program runs on."""

from __future__ import annotations

import io
import stat
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest

from jingwei.assembly.backups.unpacking import unpack


def archive(*members: tuple[tarfile.TarInfo, bytes]) -> io.BytesIO:
    """A tar of these."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w|") as made:
        for member, content in members:
            member.size = len(content)
            made.addfile(member, io.BytesIO(content))
    out.seek(0)
    return out


def named(name: str, kind: bytes = tarfile.REGTYPE, **more: object) -> tarfile.TarInfo:
    """One member."""
    member = tarfile.TarInfo(name)
    member.type, member.mode = kind, 0o777
    vars_of = {"mtime": 1_700_000_000, **more}
    for key, value in vars_of.items():
        setattr(member, key, value)
    return member


def unpacked(stream: io.BytesIO, folder: Path) -> None:
    """As a restore does it."""
    with tarfile.open(fileobj=stream, mode="r|") as opened:
        unpack(opened, folder)


def test_files_and_folders_come_out_for_their_owner_only(tmp_path: Path) -> None:
    members = ((named("a", tarfile.DIRTYPE), b""), (named("a/文件"), b"1" * 100_000), (named("b/c/d"), b""), (named("a/文件"), b"later"))
    unpacked(archive(*members), tmp_path / "out")
    assert (tmp_path / "out/a/文件").read_bytes() == b"later" and (tmp_path / "out/b/c/d").read_bytes() == b""
    found = {str(path.relative_to(tmp_path)): stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "out").rglob("*")}
    assert found == {"out/a": 0o700, "out/a/文件": 0o600, "out/b": 0o700, "out/b/c": 0o700, "out/b/c/d": 0o600}
    assert (tmp_path / "out/b/c/d").stat().st_mtime == 1_700_000_000


@pytest.mark.parametrize(
    "member",
    [
        named("../out"), named("/etc/out"), named("a/../../out"), named("link", tarfile.SYMTYPE, linkname="/etc"), named("link", tarfile.LNKTYPE, linkname="x"),
        named("pipe", tarfile.FIFOTYPE), named("device", tarfile.CHRTYPE, devmajor=1, devminor=3),
    ],
    ids=lambda m: f"{m.name} {m.type!r}",
)  # fmt: skip
def test_what_does_not_belong_there_is_refused(member: tarfile.TarInfo, tmp_path: Path) -> None:
    with pytest.raises(tarfile.TarError):
        unpacked(archive((member, b"")), tmp_path / "in")
    assert not list((tmp_path / "in").iterdir()) and [path.name for path in tmp_path.iterdir()] == ["in"]


@pytest.mark.parametrize("prepare", [lambda at: (at / "a").symlink_to(at.parent), lambda at: (at / "a").mkdir() or (at / "a/f").symlink_to(at.parent / "x")])
def test_a_link_that_stands_there_leads_nobody_out(prepare: Callable[[Path], object], tmp_path: Path) -> None:
    place = tmp_path / "in"
    place.mkdir()
    prepare(place)
    with pytest.raises((tarfile.TarError, OSError)):
        unpacked(archive((named("a/f"), b"x")), place)
    assert not (tmp_path / "f").exists() and not (tmp_path / "x").exists()


def test_what_is_cut_off_is_an_error(tmp_path: Path) -> None:
    whole = archive((named("a"), b"1" * 5000)).getvalue()
    with pytest.raises((tarfile.TarError, EOFError)):
        unpacked(io.BytesIO(whole[:3000]), tmp_path)

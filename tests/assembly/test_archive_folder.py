"""An archive's folder by itself: names, what is never replaced, what is too old, which moments it holds."""

from __future__ import annotations

import os
import tarfile
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from unittest import mock

import pytest

from jingwei.assembly.archiving import places, pruning, sealing
from jingwei.assembly.archiving.places import Archive, Base, following
from jingwei.assembly.archiving.sealing import Seal
from jingwei.assembly.backups import sealed
from jingwei.assembly.commands import Refused, archive
from jingwei.frame.models import Tenant


def test_names_of_segments_and_bases() -> None:
    assert following("0000000100000000000000FE") == "0000000100000000000000FF"
    assert following("0000000100000000000000FF") == "000000010000000100000000"
    assert places.base_name(datetime(2026, 11, 28, 4, 0, 0, 1, UTC)) == "base-20261128T040001Z.jwb"
    assert places.base_name(datetime(2026, 11, 28, 4, tzinfo=UTC)) == "base-20261128T040000Z.jwb"


def test_old_bases_go_but_what_the_days_need_stays() -> None:
    now = datetime(2026, 11, 28, tzinfo=UTC)
    bases = [Base(Path(f"{day}"), now - timedelta(days=day)) for day in (30, 20, 15, 13, 1)]
    assert [each.path.name for each in pruning.kept(bases, 14, now)] == ["15", "13", "1"]
    assert [each.path.name for each in pruning.kept(bases[:3], 14, now)] == ["20", "15"], "two at least"
    assert pruning.kept([], 14, now) == []


def sealed_segment(tmp_path: Path, archive: Archive, seal: Seal, name: str, content: bytes = b"log", at: datetime | None = None) -> None:
    """One piece of a log, finished at a moment, into an archive."""
    spooled = tmp_path / name
    spooled.write_bytes(content)
    if at is not None:
        os.utime(spooled, (at.timestamp(), at.timestamp()))
    sealing.seal_segment(spooled, archive, seal)


def test_what_is_there_is_never_replaced_by_something_else(tmp_path: Path) -> None:
    archive, seal, name = Archive(tmp_path / "archive"), Seal(bytes(32), "1"), "000000010000000000000001"
    archive.make()
    sealed_segment(tmp_path, archive, seal, name)
    sealed_segment(tmp_path, archive, seal, name)  # once more after a kill
    with pytest.raises(sealing.Differs):
        sealed_segment(tmp_path, archive, seal, name, b"another")
    archive.segment(name).write_bytes(archive.segment(name).read_bytes()[:-1])  # half of it came to the disk
    sealed_segment(tmp_path, archive, seal, name, b"whole")
    assert sealing.open_segment(archive.segment(name), seal.key) == b"whole"


def test_pruning_takes_the_log_and_files_before_the_oldest_base(tmp_path: Path) -> None:
    archive, seal, now = Archive(tmp_path / "archive"), Seal(bytes(32), "1"), datetime.now(UTC)
    archive.make()
    names = [f"0000000100000000000000{number:02X}" for number in range(6)]
    for name in names:
        sealed_segment(tmp_path, archive, seal, name)
    for days, first in ((40, names[0]), (20, names[2]), (3, names[4])):
        ended = now - timedelta(days=days)
        with sealing.written(archive.folder, lambda at=ended: places.base_name(at)) as file:  # type: ignore[misc]
            sealed.Writer(file, seal.key, seal.head("base", first=first, began=ended.isoformat())).close()
    (archive.folder / "notes.txt").write_text("somebody else's")
    pruning.prune(Archive(archive.folder), 14)
    left = Archive(archive.folder)
    assert len(left.bases) == 2 and left.segments == names[2:] and (archive.folder / "notes.txt").exists()


def test_spans_end_at_gaps_and_join_where_they_meet(tmp_path: Path) -> None:
    archive, seal, start = Archive(tmp_path / "archive"), Seal(bytes(32), "1"), datetime(2026, 11, 28, tzinfo=UTC)
    archive.make()
    names = [f"0000000100000000000000{number:02X}" for number in range(8)]
    for hour, name in enumerate(names):
        if hour != 5:
            sealed_segment(tmp_path, archive, seal, name, at=start + timedelta(hours=hour + 1))
    for hour in (0, 2, 6):
        ended = start + timedelta(hours=hour, minutes=1)
        with sealing.written(archive.folder, lambda at=ended: places.base_name(at)) as file:  # type: ignore[misc]
            sealed.Writer(file, seal.key, seal.head("base", first=names[hour], began=ended.isoformat())).close()
    first, second = Archive(archive.folder).spans()
    assert (first.start, first.end) == (start + timedelta(minutes=1), start + timedelta(hours=5) - places.margin) and first.last == names[4]
    assert (second.start, second.end) == (start + timedelta(hours=6, minutes=1), start + timedelta(hours=8) - places.margin)
    archive.segment(names[7]).write_bytes(b"spoilt")
    assert len(Archive(archive.folder).spans()) == 1, "what cannot be read is not promised"


def test_a_file_of_any_name_is_known_and_sealed(tmp_path: Path) -> None:
    archive, seal = Archive(tmp_path / "archive"), Seal(bytes(32), "1")
    archive.make()
    odd = tmp_path / os.fsdecode(b"\xff\xfe.jpg")
    odd.write_bytes(b"picture")
    name = f"media/{odd.name}"
    number = sealing.number_of(name, odd, seal.key)
    sealing.seal_file(number, name, odd, archive, seal)
    with (archive.files / f"{number}.jwf").open("rb") as file, sealed.Reader(file, seal.key) as reader, tarfile.open(fileobj=reader, mode="r|") as found:
        member = next(iter(found))
        assert member.name == name


def test_a_moment_is_a_day_or_a_day_with_a_time_and_the_example_given_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    for text in (
        "2026-11-29+08:00",
        "2026-11-29 +08:00",
        "2026-11-29+0800",
        "2026-11-29+08",
        "2026-11-29T00:00+08:00",
        "2026-11-28T16:00Z",
        " 2026-11-28 16:00:00+00:00",
    ):
        assert archive.moment(text) == datetime(2026, 11, 28, 16, tzinfo=UTC), text
    monkeypatch.setattr(archive.address, "is_there", lambda: True)
    monkeypatch.setattr(Tenant, "objects", mock.Mock(**{"values_list.return_value": []}))
    for text in ("2026-11-29", "2026-11-29 12:00", "20261129T120000", "2026-11-29T12:00:00.5"):
        with pytest.raises(Refused) as refusal:
            archive.moment(text)
        example = refusal.value.en.rpartition(" ")[2]
        assert example in refusal.value.zh and archive.moment(example) == datetime.fromisoformat(text).replace(tzinfo=timezone(timedelta(hours=8)))
    monkeypatch.setattr(Tenant, "objects", mock.Mock(**{"values_list.return_value": ["Asia/Shanghai"]}))
    assert archive.moment("2026-11-29") == datetime(2026, 11, 28, 16, tzinfo=UTC)
    for text in ("2026-11-29x08:00", "2026-11-29/08:00", "29.11.2026", "2026-13-01", "2026-11-29+99:00"):
        with pytest.raises(Refused, match="2026-11-28T12:00:00"):
            archive.moment(text)

"""Commands of the archive: switch it on and off, how it fares, a base now, and its keeper."""

from __future__ import annotations

import argparse
import os
import re
import signal
import sys
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from jingwei.assembly.commands import Refused, fail, print_json, said, say
from jingwei.frame.postgres import address

_zone_of_a_day = re.compile(r"(\d{4}-\d{2}-\d{2}) ?(Z|[+-]\d{2}(?::?\d{2})?)")


def add(families: Any) -> None:
    """Declare the commands."""
    family = families.add_parser("archive", help="连续归档：恢复到任意时点（内置数据库） / continuous archive: bring any moment back (embedded database)")
    actions = family.add_subparsers(dest="action", required=True, metavar="ACTION")
    one = actions.add_parser("on", help="开启，写入另一块磁盘上的目录；数据库重启一次 / switch on, into a folder on another disk; the database restarts once")
    one.add_argument("folder", help="归档目录，已存在且为空，或本安装以前的归档 / an empty folder, or this installation's former archive")
    one.add_argument("--days", type=int, default=14, help="可恢复的天数，默认 14 / how many days back, 14 unless told otherwise")
    _declare(one, on)
    _declare(actions.add_parser("off", help="关闭；已归档的保留 / switch off; what is archived stays"), off)
    _declare(actions.add_parser("status", help="开关、可恢复的时段、当前 RPO / on or off, which moments can be brought back, RPO now"), status)
    _declare(actions.add_parser("base", help="立即取一个基准备份 / take a base now"), base)
    one = actions.add_parser("keep", help="守护归档（up 会自动运行） / keep the archive (up runs this)")
    one.add_argument("--once", action="store_true", help="只归档已写完的日志，不碰数据库 / only seal what waits, without the database")
    _declare(one, keep)


def _declare(parser: argparse.ArgumentParser, work: Any) -> None:
    parser.add_argument("--json", action="store_true", help="机器可读 / for programs")
    parser.set_defaults(run=lambda options: said(options, work))


def on(options: argparse.Namespace) -> int:
    """Switch on, and take the first base."""
    import psycopg

    from jingwei.assembly.archiving import known, state, switch
    from jingwei.assembly.archiving.keeping import Keeper
    from jingwei.assembly.archiving.places import Archive
    from jingwei.assembly.backups import keys

    switch.only_embedded()
    folder = Path(options.folder).expanduser().resolve()
    if not 1 <= options.days <= 3650:
        raise Refused("天数应在 1 到 3650 之间", "from 1 to 3650 days can be kept")
    key, is_new = keys.for_writing()
    with psycopg.connect(address.owner_url()) as connection:
        system = switch.system_of(connection)
    _check_folder(folder, system)
    before = None
    with suppress(switch.Unreadable):  # written anew by this very command
        before = switch.read()
    try:
        Archive(folder).make()
    except OSError as problem:
        raise Refused(f"不能写入 {folder}：{problem.strerror}", f"{folder} cannot be written to: {problem.strerror}") from problem
    if before is None or before.folder != str(folder):
        known.forget()
        state.forget()
    now = switch.Switch(str(folder), options.days, system, before.since if before and before.folder == str(folder) else state.now())
    switch.write(now)
    switch.carry_in()
    keeper = Keeper(now)
    try:
        taken = _taken(keeper)
    except Refused as problem:
        raise Refused(
            f"归档已开启，但{problem.zh}；腾出空间或接回目录后会自动再取（或运行 jingwei archive base），之前不能恢复；不要归档就运行 jingwei archive off",
            f"the archive is on, but {problem.en}; it is tried again by itself (or run: jingwei archive base), and until then no moment can be brought back; "
            "without an archive, run: jingwei archive off",
        ) from problem
    keeper.round()
    _tell_on(options, now, taken.path, keys.key_id(key), is_new)
    return 0


def _check_folder(folder: Path, system: str) -> None:
    """A folder of its own, on no account the home, and nobody else's archive."""
    from jingwei.assembly.archiving.places import Archive
    from jingwei.assembly.backups import sealed

    if not folder.is_dir():
        raise Refused(f"没有目录 {folder}；请先建立（最好在另一块磁盘上）", f"there is no folder {folder}; make it first, on another disk if you can")
    if folder.is_relative_to(address.home()) or address.home().is_relative_to(folder):
        raise Refused(f"{folder} 与数据目录重叠；请用另一块磁盘上的目录", f"{folder} and the home folder overlap; choose a folder on another disk")
    archive = Archive(folder)
    if not archive.is_there():
        if any(folder.iterdir()):
            raise Refused(f"{folder} 不是空目录，也不是归档", f"{folder} is neither empty nor an archive")
        return
    for path in (*(each.path for each in archive.bases[-1:]), *(archive.segment(name) for name in archive.segments[-1:])):
        with suppress(sealed.Damaged, sealed.NotABackup):
            if sealed.head_of(path).get("system") != system:
                raise Refused(f"{folder} 是另一个安装的归档；请换一个空目录", f"{folder} is the archive of another installation; choose an empty folder")


def _taken(keeper: Any) -> Any:
    try:
        return keeper.take_base()
    except OSError as problem:
        raise Refused(f"没有取得基准备份：{problem.strerror}", f"no base was taken: {problem.strerror}") from problem


def _tell_on(options: argparse.Namespace, now: Any, taken: Path, key: str, is_new: bool) -> None:
    if options.json:
        print_json({"folder": now.folder, "days": now.days, "base": str(taken), "bytes": taken.stat().st_size, "key": key})
        return
    from jingwei.assembly import sole
    from jingwei.assembly.backups import keys

    say(f"归档已开启：{now.folder}，保留 {now.days} 天", f"the archive is on; first base {taken.name} ({taken.stat().st_size / 1e6:.1f} MB)", mark="✓")
    if Path(now.folder).stat().st_dev == address.home().stat().st_dev:
        say("归档与数据在同一块磁盘上：磁盘损坏会同时失去两者", "archive and data are on the same disk: what breaks it takes both", mark="!")
    if is_new:
        say(f"备份密钥已生成：{keys.key_file()}", "the key that opens archive and backups was made just now", mark="!")
    say(f"密钥 {key} 不在归档里：请另存于别处，丢失则归档无法打开", "the key is not in the archive: keep a copy elsewhere; without it nothing opens", mark="→")
    if not sole.is_claimed(address.home()):
        say(
            "由 jingwei up 守护；单独运行各进程时请另外运行 jingwei archive keep",
            "jingwei up keeps it; if you run the processes yourself, also run: jingwei archive keep",
            mark="→",
        )


def off(options: argparse.Namespace) -> int:
    """Switch off; what the server has finished is sealed first, if that is possible."""
    from jingwei.assembly.archiving import known, state, switch
    from jingwei.assembly.archiving.keeping import Keeper

    switch.only_embedded()
    dropped, now = 0, None
    try:
        now = switch.read()
    except switch.Unreadable:  # where to is not known any more: the server archives no more, and what it has not handed over is gone
        switch.carry_out()
        switch.forget()
    if now is not None:
        switch.carry_out()
        keeper = Keeper(now)
        keeper.round()
        dropped = keeper.state.waiting
        switch.forget()
        known.forget()
        state.forget()
    if options.json:
        print_json({"on": False, "folder": now.folder if now else None, "dropped": dropped})
    else:
        say("归档已关闭" + (f"，{now.folder} 里的内容保留" if now else ""), "the archive is off; what is in its folder stays", mark="✓")
        if dropped:
            say(f"{dropped} 个日志段没能归档，已放弃", f"{dropped} segments could not be sealed any more and are gone", mark="!")
    return 0


def status(options: argparse.Namespace) -> int:
    """How it fares. The exit code is 1 while something is wrong."""
    from jingwei.assembly.archiving import report

    told = report.status()
    if options.json:
        print_json(told)
    else:
        report.tell(told)
    return 1 if told["trouble"] else 0


def base(options: argparse.Namespace) -> int:
    """Take a base now."""
    from jingwei.assembly.archiving import switch
    from jingwei.assembly.archiving.keeping import Keeper

    switch.only_embedded()
    if (now := switch.read()) is None:
        raise Refused("归档没有开启；运行 jingwei archive on 目录", "the archive is off; run: jingwei archive on FOLDER")
    taken = _taken(Keeper(now))
    if options.json:
        print_json({"base": str(taken.path), "bytes": taken.path.stat().st_size, "from": taken.ended})
    else:
        say(f"基准备份 {taken.path}", f"{taken.path.stat().st_size / 1e6:.1f} MB; moments from {taken.ended.isoformat()} on", mark="✓")
    return 0


def keep(options: argparse.Namespace) -> int:
    """Keep it until told to stop."""
    from jingwei.assembly.archiving import switch
    from jingwei.assembly.archiving.keeping import Keeper

    switch.only_embedded()
    if (now := switch.read()) is None:
        return fail("归档没有开启；运行 jingwei archive on 目录", "the archive is off; run: jingwei archive on FOLDER")
    keeper = Keeper(now)
    if options.once:
        keeper.round()
        return 1 if keeper.state.trouble else 0
    signal.signal(signal.SIGTERM, lambda *_: keeper.stopping.set())
    signal.signal(signal.SIGINT, lambda *_: keeper.stopping.set())
    keeper.run()
    sys.stdout.flush()
    for half in now.path.glob(f".{os.getpid()}-*.part"):
        with suppress(OSError):
            half.unlink()
    os._exit(0)  # a base under way would hold us up; half of one is none


def moment(text: str) -> datetime:
    """A moment from the command line: a day (its beginning), or a day and a time; without a zone it is of the organisation's."""
    try:
        found = _read(text.strip())
    except ValueError:
        raise Refused(
            f"时点“{text}”看不懂；例如 2026-11-28T12:00:00+08:00", f"the moment “{text}” cannot be understood; write 2026-11-28T12:00:00+08:00"
        ) from None
    if found.tzinfo is None:
        found = found.replace(tzinfo=_zone(found))
    try:
        return found.astimezone(UTC)
    except OverflowError:
        raise Refused(f"时点 {text} 超出范围", f"the moment {text} is out of range") from None


def _read(text: str) -> datetime:
    if zone := _zone_of_a_day.fullmatch(text):  # the library would take the zone for the time
        return datetime.fromisoformat(f"{zone[1]}T00:00{zone[2]}")
    if ":" in text and "T" not in text.upper() and text[10:11] != " ":  # any letter between day and time is right to it
        raise ValueError
    return datetime.fromisoformat(text)


def _zone(found: datetime) -> Any:
    from zoneinfo import ZoneInfo

    from django.db import DatabaseError

    from jingwei.frame.models import Tenant

    try:
        if not address.is_there() and address.is_embedded():  # a question makes no installation
            raise ValueError
        zones = set(Tenant.objects.values_list("zone", flat=True))
        if len(zones) == 1:
            return ZoneInfo(zones.pop())
    except (DatabaseError, ValueError, OSError):  # a fresh machine, or a zone nobody knows
        pass
    example = found.isoformat() + "+08:00"
    raise Refused(f"请为时点加上时区，例如 {example}", f"add its time zone to the moment, as in {example}")

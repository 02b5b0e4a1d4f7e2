"""Commands about coming back: backup, restore, and dropping what a restore has put aside."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jingwei.assembly import examination, sole, tables
from jingwei.assembly.archiving import switch
from jingwei.assembly.commands import Refused, archive, nothing_there, print_json, said, say, setup
from jingwei.frame.postgres import address

if TYPE_CHECKING:
    from jingwei.assembly.backups.bringing import Restored


def add(families: Any) -> None:
    """Declare the commands."""
    one = families.add_parser("backup", help="备份为一个加密文件 / write a sealed backup file")
    one.add_argument("file", nargs="?", help="jingwei-YYYYMMDD-HHMM.jwb")
    one.add_argument("--overwrite", action="store_true", help="覆盖已有文件 / replace a file that is there")
    one.add_argument("--json", action="store_true", help="机器可读 / for programs")
    one.set_defaults(run=lambda options: said(options, backup))
    one = families.add_parser("restore", help="恢复；全部验证通过才替换现有数据 / bring a backup back; replaces the present data only when all is proven")
    one.add_argument("file", nargs="?", help="备份文件 / a backup")
    one.add_argument("--archive", metavar="FOLDER", help="从连续归档恢复 / from an archive (jingwei archive)")
    one.add_argument(
        "--until",
        metavar="MOMENT",
        help="恢复到的时点，如 2026-11-28T12:00:00+08:00，缺省为最后 / the moment to bring back; the last one unless told otherwise",
    )
    one.add_argument("--key-file", help="备份密钥文件 / the file with the backup's key")
    one.add_argument("--accept-lost-keys", action="store_true", help="凭据密钥缺失也恢复，之后重新填写 / also without the credentials' keys; enter them again")
    one.add_argument(
        "--accept-nobody", action="store_true", help="没有人可以登录也恢复，之后运行 setup-link / also when nobody in it can log in; run setup-link then"
    )
    one.add_argument("--yes", action="store_true", help="不再询问 / do not ask")
    one.add_argument("--forget", action="store_true", help="删除以前恢复时留存的旧数据 / drop what former restores have put aside")
    one.add_argument("--json", action="store_true", help="机器可读 / for programs")
    one.set_defaults(run=lambda options: said(options, restore))


def backup(options: argparse.Namespace) -> int:
    """Database, uploaded files and keys, sealed into one file; the key that opens it stays apart."""
    from jingwei.assembly.backups import keys, proof, taking

    target = Path(options.file or f"jingwei-{datetime.now():%Y%m%d-%H%M}.jwb").expanduser().resolve()
    if target.is_dir():
        raise Refused(f"{target} 是目录，请给出文件名", f"{target} is a folder; name a file")
    if target.exists() and not target.is_file():
        raise Refused(f"{target} 不是普通文件，请换一个文件名", f"{target} is no ordinary file; name another")
    if target.exists() and not options.overwrite:
        raise Refused(f"{target} 已存在；换一个文件名，或加 --overwrite", f"{target} is there already; name another file, or add --overwrite")
    setup()
    if switch.read() is not None and not keys.is_there():
        raise Refused(
            f"归档已开启而备份密钥不见了：请把原密钥放回 {keys.key_file()}；若已丢失，先 jingwei archive off 再开到另一个目录",
            f"the archive is on and its key is gone: put it back to {keys.key_file()}; when it is lost, run jingwei archive off first, then on into another folder",
        )
    key, is_new = keys.for_writing()
    manifest, passed, seconds = taking.take(target, key, keys.key_id(key))
    unknown, lost, people = tables.unknown_of(manifest.migrations), _counted(examination.credentials_lost), _counted(proof.people_who_can_log_in)
    told: dict[str, Any] = {
        "file": str(target), "bytes": target.stat().st_size, "key": keys.key_id(key), "made_at": manifest.made_at, "rows": manifest.rows, "files": manifest.files,
        "seconds": round(seconds, 1), "left_out": passed, "credentials_lost": lost, "newer": unknown, "people": people,
    }  # fmt: skip
    if options.json:
        print_json(told)
        return 0
    say(
        f"备份已写入 {target}（{told['bytes'] / 1e6:.1f} MB，{manifest.rows} 行，{seconds:.1f} 秒）",
        f"written: {manifest.rows} rows, as of {manifest.made_at}",
        mark="✓",
    )
    _tell_of(told)
    if is_new:
        say(f"备份密钥已生成：{keys.key_file()}", "the key that opens backups was made just now", mark="!")
    say(
        f"密钥 {keys.key_id(key)} 不在备份里：请另存于别处，丢失则备份无法打开",
        "the key is not in the backup: keep a copy elsewhere; without it no backup opens",
        mark="→",
    )
    return 0


def _tell_of(told: dict[str, Any]) -> None:
    """What whoever brings it back will meet."""
    if unknown := told["newer"]:
        say(
            f"数据库比本程序新（含 {unknown[0]}）：这个备份只有更新的程序才能恢复；请升级本程序",
            f"the database is newer than this program (it has {unknown[0]}): only the newer one can bring this backup back; upgrade this one",
            mark="!",
        )
    if passed := told["left_out"]:
        say(
            f"有 {len(passed)} 个文件不能备份（指向目录之外的链接或特殊文件）：{', '.join(passed[:3])}",
            f"{len(passed)} files cannot be in it (links out of the folder, special files)",
            mark="!",
        )
    if lost := told["credentials_lost"]:
        say(
            f"有 {lost} 个凭据打不开（密钥缺失），恢复时需加 --accept-lost-keys 并重新填写",
            f"{lost} credentials do not open (their key is missing); a restore will need --accept-lost-keys",
            mark="!",
        )
    if told["people"] == 0:
        say(
            "备份里还没有人可以登录，恢复时需加 --accept-nobody；建立账号（jingwei setup-link）后请再备份一次",
            "nobody in it can log in yet; a restore will need --accept-nobody: make an account (jingwei setup-link), then back up again",
            mark="!",
        )


def _counted(count: Callable[[], int]) -> int | None:
    """None when that could not be looked at: the backup is as good."""
    from django.db import Error

    try:
        return count()
    except Error:  # the tables are of another program
        return None


def restore(options: argparse.Namespace) -> int:
    """Replace the present data by a backup, once everything in it is proven; where there were none, a refusal leaves none."""
    from jingwei.assembly import untouched
    from jingwei.assembly.backups import bringing, keys

    if options.forget:
        if not address.is_there():
            raise nothing_there()
        gone = bringing.forget(address.owner_url())
        say(f"已删除 {len(gone)} 项留存的旧数据", f"dropped: {', '.join(gone) or 'nothing'}", mark="✓")
        return 0
    with untouched.unless_done():
        done, key = _brought(options)
    if not keys.key_file().exists() or keys.is_damaged():
        keys.adopt(key)
    is_running = sole.ask_restart(address.home())
    if options.json:
        print_json({"rows": done.manifest.rows, "made_at": done.manifest.made_at, "secrets": done.secrets, "rto_seconds": round(done.seconds, 1),
            "rpo_seconds": round(done.age_seconds, 1), "former_database": done.former_database, "former_folder": done.former_folder, "missing_files": list(done.missing), "damaged": list(done.damaged)})  # fmt: skip
        return 0
    _tell_restored(done, is_running=is_running)
    return 0


def _brought(options: argparse.Namespace) -> tuple[Restored, bytes]:
    """Everything up to the moment in which the proven data are in their place; and the key that opened them."""
    from jingwei.assembly.backups import bringing, keys

    source = _source(options)
    setup()
    key = keys.for_reading(options.key_file)
    until = archive.moment(options.until) if options.until is not None else None
    if not options.yes and not _agreed():
        raise Refused("已取消，数据没有改动", "cancelled; nothing was changed")
    accepts = [variable for variable, given in zip(bringing.acceptable, (options.accept_lost_keys, options.accept_nobody), strict=True) if given]
    if options.archive:
        from jingwei.assembly.archiving import past

        return past.bring(source, until, key, _silent if options.json else say, accepts=accepts), key
    return bringing.bring(source, key, accepts=accepts), key


def _tell_restored(done: Restored, *, is_running: bool) -> None:
    say(f"已恢复到 {done.manifest.made_at}：{done.manifest.rows} 行，{done.secrets} 个凭据可解封", "restored and proven", mark="✓")
    say(f"用时 {done.seconds:.1f} 秒（RTO），数据时点距今 {_span(done.age_seconds)}（RPO）", "time to restore, and age of the data", mark="✓")
    if done.missing:
        say(
            f"有 {len(done.missing)} 个上传的文件不在备份里：{', '.join(done.missing[:3])}",
            f"{len(done.missing)} uploaded files that the data name were not in it",
            mark="!",
        )
    if done.damaged:
        say(
            f"归档中有 {len(done.damaged)} 个文件已损坏并跳过：{', '.join(done.damaged[:3])}；请检查归档所在的磁盘",
            f"{len(done.damaged)} pieces of the archive are damaged and were passed over: look after the disk it stands on",
            mark="!",
        )
    say(
        f"原数据保留为 {done.former_database} 与 {done.former_folder}；确认无误后运行 jingwei restore --forget",
        "what was there is kept; drop it with: jingwei restore --forget",
        mark="→",
    )
    if is_running:
        say("正在运行的进程将自动重启", "the running processes restart by themselves")


def _source(options: argparse.Namespace) -> Path:
    """The backup's file, or the archive's folder."""
    if options.archive:
        if options.file:
            raise Refused("备份文件与 --archive 只能用一个", "a backup's file or --archive, not both")
        switch.only_embedded()
        return Path(options.archive).expanduser().resolve()
    if options.until is not None:
        raise Refused("--until 需要 --archive 目录", "--until needs --archive FOLDER")
    if not options.file:
        raise Refused("请给出备份文件", "name the backup's file")
    source = Path(options.file).expanduser().resolve()
    if not source.is_file():
        raise Refused(f"没有文件 {source}", f"there is no file {source}")
    return source


def _silent(_zh: str, _en: str) -> None:
    """Programs read the end only."""


def _span(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 600 else f"{seconds / 3600:.1f} h"


def _agreed() -> bool:
    if not sys.stdin.isatty():
        raise Refused("现有数据将被替换：请加 --yes 确认", "the present data will be replaced: confirm with --yes")
    return input("现有数据将被替换，确定吗？ Replace the present data? (yes) ") == "yes"

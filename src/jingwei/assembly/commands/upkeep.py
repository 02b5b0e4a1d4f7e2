"""Commands that keep the installation in order: migrate, seed, doctor, backup, restore, setup-link, django."""

from __future__ import annotations

import argparse
import hashlib
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
from datetime import datetime
from pathlib import Path
from typing import Any

from jingwei.assembly.commands import fail, say, setup
from jingwei.assembly.tables import migrate_all, pending_migrations
from jingwei.frame.postgres import address


def add(families: Any) -> None:
    """Declare the commands."""
    families.add_parser("migrate", help="更新数据表 / bring the tables up to date").set_defaults(run=migrate)
    families.add_parser("seed", help="载入演示数据 / load the demo").set_defaults(run=seed)
    families.add_parser("doctor", help="检查并说明如何修复 / name every problem and its mend").set_defaults(run=doctor)
    families.add_parser("setup-link", help="一次性登录设置链接 / a one-time set-up link").set_defaults(run=setup_link)
    backup_ = families.add_parser("backup", help="备份 / write a backup file")
    backup_.add_argument("file", nargs="?", help="jingwei-YYYYMMDD-HHMM.tar.gz")
    backup_.set_defaults(run=backup)
    restore_ = families.add_parser("restore", help="恢复 / bring a backup back (replaces the present data)")
    restore_.add_argument("file")
    restore_.add_argument("--yes", action="store_true", help="不再询问 / do not ask")
    restore_.set_defaults(run=restore)


def django(arguments: list[str]) -> None:
    """Django's own commands, for developers; those about migrations work as the owner."""
    from django.core.management import execute_from_command_line

    if arguments[:1] in (["migrate"], ["makemigrations"], ["sqlmigrate"], ["showmigrations"]):
        from jingwei.frame.postgres import base

        base.be_owner()
    execute_from_command_line(["jingwei django", *arguments])


__all__ = ["migrate_all", "pending_migrations"]


def migrate(options: argparse.Namespace) -> int:
    """Bring the tables up to date."""
    setup()
    migrate_all()
    say("数据表已是最新", "the tables are up to date", mark="✓")
    return 0


def prepare_files() -> None:
    """Static files compressed once and translations compiled, whenever their sources changed."""
    from django.conf import settings
    from django.core.management import call_command

    compile_translations()
    root = Path(__file__).resolve().parents[2]
    marks = sorted((str(p.relative_to(root)), p.stat().st_mtime_ns) for p in root.rglob("static/**/*") if p.is_file())
    stamp = hashlib.sha256(repr(marks).encode()).hexdigest()
    kept = Path(settings.STATIC_ROOT) / ".stamp"
    if not kept.exists() or kept.read_text() != stamp:
        shutil.rmtree(settings.STATIC_ROOT, ignore_errors=True)
        call_command("collectstatic", verbosity=0, interactive=False)
        kept.write_text(stamp)
        say("静态文件已压缩", "static files compressed", mark="✓")


def compile_translations() -> None:
    """Make .mo files from .po files that are newer."""
    from babel.messages.mofile import write_mo
    from babel.messages.pofile import read_po

    for source in Path(__file__).resolve().parents[2].rglob("locale/*/LC_MESSAGES/django.po"):
        target = source.with_suffix(".mo")
        if not target.exists() or target.stat().st_mtime < source.stat().st_mtime:
            with source.open("rb") as file:
                catalogue = read_po(file)
            with target.open("wb") as file:
                write_mo(file, catalogue)


def is_empty() -> bool:
    """Whether there is no organisation yet."""
    from jingwei.frame.models import Tenant

    return not Tenant.objects.exists()


def load_demo() -> None:
    """Load the demo organisation."""
    from jingwei.assembly import demo

    demo.load()


def seed(options: argparse.Namespace) -> int:
    """Load the demo into an installation that has none."""
    setup()
    from jingwei.frame.models import Tenant

    if Tenant.objects.filter(code="demo").exists():
        return fail("演示数据已经存在", "the demo is there already")
    load_demo()
    say("演示数据已载入", "demo loaded", mark="✓")
    return 0


def setup_link_if_needed() -> str | None:
    """The path of a fresh one-time link while nobody has a password."""
    from jingwei.frame.models import SetupLink, Tenant, User

    if any(user.has_usable_password() for user in User.objects.only("password")):
        return None
    return f"/setup/{SetupLink.issue(Tenant.objects.order_by('pk').first())}/"


def setup_link(options: argparse.Namespace) -> int:
    """A one-time link for a new administrator (also when every password is lost)."""
    setup()
    from jingwei.frame.models import SetupLink, Tenant

    token = SetupLink.issue(Tenant.objects.order_by("pk").first())
    say(f"http://localhost:{os.environ.get('JINGWEI_PORT', '8000')}/setup/{token}/", "valid for 24 hours, once", mark="→")
    return 0


def backup(options: argparse.Namespace) -> int:
    """Database (pg_dump), uploaded files and keys in one archive."""
    target = Path(options.file or f"jingwei-{datetime.now():%Y%m%d-%H%M}.tar.gz").resolve()
    with tempfile.TemporaryDirectory() as folder:
        dump = Path(folder) / "database.dump"
        with dump.open("wb") as file:
            subprocess.run([address.tool("pg_dump"), "--format=custom", "--dbname", _url()], stdout=file, check=True)
        with tarfile.open(target, "w:gz") as archive:
            archive.add(dump, "database.dump")
            for name in ("media", "keys", "secret_key"):
                if (address.home() / name).exists():
                    archive.add(address.home() / name, name)
    os.chmod(target, 0o600)
    say(f"备份已写入 {target}（{target.stat().st_size / 1e6:.1f} MB，含密钥，请妥善保管）", "it contains the keys: keep it safe", mark="✓")
    return 0


def restore(options: argparse.Namespace) -> int:
    """Replace the present data by a backup."""
    source = Path(options.file)
    if not source.exists():
        return fail(f"没有文件 {source}", "no such file")
    if not options.yes and input("现有数据将被替换，确定吗？ Replace the present data? (yes) ") != "yes":
        return fail("已取消", "cancelled")
    with tempfile.TemporaryDirectory() as folder, tarfile.open(source) as archive:
        archive.extractall(folder, filter="data")
        for name in ("media", "keys", "secret_key"):
            kept = Path(folder) / name
            if kept.is_dir():
                shutil.copytree(kept, address.home() / name, dirs_exist_ok=True)
            elif kept.exists():
                shutil.copy2(kept, address.home() / name)
        command = [
            address.tool("pg_restore"),
            "--clean",
            "--if-exists",
            "--no-owner",
            "--single-transaction",
            "--dbname",
            _url(),
            str(Path(folder) / "database.dump"),
        ]
        done = subprocess.run(command, check=False, capture_output=True, text=True)
    if done.returncode:
        return fail("恢复失败，数据未改动", f"restore failed, nothing was changed: {done.stderr[-500:]}")
    setup()
    migrate_all()
    say("已恢复", "restored", mark="✓")
    return 0


def _url() -> str:
    """The owner's address: row-level security hides nothing from the owner, so a backup is whole."""
    return address.owner_url()


def doctor(options: argparse.Namespace) -> int:
    """Check everything an installation needs; each problem comes with its mend."""
    from jingwei.assembly.examination import examine

    findings = examine()
    for finding in findings:
        print(f"{'✓' if finding.ok else '✗'} {finding.zh}  {finding.en}")
        if not finding.ok:
            print(f"    → {finding.mend_zh}  {finding.mend_en}")
    wrong = sum(not finding.ok for finding in findings)
    print(f"\n{wrong} 个问题 / {wrong} problem(s)" if wrong else "\n一切正常 / all is well", file=sys.stdout)
    return 1 if wrong else 0

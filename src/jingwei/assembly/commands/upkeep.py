"""Commands that keep the installation in order: migrate, seed, doctor, setup-link, django."""

from __future__ import annotations

import argparse
import hashlib
import os
import shutil
import sys
from pathlib import Path
from typing import Any

from jingwei.assembly.commands import fail, say, setup
from jingwei.assembly.tables import migrate_all, pending_migrations
from jingwei.frame import environment


def add(families: Any) -> None:
    """Declare the commands."""
    families.add_parser("migrate", help="更新数据表 / bring the tables up to date").set_defaults(run=migrate)
    families.add_parser("seed", help="载入演示数据 / load the demo").set_defaults(run=seed)
    families.add_parser("doctor", help="检查并说明如何修复 / name every problem and its mend").set_defaults(run=doctor)
    families.add_parser("setup-link", help="一次性登录设置链接 / a one-time set-up link").set_defaults(run=setup_link)


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
        if not target.exists() or not target.stat().st_size or target.stat().st_mtime < source.stat().st_mtime:
            with source.open("rb") as file:
                catalogue = read_po(file)
            part = target.with_suffix(f".{os.getpid()}.part")  # a program that starts in this moment never reads half a file
            with part.open("wb") as file:
                write_mo(file, catalogue)
            part.replace(target)


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
    say(f"http://localhost:{environment.number('JINGWEI_PORT')}/setup/{token}/", "valid for 24 hours, once", mark="→")
    return 0


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

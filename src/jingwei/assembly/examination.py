"""What `jingwei doctor` looks at: each finding says what is and, when it is wrong, how to mend it."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from jingwei.assembly import private
from jingwei.assembly.commands import Refused, nothing_there
from jingwei.frame import environment
from jingwei.frame.postgres import address


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at."""

    ok: bool
    zh: str
    en: str
    mend_zh: str = ""
    mend_en: str = ""


def examine() -> list[Finding]:
    """Every finding; a look that itself fails is a finding."""
    out: list[Finding] = [*_settings()]
    looks = _looks[:3] if out else _looks  # nothing can be loaded before they are mended
    if not address.is_there():
        looks = (_python, _nothing)  # looking makes nothing
    for look in looks:
        try:
            out.extend(look())
        except Refused as problem:  # what is wrong and its mend, in one sentence
            out.append(Finding(False, problem.zh, problem.en, "如上", "as said"))
        except Exception as problem:  # a doctor reports, whatever it meets
            out.append(
                Finding(
                    False,
                    f"检查 {look.__name__.strip('_')} 失败：{problem}",
                    f"looking at {look.__name__.strip('_')} failed",
                    "先解决上面的问题",
                    "mend what is named above first",
                )
            )
    return out


def _settings() -> Iterator[Finding]:
    for each in environment.wrong():
        yield Finding(False, each.zh, each.en, f"更正或删去 {each.name}", f"correct {each.name}, or leave it out")


def _python() -> Iterator[Finding]:
    version = ".".join(map(str, sys.version_info[:3]))
    yield Finding(sys.version_info >= (3, 11), f"Python {version}", "", "安装 Python 3.11 或更新版本", "install Python 3.11 or newer")


def _nothing() -> Iterator[Finding]:
    raise nothing_there()


def _home() -> Iterator[Finding]:
    path = address.home()
    yield Finding(os.access(path, os.W_OK), f"数据目录 {path}", "home folder", "让当前用户可写，或设置 JINGWEI_HOME", "make it writable or set JINGWEI_HOME")


def _disk() -> Iterator[Finding]:
    free = shutil.disk_usage(address.home()).free
    yield Finding(free > 1_000_000_000, f"剩余磁盘 {free / 1e9:.1f} GB", "free disk", "清理磁盘，至少留 1 GB", "free at least 1 GB")


def _database() -> Iterator[Finding]:
    import psycopg

    url = address.owner_url()
    try:
        with psycopg.connect(url, connect_timeout=5) as connection:
            version = connection.info.server_version
    except psycopg.Error as problem:
        yield Finding(False, "数据库连不上", str(problem).strip().splitlines()[0], "检查 DATABASE_URL 与网络", "check DATABASE_URL and the network")
        return
    yield Finding(version >= 150000, f"PostgreSQL {version // 10000}", "database", "升级到 PostgreSQL 15 或更新版本", "upgrade to PostgreSQL 15 or newer")


def _tables() -> Iterator[Finding]:
    from django.db import connection

    from jingwei.assembly.commands import setup
    from jingwei.assembly.tables import newer_mend, pending_migrations, unknown_migrations
    from jingwei.frame.postgres.base import as_owner

    setup()
    from jingwei.frame import guards  # it knows the models, which stand only now

    if unknown := unknown_migrations():
        yield Finding(False, f"数据表是更新的版本的（含 {unknown[0]}）", f"the tables are of a newer program (with {unknown[0]})", *newer_mend())
        return
    yield Finding(not pending_migrations(), "数据表", "tables", "运行 jingwei migrate", "run: jingwei migrate")
    with as_owner():
        twice = guards.keys_twice()
        connection.close()
    for table, keys in twice.items():
        yield Finding(
            False, f"{table} 中有只差大小写的编号：{', '.join(keys[:5])}", f"rows of {table} have keys that differ in their case only",
            "各改其一的编号，再运行 jingwei migrate", "rename one of each, then run: jingwei migrate",
        ) if keys else Finding(
            False, f"{table} 的编号改好了，数据库还没有重新守住", f"keys of {table} are one each now, and the database does not hold them yet",
            "运行 jingwei migrate", "run: jingwei migrate",
        )  # fmt: skip


_mighty_sql = """
SELECT session_user::text, r.rolsuper, r.rolcreaterole OR r.rolcreatedb OR r.rolreplication OR r.rolbypassrls,
  EXISTS (SELECT 1 FROM pg_class c WHERE c.relowner = r.oid AND c.relnamespace = 'public'::regnamespace),
  EXISTS (SELECT 1 FROM pg_roles m WHERE m.oid <> r.oid AND pg_has_role(r.oid, m.oid, 'MEMBER')
          AND (m.rolsuper OR m.rolname IN ('pg_execute_server_program', 'pg_read_server_files', 'pg_write_server_files', 'pg_read_all_data', 'pg_write_all_data')))
FROM pg_roles r WHERE r.rolname = session_user
"""


def _roles() -> Iterator[Finding]:
    """The application's log-in itself, whatever role it has stepped down to: a statement could step up again."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(_mighty_sql)
        name, *found = cursor.fetchone()
        cursor.execute("SELECT count(*) FROM pg_class WHERE relrowsecurity")
        walls = cursor.fetchone()[0]
    told = [
        ("超级用户", "is superuser"),
        ("可建角色或绕过行级安全", "makes roles or passes row-level security by"),
        ("拥有数据表", "owns tables"),
        ("可变成更大的角色", "can become a mightier role"),
    ]
    wrong = [each for each, is_so in zip(told, found, strict=True) if is_so]
    yield Finding(
        not wrong,
        f"应用的数据库账号 {name}" + (f"权限过大：{'、'.join(zh for zh, _ in wrong)}" if wrong else f"（{walls} 张表有行级安全）"),
        f"the application's log-in {name} {', '.join(en for _, en in wrong)}" if wrong else "log-in of the application and row-level security",
        "按指南“自有 PostgreSQL”另建账号，设为 DATABASE_URL，原账号设为 DATABASE_OWNER_URL",
        "make a log-in of its own as the guide says (A PostgreSQL of your own), set DATABASE_URL to it and DATABASE_OWNER_URL to the present one",
    )


def _processes() -> Iterator[Finding]:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM procrastinate_workers WHERE last_heartbeat > now() - interval '60 seconds'")
        workers = cursor.fetchone()[0]
        cursor.execute("SELECT count(*) FROM procrastinate_jobs WHERE status = 'failed'")
        failed = cursor.fetchone()[0]
    yield Finding(workers > 0, f"作业进程 {workers} 个", "workers alive", "运行 jingwei up，或 jingwei worker", "run: jingwei up, or: jingwei worker")
    yield Finding(failed == 0, f"失败作业 {failed} 个", "failed jobs", "在“运行监控”页查看并重试", "look at and retry them on the monitor page")


def _people() -> Iterator[Finding]:
    from allauth.mfa.models import Authenticator

    from jingwei.frame.models import User

    shut = {row.user_id for row in Authenticator.objects.filter(type="totp") if not _opens(_open_seed, row)}
    usable = any(user.has_usable_password() and user.pk not in shut for user in User.objects.filter(is_active=True).only("password"))
    yield Finding(usable, "至少一人可以登录", "somebody can log in", "运行 jingwei setup-link 并打开链接", "run: jingwei setup-link, and open it")


def credentials_lost() -> int:
    """How many sealed values (credentials, second steps) cannot be opened with the keys there are."""
    from allauth.mfa.models import Authenticator

    from jingwei.frame import scope, secrets
    from jingwei.frame.models import Secret, Tenant

    lost = sum(not _opens(_open_seed, row) for row in Authenticator.objects.filter(type="totp"))
    for tenant in Tenant.objects.all():
        with scope.within(scope.Scope(tenant.pk)):
            lost += sum(not _opens(secrets.open_secret, secret) for secret in Secret.objects.all())
    return lost


def _keys() -> Iterator[Finding]:
    lost = credentials_lost()
    yield Finding(
        not lost,
        "凭据与两步验证可以解封",
        "credentials and second steps open",
        f"{lost} 个的密钥缺失：放回 keys 目录，或重新填写凭据、重设两步验证",
        f"{lost} cannot be opened: put the keys folder back, or enter the credentials and second steps again",
    )


def spoilt() -> Iterator[Finding]:
    """Files with keys that hold none. The others of their kind are made anew by whoever needs them."""
    from jingwei.assembly.backups import journal, keys
    from jingwei.frame import secrets

    for path in secrets.damaged_keys():
        yield Finding(
            False,
            f"密钥文件 {path} 是空的或已损坏",
            "this key file is empty or damaged",
            "从备份放回同名文件；若没有凭据因此打不开，直接删除",
            "put the file of that name back from a backup; when every credential opens, just delete it",
        )
    for path in private.open_to_others():
        mend = f"chmod {'go' if private.not_theirs(path) & 0o070 else 'o'}= {path}"
        yield Finding(
            False, f"{path} 可被其他账号读写", f"other accounts of this machine can read or change {path}", f"{mend}（jingwei up 启动时自动收紧）",
            f"{mend} (jingwei up does it when it starts)",
        )  # fmt: skip
    if keys.is_damaged():
        yield Finding(False, f"备份密钥 {keys.key_file()} 是空的或已损坏", "the backup's key is empty or damaged", keys.mend_zh, keys.mend_en)
    if journal.is_damaged():
        yield Finding(False, "恢复日志已损坏", "the journal of a restore is damaged", *journal.mend())


def _growth() -> Iterator[Finding]:
    from jingwei.frame.work import growth

    found = growth.report()
    pace = "–" if found.bytes_a_day is None else f"{found.bytes_a_day / 1e6:.1f} MB"
    until = found.until.isoformat() if found.until else "–"
    names = ", ".join(f"{part.name} {part.bytes / 1e6:.0f} MB" for part in found.parts[:3])
    yield Finding(
        found.days_left is None or found.days_left > 30,
        f"共占用 {found.bytes / 1e6:.0f} MB，每天增加 {pace}，磁盘可用到 {until}",
        f"{found.bytes / 1e6:.0f} MB in use, {pace} more a day, the disk lasts until {until}; largest: {names}",
        "扩充磁盘，或缩短保留时间（JINGWEI_KEEP_HISTORY_DAYS）",
        "make the disk larger, or keep history for a shorter time (JINGWEI_KEEP_HISTORY_DAYS)",
    )


def _archive() -> Iterator[Finding]:
    """Nothing while it is off."""
    from jingwei.assembly.archiving import report, state, switch

    if not address.is_embedded() or (on := switch.read()) is None:
        return
    kept, wrong = state.read(), report.trouble()
    if wrong is None:
        yield Finding(True, f"连续归档 {on.folder}，可恢复到 {(kept and kept.covered[:19]) or '–'}", "archive, and up to when it reaches (UTC)")
    else:
        since = wrong.since or "–"
        yield Finding(False, f"{wrong.zh}（自 {since}）", f"{wrong.en} (since {since})", wrong.mend_zh, wrong.mend_en)


def _open_seed(row: Any) -> None:
    from jingwei.frame import secrets

    secrets.open_text("mfa", row.data["secret"])


def _proxies() -> Iterator[Finding]:
    if environment.flag("JINGWEI_HTTPS"):
        yield Finding(
            bool(environment.value("JINGWEI_TRUSTED_PROXIES")),
            "经代理提供 https",
            "served through a proxy",
            "把代理地址写入 JINGWEI_TRUSTED_PROXIES，否则所有人都算作同一地址，会一起被锁定",
            "name the proxy in JINGWEI_TRUSTED_PROXIES, or everybody counts as one address and is locked out together",
        )


def _opens(open_: Callable[[object], object], secret: object) -> bool:
    try:
        open_(secret)
    except Exception:
        return False
    return True


def _hub() -> Iterator[Finding]:
    from jingwei.frame import scope
    from jingwei.frame.models import Tenant
    from jingwei.hub.models import Interface

    for tenant in Tenant.objects.all():
        with scope.within(scope.Scope(tenant.pk)):
            for interface in Interface.objects.filter(stage="live").exclude(state__in=("ok", "unknown")):
                yield Finding(
                    False,
                    f"接口 {interface.key} {interface.get_state_display()}：{interface.state_reason}",
                    "",
                    "打开该接口的监控页",
                    "open this interface's monitor page",
                )


def _search() -> Iterator[Finding]:
    from jingwei.frame.models import SearchFill

    waiting = list(SearchFill.objects.filter(is_full=False).values_list("resource", flat=True))
    names = ", ".join(waiting[:5])
    yield Finding(
        True,
        f"搜索正在收录原有数据（{names}）：其间搜索较慢，结果完整" if waiting else "搜索",
        f"search is still taking over rows of before ({names}): slower meanwhile, and complete" if waiting else "search",
    )


_looks = (_python, _home, _disk, _database, _tables, _search, _roles, _processes, _people, _keys, spoilt, _proxies, _growth, _archive, _hub)

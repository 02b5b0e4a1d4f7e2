"""Run inside a staged installation, before anything is replaced: bring its tables up to date and prove that it works. Prints JSON.

Its own process, with a home folder and a database of its own (see bringing.py): what is wrong here harms nobody.
"""

from __future__ import annotations

import json
import os
import sys
from typing import Any


def main() -> None:
    """Migrate, then prove; the last line is the verdict."""
    import django

    django.setup()
    from jingwei.assembly.tables import migrate_all

    migrate_all()
    print(json.dumps(prove()))


def prove() -> dict[str, Any]:
    """What is wrong (sentences in both languages), and what was looked at."""
    from jingwei.frame.work import keeping

    wrong: list[list[str]] = []
    opened, broken = _secrets()
    if broken and not os.environ.get("JINGWEI_ACCEPT_LOST_KEYS"):
        wrong.append(
            [
                f"{broken} 个凭据打不开（密钥不在备份里）；加 --accept-lost-keys 可照样恢复，之后重新填写凭据",
                f"{broken} credentials do not open (their key is not in the backup); with --accept-lost-keys it is restored all the same, and they are entered again",
            ]
        )
    people = people_who_can_log_in()
    if not people and not os.environ.get("JINGWEI_ACCEPT_NOBODY"):
        wrong.append(
            [
                "备份里没有人可以登录；加 --accept-nobody 可照样恢复，之后运行 jingwei setup-link 建立账号",
                "nobody in the backup can log in; with --accept-nobody it is restored all the same, and jingwei setup-link then lets somebody in",
            ]
        )
    _come_to_rest()
    return {"wrong": wrong, "secrets": opened, "people": people, "missing": keeping.missing_files()}


def _secrets() -> tuple[int, int]:
    """Sealed values and second-step seeds that open, and that do not."""
    from allauth.mfa.models import Authenticator

    from jingwei.frame import scope, secrets
    from jingwei.frame.models import Secret, Tenant

    opened = broken = 0
    for tenant in Tenant.objects.all():
        with scope.within(scope.Scope(tenant.pk)):
            for secret in Secret.objects.all():
                try:
                    secrets.open_secret(secret)
                    opened += 1
                except secrets.CannotOpen:
                    broken += 1
    for row in Authenticator.objects.filter(type="totp"):
        try:
            secrets.open_text("mfa", row.data["secret"])
            opened += 1
        except (secrets.CannotOpen, KeyError, ValueError):
            broken += 1
    return opened, broken


def people_who_can_log_in() -> int:
    """People with a password that can be checked, so that a log-in is possible."""
    from django.contrib.auth.hashers import identify_hasher

    from jingwei.frame.models import User

    count = 0
    for password in User.objects.filter(is_active=True).values_list("password", flat=True):
        try:
            count += bool(identify_hasher(password))
        except ValueError:
            continue
    return count


def _come_to_rest() -> None:
    """What was on its way out at the time of the backup may have arrived since: it is looked for before it is sent again. Sessions end."""
    from django.contrib.sessions.models import Session

    from jingwei.frame import scope
    from jingwei.frame.models import Tenant
    from jingwei.hub.models import OutboxEntry

    State = OutboxEntry.State
    for tenant in Tenant.objects.all():
        with scope.within(scope.Scope(tenant.pk, origin="restore")):
            OutboxEntry.objects.filter(state__in=(State.WAITING, State.SENDING)).update(state=State.UNKNOWN, not_before=None)
    Session.objects.all().delete()


if __name__ == "__main__":
    try:
        main()
    except Exception as problem:
        print(json.dumps({"wrong": [[f"数据表没有更新成功：{problem}", f"the tables could not be brought up to date: {problem}"]]}))
        sys.exit(1)

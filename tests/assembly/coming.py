"""Installations of their own for the tests of coming back: one that is filled, what it holds, and its commands."""

from __future__ import annotations

import json
import os
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.assembly import warm
from tests.assembly.warm import root

filled = """
from datetime import date
from jingwei.frame import scope, secrets
from jingwei.frame.models import Membership, Project, Role, Secret, Tenant, User
from jingwei.domains.work import services as work
from django.conf import settings
tenant = Tenant.objects.create(code="t", name="T")
user = User.objects.create_user("li", password="correct horse battery")
Membership.objects.create(tenant=tenant, user=user, role=Role.objects.create(tenant=tenant, key="owner", name="owner", is_standard=True))
with scope.within(scope.Scope(tenant.pk)):
    project = Project(code="P", name="项目", start_on=date(2026, 11, 2)); project.save()
    for number in range(25):
        work.task_save(project=project, name=f"任务 {number}")
    secrets.seal("connection", {"api_key": "the-credential-canary"})
import pathlib
(pathlib.Path(settings.MEDIA_ROOT) / "photos").mkdir(parents=True)
(pathlib.Path(settings.MEDIA_ROOT) / "photos" / "一.txt").write_text("照片")
"""
look = """
import json, pathlib
from django.conf import settings
from jingwei.frame.models import User
from django.db import connection
from jingwei.frame import scope, secrets
from jingwei.frame.models import History, Secret, Tenant
from jingwei.domains.work.models import Task
tenant = Tenant.objects.first()
with scope.within(scope.Scope(tenant.pk)) if tenant else __import__("contextlib").nullcontext():
    told = {
        "tasks": Task.objects.count() if tenant else 0, "history": History.objects.filter(resource="work.task").count() if tenant else 0,
        "login": tenant is not None and User.objects.get(username="li").check_password("correct horse battery"),
        "secrets": [secrets.open_secret(each).reveal() for each in Secret.objects.all()] if tenant else [],
        "photo": [p.read_text() for p in sorted(pathlib.Path(settings.MEDIA_ROOT).rglob("*.txt"))],
    }
with connection.cursor() as cursor:
    cursor.execute("SELECT count(*) FROM pg_class WHERE relrowsecurity")
    told["walls"] = cursor.fetchone()[0]
    cursor.execute("SELECT count(*) FROM pg_trigger WHERE tgname LIKE 'note_%'")
    told["triggers"] = cursor.fetchone()[0]
print(json.dumps(told))
"""
whole = {"tasks": 25, "history": 25, "login": True, "secrets": [{"api_key": "the-credential-canary"}], "photo": ["照片"]}


@dataclass(frozen=True)
class Home:
    """An installation of its own."""

    path: Path

    def run(self, *arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
        """One `jingwei` command."""
        return self._python("-m", "jingwei.assembly", *arguments, **more)

    def run_module(self, name: str) -> subprocess.CompletedProcess[str]:
        """`python -m name` inside it."""
        return self._python("-m", name)

    def _python(self, *arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
        return warm.run(arguments, self.environment | more)

    @property
    def environment(self) -> dict[str, str]:
        """What its processes know."""
        kept = {k: v for k, v in os.environ.items() if k not in ("DATABASE_URL", "JINGWEI_KEY_FOLDER", "JINGWEI_BACKUP_KEY")}
        return kept | {
            "JINGWEI_HOME": str(self.path),
            "PYTHONPATH": f"{root}/src:{root}",
            "DJANGO_SETTINGS_MODULE": "jingwei.assembly.settings",
            "JINGWEI_LOG_LEVEL": "ERROR",
        }

    def do(self, code: str) -> str:
        """Python inside it."""
        done = self._python("-c", "import django; django.setup()\n" + code)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def told(self) -> dict[str, Any]:
        """What it holds, without the walls."""
        found: dict[str, Any] = json.loads(self.do(look).splitlines()[-1])
        assert found.pop("walls") > 20 and found.pop("triggers") > 20
        return found

    def restore(self, file: Path, *more: str, **environment: str) -> subprocess.CompletedProcess[str]:
        """`jingwei restore --yes`."""
        return self.run("restore", str(file), "--yes", *more, **environment)

    def stop(self, mode: str = "immediate") -> None:
        """Stop its database."""
        self._python("-c", f"from jingwei.frame.postgres import address as a; a.stop_embedded({mode!r})")


def home(tmp_path_factory: pytest.TempPathFactory, name: str) -> Home:
    """A new home folder that the server's own user may enter."""
    folder = tmp_path_factory.mktemp(name)
    for each in (folder, *folder.parents):
        if each == Path("/tmp") or each == Path("/"):
            break
        each.chmod(0o755)
    return Home(folder)

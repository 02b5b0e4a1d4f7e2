"""The whole installation under its own supervisor, on a small disk of its own where that can be had, and ways to hurt it."""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

import psutil
import psycopg

from jingwei.assembly.supervising.probes import web_answers
from jingwei.frame.postgres import embedded

root = Path(__file__).resolve().parents[2]
secret = "bad-night-secret"
disk_limit_mb = 60
make_code = f"""
import os, django
os.environ["DJANGO_SETTINGS_MODULE"] = "jingwei.assembly.settings"
django.setup()
from importlib import import_module
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from jingwei.frame.rights.access import roles_of
from jingwei.frame import scope
from jingwei.frame.models import Membership, Tenant, User
from jingwei.hub.register import services
tenant = Tenant.objects.create(code="t", name="T")
roles_of(tenant)
user = User.objects.create_user("night", password="correct-horse-battery")
Membership.objects.create(tenant=tenant, user=user, role=tenant.roles.get(key="owner"))
with scope.within(scope.Scope(tenant.pk)):
    system = services.system_save(key="tracker", name="Tracker", connector="sandbox_tracker")
    services.connection_save(system=system, config={{"base_url": "http://127.0.0.1:1"}}, credentials={{"api_key": "x"}}, webhook_secret="{secret}")
session = import_module(settings.SESSION_ENGINE).SessionStore()
session[SESSION_KEY], session[BACKEND_SESSION_KEY], session[HASH_SESSION_KEY] = str(user.pk), settings.AUTHENTICATION_BACKENDS[-1], user.get_session_auth_hash()
session.create()
print(system.connection.endpoint, session.session_key)
from jingwei.frame.postgres import address
from django.db import connection
connection.close()
address.stop_embedded()
"""


def free_port() -> int:
    """A port that nobody has just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class House:
    """One installation; `disk` is its small disk when it has one."""

    home: Path
    disk: Path | None = None
    port: int = field(default_factory=free_port)
    endpoint: str = ""
    session: str = ""
    supervisor: subprocess.Popen[bytes] | None = None
    errors: IO[bytes] = field(default_factory=tempfile.TemporaryFile)  # not on the small disk

    @property
    def environment(self) -> dict[str, str]:
        """Its environment."""
        kept = {k: v for k, v in os.environ.items() if k not in ("DATABASE_URL", "DJANGO_SETTINGS_MODULE", "JINGWEI_TEST_HOME", "JINGWEI_SUPERVISED")}
        more = {"JINGWEI_REQUIRE_TOTP": "0"}  # the person who looks at pages has no phone
        more |= {"JINGWEI_DISK_MIN_MB": str(disk_limit_mb)} if self.disk else {}
        return {**kept, **more, "JINGWEI_HOME": str(self.home), "JINGWEI_LOG_LEVEL": "WARNING", "PYTHONPATH": f"{root / 'src'}:{root}"}

    def build(self, cache: Path | None) -> None:
        """A database with an organisation, a person with a session, and a system that sends webhooks; taken from the cache when that is fresh."""
        stamp = hashlib.sha256(make_code.encode())
        for file in sorted([*root.glob("src/jingwei/**/migrations/*.py"), root / "src/jingwei/frame/guards.py"]):
            stamp.update(file.read_bytes())
        kept = cache / f"night-{stamp.hexdigest()[:16]}" if cache else None
        if kept is None or not (kept / "made").exists():
            self._make()
            if kept is not None:
                for old in cache.glob("night-*") if cache else ():
                    shutil.rmtree(old, ignore_errors=True)
                subprocess.run(["cp", "-a", str(self.home), str(kept)], check=True)  # with its owners
        else:
            subprocess.run(["cp", "-a", f"{kept}/.", str(self.home)], check=True)
        self.endpoint, self.session = (self.home / "made").read_text().split()

    def _make(self) -> None:
        for command in (["-m", "jingwei.assembly", "migrate"], ["-c", make_code]):
            done = subprocess.run([sys.executable, "-W", "ignore", *command], cwd=root, env=self.environment, capture_output=True, text=True, check=False)
            assert done.returncode == 0, done.stderr[-3000:]
        with (self.home / "postgres" / "postgresql.conf").open("a") as file:
            file.write("\nmax_wal_size = 96MB\nmin_wal_size = 48MB\n")  # a small disk
        (self.home / "made").write_text(done.stdout.strip().splitlines()[-1])

    def run(self, code: str) -> str:
        """What a program of ours prints in this installation."""
        done = subprocess.run([sys.executable, "-W", "ignore", "-c", code], cwd=root, env=self.environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr[-3000:]
        return done.stdout

    def start(self, *, demo: bool = False) -> None:
        """`jingwei up`, with the demo or without."""
        self.supervisor = subprocess.Popen(
            [sys.executable, "-m", "jingwei.assembly", "up", *([] if demo else ["--no-demo"]), "--port", str(self.port)], cwd=root, env=self.environment,
            stdout=subprocess.DEVNULL, stderr=self.errors, start_new_session=True,
        )  # fmt: skip
        end = time.monotonic() + 120
        while not web_answers("127.0.0.1", self.port):
            assert self.supervisor.poll() is None and time.monotonic() < end, self.told()
            time.sleep(0.1)

    def told(self) -> str:
        """What the supervisor has told."""
        self.errors.seek(0)
        said = self.errors.read().decode(errors="replace")[-3000:]
        with contextlib.suppress(OSError):
            said = (self.home / "logs" / "up.log").read_text() + said
        return said

    def child(self, name: str) -> psutil.Process | None:
        """The process of that name, if there is one just now."""
        assert self.supervisor is not None
        with contextlib.suppress(psutil.Error):
            for each in psutil.Process(self.supervisor.pid).children():
                with contextlib.suppress(psutil.Error):
                    if name in each.cmdline():
                        return each
        return None

    def hurt(self, name: str, with_: signal.Signals = signal.SIGKILL) -> bool:
        """kill -9 (or another signal) of a process of ours."""
        child = self.child(name)
        if child is None:
            return False
        with contextlib.suppress(psutil.Error):
            child.send_signal(with_)
            return True
        return False

    def crash_database(self, way: str) -> bool:
        """`first`: kill -9 of the first process, whose children stay; `all`: of everything; `one`: of one child; `quit`: an immediate stop."""
        folder = self.home / "postgres"
        first = embedded.first_process(folder)
        if first is None:
            return False
        with contextlib.suppress(psutil.Error):
            children = first.children()
            if way in ("first", "all"):
                first.kill()
            if way == "quit":
                first.send_signal(signal.SIGQUIT)
            for each in children if way == "all" else children[-1:] if way == "one" else []:
                with contextlib.suppress(psutil.Error):
                    each.kill()
        return True

    @contextlib.contextmanager
    def full_disk(self, left: int = 0) -> Iterator[None]:
        """Somebody else fills the disk up to the last `left` bytes."""
        assert self.disk is not None
        filler = self.disk / "filler"
        with filler.open("wb") as file:
            while (room := shutil.disk_usage(self.disk).free - left) > 1_000_000:
                with contextlib.suppress(OSError):  # somebody has written meanwhile: then nothing was taken at all
                    os.posix_fallocate(file.fileno(), os.fstat(file.fileno()).st_size, max(1, room - 200_000))
            with contextlib.suppress(OSError):
                os.posix_fallocate(file.fileno(), os.fstat(file.fileno()).st_size, max(1, shutil.disk_usage(self.disk).free - left))
        try:
            yield
        finally:
            filler.unlink(missing_ok=True)

    def refill(self) -> None:
        """The filler takes what was given up meanwhile (a reserve, a log) as well."""
        assert self.disk is not None
        with (self.disk / "filler").open("r+b") as file, contextlib.suppress(OSError):
            os.posix_fallocate(file.fileno(), os.fstat(file.fileno()).st_size, max(1, shutil.disk_usage(self.disk).free))

    def event_ids(self) -> list[str]:
        """What is stored, asked past the product."""
        with psycopg.connect(host=str(embedded.socket_folder(self.home / "postgres")), user="postgres", dbname="jingwei") as connection:
            return [row[0] for row in connection.execute("SELECT event_id FROM hub_delivery WHERE event_id IS NOT NULL")]

    def waiting(self) -> int:
        """How many deliveries nobody has taken up."""
        with psycopg.connect(host=str(embedded.socket_folder(self.home / "postgres")), user="postgres", dbname="jingwei") as connection:
            row = connection.execute("SELECT count(*) FROM hub_delivery WHERE state = 'waiting'").fetchone()
            assert row is not None
            return int(row[0])

    def stop(self) -> None:
        """Stop everything that is ours."""
        if self.supervisor is not None and self.supervisor.poll() is None:
            self.supervisor.terminate()
            try:
                self.supervisor.wait(60)
            except subprocess.TimeoutExpired:
                for each in psutil.Process(self.supervisor.pid).children(recursive=True):
                    each.kill()
                self.supervisor.kill()
        embedded.end_leftovers(self.home / "postgres")


@contextlib.contextmanager
def small_disk(megabytes: int) -> Iterator[Path | None]:
    """A file system of that size in memory, when we may mount one (root); None otherwise."""
    folder = Path(tempfile.mkdtemp(prefix="jw-night-"))
    try:
        mounted = os.geteuid() == 0 and subprocess.run(
            ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m,mode=755", "tmpfs", str(folder)], capture_output=True, check=False
        ).returncode == 0  # fmt: skip
        try:
            yield folder if mounted else None
        finally:
            if mounted:
                subprocess.run(["umount", "-l", str(folder)], check=False)
    finally:
        with contextlib.suppress(OSError):
            folder.rmdir()

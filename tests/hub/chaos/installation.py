"""The product as processes of its own with a database of its own; ways to kill them; and a look at its tables past the product."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
from psycopg.rows import dict_row

root = Path(__file__).resolve().parents[3]


@dataclass
class Installation:
    """One installation under `home`."""

    home: Path
    stalled_seconds: float | None = None
    processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    is_down: threading.Event = field(default_factory=threading.Event)
    _uri: str = ""
    _local: threading.local = field(default_factory=threading.local)

    @property
    def environment(self) -> dict[str, str]:
        """Its environment."""
        kept = {k: v for k, v in os.environ.items() if k not in ("DATABASE_URL", "DJANGO_SETTINGS_MODULE")}
        more = {"CHAOS_STALLED_SECONDS": str(self.stalled_seconds)} if self.stalled_seconds else {}
        return {**kept, **more, "JINGWEI_HOME": str(self.home), "JINGWEI_EGRESS_ALLOW": "127.0.0.1/32", "JINGWEI_LOG_LEVEL": "WARNING"}

    def run(self, *command: str, timeout: float = 300) -> subprocess.CompletedProcess[str]:
        """Run a command to its end."""
        return subprocess.run([sys.executable, *command], cwd=root, env=self.environment, capture_output=True, text=True, timeout=timeout, check=False)

    def start(self, name: str) -> None:
        """Start a nursery with the worker or the scheduler in it."""
        (self.home / f"{name}.pid").unlink(missing_ok=True)
        with (self.home / f"{name}.log").open("ab") as log:
            command = [sys.executable, "-m", "tests.hub.chaos.nursery", name, str(self.home / f"{name}.pid")]
            self.processes[name] = subprocess.Popen(command, cwd=root, env=self.environment, stdout=log, stderr=log)

    def kill(self, name: str) -> bool:
        """kill -9 of the process that works; the nursery has the next one run at once. False when there was none yet."""
        file = self.home / f"{name}.pid"
        try:
            os.kill(int(file.read_text()), signal.SIGKILL)
        except (FileNotFoundError, ValueError, ProcessLookupError):
            return False
        return True

    def crash_database(self) -> None:
        """Stop PostgreSQL as a power cut would, then start it again."""
        self.is_down.set()
        try:
            code = "from jingwei.frame.postgres import address as a; import time; a.stop_embedded('immediate'); time.sleep(1); a.start_embedded()"
            done = self.run("-c", code)
            assert done.returncode == 0, done.stderr
        finally:
            self.is_down.clear()

    def verify(self, key: str) -> dict[str, Any]:
        """`jingwei verify --json`."""
        done = self.run("-m", "jingwei.assembly", "verify", key, "--json", timeout=600)
        assert done.stdout, done.stderr
        return json.loads(done.stdout)  # type: ignore[no-any-return]

    # -- its tables, past the product

    def rows(self, statement: str, given: Sequence[Any] = ()) -> list[dict[str, Any]]:
        """Rows of an SQL statement as the database's owner; raises psycopg.Error while the database is away."""
        connection = getattr(self._local, "connection", None)
        if connection is None or connection.closed:
            if not self._uri:
                from jingwei.frame.postgres import address

                self._uri = address.start_embedded()
            connection = self._local.connection = psycopg.connect(self._uri, autocommit=True, row_factory=dict_row, connect_timeout=5)
        try:
            cursor = connection.execute(statement, given)
            return cursor.fetchall() if cursor.description else []
        except psycopg.OperationalError:
            with contextlib.suppress(psycopg.Error):
                connection.close()
            raise

    def patiently(self, statement: str, given: Sequence[Any] = ()) -> list[dict[str, Any]]:
        """The same, waiting for a database that is away."""
        for _ in range(60):
            try:
                return self.rows(statement, given)
            except psycopg.OperationalError:
                time.sleep(0.5)
        return self.rows(statement, given)

    def stop(self) -> None:
        """Stop everything."""
        for process in self.processes.values():
            if process.poll() is None:
                process.terminate()
        for process in self.processes.values():
            try:
                process.wait(15)
            except subprocess.TimeoutExpired:
                process.kill()
        self.run("-c", "from jingwei.frame.postgres import address as a; a.stop_embedded()")

"""The two peers as their own people use them, past the product: a real Redmine over REST and its SQLite file, the demo tracker over REST."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import secrets
import sqlite3
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

from tests.hub.chaos.installation import root
from tests.sandbox.program import free_port

T = TypeVar("T")

redmine_file = Path(os.environ.get("REDMINE_DATABASE", "/var/lib/dbconfig-common/sqlite3/redmine/instances/default/redmine_default"))
Row = dict[str, Any]


class NotNow(Exception):
    """The peer did not take it; nothing was done, or what was asked for is gone."""


def rest(url: str, method: str, headers: dict[str, str], body: Any = None, *, timeout: float = 30) -> tuple[int, Any]:
    """Status and JSON of one call; raises OSError or http.client errors when no answer came."""
    given = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, method=method, data=given, headers={**headers, "Content-Type": "application/json"})
    try:
        with urllib.request.urlopen(request, timeout=timeout) as answer:
            text = answer.read()
            return answer.status, json.loads(text) if text.strip() else None
    except urllib.error.HTTPError as refusal:
        with refusal:
            return refusal.code, refusal.read().decode(errors="replace")


class Redmine:
    """A project of its own in a running Redmine, and a user of its own for the product. Its people log in as the administrator."""

    kind = "redmine"

    def __init__(self, url: str, key: str, name: str) -> None:
        self.url, self.key, self.name = url, key, name
        self.elsewhere = f"{name}-x"
        self.project_id = 0
        self.hub_key = ""
        self.user_id = 0

    def call(self, method: str, path: str, body: Any = None) -> Any:
        """One call of a person; its SQLite answers 500 when two write at once, then it is made again (never a POST)."""
        for attempt in range(40):
            try:
                status, answer = rest(self.url + path, method, {"X-Redmine-API-Key": self.key}, body)
            except (OSError, http.client.HTTPException) as problem:
                status, answer = 599, str(problem)
            if status < 300:
                return answer
            if status in (404, 403, 422) or (method == "POST" and status < 599):
                raise NotNow(f"{method} {path}: {status} {str(answer)[:200]}")
            time.sleep(0.2 + attempt / 10)
        raise AssertionError(f"Redmine does not answer: {method} {path}: {status} {str(answer)[:300]}")

    def _persistently(self, path: str, body: Any) -> Any:
        for attempt in range(20):
            try:
                return self.call("POST", path, body)
            except NotNow as problem:
                if ": 500" not in str(problem):
                    raise
                time.sleep(0.2 + attempt / 10)
        raise AssertionError(path)

    def prepare(self) -> None:
        """Two projects and a user with a key."""
        for name in (self.name, self.elsewhere):
            made = self._persistently("/projects.json", {"project": {"name": name, "identifier": name, "enabled_module_names": ["issue_tracking"]}})
            self.project_id = self.project_id or made["project"]["id"]
        user = {
            "login": self.name,
            "firstname": "Jing",
            "lastname": "Wei",
            "mail": f"{self.name}@example.com",
            "password": secrets.token_hex(12),
            "admin": True,
        }
        self.user_id = self._persistently("/users.json", {"user": user})["user"]["id"]
        self.hub_key = self.call("GET", f"/users/{self.user_id}.json")["user"]["api_key"]

    # -- through its database file, as an administrator's script would

    @staticmethod
    def has_file() -> bool:
        """Whether its database can be reached from here."""
        return os.access(redmine_file, os.W_OK)

    def transaction(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Do something in Redmine's database as one transaction."""
        for attempt in range(60):
            try:
                with contextlib.closing(sqlite3.connect(redmine_file, timeout=10)) as file, file:
                    return work(file)
            except sqlite3.OperationalError:
                time.sleep(0.1 + attempt / 50)
        raise AssertionError("Redmine's database stays locked")

    def script(self, statement: str, given: Any = (), *, many: bool = False) -> int:
        """Run one statement as one transaction; how many rows it touched."""
        return self.transaction(lambda file: (file.executemany(statement, given) if many else file.execute(statement, given)).rowcount)

    def fill(self, count: int) -> None:
        """So many issues, as an import would make them: all of one second."""
        first = self.create(subject="工单 0000", description="第一行\n第二行", estimated_hours=2.0)
        columns = "tracker_id, project_id, status_id, priority_id, author_id, lock_version, created_on, updated_on, start_date, done_ratio, is_private"
        taken = f"INSERT INTO issues (subject, description, estimated_hours, root_id, lft, rgt, {columns}) SELECT ?, ?, ?, 0, 1, 2, {columns} FROM issues WHERE id = ?"
        self.script(taken, [(f"工单 {n:04d}", f"第一行\r\n第 {n} 个", 1.0 + n % 8, int(first)) for n in range(1, count)], many=True)
        self.script("UPDATE issues SET root_id = id WHERE root_id = 0 AND project_id = ?", (self.project_id,))

    def bulk(self, keys: list[str], subjects: list[str], ahead: float = 0.0) -> set[str]:
        """New subjects for many in one transaction and one second, `ahead` of the clock. Gives those that were still there to be changed: listing
        takes its time, and others delete meanwhile."""
        at = (datetime.now(UTC) + timedelta(seconds=ahead)).strftime("%Y-%m-%d %H:%M:%S")
        # the lock_version goes with it, so that a write under way over there does not undo it unseen
        change = "UPDATE issues SET subject = ?, updated_on = ?, lock_version = lock_version + 1 WHERE id = ?"

        def work(file: sqlite3.Connection) -> set[str]:
            return {key for key, subject in zip(keys, subjects, strict=True) if file.execute(change, (subject, at, int(key))).rowcount}

        return self.transaction(work)

    def change_key(self) -> None:
        """The product's key is good no longer: locked by REST where its database is out of reach."""
        if self.has_file():
            self.script("UPDATE tokens SET value = ? WHERE user_id = ? AND action = 'api'", (secrets.token_hex(20), self.user_id))
        else:
            self.call("PUT", f"/users/{self.user_id}.json", {"user": {"status": 3}})

    def give_key_back(self) -> None:
        """It is good again."""
        if self.has_file():
            self.script("UPDATE tokens SET value = ? WHERE user_id = ? AND action = 'api'", (self.hub_key, self.user_id))
        else:
            self.call("PUT", f"/users/{self.user_id}.json", {"user": {"status": 1}})

    def answers(self, key: str) -> int:
        """What it says to somebody with this key now; 0 when it says nothing."""
        try:
            return rest(self.url + "/users/current.json", "GET", {"X-Redmine-API-Key": key}, timeout=10)[0]
        except (OSError, http.client.HTTPException):
            return 0

    # -- as its people

    def rows(self) -> dict[str, Row]:
        """All issues of the project by key, in the product's terms."""
        out: dict[str, Row] = {}
        offset = 0
        while True:
            found = self.call("GET", f"/issues.json?project_id={self.name}&subproject_id=!*&status_id=*&sort=id&limit=100&offset={offset}")["issues"]
            out |= {str(row["id"]): self._plain(row) for row in found}
            offset += len(found)
            if len(found) < 100:
                return out

    def _plain(self, row: Row) -> Row:
        ours = next((each.get("value") for each in row.get("custom_fields", ()) if each["name"] == "Jingwei ref"), None)
        return {
            "name": row["subject"], "description": (row.get("description") or "").replace("\r\n", "\n"), "percent": row.get("done_ratio"),
            "work_hours": row.get("estimated_hours"), "ref": ours or None,
        }  # fmt: skip

    def one(self, key: str) -> Row | None:
        """One issue of the project, None when it is not there."""
        try:
            row = self.call("GET", f"/issues/{key}.json")["issue"]
        except NotNow:
            return None
        return self._plain(row) if row["project"]["id"] == self.project_id else None

    def create(self, **values: Any) -> str:
        """A new issue; its key."""
        body = {"issue": {"project_id": self.project_id or self.name, **values}}
        made = self._persistently("/issues.json", body)
        return str(made["issue"]["id"])

    def edit(self, key: str, **values: Any) -> None:
        """Somebody edits; NotNow when it is not there."""
        self.call("PUT", f"/issues/{key}.json", {"issue": values})

    def delete(self, key: str) -> None:
        """Somebody deletes."""
        self.call("DELETE", f"/issues/{key}.json")

    def move(self, key: str, *, away: bool) -> None:
        """To another project, or back."""
        self.edit(key, project_id=self.elsewhere if away else self.name)


class Tracker:
    """The demo tracker as a program of its own; every fault it can play may be switched on, and its key may change."""

    kind = "tracker"

    def __init__(self, folder: Path) -> None:
        self.folder, self.port = folder, free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.hub_key = self.key = "a-key-for-chaos"
        self.process: subprocess.Popen[bytes] | None = None
        self.is_closed = threading.Event()  # its people have gone home: nothing is asked of it but by the product

    def start(self, key: str | None = None) -> None:
        """Start (again), perhaps with another key."""
        self.key = key or self.key
        command = [sys.executable, "-m", "sandbox", "tracker", "--port", str(self.port), "--db", str(self.folder / "tracker.db"), "--api-key", self.key]
        with (self.folder / "tracker.log").open("ab") as log:
            self.process = subprocess.Popen([*command, "--fault-seed", "7"], cwd=root, stdout=log, stderr=log)
        for _ in range(200):
            with contextlib.suppress(OSError, http.client.HTTPException):
                if rest(self.url + "/health", "GET", {})[0] == 200:
                    return
            time.sleep(0.1)
        raise AssertionError("the tracker did not start")

    def stop(self) -> None:
        """Stop it."""
        if self.process is not None:
            self.process.terminate()
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()

    def switch(self, **faults: Any) -> None:
        """Switch faults on or off."""
        for _ in range(60):
            with contextlib.suppress(OSError, http.client.HTTPException):
                status, answer = rest(self.url + "/faults", "POST", {}, faults)
                assert status == 200, answer
                return
            time.sleep(0.5)

    def answers(self, key: str) -> int:
        """What it says to somebody with this key now; 0 when it says nothing."""
        try:
            return rest(self.url + "/api/me", "GET", {"X-API-Key": key}, timeout=10)[0]
        except (OSError, http.client.HTTPException):
            return 0

    def call(self, method: str, path: str, body: Any = None) -> Any:
        """One call of a person, made again until an answer comes; that of a POST may be lost, so it is looked for by its subject."""
        for _ in range(600):
            try:
                status, answer = rest(self.url + path, method, {"X-API-Key": self.key}, body, timeout=10)
                if status < 300:
                    return answer
                if status in (404, 422):
                    raise NotNow(f"{method} {path}: {status} {answer}")
            except (OSError, http.client.HTTPException):
                if method == "POST" and (found := self._made(body["subject"])):
                    return {"issue": {"id": found}}
            time.sleep(0.2)
        raise AssertionError(f"the tracker does not answer: {method} {path}")

    def _made(self, subject: str) -> str | None:
        return next((key for key, row in self.rows().items() if row["name"] == subject), None)

    def rows(self) -> dict[str, Row]:
        """All issues of the project by key, in the product's terms."""
        found: list[Row] = []
        while True:
            page = self.call("GET", f"/api/issues?sort=id&project=MES-ROLL&limit=500&offset={len(found)}")["issues"]
            found += page
            if len(page) < 500:
                return {str(row["id"]): self._plain(row) for row in found}

    @staticmethod
    def _plain(row: Row) -> Row:
        return {
            "name": row["subject"], "description": row["description"] or "", "percent": row["done_ratio"], "work_hours": row["estimated_hours"],
            "ref": row["external_ref"] or None,
        }  # fmt: skip

    def one(self, key: str) -> Row | None:
        """One issue, None when it is not there."""
        try:
            return self._plain(self.call("GET", f"/api/issues/{key}")["issue"])
        except NotNow:
            return None

    def create(self, **values: Any) -> str:
        """A new issue; its key."""
        return str(self.call("POST", "/api/issues", {"project": "MES-ROLL", **values})["issue"]["id"])

    def edit(self, key: str, **values: Any) -> None:
        """Somebody edits."""
        self.call("PUT", f"/api/issues/{key}", values)

    def delete(self, key: str) -> None:
        """Somebody deletes; a second try of a delete whose answer was lost finds nothing."""
        with contextlib.suppress(NotNow):
            self.call("DELETE", f"/api/issues/{key}")

"""Starts a demo system as its own program and talks to it over loopback."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

root = Path(__file__).resolve().parents[2]
api_key = "a-key-for-tests"
anchor = "2026-11-20"


def free_port() -> int:
    """A loopback port nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass(frozen=True)
class Answer:
    """Status, headers (lower case) and body of one call."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        """The body as JSON."""
        return json.loads(self.body)

    @property
    def text(self) -> str:
        """The body as text."""
        return self.body.decode()


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *args: Any, **kwargs: Any) -> None:
        return None


@dataclass
class Program:
    """One running system."""

    name: str
    port: int
    db: Path
    process: subprocess.Popen[str] = field(repr=False)

    @property
    def url(self) -> str:
        """Its base address."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def credentials(self) -> dict[str, str]:
        """The headers that let us in."""
        return {
            "tracker": {"x-api-key": api_key},
            "erp": {"x-erp-key": api_key},
            "mes": {"authorization": f"Bearer {api_key}"},
        }[self.name]

    def call(self, method: str, path: str, given: Any = None, headers: Mapping[str, str] | None = None) -> Answer:
        """Call with our key; an error status is an answer, a broken connection raises OSError or http.client errors."""
        body = given if isinstance(given, bytes) else None if given is None else json.dumps(given).encode()
        more = self.credentials | ({"content-type": "application/json"} if body is not None else {}) | dict(headers or {})
        request = urllib.request.Request(self.url + path, data=body, headers=more, method=method)
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), _NoRedirect)
        try:
            with opener.open(request, timeout=15) as answer:
                return Answer(answer.status, {k.lower(): v for k, v in answer.headers.items()}, answer.read())
        except urllib.error.HTTPError as refusal:
            with refusal:
                return Answer(refusal.code, {k.lower(): v for k, v in refusal.headers.items()}, refusal.read())

    def form(self, path: str, fields: Mapping[str, str], headers: Mapping[str, str] | None = None) -> Answer:
        """Send a page's form."""
        body = urllib.parse.urlencode(fields).encode()
        return self.call("POST", path, body, {"content-type": "application/x-www-form-urlencoded", **(headers or {})})

    def switch(self, **faults: Any) -> None:
        """Switch faults on or off."""
        answer = self.call("POST", "/faults", faults)
        assert answer.status == 200, answer.text

    def kill(self) -> None:
        """End it without warning."""
        self.process.kill()
        self.process.communicate(timeout=10)


def start(name: str, db: Path, *, seed: bool = True, port: int | None = None) -> Program:
    """Start a system and wait until it is healthy."""
    chosen = port or free_port()
    command = [sys.executable, "-W", "error", "-m", "sandbox", name, "--port", str(chosen), "--db", str(db), "--api-key", api_key]
    command += ["--fault-seed", "7", "--anchor", anchor] + (["--seed-demo"] if seed else [])
    process = subprocess.Popen(command, cwd=root, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    program = Program(name, chosen, db, process)
    deadline = time.monotonic() + 30
    while True:
        try:
            if program.call("GET", "/health").status == 200:
                return program
        except OSError:
            if process.poll() is not None or time.monotonic() > deadline:
                process.kill()
                raise AssertionError(f"{name} did not start: {process.communicate()[0]}") from None
            time.sleep(0.05)


@contextmanager
def running(name: str, db: Path, *, seed: bool = True) -> Iterator[Program]:
    """A system for as long as the block lasts; ends politely and must then have said nothing bad."""
    program = start(name, db, seed=seed)
    try:
        yield program
    finally:
        program.process.terminate()
        said, _ = program.process.communicate(timeout=15)
    assert "Traceback" not in said and "ERROR" not in said, said

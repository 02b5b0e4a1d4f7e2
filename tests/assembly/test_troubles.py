"""Commands in trouble say a sentence with what to do and end with 1; no traceback, no password."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from jingwei.assembly import sole
from tests.assembly import warm


def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """One command as a process of its own."""
    kept = {k: v for k, v in os.environ.items() if k not in ("DATABASE_URL", "DJANGO_SETTINGS_MODULE", "JINGWEI_HOME")}
    return warm.run(("-m", "jingwei.assembly", *arguments), {**kept, **environment}, seconds=120)


def refused(done: subprocess.CompletedProcess[str], *words: str) -> None:
    """It ended with 1, said these words and showed no traceback."""
    assert done.returncode == 1, done
    assert "Traceback" not in done.stderr and all(word in done.stderr for word in words), done.stderr


@pytest.mark.parametrize("command", [("interface", "list"), ("up", "--no-demo"), ("migrate",)])
def test_a_home_that_cannot_be_used(tmp_path: Path, command: tuple[str, ...]) -> None:
    file = tmp_path / "file"
    file.write_text("")
    refused(run(*command, JINGWEI_HOME=str(file)), "JINGWEI_HOME", str(file), "数据目录")
    refused(run(*command, JINGWEI_HOME="/proc/nothing/here"), "JINGWEI_HOME")


@pytest.mark.parametrize("command", [("interface", "list"), ("worker",), ("migrate",)])
def test_a_database_that_cannot_be_reached(tmp_path: Path, command: tuple[str, ...]) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        done = run(*command, JINGWEI_HOME=str(tmp_path), DATABASE_URL=f"postgresql://u:hushhush@127.0.0.1:{port}/x")
    refused(done, f"127.0.0.1:{port}", "DATABASE_URL", "连不上")
    assert "hushhush" not in done.stderr


def test_an_address_that_cannot_be_understood(tmp_path: Path) -> None:
    refused(run("interface", "list", JINGWEI_HOME=str(tmp_path), DATABASE_URL="postgresql://u:hushhush@host:99999999/x"), "DATABASE_URL", "postgresql://")


def test_tables_that_are_not_there(tmp_path: Path) -> None:
    start = "from jingwei.frame.postgres import address; address.start_embedded()"
    subprocess.run([sys.executable, "-c", start], env={**os.environ, "JINGWEI_HOME": str(tmp_path), "DATABASE_URL": ""}, check=True)
    try:
        refused(run("interface", "list", JINGWEI_HOME=str(tmp_path)), "jingwei migrate")
        refused(run("worker", JINGWEI_HOME=str(tmp_path)), "jingwei migrate")
    finally:  # the commands leave the embedded server running for the next one
        os.kill(int((tmp_path / "postgres" / "postmaster.pid").read_text().splitlines()[0]), signal.SIGQUIT)


def test_a_port_that_is_taken(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        refused(run("web", "--port", port, JINGWEI_HOME=str(tmp_path)), port, "已被占用")  # `up` takes another one and says so


def test_a_second_one_in_the_same_home(tmp_path: Path) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = str(probe.getsockname()[1])
    assert isinstance(sole.claim(tmp_path, "127.0.0.1", 8123), int)
    refused(run("up", "--no-demo", "--port", port, JINGWEI_HOME=str(tmp_path)), "JINGWEI_HOME", "http://127.0.0.1:8123", f"pid {os.getpid()}")
    assert not (tmp_path / "postgres").exists(), "nothing was started, and nothing of the first one stopped"


@pytest.mark.parametrize("command", [("up", "--no-demo"), ("web",), ("worker",), ("migrate",), ("interface", "list")])
def test_settings_that_cannot_be_meant_are_named_all_at_once_and_nothing_is_made(tmp_path: Path, command: tuple[str, ...]) -> None:
    home = tmp_path / "home"
    done = run(*command, JINGWEI_HOME=str(home), JINGWEI_PORT="abc", JINGWEI_REQUIRE_TOTP="maybe")
    refused(done, "JINGWEI_PORT=abc", "65535", "JINGWEI_REQUIRE_TOTP=maybe", "1 or 0")
    assert not home.exists()


def test_doctor_names_settings_that_cannot_be_meant(tmp_path: Path) -> None:
    done = run("doctor", JINGWEI_HOME=str(tmp_path / "home"), JINGWEI_PORT="abc", JINGWEI_HTTPS="maybe")
    assert done.returncode == 1 and not done.stderr and "JINGWEI_PORT=abc" in done.stdout and "correct JINGWEI_HTTPS" in done.stdout
    assert "Traceback" not in run("up", "--port", "99999", JINGWEI_HOME=str(tmp_path)).stderr

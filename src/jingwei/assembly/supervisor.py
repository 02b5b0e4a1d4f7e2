"""One supervisor for all processes: starts them in order, prints a line for each, restarts what dies, stops cleanly."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.parse
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from jingwei.assembly import sole
from jingwei.assembly.commands import fail, say, setup
from jingwei.assembly.ports import sandbox_ports
from jingwei.frame.postgres import address


def port_is_free(host: str, port: int) -> bool:
    """Whether nobody listens there."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
        return True


@dataclass
class Child:
    """One process and how it has fared."""

    name: str
    zh: str
    command: list[str]
    environment: dict[str, str] = field(default_factory=dict)
    process: subprocess.Popen[bytes] | None = None
    deaths: int = 0
    restart_at: float = 0.0
    log: IO[bytes] | None = None


class Supervisor:
    """Keeps the database, the web server, the worker, the scheduler and the demo's systems running until told to stop."""

    def __init__(self, host: str, port: int, *, demo: bool) -> None:
        self.host, self.port, self.demo = host, port, demo
        self.stopping = False
        self.logs = address.home() / "logs"
        self.logs.mkdir(exist_ok=True)
        self.children: list[Child] = []
        self.sandbox_environment: dict[str, str] = {}

    def run(self, started: float) -> int:
        """Start everything, stay until a signal, stop everything. Refuses when another one lives in the same home."""
        lock = sole.claim(address.home(), self.host, self.port)
        if isinstance(lock, str):
            zh = f"数据目录 {address.home()} 已有一个在运行（{lock}）；先停止它，或用 JINGWEI_HOME 换一个目录"
            return fail(zh, f"another one already runs in this home ({lock}); stop it first, or choose another folder with JINGWEI_HOME")
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._stop)
        try:
            return self._live(started)
        finally:
            self._stop_all()

    def _live(self, started: float) -> int:
        self._database()
        setup()
        self._migrate()
        self._static()
        self._set_environment()
        for child in self._sandbox():
            self._add(child)
        link = self._seed()
        for child in self._plan():
            self._add(child)
        if not self._wait_ready():
            return 1
        self._welcome(started, link)
        while not self.stopping:
            time.sleep(0.5)
            self._watch()
        return 0

    def _database(self) -> None:
        began = time.monotonic()
        if address.is_embedded():
            address.start_embedded()
            say(f"数据库 PostgreSQL（内置，{address.data_folder()}）", f"embedded PostgreSQL is up ({time.monotonic() - began:.1f} s)", mark="✓")
        else:
            host = urllib.parse.urlsplit(os.environ["DATABASE_URL"]).hostname
            say(f"数据库 {host}（DATABASE_URL）", "database from DATABASE_URL", mark="✓")

    def _migrate(self) -> None:
        from jingwei.assembly.commands import upkeep

        if upkeep.pending_migrations():
            began = time.monotonic()
            upkeep.migrate_all()
            say("数据表已就绪", f"tables migrated ({time.monotonic() - began:.1f} s)", mark="✓")

    def _static(self) -> None:
        from jingwei.assembly.commands import upkeep

        upkeep.prepare_files()

    def _seed(self) -> str | None:
        """Load the demo into an empty database; the one-time link while nobody can log in."""
        from jingwei.assembly.commands import upkeep

        if self.demo and upkeep.is_empty():
            began = time.monotonic()
            for port in sandbox_ports.values():
                self._wait_for(port, seconds=20)
            upkeep.load_demo()
            say("演示数据已载入：3 个项目、5 个接口", f"demo loaded: 3 projects, 5 interfaces ({time.monotonic() - began:.1f} s)", mark="✓")
        return upkeep.setup_link_if_needed()

    def _set_environment(self) -> None:
        """The demo's systems live on this machine: only they are let out to, by their ports."""
        os.environ.setdefault("JINGWEI_EGRESS_ALLOW", ",".join(f"127.0.0.1:{port}" for port in sandbox_ports.values()) if self.demo else "")
        if self.demo:
            os.environ.setdefault("JINGWEI_REQUIRE_TOTP", "0")

    def _sandbox(self) -> list[Child]:
        """The demo's tracker, ERP and MES: programs of their own."""
        folder = Path(__file__).resolve().parents[3]
        self.demo = self.demo and (folder / "sandbox").is_dir()
        if not self.demo:
            return []
        from jingwei.assembly.demo import sandbox_key

        self.sandbox_environment = {"SANDBOX_API_KEY": sandbox_key(), "PYTHONPATH": str(folder)}
        store = address.home() / "sandbox"
        titles = {"tracker": "跟踪", "erp": "ERP", "mes": "MES"}
        return [
            Child(
                name,
                titles[name],
                [sys.executable, "-m", "sandbox", name, "--port", str(port), "--db", str(store / f"{name}.db"), "--seed-demo"],
                self.sandbox_environment,
            )
            for name, port in sandbox_ports.items()
        ]

    def _plan(self) -> list[Child]:
        me = [sys.executable, "-m", "jingwei.assembly"]
        children = [
            Child("web", "网页", [*me, "web", "--host", self.host, "--port", str(self.port)]),
            Child("worker", "作业", [*me, "worker"]),
            Child("scheduler", "调度", [*me, "scheduler"]),
        ]
        if self.demo:
            urls = [part for name, port in sandbox_ports.items() for part in (f"--{name}", f"http://127.0.0.1:{port}")]
            children.append(
                Child("traffic", "流量", [sys.executable, "-m", "sandbox", "traffic", *urls, "--per-minute", "20", "--seed", "1"], self.sandbox_environment)
            )
        return children

    def _add(self, child: Child) -> None:
        self.children.append(child)
        self._start(child)

    def _start(self, child: Child) -> None:
        child.log = (self.logs / f"{child.name}.log").open("ab")
        child.process = subprocess.Popen(
            child.command,
            env={**os.environ, **child.environment, "JINGWEI_SUPERVISED": "1"},
            stdout=child.log,
            stderr=child.log,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
        )
        say(f"{child.zh} {child.name}（日志 {self.logs / child.name}.log）", f"pid {child.process.pid}")

    def _wait_for(self, port: int, *, seconds: float) -> bool:
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline and not self.stopping:
            try:
                with socket.create_connection(("127.0.0.1", port), timeout=1):
                    return True
            except OSError:
                time.sleep(0.05)
        return False

    def _wait_ready(self) -> bool:
        """The web server answers its health check."""
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline and not self.stopping:
            try:
                with socket.create_connection((self.host, self.port), timeout=1) as probe:
                    probe.sendall(b"GET /health/live HTTP/1.0\r\nHost: localhost\r\n\r\n")
                    if b" 200 " in probe.recv(200):
                        return True
            except OSError:
                pass
            self._watch()
            time.sleep(0.1)
        say("网页服务没有启动，请看日志", f"the web server did not start; see {self.logs}/web.log", mark="✗")
        return False

    def _welcome(self, started: float, link: str | None) -> None:
        url = f"http://{'localhost' if self.host == '127.0.0.1' else self.host}:{self.port}"
        print(flush=True)
        say(f"就绪：{url}", f"ready in {time.monotonic() - started:.1f} s", mark="✓")
        if link:
            say(f"首次登录：{url}{link}", "first log-in: open this one-time link and choose a name and a password", mark="→")
        else:
            say("请用您的账号登录；忘记密码时运行 jingwei setup-link", "log in with your account; lost it? run: jingwei setup-link", mark="→")
        if self.demo:
            say(
                f"演示系统：跟踪 :{sandbox_ports['tracker']}  ERP :{sandbox_ports['erp']}  MES :{sandbox_ports['mes']}",
                "demo systems have their own pages and a fault switch",
            )
        if os.environ.get("JINGWEI_REQUIRE_TOTP") == "0":
            say(
                "试用：管理员不必设置两步验证；正式使用请设 JINGWEI_REQUIRE_TOTP=1",
                "for trying out, administrators need no second step; for real use set JINGWEI_REQUIRE_TOTP=1",
                mark="!",
            )
        say("按 Ctrl-C 停止", "press Ctrl-C to stop")

    def _watch(self) -> None:
        """Restart what died, more slowly each time."""
        for child in self.children:
            if child.process is None and time.monotonic() >= child.restart_at and not self.stopping:
                self._start(child)
            elif child.process is not None and (code := child.process.poll()) is not None and not self.stopping:
                child.deaths += 1
                pause = min(30.0, 0.5 * 2**child.deaths)
                child.process, child.restart_at = None, time.monotonic() + pause
                say(f"{child.zh} {child.name} 退出（{code}），{pause:.0f} 秒后重启", f"{child.name} ended ({code}); restart in {pause:.0f} s", mark="!")
        self._watch_database()

    def _watch_database(self) -> None:
        if address.is_embedded() and not self.stopping and not (address.data_folder() / "postmaster.pid").exists():
            say("数据库停止，正在重启", "the database stopped; starting it again", mark="!")
            address.start_embedded()

    def _stop(self, *_: Any) -> None:
        self.stopping = True

    def _stop_all(self) -> None:
        say("正在停止…", "stopping…")
        for child in reversed(self.children):
            if child.process is not None and child.process.poll() is None:
                child.process.terminate()
        deadline = time.monotonic() + 12
        for child in reversed(self.children):
            if child.process is not None:
                try:
                    child.process.wait(max(0.1, deadline - time.monotonic()))
                except subprocess.TimeoutExpired:
                    child.process.kill()
        address.stop_embedded()
        say("已停止，数据保留", "stopped; everything is kept", mark="✓")

"""One supervisor for all processes: starts them in order, asks each whether it truly lives, restarts what does not, stops cleanly.

Whatever goes wrong is told and tried again: no error of a look ends it, neither a database that does not come nor a disk without room.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.parse
from collections.abc import Callable
from pathlib import Path
from typing import Any

from jingwei.assembly import ports, private, sole, tables
from jingwei.assembly.backups import bringing
from jingwei.assembly.commands import fail, setup
from jingwei.assembly.supervising import probes
from jingwei.assembly.supervising.archive import ArchiveLook
from jingwei.assembly.supervising.children import Child
from jingwei.assembly.supervising.compiling import Compiling
from jingwei.assembly.supervising.console import Console, shorten
from jingwei.assembly.supervising.database import DatabaseKeeper
from jingwei.assembly.supervising.room import Room
from jingwei.frame import environment
from jingwei.frame.postgres import address
from jingwei.frame.work import clock, disk

look_seconds = 0.25
web_asked_every = 2.0
listen_variable = "JINGWEI_LISTEN_FD"


class Supervisor:
    """Keeps the database, the web server, the worker, the scheduler and the demo's systems running until told to stop."""

    def __init__(self, host: str, port: int, *, demo: bool) -> None:
        self.host, self.port, self.demo = host, port, demo
        self.stopping = False
        self.logs = address.home() / "logs"
        self.logs.mkdir(exist_ok=True)
        self.console = Console(self.logs)
        self.room = Room(address.home(), self.console)
        self.database = DatabaseKeeper(self.console)
        self.children: list[Child] = []
        self.archive = ArchiveLook(self.console, self.children)
        self.compiling = Compiling(self.console, self.logs)
        self.sandbox_environment: dict[str, str] = {}
        self.socket: socket.socket | None = None
        self._egress_is_set = bool(environment.value("JINGWEI_EGRESS_ALLOW"))
        self._is_up = False
        self._clock = clock.Watch()
        self._logs_at = 0.0

    def run(self, started: float) -> int:
        """Start everything, stay until a signal, stop everything. Refuses when another one lives in the same home."""
        wanted, self.port = self.port, probes.free_port(self.host, self.port, ports.sandbox_ports.values())
        lock = sole.claim(address.home(), self.host, self.port)
        if isinstance(lock, str):
            zh = f"数据目录 {address.home()} 已有一个在运行（{lock}）；先停止它，或用 JINGWEI_HOME 换一个目录"
            return fail(zh, f"another one already runs in this home ({lock}); stop it first, or choose another folder with JINGWEI_HOME")
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._stop)
        try:
            self._take_port(wanted)
            return self._live(started)
        finally:
            self._stop_all()

    def _take_port(self, wanted: int) -> None:
        self.socket = probes.listening(self.host, self.port)
        os.environ["JINGWEI_PORT"] = str(self.port)
        if self.port != wanted:
            self.console.tell(
                f"端口 {wanted} 已被占用，改用 {self.port}（可用 JINGWEI_PORT 指定）", f"port {wanted} is taken; using {self.port} instead", mark="!"
            )

    def _live(self, started: float) -> int:
        self.room.look()
        self._database()
        setup()
        tables.refuse_newer()
        bringing.sweep()
        self._migrate()
        self._static()
        for child in self._sandbox():
            self._add(child)
        self._set_environment()
        link = self._seed()
        self._look_at_keys()
        self.database.start()
        for child in self._plan():
            self._add(child)
        if not self._wait_ready():
            return 1
        threading.Thread(target=self._ask_web, daemon=True, name="web").start()
        self._is_up = True
        self._welcome(started, link)
        self.compiling.start()
        while not self.stopping:
            time.sleep(look_seconds)
            self._watch()
        return 0

    def _database(self) -> None:
        began = time.monotonic()
        if address.is_embedded():
            self._start_embedded()
            self.console.tell(f"数据库 PostgreSQL（内置，{address.data_folder()}）", f"embedded PostgreSQL is up ({time.monotonic() - began:.1f} s)", mark="✓")
        else:
            host = urllib.parse.urlsplit(environment.value("DATABASE_URL")).hostname
            self.console.tell(f"数据库 {host}（DATABASE_URL）", "database from DATABASE_URL", mark="✓")

    def _start_embedded(self) -> None:
        while not self.stopping:
            try:
                address.start_embedded()
                return
            except address.CannotStart:
                if not disk.is_low():
                    raise
                self.console.tell_once(
                    "start", "磁盘已满，数据库无法启动；腾出空间后自动继续", "the disk is full and the database cannot start; waiting for room"
                )
                self.room.look()
                time.sleep(2)

    def _migrate(self) -> None:
        from jingwei.assembly.commands import upkeep

        if upkeep.pending_migrations():
            began = time.monotonic()
            upkeep.migrate_all()
            self.console.tell("数据表已就绪", f"tables migrated ({time.monotonic() - began:.1f} s)", mark="✓")

    def _static(self) -> None:
        from jingwei.assembly.commands import upkeep

        upkeep.prepare_files()

    def _seed(self) -> str | None:
        """Load the demo into an empty database; the one-time link while nobody can log in."""
        from jingwei.assembly.commands import upkeep

        if self.demo and upkeep.is_empty():
            began = time.monotonic()
            self._wait_for_sandbox()
            upkeep.load_demo()
            self.console.tell("演示数据已载入：3 个项目、5 个接口", f"demo loaded: 3 projects, 5 interfaces ({time.monotonic() - began:.1f} s)", mark="✓")
        elif self.demo:
            self._wait_for_sandbox()
            self._move_demo()
        return upkeep.setup_link_if_needed()

    def _move_demo(self) -> None:
        """The demo's connections follow the ports that were really taken, and its systems learn our address."""
        from jingwei.assembly.demo import systems

        try:
            moved = systems.move()
            for key, url in moved.items():
                self.console.tell(f"演示系统 {key} 现在在 {url}", f"the demo system {key} is at {url} now", mark="!")
            if moved and self._is_up:
                self._set_environment()
                self._renew()
        except Exception as problem:  # a demo that cannot be reached keeps nobody from working
            self.console.tell_once("demo", f"演示系统的连接没有更新：{problem}", "the demo's connections were not brought up to date")

    def _set_environment(self) -> None:
        """The demo's systems live on this machine: only they are let out to, by their ports; what an operator has set stays."""
        if not self._egress_is_set:
            os.environ["JINGWEI_EGRESS_ALLOW"] = ",".join(f"127.0.0.1:{port}" for port in ports.sandbox_ports.values()) if self.demo else ""
        if self.demo and not os.environ.get("JINGWEI_REQUIRE_TOTP", "").strip():
            os.environ["JINGWEI_REQUIRE_TOTP"] = "0"

    def _renew(self) -> None:
        """Web, worker and scheduler start anew: what they stand on has changed."""
        for child in self.children:
            if child.name in ("web", "worker", "scheduler"):
                child.dismiss_spare()
                if child.process is not None and child.process.poll() is None:
                    child.process.terminate()

    def _sandbox(self) -> list[Child]:
        """The demo's tracker, ERP and MES: programs of their own."""
        folder = Path(__file__).resolve().parents[3]
        self.demo = self.demo and (folder / "sandbox").is_dir()
        if not self.demo:
            return []
        from jingwei.assembly.demo import sandbox_key

        self.sandbox_environment = {"SANDBOX_API_KEY": sandbox_key(), "PYTHONPATH": str(folder)}
        titles = {"tracker": "跟踪", "erp": "ERP", "mes": "MES"}
        made = []
        for name in titles:
            self._choose_port(name)
            made.append(Child(name, titles[name], self._sandbox_command(name), self.sandbox_environment))
            made[-1].before_start = self._port_chooser(made[-1])
        return made

    def _sandbox_command(self, name: str) -> list[str]:
        store = address.home() / "sandbox" / f"{name}.db"
        return [sys.executable, "-m", "sandbox", name, "--port", str(ports.sandbox_ports[name]), "--db", str(store), "--seed-demo"]

    def _choose_port(self, name: str) -> bool:
        """Keep the port of a demo system when it is free, else take another; True when it changed."""
        wanted = ports.sandbox_ports[name]
        others = {self.port, *(port for key, port in ports.sandbox_ports.items() if key != name)}
        found = probes.free_port("127.0.0.1", wanted, others)
        if found == wanted:
            return False
        ports.sandbox_ports[name] = found
        self.console.tell(
            f"演示系统 {name} 的端口 {wanted} 已被占用，改用 {found}", f"port {wanted} of the demo system {name} is taken; using {found} instead", mark="!"
        )
        return True

    def _port_chooser(self, child: Child) -> Callable[[], None]:
        def choose() -> None:
            if child.deaths and self._choose_port(child.name):
                child.command = self._sandbox_command(child.name)
                threading.Timer(3.0, self._move_demo).start()  # when it listens there

        return choose

    def _plan(self) -> list[Child]:
        me = [sys.executable, "-m", "jingwei.assembly"]
        assert self.socket is not None
        listening = self.socket.fileno()
        hang = float(environment.value("JINGWEI_HANG_SECONDS"))
        children = [
            Child(
                "web", "网页", [*me, "web", "--host", self.host, "--port", str(self.port)], {listen_variable: str(listening)}, hang_seconds=hang,
                inherited=(listening,), has_spare=environment.flag("JINGWEI_SPARE"),
            ),
            Child("worker", "作业", [*me, "worker"], hang_seconds=hang),
            Child("scheduler", "调度", [*me, "scheduler"], hang_seconds=4 * hang),  # a duty may take its time
        ]  # fmt: skip
        if self.demo:
            urls = [part for name, port in ports.sandbox_ports.items() for part in (f"--{name}", f"http://127.0.0.1:{port}")]
            children.append(
                Child("traffic", "流量", [sys.executable, "-m", "sandbox", "traffic", *urls, "--per-minute", "20", "--seed", "1"], self.sandbox_environment)
            )
        return children

    def _add(self, child: Child) -> None:
        self.children.append(child)
        self._start(child)

    def _start(self, child: Child) -> None:
        child.start(self.logs)
        assert child.process is not None
        self.console.tell(f"{child.zh} {child.name}（日志 {self.logs / child.name}.log）", f"pid {child.process.pid}")

    def _wait_for_sandbox(self) -> None:
        deadline = time.monotonic() + 20
        for port in ports.sandbox_ports.values():
            while not probes.listens(port) and time.monotonic() < deadline and not self.stopping:
                time.sleep(0.05)

    def _wait_ready(self) -> bool:
        """The web server answers its health check."""
        deadline = time.monotonic() + 120
        while time.monotonic() < deadline and not self.stopping:
            if probes.web_answers(self.host, self.port, seconds=2):
                self._child("web").sign()
                return True
            self._watch()
            time.sleep(0.1)
        if not self.stopping:
            self.console.tell("网页服务没有启动，请看日志", f"the web server did not start; see {self.logs}/web.log", mark="✗")
        return False

    def _child(self, name: str) -> Child:
        return next(each for each in self.children if each.name == name)

    def _ask_web(self) -> None:
        """The web server's sign of life is an answer."""
        while not self.stopping:
            child = self._child("web")
            before = child.started_at
            if probes.web_answers(self.host, self.port) and child.started_at == before:
                child.sign()
            time.sleep(web_asked_every)

    def _welcome(self, started: float, link: str | None) -> None:
        url = f"http://{'localhost' if self.host == '127.0.0.1' else self.host}:{self.port}"
        print(flush=True)
        self.console.tell(f"就绪：{url}", f"ready in {time.monotonic() - started:.1f} s", mark="✓")
        if link:
            self.console.tell(f"首次登录：{url}{link}", "first log-in: open this one-time link and choose a name and a password", mark="→")
        else:
            self.console.tell("请用您的账号登录；忘记密码时运行 jingwei setup-link", "log in with your account; lost it? run: jingwei setup-link", mark="→")
        if self.demo:
            self.console.tell(
                f"演示系统：跟踪 :{ports.sandbox_ports['tracker']}  ERP :{ports.sandbox_ports['erp']}  MES :{ports.sandbox_ports['mes']}",
                "demo systems have their own pages and a fault switch",
            )
        if not environment.flag("JINGWEI_REQUIRE_TOTP"):
            self.console.tell(
                "试用：管理员不必设置两步验证；正式使用请设 JINGWEI_REQUIRE_TOTP=1",
                "for trying out, administrators need no second step; for real use set JINGWEI_REQUIRE_TOTP=1",
                mark="!",
            )
        self.console.tell("按 Ctrl-C 停止", "press Ctrl-C to stop")

    def _watch(self) -> None:
        """One look at everything. What fails is told, and looked at again; nothing here ends the supervisor."""
        for look in (
            self.room.look,
            self._look_at_clock,
            self._look_at_logs,
            self._look_for_restore,
            self.archive.look,
            *(lambda c=child: self._look_at(c) for child in self.children),
        ):
            try:
                look()
            except Exception as problem:
                self.console.tell_once(f"look {problem}", f"监督程序遇到问题，继续运行：{problem}", "the supervisor met a problem and goes on")

    def _look_at(self, child: Child) -> None:
        now = time.monotonic()
        child.feel()
        if self.stopping:
            return
        if child.process is None:
            if now >= child.restart_at:
                child.restart_at = now + 1.0  # should starting fail
                self._start(child)
        elif (ended := child.bury(now)) is not None:
            code, pause = ended
            self.console.tell(
                f"{child.zh} {child.name} 退出（{code}），{pause:.1f} 秒后重启", f"{child.name} ended ({code}); restart in {pause:.1f} s", mark="!"
            )
        elif child.hangs(now):
            self.console.tell(f"{child.zh} {child.name} 没有响应，强制重启", f"{child.name} does not answer; it is ended and started again", mark="!")
            child.kill()
        else:
            child.prepare_spare(self.logs)

    def _look_at_keys(self) -> None:
        from jingwei.assembly.examination import credentials_lost, spoilt

        for path in private.close():
            self.console.tell(f"{path} 原可被其他账号读写，已收紧权限", f"other accounts could read or change {path}; not any more", mark="!")
        for finding in spoilt():
            self.console.tell(f"{finding.zh}：{finding.mend_zh}", f"{finding.en}: {finding.mend_en}", mark="!")
        if lost := credentials_lost():
            self.console.tell(
                f"{lost} 个凭据或两步验证打不开：密钥缺失，请运行 jingwei doctor",
                f"{lost} credentials or second steps do not open: their key is missing; run jingwei doctor",
                mark="!",
            )

    def _look_for_restore(self) -> None:
        if sole.is_restart_asked(address.home()):
            self.console.tell("数据已从备份恢复，进程重新启动", "the data were restored from a backup; the processes start anew", mark="!")
            self._renew()

    def _look_at_clock(self) -> None:
        if (jump := self._clock.look()) is not None:
            self.console.tell(f"系统时钟跳变 {jump.seconds:+.0f} 秒", f"the clock jumped by {jump.seconds:+.0f} s; work goes on", mark="!")

    def _look_at_logs(self) -> None:
        if time.monotonic() - self._logs_at > 60:
            self._logs_at = time.monotonic()
            shorten(self.logs)

    def _stop(self, *_: Any) -> None:
        self.stopping = True

    def _stop_all(self) -> None:
        self.stopping = True
        self.console.tell("正在停止…", "stopping…")
        self.compiling.stop()
        for child in reversed(self.children):
            child.dismiss_spare()
            if child.process is not None and child.process.poll() is None:
                child.process.terminate()
        deadline = time.monotonic() + 12
        for child in reversed(self.children):
            if child.process is not None:
                try:
                    child.process.wait(max(0.1, deadline - time.monotonic()))
                except subprocess.TimeoutExpired:
                    child.kill()
        self.database.stop()
        address.stop_embedded()
        self.archive.last_round()
        self.console.tell("已停止，数据保留", "stopped; everything is kept", mark="✓")

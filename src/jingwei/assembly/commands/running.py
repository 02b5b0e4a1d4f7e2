"""Commands that run: up (everything under one supervisor), web, worker, scheduler."""

from __future__ import annotations

import argparse
import os
import time
from typing import Any

from jingwei.assembly.commands import fail, nothing_there, setup
from jingwei.frame import environment
from jingwei.frame.postgres import address


def add(families: Any) -> None:
    """Declare the commands."""
    up = families.add_parser("up", help="启动全部 / start everything")
    up.add_argument("--port", type=_port)
    up.add_argument("--host", help="JINGWEI_HOST")
    up.add_argument("--no-demo", action="store_true", help="不载入演示数据 / no demo data and no demo systems")
    up.set_defaults(run=start_all)
    web = families.add_parser("web", help="网页服务 / web server")
    web.add_argument("--port", type=_port)
    web.add_argument("--host", help="JINGWEI_HOST")
    web.set_defaults(run=serve)
    worker = families.add_parser("worker", help="后台作业 / background jobs")
    worker.add_argument("--concurrency", type=int)
    worker.set_defaults(run=work)
    scheduler = families.add_parser("scheduler", help="定时调度 / periodic duties")
    scheduler.set_defaults(run=tick)


def _port(text: str) -> int:
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= 65_535:
        raise argparse.ArgumentTypeError("端口应为 1 到 65535 / a port is a number from 1 to 65535")
    return int(text)


def _place(options: argparse.Namespace) -> tuple[str, int]:
    """Where to listen: as the command says, else the environment."""
    return options.host or environment.value("JINGWEI_HOST"), options.port or environment.number("JINGWEI_PORT")


def serve(options: argparse.Namespace) -> int:
    """Serve pages, APIs and webhooks."""
    from jingwei.assembly.supervising.probes import port_is_free

    host, port = _place(options)
    os.environ["JINGWEI_PROCESS"] = "web"
    handed = os.environ.get("JINGWEI_LISTEN_FD")  # the supervisor's own socket, on which people may wait already
    if not handed and not port_is_free(host, port):
        return fail(f"端口 {port} 已被占用；用 --port 或 JINGWEI_PORT 换一个", f"port {port} is taken; choose another with --port or JINGWEI_PORT")
    if _lacks_tables():
        return 1
    from jingwei.assembly import serving

    if not serving.may_go():
        return 0
    serving.serve(host, port, int(handed) if handed else None)
    return 0


def work(options: argparse.Namespace) -> int:
    """Run jobs until told to stop."""
    if _lacks_tables():
        return 1
    from jingwei.frame.work import worker

    worker.run_worker(concurrency=options.concurrency or environment.number("JINGWEI_WORKER_CONCURRENCY"))
    return 0


def tick(options: argparse.Namespace) -> int:
    """Do periodic duties until told to stop."""
    if _lacks_tables():
        return 1
    from jingwei.frame.work import scheduler

    scheduler.run()
    return 0


def _lacks_tables() -> bool:
    """Say so when the tables are older than the program; Newer when they are newer. The supervisor has just seen to them."""
    if not address.is_there():
        raise nothing_there()
    setup()
    if os.environ.get("JINGWEI_SUPERVISED") == "1":
        return False
    from jingwei.assembly.tables import pending_migrations, refuse_newer

    refuse_newer()
    if pending_migrations():
        fail("数据表不是最新；先运行 jingwei migrate", "the tables are older than this program; run: jingwei migrate")
        return True
    return False


def start_all(options: argparse.Namespace) -> int:
    """Database, migrations, demo, and all processes under one supervisor."""
    started, place = time.monotonic(), _place(options)
    from jingwei.assembly.supervisor import Supervisor

    supervisor = Supervisor(*place, demo=not options.no_demo)
    return supervisor.run(started)

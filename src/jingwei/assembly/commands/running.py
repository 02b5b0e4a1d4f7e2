"""Commands that run: up (everything under one supervisor), web, worker, scheduler."""

from __future__ import annotations

import argparse
import os
import time
from typing import Any

from jingwei.assembly.commands import fail, setup

default_port = 8000


def add(families: Any) -> None:
    """Declare the commands."""
    up = families.add_parser("up", help="启动全部 / start everything")
    up.add_argument("--port", type=int, default=int(os.environ.get("JINGWEI_PORT", default_port)))
    up.add_argument("--host", default=os.environ.get("JINGWEI_HOST", "127.0.0.1"))
    up.add_argument("--no-demo", action="store_true", help="不载入演示数据 / no demo data and no demo systems")
    up.set_defaults(run=start_all)
    web = families.add_parser("web", help="网页服务 / web server")
    web.add_argument("--port", type=int, default=int(os.environ.get("JINGWEI_PORT", default_port)))
    web.add_argument("--host", default=os.environ.get("JINGWEI_HOST", "127.0.0.1"))
    web.set_defaults(run=serve)
    worker = families.add_parser("worker", help="后台作业 / background jobs")
    worker.add_argument("--concurrency", type=int, default=int(os.environ.get("JINGWEI_WORKER_CONCURRENCY", "4")))
    worker.set_defaults(run=work)
    scheduler = families.add_parser("scheduler", help="定时调度 / periodic duties")
    scheduler.set_defaults(run=tick)


def serve(options: argparse.Namespace) -> int:
    """Serve pages, APIs and webhooks."""
    from jingwei.assembly.supervising.probes import port_is_free

    os.environ["JINGWEI_PROCESS"] = "web"
    handed = os.environ.get("JINGWEI_LISTEN_FD")  # the supervisor's own socket, on which people may wait already
    if not handed and not port_is_free(options.host, options.port):
        return fail(
            f"端口 {options.port} 已被占用；用 --port 或 JINGWEI_PORT 换一个", f"port {options.port} is taken; choose another with --port or JINGWEI_PORT"
        )
    if _lacks_tables():
        return 1
    from jingwei.assembly import serving

    if not serving.may_go():
        return 0
    serving.serve(options.host, options.port, int(handed) if handed else None)
    return 0


def work(options: argparse.Namespace) -> int:
    """Run jobs until told to stop."""
    if _lacks_tables():
        return 1
    from jingwei.frame import worker

    worker.run_worker(concurrency=options.concurrency)
    return 0


def tick(options: argparse.Namespace) -> int:
    """Do periodic duties until told to stop."""
    if _lacks_tables():
        return 1
    from jingwei.frame import scheduler

    scheduler.run()
    return 0


def _lacks_tables() -> bool:
    """Say so when the tables are older than the program. The supervisor has just seen to them."""
    setup()
    if os.environ.get("JINGWEI_SUPERVISED") == "1":
        return False
    from jingwei.assembly.tables import pending_migrations

    if pending_migrations():
        fail("数据表不是最新；先运行 jingwei migrate", "the tables are older than this program; run: jingwei migrate")
        return True
    return False


def start_all(options: argparse.Namespace) -> int:
    """Database, migrations, demo, and all processes under one supervisor."""
    from jingwei.assembly.supervisor import Supervisor

    started = time.monotonic()
    supervisor = Supervisor(options.host, options.port, demo=not options.no_demo)
    return supervisor.run(started)

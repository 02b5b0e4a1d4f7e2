"""Command line: `python -m sandbox tracker|erp|mes` serves a system, `python -m sandbox traffic` makes live edits in them."""

from __future__ import annotations

import argparse
import importlib
import os
import sys
import threading
import time
from datetime import date

import uvicorn

from sandbox.server import open_server
from sandbox.traffic import Traffic

ports = {"tracker": 4801, "erp": 4802, "mes": 4803}


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m sandbox", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    for name, port in ports.items():
        serve = commands.add_parser(name, help=f"serve the {name}")
        serve.add_argument("--host", default="127.0.0.1", help="the pages have no log-in: keep to loopback")
        serve.add_argument("--port", type=int, default=port)
        serve.add_argument("--db", default=f"var/sandbox/{name}.db")
        serve.add_argument("--api-key", default=os.environ.get("SANDBOX_API_KEY", ""))
        serve.add_argument("--seed-demo", action="store_true", help="fill a new database with the demo records")
        serve.add_argument("--anchor", type=date.fromisoformat, default=date.today(), help="the day around which the demo lies")
        serve.add_argument("--fault-seed", type=int, help="make random faults repeatable")
    traffic = commands.add_parser("traffic", help="make believable edits")
    for name, port in ports.items():
        traffic.add_argument(f"--{name}", metavar="URL", default=f"http://127.0.0.1:{port}")
    traffic.add_argument("--api-key", default=os.environ.get("SANDBOX_API_KEY", ""))
    traffic.add_argument("--per-minute", type=float, default=20)
    traffic.add_argument("--seed", type=int, default=1)
    traffic.add_argument("--count", type=int, help="stop after so many edits")
    return parser


def _end_with_parent(parent: int) -> None:
    """A system of the demo ends when the supervisor that started it is gone, however it went."""
    while os.getppid() == parent:
        time.sleep(2)
    os._exit(0)


def main() -> None:
    """Run one command."""
    if os.environ.get("JINGWEI_SUPERVISED") == "1":
        threading.Thread(target=_end_with_parent, args=(os.getppid(),), daemon=True).start()
    parser = _parser()
    chosen = parser.parse_args()
    if not chosen.api_key:
        parser.error("an API key is needed: --api-key or SANDBOX_API_KEY")
    if chosen.command == "traffic":
        traffic = Traffic(chosen.tracker, chosen.erp, chosen.mes, chosen.api_key, seed=chosen.seed)
        try:
            traffic.run(chosen.per_minute, chosen.count)
        except KeyboardInterrupt:
            sys.exit(0)
        return
    system = importlib.import_module(f"sandbox.{chosen.command}").system
    seed_on = chosen.anchor if chosen.seed_demo else None
    server = open_server(system, chosen.db, chosen.api_key, seed_on=seed_on, fault_seed=chosen.fault_seed)
    print(f"sandbox {chosen.command} on http://{chosen.host}:{chosen.port}", flush=True)
    uvicorn.run(
        server,
        host=chosen.host,
        port=chosen.port,
        log_level="warning",
        access_log=False,
        proxy_headers=False,
        server_header=False,
        lifespan="on",
        timeout_graceful_shutdown=5,
    )


if __name__ == "__main__":
    main()

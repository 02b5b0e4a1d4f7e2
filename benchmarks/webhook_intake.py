"""Durable webhook intake: signed deliveries a second at a real web process, then kill -9 in mid-flight and count what was acknowledged.

Run: python benchmarks/webhook_intake.py [deliveries] [kills]. Prints accepted per second, p50 and p95, and what was lost or doubled.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
import os
import random
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

root = Path(__file__).resolve().parents[1]
secret = b"benchmark-secret"
connections = 48

setup_code = """
import os, django
os.environ["DJANGO_SETTINGS_MODULE"] = "jingwei.assembly.settings"
django.setup()
from jingwei.frame import scope
from jingwei.frame.models import Tenant
from jingwei.hub.register import services
tenant = Tenant.objects.create(code="t", name="T")
with scope.within(scope.Scope(tenant.pk)):
    system = services.system_save(key="tracker", name="Tracker", connector="sandbox_tracker")
    services.connection_save(system=system, config={"base_url": "http://127.0.0.1:1"}, credentials={"api_key": "x"}, webhook_secret="benchmark-secret")
    print(system.connection.endpoint)
"""
count_code = """
import os, sys, json, django
os.environ["DJANGO_SETTINGS_MODULE"] = "jingwei.assembly.settings"
django.setup()
from jingwei.frame import scope
from jingwei.frame.models import Tenant
from jingwei.hub.models import Delivery
with scope.within(scope.Scope(Tenant.objects.get().pk)):
    print(json.dumps(list(Delivery.objects.values_list("event_id", flat=True))))
"""


class House:
    """An installation of its own with one web process."""

    def __init__(self, home: str, port: int) -> None:
        self.port = port
        self.environment = {**os.environ, "JINGWEI_HOME": home, "JINGWEI_LOG_LEVEL": "ERROR"}
        self.web: subprocess.Popen[bytes] | None = None

    def run(self, *command: str) -> str:
        """Run a command to its end."""
        done = subprocess.run([sys.executable, "-W", "ignore", *command], cwd=root, env=self.environment, capture_output=True, text=True, check=True)
        return done.stdout.strip()

    def start(self) -> None:
        """Start the web process and wait until it listens."""
        self.web = subprocess.Popen(
            [sys.executable, "-m", "jingwei.assembly", "web", "--port", str(self.port)], cwd=root, env=self.environment, stderr=subprocess.DEVNULL
        )
        deadline = time.monotonic() + 150
        while time.monotonic() < deadline:
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
                return
            except OSError:
                time.sleep(0.05)
        raise RuntimeError("the web process does not listen")

    def kill(self) -> None:
        """kill -9."""
        assert self.web is not None
        self.web.send_signal(signal.SIGKILL)
        self.web.wait()


def request_for(endpoint: str, event_id: str) -> bytes:
    """One signed delivery as raw HTTP."""
    body = json.dumps({"type": "issue.updated", "data": {"id": 7, "version": 3, "subject": "工单接口联调", "status": "open"}}, ensure_ascii=False).encode()
    stamp = str(int(time.time()))
    mark = base64.b64encode(hmac.new(secret, f"{event_id}.{stamp}.".encode() + body, hashlib.sha256).digest()).decode()
    head = (
        f"POST /hooks/{endpoint} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n"
        f"webhook-id: {event_id}\r\nwebhook-timestamp: {stamp}\r\nwebhook-signature: v1,{mark}\r\n\r\n"
    )
    return head.encode() + body


async def sender(port: int, requests: list[tuple[str, bytes]], accepted: set[str], times: list[float]) -> None:
    """One connection that sends what is left until the list is empty or the server is gone."""
    try:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        while requests:
            event_id, request = requests.pop()
            began = time.perf_counter()
            writer.write(request)
            head = await reader.readuntil(b"\r\n\r\n")
            length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
            await reader.readexactly(length)
            if head.startswith((b"HTTP/1.1 202", b"HTTP/1.1 200")):
                accepted.add(event_id)
            times.append(time.perf_counter() - began)
        writer.close()
    except (OSError, asyncio.IncompleteReadError):
        return


async def load(port: int, requests: list[tuple[str, bytes]], accepted: set[str]) -> tuple[float, list[float]]:
    """Send everything over many connections; seconds taken and each answer's time."""
    times: list[float] = []
    began = time.perf_counter()
    await asyncio.gather(*(sender(port, requests, accepted, times) for _ in range(connections)))
    return time.perf_counter() - began, times


def main(deliveries: int, kills: int) -> None:
    """Rate first, then the kills."""
    seed = int(os.environ.get("JINGWEI_SEED") or random.SystemRandom().randrange(10**6))
    dice = random.Random(seed)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with tempfile.TemporaryDirectory() as home:
        house = House(home, port)
        house.run("-m", "jingwei.assembly", "migrate")
        endpoint = house.run("-c", setup_code).splitlines()[-1]
        house.start()
        accepted: set[str] = set()
        asyncio.run(load(port, [(f"warm-{n}", request_for(endpoint, f"warm-{n}")) for n in range(500)], accepted))
        seconds, times = asyncio.run(load(port, [(f"e-{n}", request_for(endpoint, f"e-{n}")) for n in range(deliveries)], accepted))
        times.sort()
        print(
            f"{deliveries} deliveries, {connections} connections: {deliveries / seconds:,.0f} accepted a second, p50 {times[len(times) // 2] * 1000:.1f} ms, p95 {times[int(len(times) * 0.95)] * 1000:.1f} ms"
        )
        for round_ in range(kills):
            requests = [(f"k{round_}-{n}", request_for(endpoint, f"k{round_}-{n}")) for n in range(4000)]
            asyncio.run(_killed(house, port, requests, accepted, dice.uniform(0.2, 1.0)))
            house.start()
        house.kill()
        stored = json.loads(house.run("-c", count_code).splitlines()[-1])
        lost, doubled = accepted - set(stored), len(stored) - len(set(stored))
        print(f"seed {seed}: {kills} kills, {len(accepted):,} acknowledged, {len(stored):,} stored, lost {len(lost)}, doubled {doubled}")
        house.run("-c", "from jingwei.frame.postgres import address as a; a.stop_embedded()")
        if lost or doubled:
            sys.exit(1)


async def _killed(house: House, port: int, requests: list[tuple[str, bytes]], accepted: set[str], after: float) -> None:
    task = asyncio.create_task(load(port, requests, accepted))
    await asyncio.sleep(after)
    house.kill()
    await task


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 20_000, int(sys.argv[2]) if len(sys.argv) > 2 else 5)

"""Open pages beside ordinary ones: the time of pages at a steady rate, without and with many event streams, and what it costs in memory.

Run: python -m benchmarks.event_streams [streams] [requests a second] [seconds]. Prints p50 and p95 of pages, resident memory of the web
process, its database connections, how long an event takes to reach every stream, and how soon all end when their reader's role is taken.
"""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psutil
import psycopg

from benchmarks.webhook_intake import House, root
from jingwei.frame.postgres import embedded

people = 25
refused: list[bytes] = []
setup_code = f"""
import os, django
os.environ["DJANGO_SETTINGS_MODULE"] = "jingwei.assembly.settings"
django.setup()
from importlib import import_module
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from jingwei.frame.rights.access import roles_of
from jingwei.frame.models import Membership, Tenant, User
tenant = Tenant.objects.create(code="t", name="T")
roles_of(tenant)
for number in range({people}):
    user = User(username=f"u{{number}}")
    user.set_unusable_password()
    user.save()
    Membership.objects.create(tenant=tenant, user=user, role=tenant.roles.get(key="manager"))
    session = import_module(settings.SESSION_ENGINE).SessionStore()
    session[SESSION_KEY], session[BACKEND_SESSION_KEY], session[HASH_SESSION_KEY] = str(user.pk), settings.AUTHENTICATION_BACKENDS[-1], user.get_session_auth_hash()
    session.create()
    print("session", session.session_key)
"""


async def page(port: int, session: str, path: str) -> float:
    """One page; how long it took."""
    began = time.perf_counter()
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(f"GET {path} HTTP/1.0\r\nHost: localhost\r\nCookie: sessionid={session}\r\n\r\n".encode())
    answer = await reader.read()
    writer.close()
    if b" 200 " not in answer[:20] and path != "/health/ready":  # no worker runs here: that one is answered, and not ready
        refused.append(answer[:60])
    return time.perf_counter() - began


async def both(port: int, sessions: list[str], rate: float, seconds: float) -> str:
    """Small requests (through all of Django to the database) at the full rate, and a whole page five times a second."""
    small, whole = await asyncio.gather(
        steady(port, sessions, rate, seconds, "/health/ready"), steady(port, sessions, min(5.0, rate), seconds, "/hub/monitor/")
    )  # fmt: skip
    return f"{rate:.0f} small requests a second {said(small)}; 5 pages a second {said(whole)}; {len(refused)} refused so far"


async def steady(port: int, sessions: list[str], rate: float, seconds: float, path: str) -> list[float]:
    """Requests at a rate, whether or not the earlier ones are done; their times, sorted."""
    tasks = []
    began = time.perf_counter()
    for number in range(int(rate * seconds)):
        await asyncio.sleep(max(0.0, began + number / rate - time.perf_counter()))
        tasks.append(asyncio.create_task(page(port, sessions[number % len(sessions)], path)))
    return sorted(await asyncio.gather(*tasks))


class Stream:
    """One open page."""

    def __init__(self) -> None:
        self.heard: list[float] = []
        self.is_open = asyncio.Event()
        self.ended_at = 0.0

    async def run(self, port: int, session: str) -> None:
        """Listen until the end."""
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(f"GET /events/ HTTP/1.1\r\nHost: localhost\r\nCookie: sessionid={session}\r\n\r\n".encode())
        while line := await reader.readline():
            if line.startswith(b"retry:"):
                self.is_open.set()
            if line == b"0\r\n":  # the end; the connection itself may be kept for another request
                break
            if b"plan-changed" in line:
                self.heard.append(time.perf_counter())
        self.ended_at = time.perf_counter()
        writer.close()


def said(times: list[float]) -> str:
    """p50 and p95 in milliseconds."""
    return f"p50 {times[len(times) // 2] * 1000:.0f} ms, p95 {times[int(len(times) * 0.95)] * 1000:.0f} ms"


async def measure(house: House, sessions: list[str], streams: int, rate: float, seconds: float, uri: str) -> None:
    """Without, then with."""
    assert house.web is not None
    process = psutil.Process(house.web.pid)
    await both(house.port, sessions, 20, 5)
    without = await both(house.port, sessions, rate, seconds)
    print(f"without streams: {without}; RSS {process.memory_info().rss / 1e6:.0f} MB")
    opened = [Stream() for _ in range(streams)]
    tasks = []
    for number, stream in enumerate(opened):
        tasks.append(asyncio.create_task(stream.run(house.port, sessions[number % len(sessions)])))
        if number % 10 == 9:
            await asyncio.sleep(0.05)
    await asyncio.wait_for(asyncio.gather(*(stream.is_open.wait() for stream in opened)), 200)
    with_ = await both(house.port, sessions, rate, seconds)
    count = "SELECT count(*) FROM pg_stat_activity WHERE datname = 'jingwei' AND backend_type = 'client backend' AND pid <> pg_backend_pid()"
    async with await psycopg.AsyncConnection.connect(uri, autocommit=True) as database:
        row = await (await database.execute(count)).fetchone()
        print(f"with {streams} streams: {with_}; RSS {process.memory_info().rss / 1e6:.0f} MB, {row[0] if row else 0} database connections")
        tenant = await (await database.execute("SELECT id FROM frame_tenant")).fetchone()
        assert tenant is not None
        told_at = time.perf_counter()
        message = f'{{"tenant": {tenant[0]}, "topic": "plan-changed", "project": null, "user": null, "needs": ""}}'
        await database.execute("SELECT pg_notify('jingwei_events', %s)", (message,))
        while not all(stream.heard for stream in opened):  # noqa: ASYNC110
            await asyncio.sleep(0.01)
        print(f"one event reached all {streams} after {(max(s.heard[0] for s in opened) - told_at) * 1000:.0f} ms")
        taken_at = time.perf_counter()
        await database.execute("DELETE FROM frame_membership")
        await asyncio.wait_for(asyncio.gather(*tasks), 30)
        print(f"their roles taken, all streams ended within {max(s.ended_at for s in opened) - taken_at:.1f} s")


def main(streams: int, rate: float, seconds: float) -> None:
    """One installation with one web process."""
    with tempfile.TemporaryDirectory() as home:
        from tests.chaos.house import free_port

        house = House(home, free_port())
        house.environment["JINGWEI_PROCESS"] = "web"
        house.run("-m", "jingwei.assembly", "migrate")
        sessions = [line.split()[1] for line in house.run("-c", setup_code).splitlines() if line.startswith("session")]
        house.start()
        folder = embedded.socket_folder(Path(home).resolve() / "postgres")
        try:
            asyncio.run(measure(house, sessions, streams, rate, seconds, f"postgresql://postgres@/jingwei?host={folder}"))
        finally:
            house.kill()
            subprocess.run(
                [sys.executable, "-c", "from jingwei.frame.postgres import address as a; a.stop_embedded()"], cwd=root, env=house.environment, check=False
            )


if __name__ == "__main__":
    os.chdir(root)
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 500, float(sys.argv[2]) if len(sys.argv) > 2 else 100.0, float(sys.argv[3]) if len(sys.argv) > 3 else 15.0)

"""What people see when the disk is full or the database away, what is refused by its head alone, and memory that is given back."""

from __future__ import annotations

import asyncio
import contextlib
import sys
import threading
import time
from typing import Any

import pytest
from django.db import InterfaceError, OperationalError
from django.test import Client, RequestFactory
from psycopg.errors import AdminShutdown, LockNotAvailable

from jingwei.frame.ui import errors
from jingwei.frame.work import disk, memory
from jingwei.hub.inbox import intake as intake_room
from jingwei.hub.inbox.intake import Endpoint, Intake
from jingwei.hub.kit import receiving
from tests.frame.test_error_pages import person


@pytest.fixture
def full(monkeypatch: pytest.MonkeyPatch) -> None:
    """The disk is full."""
    monkeypatch.setattr(disk, "is_low", lambda: True)


def test_the_limit_has_a_way_back_without_flutter(monkeypatch: pytest.MonkeyPatch) -> None:
    free = [500_000_000]
    monkeypatch.setattr(disk, "free", lambda: free[0])
    monkeypatch.setattr(disk, "believed_seconds", 0.0)
    monkeypatch.setattr(disk, "_state", disk._State())
    assert not disk.is_low()
    free[0] = 199_000_000
    assert disk.is_low()
    free[0] = 210_000_000
    assert disk.is_low(), "a little above the limit is not enough to go on"
    free[0] = 260_000_000
    assert not disk.is_low()


@pytest.mark.django_db
@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_a_full_disk_refuses_writing_with_the_reason_and_lets_read(language: str, full: None) -> None:
    client = person(language, role="owner")
    answer = client.post("/w/frame.project/new/", {"code": "X", "name": "X", "start_on": "2026-11-02"})
    assert answer.status_code == 503 and answer["Retry-After"]
    assert ("磁盘" if language == "zh-hans" else "disk is full") in answer.text
    page = client.get("/")
    assert page.status_code == 200 and ("磁盘" if language == "zh-hans" else "disk is full") in page.text
    program = client.post("/api/v1/frame.project/", {"code": "X"}, content_type="application/json")
    assert program.status_code == 503 and program.json()["errors"][0]["code"] == "disk_full"


def caused(problem: Exception, cause: Exception | None) -> Exception:
    problem.__cause__ = cause
    return problem


@pytest.mark.parametrize(
    ("problem", "status"),
    [
        (caused(OperationalError("gone"), AdminShutdown("terminating")), 503),
        (caused(OperationalError("pool"), None), 503),
        (InterfaceError("the connection is closed"), 503),
        (caused(OperationalError("held"), LockNotAvailable("held")), 500),
        (ValueError("ours"), 500),
    ],
)
def test_a_database_that_is_away_is_told_apart_from_our_own_faults(problem: Exception, status: int) -> None:
    request = RequestFactory().get("/", headers={"Accept": "text/html"})
    try:
        raise problem
    except Exception:
        answer = errors.failed(request)
    assert answer.status_code == status
    if status == 503:
        assert answer["Retry-After"] and "数据库正在恢复" in answer.content.decode() and 'http-equiv="refresh"' in answer.content.decode()


def test_health_is_asked_without_a_log_in() -> None:
    assert Client().get("/health/live").json() == {"status": "ok"}


@pytest.mark.django_db
def test_ready_names_what_is_not(full: None) -> None:
    answer = Client().get("/health/ready")
    assert answer.status_code == 503 and answer.json()["disk"] is False and answer.json()["database"] is True


class Sender:
    """Somebody who posts a webhook and never sends its body."""

    def __init__(self, **headers: str) -> None:
        self.scope: dict[str, Any] = {
            "method": "POST", "path": "/hooks/known", "headers": [(k.replace("_", "-").encode(), v.encode()) for k, v in headers.items()],
        }  # fmt: skip
        self.answer: list[dict[str, Any]] = []

    async def receive(self) -> dict[str, Any]:
        await asyncio.sleep(60)
        raise AssertionError("nobody waits so long")

    async def send(self, message: dict[str, Any]) -> None:
        self.answer.append(message)


@pytest.mark.parametrize(
    ("path", "headers", "low", "status"),
    [
        ("/hooks/unknown", {"webhook_signature": "v1,x"}, False, 404),
        ("/hooks/known", {}, False, 401),
        ("/hooks/known", {"webhook_signature": "v1,x"}, False, 408),
        ("/hooks/known", {"webhook_signature": "v1,x"}, True, 503),
    ],
)
def test_no_body_is_waited_for_that_need_not_be(path: str, headers: dict[str, str], low: bool, status: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(disk, "is_low", lambda: low)
    monkeypatch.setattr(intake_room, "body_seconds", 0.1)
    monkeypatch.setattr(
        intake_room,
        "load_endpoint",
        lambda name: Endpoint(1, 1, receiving.scheme_of({"scheme": "standard"}), (b"k",), time.monotonic()) if name == "known" else None,
    )
    gate = Intake()

    async def is_ready() -> None:
        pass

    monkeypatch.setattr(gate, "_ready", is_ready)
    sender = Sender(**headers)
    sender.scope["path"] = path

    asyncio.run(asyncio.wait_for(gate(sender.scope, sender.receive, sender.send), 5))
    start = sender.answer[0]
    assert start["status"] == status
    names = {name for name, _value in start["headers"]}
    assert (b"retry-after" in names) == (status == 503)


def test_a_slow_request_is_given_up_and_an_endless_crowd_makes_room(monkeypatch: pytest.MonkeyPatch) -> None:
    import uvicorn

    from jingwei.assembly import serving

    monkeypatch.setattr(serving, "head_seconds", 0.3)
    monkeypatch.setattr(serving, "unfinished_at_most", 5)

    async def hello(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
        await send({"type": "http.response.body", "body": b"ok"})

    async def play() -> None:
        server = uvicorn.Server(uvicorn.Config(hello, port=0, log_config=None, http=serving.Patient, lifespan="off"))
        task = asyncio.create_task(server.serve())
        while not server.started:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
        port = server.servers[0].sockets[0].getsockname()[1]
        slow = [await asyncio.open_connection("127.0.0.1", port) for _ in range(12)]
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        assert b" 200 " in await asyncio.wait_for(reader.read(), 3), "who sends in time is answered"
        for each, _writer in slow:
            assert b" 408 " in await asyncio.wait_for(each.read(), 5)
        for each in (writer, *(one for _reader, one in slow)):
            each.close()
            with contextlib.suppress(OSError):
                await each.wait_closed()
        server.should_exit = True
        await asyncio.wait_for(task, 5)

    asyncio.run(play())


@pytest.mark.skipif(sys.platform != "linux", reason="the allocator of other systems gives back by itself")
def test_memory_of_big_work_is_given_back(monkeypatch: pytest.MonkeyPatch) -> None:
    peaks: list[int] = []

    def work() -> None:
        rows = [{"n": number, "text": f"工单 {number}" * 3} for number in range(600_000)]
        peaks.append(memory.rss())
        del rows

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert memory.give_back() < peaks[0] - 100_000_000
    keeper = memory.Keeper(pause=0)
    monkeypatch.setenv("JINGWEI_MEMORY_MB", "1")
    monkeypatch.setenv("JINGWEI_SUPERVISED", "1")
    assert not keeper.look(is_idle=False), "never in the midst of work"
    assert keeper.look(is_idle=True), "far above the limit whatever is given back: a fresh process follows"
    monkeypatch.delenv("JINGWEI_SUPERVISED")
    assert not keeper.look(is_idle=True), "nobody would start one"

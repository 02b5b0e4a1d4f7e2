"""How much one request may bring: refused early, whatever the server behind makes of it."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from django.db import connection
from django.db.utils import OperationalError
from django.test import Client

from jingwei.frame.walls import limits
from tests.frame.test_error_pages import languages, person

pytestmark = pytest.mark.django_db


class Behind:
    """An application that reads all of the body; what it was given is kept."""

    def __init__(self) -> None:
        self.bytes = 0
        self.was_asked = self.was_left = False

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        self.was_asked = True
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                self.was_left = True
                return
            self.bytes += len(message.get("body", b""))
            if not message.get("more_body"):
                break
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b""})


def asked(path: str, parts: list[bytes], headers: dict[str, str]) -> tuple[int, bytes, Behind, int]:
    """Status, body, what was behind, and how many parts were read."""
    behind, sent, left = Behind(), [], list(parts)

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": left.pop(0), "more_body": bool(left)} if left else {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {"type": "http", "method": "POST", "path": path, "headers": [(k.encode(), v.encode()) for k, v in headers.items()]}
    asyncio.run(limits.Bounded(behind)(scope, receive, send))
    return sent[0]["status"], sent[-1]["body"], behind, len(parts) - len(left)


ways = [("/hooks/abc", limits.hook_bytes, "application/json"), ("/api/v1/work.task/", limits.api_bytes, "application/json"),
        ("/w/work.task/import/", limits.upload_bytes, "multipart/form-data; boundary=x"), ("/w/work.task/new/", limits.form_bytes, "application/x-www-form-urlencoded")]  # fmt: skip


@pytest.mark.parametrize(("path", "most", "kind"), ways)
def test_an_announced_body_is_refused_before_it_is_read(path: str, most: int, kind: str) -> None:
    status, body, behind, read = asked(path, [b"x"], {"content-type": kind, "content-length": str(most + 1)})
    assert status == 413 and not behind.was_asked and read == 0
    assert "超过".encode() in body and b"larger" in body
    assert asked(path, [b"x"], {"content-type": kind, "content-length": "1"})[0] == 200


@pytest.mark.parametrize(("path", "most", "kind"), ways)
def test_a_body_without_a_length_is_refused_as_soon_as_it_is_too_large(path: str, most: int, kind: str) -> None:
    part = b"x" * 500_000
    status, _body, behind, read = asked(path, [part] * (most // len(part) + 50), {"content-type": kind})
    assert status == 413 and behind.was_left and behind.bytes <= most
    assert read <= most // len(part) + 1, "nothing is read on"
    assert asked(path, [b"x", b"y"], {"content-type": kind})[0] == 200


@pytest.mark.parametrize("length", ["-1", "²", "1e3", "9" * 40])
def test_a_length_that_is_none_is_refused(length: str) -> None:
    headers = [(b"content-length", length.encode())]
    behind, sent = Behind(), []

    async def send(message: Any) -> None:
        sent.append(message)

    asyncio.run(limits.Bounded(behind)({"type": "http", "method": "POST", "path": "/", "headers": headers}, None, send))  # type: ignore[arg-type]
    assert sent[0]["status"] == 413 and not behind.was_asked


@languages
def test_deep_json_and_a_nul_are_refused_in_words(language: str) -> None:
    client = person(language, role="owner")
    for path in ("/api/v1/work.task/", "/schedule/gantt/WMS/preview/", "/graphql"):
        answer = client.post(path, "[" * 65 + "]" * 65, content_type="application/json")
        said = answer.text if "html" in answer["Content-Type"] else answer.json()["errors"][0]["message"]
        assert answer.status_code == 400 and ("嵌套" if language == "zh-hans" else "nested") in said, path
    assert client.post("/api/v1/work.task/", b"\xff{", content_type="application/json").status_code in (400, 422)


def test_a_long_address_is_refused_before_anybody_is_asked_who_he_is() -> None:
    assert Client().get("/w/work.task/?columns=" + "name," * 2000).status_code == 414


@languages
def test_a_long_address_is_refused_in_words(language: str) -> None:
    client = person(language, role="viewer")
    for path in ("/w/work.task/", "/search/", "/api/v1/work.task/", "/graphql"):
        answer = client.get(path, {"columns": "name," * 2000})
        said = answer.text if "html" in answer["Content-Type"] else answer.json()["errors"][0]["message"]
        assert answer.status_code == 414 and ("地址" if language == "zh-hans" else "of the address") in said, path
        assert client.get(path, {"columns": "name," * 200}).status_code != 414


def test_a_value_that_no_check_caught_is_refused_and_no_failure() -> None:
    """The last net: numbers that are none, too large, or with a NUL, wherever a page reads them itself."""
    client = person("en", role="owner", raise_request_exception=False)
    for path, given in (("/w/work.task/1/move/", {"view": "board", "to": "²"}), ("/w/work.task/1/move/", {"view": "deadlines", "to": "\0"}),
                        ("/labour/phone/save/", {"project": "²"}), ("/notices/read/", {"pk": "²"}), ("/project/", {"project": "9" * 30}),
                        ("/w/work.task/views/", {"name": "a\0b", "query": "\0"})):  # fmt: skip
        assert client.post(path, given).status_code < 500, (path, given)
        assert client.post(path, {**given, "x": "y"}, content_type="application/x-www-form-urlencoded").status_code < 500


def test_a_program_may_not_keep_the_database_busy(monkeypatch: pytest.MonkeyPatch) -> None:
    with limits.hurried(100), pytest.raises(OperationalError), connection.cursor() as cursor:
        cursor.execute("SAVEPOINT s")
        try:
            cursor.execute("SELECT pg_sleep(5)")
        finally:
            connection.connection.execute("ROLLBACK TO SAVEPOINT s")
    with connection.cursor() as cursor:
        cursor.execute("SHOW statement_timeout")
        assert cursor.fetchone() == ("0",)


def test_the_test_client_meets_the_same_limits() -> None:
    client = Client(raise_request_exception=False)
    client = person("en", role="owner")
    assert client.post("/api/v1/work.task/", "x", content_type="application/json", headers={"Content-Length": str(limits.api_bytes + 1)}).status_code == 413

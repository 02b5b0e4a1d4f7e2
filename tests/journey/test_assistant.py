"""An assistant with the official client of the Model Context Protocol, over HTTP and as a program of its own, on a running installation."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from typing import Any

import anyio
import httpx2
from mcp import ClientSession, StdioServerParameters, stdio_client
from mcp.client.streamable_http import streamable_http_client

from tests.journey.conftest import Running, root

_token = """
from jingwei.frame.models import ApiToken, Tenant, User
from jingwei.frame.narrowing import Limit
_row, text = ApiToken.issue(tenant=Tenant.objects.first(), user=User.objects.get(username="admin"), name="assistant", limit=Limit({grants!r}).as_plain())
print("token", text)
"""


def environment(running: Running) -> dict[str, str]:
    kept = {k: v for k, v in os.environ.items() if k not in ("DATABASE_URL", "DJANGO_SETTINGS_MODULE")}
    return {**kept, "JINGWEI_HOME": str(running.home)}


def token_of(running: Running, *grants: str) -> str:
    command = [sys.executable, "-m", "jingwei.assembly", "django", "shell", "-v", "0", "-c", _token.format(grants=grants)]
    done = subprocess.run(command, cwd=root, env=environment(running), capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return done.stdout.split("token ")[1].strip()


@asynccontextmanager
async def over_http(running: Running, *grants: str) -> AsyncIterator[ClientSession]:
    carried = {"Authorization": f"Bearer {token_of(running, *grants)}"}
    async with (
        httpx2.AsyncClient(headers=carried, timeout=60) as http,
        streamable_http_client(f"{running.url}/api/mcp", http_client=http) as streams,
        ClientSession(*streams[:2]) as session,
    ):
        yield session


def apart(work: Callable[[], Awaitable[None]]) -> None:
    """In a thread of its own: the browser of other journeys has a loop in this one."""
    with ThreadPoolExecutor(1) as thread:
        thread.submit(anyio.run, work).result()


async def told(session: ClientSession, tool: str, **arguments: Any) -> Any:
    answer = await session.call_tool(tool, arguments)
    assert not answer.is_error, answer.content
    return answer.structured_content


async def looked_around(session: ClientSession) -> None:
    """What an assistant does first: which kinds there are, tasks of the demo, one of them, a report."""
    begun = await session.initialize()
    assert begun.server_info.name == "jingwei"
    names = {tool.name for tool in (await session.list_tools()).tools}
    assert {"kinds", "describe", "search", "list", "read", "report"} <= names and "create" not in names
    assert "work.task" in {each["kind"] for each in (await told(session, "kinds"))["kinds"]}
    found = await told(session, "list", kind="work.task", size=5, sort="code")
    assert found["count"] > 300 and len(found["rows"]) == 5 and found["next"]
    beyond = await told(session, "list", kind="work.task", size=5, sort="code", after=found["next"])
    assert not {row["id"] for row in found["rows"]} & {row["id"] for row in beyond["rows"]}
    one = await told(session, "read", kind="work.task", key=found["rows"][0]["id"])
    assert one["name"] and (await told(session, "search", words=one["name"], kind="work.task"))["hits"]
    refused = await session.call_tool("list", {"kind": "work.task", "filters": {"statsu": "todo"}})
    assert refused.is_error


def test_over_http(running: Running, administrator: dict[str, object]) -> None:
    """Given a token that only reads, when the official client comes over HTTP, then it looks around and writes nothing; one that says so writes."""

    async def reads() -> None:
        async with over_http(running, "*.view") as session:
            await looked_around(session)

    async def writes() -> None:
        async with over_http(running, "*") as session:
            await session.initialize()
            project = (await told(session, "list", kind="frame.project", size=1))["rows"][0]
            made = await told(session, "create", kind="work.task", values={"project": project["id"], "name": "助手新建的任务"})
            assert (await told(session, "act", kind="work.task", key=made["id"], verb="complete"))["percent"] == 100
            await told(session, "remove", kind="work.task", key=made["id"])

    apart(reads)
    apart(writes)


def test_as_a_program(running: Running, administrator: dict[str, object]) -> None:
    """Given the same token in the environment, when the client starts `jingwei mcp`, then it looks around in the same way."""

    async def reads() -> None:
        program = StdioServerParameters(
            command=sys.executable, args=["-m", "jingwei.assembly", "mcp"], env={**environment(running), "JINGWEI_TOKEN": token_of(running, "*.view")}, cwd=root
        )
        async with stdio_client(program) as streams, ClientSession(*streams[:2]) as session:
            await looked_around(session)

    apart(reads)


def test_without_a_token_it_says_where_one_comes_from(running: Running) -> None:
    kept = {name: value for name, value in environment(running).items() if name != "JINGWEI_TOKEN"}
    done = subprocess.run([sys.executable, "-m", "jingwei.assembly", "mcp"], cwd=root, env=kept, capture_output=True, text=True, timeout=60)
    assert done.returncode == 1 and "JINGWEI_TOKEN" in done.stderr and not done.stdout

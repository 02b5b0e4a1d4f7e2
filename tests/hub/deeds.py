"""What people and systems do to a joined pair, and what is asked of the outcome; shared by the hub's tests."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from jingwei.domains.work.models import Task
from jingwei.frame.records import commands
from jingwei.frame.records.resource import resource
from jingwei.frame.rights.access import system_access
from jingwei.hub import contract
from jingwei.hub.models import Connection, Interface, OutboxEntry
from jingwei.hub.peers.session import HubSession
from jingwei.hub.register import services
from tests.hub.conftest import Joined, status_table

status_pair = {"a": "status", "b": "status", "policy": "ask", "steps": [{"op": "code", "table": "status"}]}


def issue(joined: Joined, **values: Any) -> dict[str, Any]:
    """A new issue over there."""
    answer = joined.program.call("POST", "/api/issues", {"project": "MES-ROLL", "subject": "工单接口", **values})
    assert answer.status == 201, answer.text
    return answer.json()["issue"]  # type: ignore[no-any-return]


def theirs(joined: Joined, key: Any) -> dict[str, Any]:
    """An issue as it is over there."""
    return joined.program.call("GET", f"/api/issues/{key}").json()["issue"]  # type: ignore[no-any-return]


def all_theirs(joined: Joined) -> list[dict[str, Any]]:
    """Every issue over there."""
    return joined.program.call("GET", "/api/issues?limit=500").json()["issues"]  # type: ignore[no-any-return]


def edit(joined: Joined, key: Any, **values: Any) -> None:
    """Somebody edits an issue over there."""
    assert joined.program.call("PUT", f"/api/issues/{key}", values).status == 200


def ours(joined: Joined, **values: Any) -> Task:
    """A new task of ours."""
    task = commands.create(resource("work.task"), {"project": joined.project.pk, "name": "编写测试用例", **values}, system_access(joined.tenant.pk))
    return Task.objects.get(pk=task.pk)


def change(joined: Joined, task: Task, **values: Any) -> None:
    """Somebody edits a task of ours."""
    commands.change(resource("work.task"), Task.objects.get(pk=task.pk), values, system_access(joined.tenant.pk))


def remove(joined: Joined, task: Task) -> None:
    """Somebody deletes a task of ours."""
    commands.remove(resource("work.task"), Task.objects.get(pk=task.pk), system_access(joined.tenant.pk))


def fresh(joined: Joined) -> Interface:
    """The interface as it is now."""
    return Interface.objects.select_related("system_a", "system_b", "published", "project").get(pk=joined.interface.pk)


def publish(joined: Joined, mapping: dict[str, Any] | None = None, tables: dict[str, Any] | None = None, **pairs: dict[str, Any]) -> None:
    """Publish a version with some of the mapping changed; `pairs` changes the pair of that B field."""
    interface = fresh(joined)
    spec = copy.deepcopy(interface.published.spec)
    spec["mapping"] |= mapping or {}
    spec["code_tables"] |= tables or {}
    for pair in spec["mapping"]["pairs"]:
        pair |= pairs.get(pair["b"], {})
    services.version_publish(interface=interface, spec=spec)


def soon(joined: Joined) -> None:
    """As if the pauses had passed."""
    OutboxEntry.objects.filter(interface=joined.interface).update(not_before=None)
    joined.interface.deliveries.update(not_before=None)
    for connection in Connection.objects.all():
        connection.open_until, connection.failures, connection.paused_until = None, 0, None
        connection.save()


def with_status(joined: Joined, table: list[dict[str, Any]] | None = None) -> None:
    """Map the status too."""
    pairs = fresh(joined).published.spec["mapping"]["pairs"]
    publish(joined, {"pairs": [*[p for p in pairs if p["b"] != "status"], status_pair]}, {"status": table or status_table})


def answering(monkeypatch: pytest.MonkeyPatch, methods: tuple[str, ...], problem: contract.ConnectorError) -> list[str]:
    """The peer answers these methods with a problem; gives the calls made."""
    calls: list[str] = []
    sound = HubSession.request

    def request(self: HubSession, method: str, path: str, **more: Any) -> contract.Response:
        if method in methods:
            calls.append(f"{method} {path}")
            raise problem
        return sound(self, method, path, **more)

    monkeypatch.setattr(HubSession, "request", request)
    return calls

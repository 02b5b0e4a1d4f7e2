"""A tenant, a project and a running tracker joined to our own tasks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

import pytest
from django.db import connections

from jingwei.frame import scope
from jingwei.frame.models import Project, Tenant
from jingwei.hub.engine import cycle as engine
from jingwei.hub.models import Interface, System
from jingwei.hub.register import services
from tests.sandbox.program import Program, api_key, running

status_table = [
    {"a": "open", "b": "todo", "prefer": True},
    {"a": "in_progress", "b": "doing", "prefer": True},
    {"a": "resolved", "b": "done", "prefer": True},
    {"a": "closed", "b": "done"},
]
tracker_mapping: dict[str, Any] = {
    "filters": {"a": {"project": ["MES-ROLL"]}},
    "constants": [{"side": "a", "field": "project", "value": "MES-ROLL"}],
    "pairs": [
        {"a": "subject", "b": "name", "steps": [{"op": "trim"}]},
        {"a": "description", "b": "description", "policy": "newest"},
        {"a": "done_ratio", "b": "percent"},
        {"a": "estimated_hours", "b": "work_hours"},
    ],
}


@dataclass
class Joined:
    """An interface and its two ends."""

    tenant: Tenant
    project: Project
    interface: Interface
    program: Program

    def sync(self, rounds: int = 6) -> dict[str, int]:
        """Cycles until quiet; the sum of their counts."""
        total: dict[str, int] = {}
        for _ in range(rounds):
            Interface.objects.filter(pk=self.interface.pk).update(next_poll_at=None)
            counts = engine.cycle(self.interface.pk)
            assert counts is not None
            for name, value in counts.as_plain().items():
                total[name] = total.get(name, 0) + value
            if not engine.has_work(self.interface.pk) and not any(counts.as_plain()[n] for n in ("created", "updated", "deleted")):
                break
        return total


@pytest.fixture(scope="module")
def tracker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Program]:
    """The demo tracker without records."""
    with running("tracker", tmp_path_factory.mktemp("tracker") / "tracker.db") as program:
        yield program


@pytest.fixture
def scoped(transactional_db: None) -> Iterator[tuple[Tenant, Project]]:
    """A tenant and a project, and a scope that sees them."""
    tenant = Tenant.objects.create(code="t1", name="精工制造")
    with scope.within(scope.Scope(tenant.pk)):
        project = Project(code="MES-ROLL", name="MES 推广", start_on=date(2026, 11, 2))
        project.save()
        yield tenant, project
    connections.close_all()


@pytest.fixture
def joined(scoped: tuple[Tenant, Project], tracker: Program, monkeypatch: pytest.MonkeyPatch) -> Joined:
    """tracker.issues ↔ work.task, live."""
    monkeypatch.setenv("JINGWEI_EGRESS_ALLOW", "127.0.0.1/32")
    while issues := tracker.call("GET", "/api/issues?limit=100").json()["issues"]:
        for issue in issues:
            tracker.call("DELETE", f"/api/issues/{issue['id']}")
    tenant, project = scoped
    theirs = services.system_save(key="tracker", name="Tracker", connector="sandbox_tracker")
    services.connection_save(system=theirs, config={"base_url": tracker.url}, credentials={"api_key": api_key}, webhook_secret="whsec_" + "c2VjcmV0" * 4)
    assert services.connection_test(system=theirs).ok
    ours = services.system_save(key="jingwei", name="经纬", connector="local")
    interface = services.interface_save(
        key="tracker-tasks", name="事项同步", project=project, system_a=theirs, stream_a="issues", system_b=ours, stream_b="work.task"
    )
    interface = Interface.objects.select_related("system_a", "system_b").get(pk=interface.pk)
    services.version_publish(interface=interface, spec=services.spec_of(interface, tracker_mapping))
    services.interface_switch_on(instance=interface)
    return Joined(tenant, project, interface, tracker)


def system_of(key: str) -> System:
    """A system by key."""
    return System.objects.get(key=key)

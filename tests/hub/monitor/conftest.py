"""An interface made of rows: healthy until a test gives it a trouble."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from jingwei.frame import scope
from jingwei.frame.models import Project, Tenant
from jingwei.hub.models import Checkpoint, Connection, Delivery, Interface, InterfaceVersion, Link, OutboxEntry, Run, System

mapping: dict[str, Any] = {"pairs": [{"a": "subject", "b": "name"}, {"a": "done_ratio", "b": "percent"}]}
streams = {
    "a": [{"name": "subject", "type": "string"}, {"name": "done_ratio", "type": "integer"}],
    "b": [{"name": "name", "type": "string"}, {"name": "percent", "type": "integer"}],
}


@dataclass
class House:
    """One healthy interface between their system and ours."""

    tenant: Tenant
    project: Project
    theirs: System
    ours: System
    connection: Connection
    interface: Interface
    now: datetime

    def ago(self, **kwargs: float) -> datetime:
        """A moment back from now."""
        return self.now - timedelta(**kwargs)

    def link(self, **values: Any) -> Link:
        """A pair."""
        made = Link(interface=self.interface, **{"key_a": "7", "key_b": "8", "base": {}, "seen_a": {}, "seen_b": {}, **values})
        made.save()
        return made

    def delivery(self, *, received_at: datetime | None = None, **values: Any) -> Delivery:
        """Something that came in."""
        made = Delivery(**{"interface": self.interface, "side": "a", "source": "poll", "record_key": "7", "record": {"values": {}}, **values})
        made.save()
        if received_at is not None:
            Delivery.objects.filter(pk=made.pk).update(received_at=received_at)
        return made

    def entry(self, link: Link, *, created_at: datetime | None = None, **values: Any) -> OutboxEntry:
        """Something that goes out."""
        made = OutboxEntry(**{"interface": self.interface, "link": link, "side": "a", "action": "update", "values": {"name": "x"}, **values})
        made.save()
        if created_at is not None:
            OutboxEntry.objects.filter(pk=made.pk).update(created_at=created_at)
        return made

    def run(self, **values: Any) -> Run:
        """One go over the interface."""
        made = Run(**{"interface": self.interface, "kind": "poll", "started_at": self.now, **values})
        made.save()
        return made

    def set(self, **values: Any) -> None:
        """Change the interface's row."""
        Interface.objects.filter(pk=self.interface.pk).update(**values)

    def peer(self, **values: Any) -> None:
        """Change the connection's row."""
        Connection.objects.filter(pk=self.connection.pk).update(**values)

    def job(self, name: str = "hub.cycle", *, status: str = "failed", attempts: int = 8, **ids: Any) -> int:
        """A job in the queue."""
        args = {"tenant_id": self.tenant.pk, "interface_id": self.interface.pk, **ids}
        with connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO procrastinate_jobs (queue_name, task_name, args, status, attempts) VALUES ('hub', %s, %s, %s, %s) RETURNING id",
                (name, json.dumps(args), status, attempts),
            )
            pk = int(cursor.fetchone()[0])
            cursor.execute("INSERT INTO procrastinate_events (job_id, type, at) VALUES (%s, 'failed', now() + interval '1 second')", (pk,))
        return pk


def interface_between(project: Project, theirs: System, ours: System, key: str) -> Interface:
    """Live, published, read on both sides a moment ago, and compared."""
    now = timezone.now()
    interface = Interface(
        project=project, key=key, name=f"接口 {key}", system_a=theirs, stream_a="issues", system_b=ours, stream_b="work.task", stage="live",
        compared={"records_a": 0, "records_b": 0, "differ": 0}, compared_at=now, paired_at=now,
    )  # fmt: skip
    interface.save()
    version = InterfaceVersion(
        interface=interface, tenant_id=project.tenant_id, number=1, spec={"mapping": mapping, "code_tables": {}, "streams": streams}, fingerprint="x",
        published_at=now - timedelta(days=1),
    )  # fmt: skip
    version.save()
    interface.published = version
    interface.save(update_fields=["published"])
    for side in ("a", "b"):
        Checkpoint(interface=interface, tenant_id=project.tenant_id, side=side, loaded_at=now, read_at=now).save()
    return interface


@pytest.fixture
def house(db: None) -> Iterator[House]:
    """See House."""
    tenant = Tenant.objects.create(code="t1", name="精工制造")
    with scope.within(scope.Scope(tenant.pk)):
        project = Project(code="MES-ROLL", name="MES 推广", start_on=date(2026, 11, 2))
        project.save()
        theirs, ours = System(key="tracker", name="Tracker", connector="sandbox_tracker"), System(key="jingwei", name="经纬", connector="local")
        theirs.save()
        ours.save()
        connection_ = Connection(system=theirs, tenant_id=tenant.pk, last_ok_at=timezone.now(), clock_ahead=0.5)
        connection_.save()
        interface = interface_between(project, theirs, ours, "tracker-tasks")
        with connection.cursor() as cursor:
            cursor.execute("DELETE FROM procrastinate_workers")
            cursor.execute("INSERT INTO procrastinate_workers (last_heartbeat) VALUES (now())")
        yield House(tenant, project, theirs, ours, connection_, interface, timezone.now())

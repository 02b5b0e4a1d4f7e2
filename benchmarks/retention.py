"""How fast the purge is beside the growth: rows a second written by the inbox's own way in, and removed by `retention.purge`.

Run: python benchmarks/retention.py [rows]
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from datetime import date, timedelta
from pathlib import Path


def main(rows: int) -> None:
    """Write deliveries as a load does (with their entries and links), make them old, purge them in turns of 20 s."""
    with tempfile.TemporaryDirectory() as home:
        Path(home).chmod(0o755)
        os.environ |= {"JINGWEI_HOME": home, "DJANGO_SETTINGS_MODULE": "jingwei.assembly.settings", "JINGWEI_LOG_LEVEL": "ERROR"}
        import django

        django.setup()
        from django.db import connection
        from django.utils import timezone

        from jingwei.assembly.tables import migrate_all
        from jingwei.frame import scope
        from jingwei.frame.models import Project, Tenant
        from jingwei.frame.postgres import address
        from jingwei.frame.records import bulk
        from jingwei.frame.work import retention
        from jingwei.hub.models import Delivery, Interface, Link, OutboxEntry, System

        migrate_all()
        tenant = Tenant.objects.create(code="t", name="T")
        with scope.within(scope.Scope(tenant.pk)):
            project = Project(code="P", name="P", start_on=date(2026, 1, 1))
            project.save()
            systems = [System(key=f"s{n}", name=f"S{n}", connector="local") for n in (1, 2)]
            for system in systems:
                system.save()
            interface = Interface(project=project, key="i", name="I", system_a=systems[0], stream_a="issues", system_b=systems[1], stream_b="things")
            interface.save()
            now, old, began = timezone.now(), timezone.now() - timedelta(days=200), time.perf_counter()
            record = {"values": {"subject": "工单接口", "done_ratio": 30, "notes": "说明" * 40}, "at": None, "deleted": False}
            for start in range(0, rows, 1000):
                ids = {model: bulk.new_ids(model, 1000) for model in (Link, Delivery, OutboxEntry)}
                given = {"interface": interface, "tenant_id": tenant.pk}
                span = range(1000)
                bulk.insert([bulk.made(Link, id=ids[Link][n], key_a=f"a{start + n}", key_b=f"b{start + n}", base={}, **given) for n in span])
                bulk.insert([
                    bulk.made(Delivery, id=ids[Delivery][n], side="a", source="poll", record_key=f"a{start + n}", record=record, headers={}, state="done",
                              outcome="planned", received_at=old, done_at=old, link_id=ids[Link][n], **given) for n in span])  # fmt: skip
                bulk.insert([
                    bulk.made(OutboxEntry, id=ids[OutboxEntry][n], side="b", action="create", values=record["values"], state="done", done_at=old,
                              link_id=ids[Link][n], delivery_id=ids[Delivery][n], **given) for n in span])  # fmt: skip
            written = time.perf_counter() - began
            print(f"written: {rows:,} deliveries, as many entries and links in {written:.1f} s: {2 * rows / written:,.0f} rows/s that will be purged")
            turns, removed, began = 0, 0, time.perf_counter()
            while gone := retention.purge(now=now).count:
                turns, removed = turns + 1, removed + gone
            purged = time.perf_counter() - began
            print(f"purged: {removed:,} rows in {purged:.1f} s, {turns} turns: {removed / purged:,.0f} rows/s")
        connection.close()
        address.stop_embedded()


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000)

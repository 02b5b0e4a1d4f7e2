"""What comparing all values of both sides costs: 100,000 linked records in memory, all equal, then one in a hundred different.

Run: python -m benchmarks.comparing [records]. Prints seconds, records a second (both sides) and how far the process grew.
"""

from __future__ import annotations

import os
import resource
import sys
import tempfile
import time
from datetime import date
from pathlib import Path
from typing import Any


def grown() -> float:
    """The most memory this process has held, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main(records: int) -> None:
    """Fill two memories and their links, then compare twice."""
    with tempfile.TemporaryDirectory() as home:
        Path(home).chmod(0o755)
        os.environ |= {"JINGWEI_HOME": home, "DJANGO_SETTINGS_MODULE": "jingwei.assembly.settings", "JINGWEI_LOG_LEVEL": "ERROR"}
        import django

        django.setup()
        from django.db import connection

        from jingwei.assembly.tables import migrate_all
        from jingwei.frame import scope
        from jingwei.frame.models import Tenant
        from jingwei.frame.postgres import address
        from jingwei.hub.models import Interface
        from jingwei.hub.sync.compare import compare
        from tests.hub.sync_memory import installed

        migrate_all()
        memory = installed()
        tenant = Tenant.objects.create(code="t", name="T")
        with scope.within(scope.Scope(tenant.pk)):
            _fill(memory, records)
            before = grown()
            for name, every in (("all equal", 0), ("one in a hundred differs", 100)):
                for number in range(0, records if every else 0, every or 1):
                    memory.rows["issues"][f"a{number}"] = {**memory.rows["issues"][f"a{number}"], "subject": "另一个"}
                interface = Interface.objects.select_related("system_a", "system_b", "published").get()
                began = time.perf_counter()
                result = compare(interface)
                seconds = time.perf_counter() - began
                print(
                    f"{name}: {seconds:.1f} s, {2 * records / seconds:,.0f} records/s, differ {result.differing_pairs}, agree {result.agree},"
                    f" grew {grown() - before:.0f} MB over {before:.0f} MB"
                )
        connection.close()
        address.stop_embedded()


def _fill(memory: Any, records: int) -> None:
    from django.db import connection

    from jingwei.frame.models import Project
    from jingwei.hub.models import Interface, InterfaceVersion, System
    from tests.hub.sync_memory import fields

    project = Project(code="P", name="P", start_on=date(2026, 1, 1))
    project.save()
    systems = [System(key=f"s{n}", name=f"S{n}", connector="memory") for n in (1, 2)]
    for system in systems:
        system.save()
    interface = Interface(project=project, key="i", name="I", system_a=systems[0], stream_a="issues", system_b=systems[1], stream_b="things", stage="live")
    interface.save()
    spec = {
        "mapping": {"pairs": [{"a": "subject", "b": "name", "steps": [{"op": "trim"}]}, {"a": "done_ratio", "b": "percent"}, {"a": "notes", "b": "notes"}]},
        "code_tables": {},
        "streams": {side: [{"name": n, "type": t} for n, t in fields[stream]] for side, stream in (("a", "issues"), ("b", "things"))},
    }
    version = InterfaceVersion(interface=interface, tenant_id=interface.tenant_id, number=1, spec=spec, fingerprint="x")
    version.save()
    interface.published = version
    interface.save(update_fields=["published"])
    notes = "现场实施说明，" * 12
    for number in range(records):
        memory.rows["issues"][f"a{number}"] = {"subject": f"工单接口 {number}", "done_ratio": number % 100, "notes": notes, "project": "P"}
        memory.rows["things"][f"b{number}"] = {"name": f"工单接口 {number}", "percent": number % 100, "notes": notes}
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO hub_link (tenant_id, version, created_at, updated_at, interface_id, key_a, key_b, external_key, base, seen_a, seen_b, gone_a, gone_b,"
            " left_a, left_b, parked_a, parked_b, apart, flips, hops, version_a, version_b, state)"
            " SELECT %s, 1, now(), now(), %s, 'a' || n, 'b' || n, gen_random_uuid(), v, v, v, false, false, false, false, false, false, '{}', '[]', 0, '', '', 'linked'"
            " FROM (SELECT n, jsonb_build_object('name', '工单接口 ' || n, 'percent', n %% 100, 'notes', %s::text) AS v FROM generate_series(0, %s) n) rows",
            (interface.tenant_id, interface.pk, notes, records - 1),
        )
        cursor.execute("ANALYZE hub_link")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000)

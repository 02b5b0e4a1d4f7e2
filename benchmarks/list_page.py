"""The first page of a list with 100,000 rows, on the server, through the whole stack of a request. Run: python benchmarks/list_page.py"""

from __future__ import annotations

import os
import tempfile
import time
from datetime import date
from pathlib import Path

rows = 100_000


def main() -> None:
    """Load the rows into an installation of its own, then ask for pages as a logged-in person."""
    with tempfile.TemporaryDirectory() as home:
        Path(home).chmod(0o755)
        os.environ |= {
            "JINGWEI_HOME": home,
            "DJANGO_SETTINGS_MODULE": "jingwei.assembly.settings",
            "JINGWEI_LOG_LEVEL": "ERROR",
            "JINGWEI_HOSTS": "testserver,localhost",
        }
        import django

        django.setup()
        from django.test import Client

        from jingwei.assembly.tables import migrate_all
        from jingwei.domains.cost.models import Line
        from jingwei.frame import scope
        from jingwei.frame.models import Membership, Project, Role, Tenant, User
        from jingwei.frame.postgres import address
        from jingwei.frame.rights.access import roles_of

        migrate_all()
        tenant = Tenant.objects.create(code="t", name="T")
        roles_of(tenant)
        user = User.objects.create_user("u", password=None)
        Membership.objects.create(tenant=tenant, user=user, role=Role.objects.get(tenant=tenant, key="owner"))
        with scope.within(scope.Scope(tenant.pk)):
            project = Project(code="P", name="P", start_on=date(2026, 1, 1))
            project.save()
            began = time.perf_counter()
            lines = (
                Line(
                    tenant_id=tenant.pk,
                    project=project,
                    number=f"N-{n}",
                    account="labour",
                    description=f"实施人工 {n}",
                    amount=n % 9973,
                    period=f"2026-{1 + n % 12:02d}",
                )
                for n in range(rows)
            )
            Line.objects.bulk_create(lines, batch_size=5000)
            print(f"{rows:,} rows written with history in {time.perf_counter() - began:.1f} s")
        client = Client()
        client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
        for name, query in (
            ("first page", ""),
            ("sorted by amount", "?sort=-amount"),
            ("filtered", "?account=labour&status=draft"),
            ("searched", "?q=实施人工 9999"),
            ("last page", f"?page={rows // 50}"),
        ):
            times = []
            for _ in range(12):
                began = time.perf_counter()
                assert client.get(f"/w/cost.line/{query}").status_code == 200
                times.append((time.perf_counter() - began) * 1000)
            times.sort()
            print(f"{name:18} median {times[5]:.0f} ms, worst of 12 {times[-1]:.0f} ms")
        address.stop_embedded()


if __name__ == "__main__":
    main()

"""Pages of a list, search and a detail page on the server, through the whole stack of a request. Run: python benchmarks/list_page.py [rows]"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

if TYPE_CHECKING:
    from django.test import Client

rows = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
pages = {
    "list, first page": "/w/cost.line/?all=1",
    "list, sorted": "/w/cost.line/?all=1&sort=-amount",
    "list, filtered": "/w/cost.line/?all=1&account=labour&project=1",
    "list, searched": "/w/cost.line/?all=1&q=人工 777",
    "list, page 100": "/w/cost.line/?all=1&page=100",
    "search": "/search/?q=人工 777",
    "search, one character": "/search/?q=施",
    "detail": "/w/cost.line/{last}/",
    "REST, a page far behind": "/api/v1/cost.line/?size=50&after={cursor}",
}


def main() -> None:
    """Load the rows into an installation of its own, then ask for pages as a logged-in person."""
    with tempfile.TemporaryDirectory() as home:
        Path(home).chmod(0o755)
        os.environ |= {
            "JINGWEI_HOME": home,
            "DJANGO_SETTINGS_MODULE": "jingwei.assembly.settings",
            "JINGWEI_LOG_LEVEL": "ERROR",
            "JINGWEI_REQUIRE_TOTP": "0",
            "JINGWEI_HOSTS": "testserver,localhost",
        }
        import django

        django.setup()
        from django.db import connection
        from django.test import Client

        from jingwei.assembly.tables import migrate_all
        from jingwei.domains.cost.models import Line
        from jingwei.frame import scope
        from jingwei.frame.models import Membership, Project, Role, Tenant, User
        from jingwei.frame.postgres import address
        from jingwei.frame.postgres.base import as_owner
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
            last = Line.objects.order_by("-pk").values_list("pk", flat=True)[0]
        with as_owner():  # as the server itself does within a minute of a load; only an owner may ask for it
            connection.close()
            with connection.cursor() as cursor:
                cursor.execute("VACUUM ANALYZE")
            connection.close()
        client = Client()
        client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
        began = time.perf_counter()
        client.get("/w/cost.line/?all=1")
        print(f"first request {(time.perf_counter() - began) * 1000:.0f} ms")
        after = ""
        for _turn in range(120):  # beyond the hundredth page, where numbers end
            after = client.get("/api/v1/cost.line/", {"size": 50, **({"after": after} if after else {})}).json().get("next") or after
        for name, page in pages.items():
            measure(client, name, page.format(last=last, cursor=quote(after)))
        address.stop_embedded()


def measure(client: Client, name: str, address: str) -> None:
    """p50 and p95 of 40 requests."""
    took = []
    for _turn in range(43):
        began = time.perf_counter()
        answer = client.get(address)
        took.append((time.perf_counter() - began) * 1000)
        assert answer.status_code == 200, (name, answer.status_code, answer.headers)
    took = sorted(took[3:])
    print(f"{name:26} p50 {took[20]:6.0f} ms   p95 {took[37]:6.0f} ms")


if __name__ == "__main__":
    main()

"""A worker process that takes as many places of a budget as it gets: `python -m tests.hub.peers.drawer DATABASE TENANT CONNECTION SECONDS`."""

from __future__ import annotations

import os
import sys
import time

import django
from django.conf import settings


def take(tenant_id: int, connection_id: int, seconds: float) -> int:
    """How many places came in that time."""
    from jingwei.frame import scope
    from jingwei.hub import contract
    from jingwei.hub.models import Connection
    from jingwei.hub.peers import budget

    with scope.within(scope.Scope(tenant_id)):
        connection = Connection.objects.get(pk=connection_id)
        end, taken = time.monotonic() + seconds, 0
        while time.monotonic() < end:
            try:
                budget.admit(connection)
                taken += 1
            except contract.RateLimited as problem:
                time.sleep(min(problem.after, 0.1))
    return taken


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
    settings.DATABASES["default"]["NAME"] = sys.argv[1]
    django.setup()
    print(take(int(sys.argv[2]), int(sys.argv[3]), float(sys.argv[4])))

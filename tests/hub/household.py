"""A small program for crash tests: sets up an installation joined to a Redmine project, and edits our own side.

`python -m tests.hub.household setup URL KEY PROJECT` · `edit SEED COUNT LOG` (each edit is logged before the next)
"""

from __future__ import annotations

import json
import os
import random
import sys
import time
from datetime import date
from pathlib import Path
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "jingwei.assembly.settings")

mapping: dict[str, Any] = {
    "pairs": [
        {"a": "subject", "b": "name", "policy": "newest", "steps": [{"op": "trim"}]},
        {"a": "description", "b": "description", "policy": "newest"},
        {"a": "done_ratio", "b": "percent", "policy": "newest"},
        {"a": "estimated_hours", "b": "work_hours", "policy": "newest"},
    ]
}


def setup(url: str, key: str, project_code: str) -> None:
    """Tenant, project, systems, interface, switched on."""
    from jingwei.frame import scope
    from jingwei.frame.models import Project, Tenant
    from jingwei.hub.models import Interface
    from jingwei.hub.register import services

    tenant = Tenant.objects.create(code="t", name="T")
    with scope.within(scope.Scope(tenant.pk)):
        project = Project(code="RM", name="Redmine", start_on=date(2026, 11, 2))
        project.save()
        theirs = services.system_save(key="redmine", name="Redmine", connector="redmine")
        services.connection_save(system=theirs, config={"base_url": url, "project": project_code}, credentials={"api_key": key})
        check = services.connection_test(system=theirs)
        assert check.ok, check
        ours = services.system_save(key="jingwei", name="Jingwei", connector="local")
        interface = services.interface_save(
            key="redmine-tasks", name="Redmine", project=project, system_a=theirs, stream_a="issues", system_b=ours, stream_b="work.task", poll_seconds=1
        )
        interface = Interface.objects.select_related("system_a", "system_b").get(pk=interface.pk)
        services.version_publish(interface=interface, spec=services.spec_of(interface, mapping))
        services.interface_switch(instance=interface, stage="live")


def edit(seed: int, count: int, log: Path) -> None:
    """Random edits and creates on our side; a lost database is waited for."""
    from django.db import Error, connection

    from jingwei.domains.work.models import Task
    from jingwei.frame import scope
    from jingwei.frame.models import Project, Tenant
    from jingwei.frame.records import commands
    from jingwei.frame.records.resource import resource
    from jingwei.frame.rights.access import system_access

    dice = random.Random(seed)
    done = 0
    with log.open("a") as file:
        while done < count:
            try:
                tenant = Tenant.objects.get()
                with scope.within(scope.Scope(tenant.pk, origin="test")):
                    rights = system_access(tenant.pk)
                    if dice.random() < 0.08:
                        name = f"ours {seed} {done}"
                        commands.create(resource("work.task"), {"project": Project.objects.get().pk, "name": name}, rights)
                        line = {"new": name}
                    else:
                        pks = list(Task.objects.values_list("pk", flat=True))
                        task = Task.objects.get(pk=dice.choice(pks))
                        field = dice.choice(["name", "description", "percent"])
                        value = dice.randrange(0, 100) if field == "percent" else f"ours {field} {seed}-{done}"
                        commands.change(resource("work.task"), task, {field: value}, rights)
                        line = {"task": task.pk, "field": field, "value": value}
                    file.write(json.dumps(line) + "\n")
                    file.flush()
                done += 1
            except Error:
                connection.close()
                time.sleep(0.5)


if __name__ == "__main__":
    django.setup()
    if sys.argv[1] == "setup":
        setup(*sys.argv[2:5])
    else:
        edit(int(sys.argv[2]), int(sys.argv[3]), Path(sys.argv[4]))

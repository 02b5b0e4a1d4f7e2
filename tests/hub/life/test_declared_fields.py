"""Declared fields through a whole interface: mapped like any other, both ways, and of the interface's project only."""

from __future__ import annotations

from typing import Any

import pytest

from jingwei.domains.work.models import Task
from jingwei.frame.records import commands
from jingwei.frame.records.resource import resource
from jingwei.frame.rights.access import system_access
from jingwei.hub.models import DeadLetter
from jingwei.hub.peers.session import stream_of
from jingwei.hub.register import services
from tests.hub.conftest import Joined, tracker_mapping
from tests.hub.deeds import edit, issue, theirs

pytestmark = pytest.mark.django_db(transaction=True)


def declare(joined: Joined, key: str, **values: Any) -> Any:
    """A field of tasks."""
    given = {"resource": "work.task", "key": key, "label_zh": key, **values}
    return commands.create(resource("frame.customfield"), given, system_access(joined.tenant.pk))


def test_a_declared_field_is_mapped_and_synchronised_both_ways(joined: Joined) -> None:
    assert "extra.notes" not in {field.name for field in stream_of(joined.interface, "b").fields}
    declare(joined, "notes", kind="long", project=joined.project.pk)
    declare(joined, "hours", kind="decimal")
    fields = {field.name: field.type for field in stream_of(joined.interface, "b").fields}
    assert (fields["extra.notes"], fields["extra.hours"]) == ("text", "decimal"), "what is declared now is offered at once"
    spec = tracker_mapping | {"pairs": [{"a": "subject", "b": "name"}, {"a": "description", "b": "extra.notes"}, {"a": "estimated_hours", "b": "extra.hours"}]}
    services.version_publish(interface=joined.interface, spec=services.spec_of(joined.interface, spec))
    made = issue(joined, subject="甲", description="从那边来", estimated_hours=2.5)
    joined.sync()
    task = Task.objects.get()
    assert task.extra == {"notes": "从那边来", "hours": "2.5"}
    commands.change(resource("work.task"), task, {"extra": {"notes": "从这边改"}}, system_access(joined.tenant.pk))
    joined.sync()
    assert theirs(joined, made["id"])["description"] == "从这边改"
    edit(joined, made["id"], description="")
    joined.sync()
    assert Task.objects.get().extra == {"hours": "2.5"}


def test_what_a_required_field_lacks_waits_for_a_person_by_its_name(joined: Joined) -> None:
    declare(joined, "area", is_required=True)
    issue(joined, subject="乙")
    joined.sync()
    assert not Task.objects.exists()
    assert "extra.area" in str(DeadLetter.objects.values().get())

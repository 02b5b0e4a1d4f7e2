"""After a restore, what was on its way out is looked for before it is sent again: nothing is lost, nothing doubled."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from jingwei.assembly.backups import proof
from jingwei.domains.work.models import Task
from jingwei.hub import contract
from jingwei.hub.models import Link, OutboxEntry
from tests.hub.conftest import Joined
from tests.hub.deeds import all_theirs, answering, change, issue, ours, soon, theirs

pytestmark = pytest.mark.django_db(transaction=True)


def test_what_never_left_leaves_once(joined: Joined, monkeypatch: pytest.MonkeyPatch) -> None:
    made = issue(joined)
    joined.sync()
    with monkeypatch.context() as patched:
        answering(patched, ("PUT", "POST"), contract.ServerFault("busy"))
        change(joined, Task.objects.get(), name="备份时还没送出")
        ours(joined, code="N-1", name="备份时还没建")
        joined.sync()
    assert set(OutboxEntry.objects.exclude(state="done").values_list("state", flat=True)) == {"waiting"}
    proof._come_to_rest()
    assert set(OutboxEntry.objects.exclude(state="done").values_list("state", flat=True)) == {"unknown"}
    OutboxEntry.objects.update(sent_at=timezone.now() - timedelta(hours=1))  # a backup is not of this moment
    soon(joined)
    joined.sync()
    assert theirs(joined, made["id"])["subject"] == "备份时还没送出"
    assert sorted(each["subject"] for each in all_theirs(joined)) == sorted(["备份时还没送出", "备份时还没建"])


def test_what_had_arrived_since_the_backup_is_found_and_not_made_again(joined: Joined) -> None:
    """The backup was made a moment before the create was sent: it says waiting, the record is there."""
    ours(joined, code="N-1", name="备份之后已建")
    joined.sync()
    (there,) = all_theirs(joined)
    link = Link.objects.get()
    Link.objects.filter(pk=link.pk).update(key_a=None, base=None, seen_a=None, state="writing")
    OutboxEntry.objects.filter(link=link).update(state="waiting", done_at=None)
    proof._come_to_rest()
    soon(joined)
    joined.sync()
    assert [each["id"] for each in all_theirs(joined)] == [there["id"]]
    assert Link.objects.get(key_b=link.key_b).key_a == str(there["id"])

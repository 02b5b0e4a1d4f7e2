"""Where is my record? on the page, for a record that has gone both ways."""

from __future__ import annotations

import pytest
from django.test import Client

from jingwei.domains.work.models import Task
from tests.hub.conftest import Joined
from tests.hub.deeds import change, issue
from tests.hub.people import browser, owner

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_every_step_of_a_record_is_shown(joined: Joined, language: str) -> None:
    made = issue(joined, subject="追踪我")
    joined.sync()
    change(joined, Task.objects.get(), percent=40)
    joined.sync()
    client: Client = browser(owner(joined), language)
    for known in (str(made["id"]), str(Task.objects.get().pk), "追踪我"):
        answer = client.get("/hub/trace/", {"id": known})
        assert answer.status_code == 200 and "tracker-tasks" in answer.content.decode(), known

"""The list of one's sessions is true without a write at every request."""

from __future__ import annotations

from datetime import timedelta

import pytest
from allauth.usersessions.models import UserSession
from django.contrib.sessions.backends.db import SessionStore
from django.db import connection
from django.http import HttpResponse
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from jingwei.frame.models import Membership, Role, Tenant, User
from jingwei.frame.ui import seen

pytestmark = pytest.mark.django_db


@pytest.fixture
def member() -> Client:
    """Somebody logged in."""
    tenant, user = Tenant.objects.create(code="t", name="T"), User.objects.create_user("reader")
    Membership.objects.create(tenant=tenant, user=user, role=Role.objects.create(tenant=tenant, key="viewer", name="Viewer", grants=["*.view"]))
    client = Client()
    client.force_login(user)
    return client


def test_a_second_page_of_the_same_minute_writes_nothing(member: Client) -> None:
    assert member.get("/").status_code == 200
    with CaptureQueriesContext(connection) as asked:
        assert member.get("/").status_code == 200
    assert not [each for each in asked if each["sql"].startswith(("UPDATE", "INSERT", "SAVEPOINT")) or "usersession" in each["sql"]]


def test_another_place_is_noted_at_once_and_the_same_one_after_a_minute(member: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    member.get("/")
    member.get("/", headers={"User-Agent": "another browser"})
    row = UserSession.objects.get()
    assert row.user_agent == "another browser"
    member.get("/", headers={"User-Agent": "another browser"}, REMOTE_ADDR="10.1.2.3")
    assert UserSession.objects.get().ip == "10.1.2.3"
    long_ago = timezone.now() - timedelta(hours=1)
    UserSession.objects.update(last_seen_at=long_ago)
    member.get("/", headers={"User-Agent": "another browser"}, REMOTE_ADDR="10.1.2.3")
    assert UserSession.objects.get().last_seen_at == long_ago
    monkeypatch.setattr(seen.time, "monotonic", lambda began=seen.time.monotonic() + seen.every_seconds: began)
    member.get("/", headers={"User-Agent": "another browser"}, REMOTE_ADDR="10.1.2.3")
    assert UserSession.objects.get().last_seen_at > long_ago


def test_what_is_remembered_has_an_end(rf: RequestFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(seen, "most_remembered", 2)
    told: list[str] = []
    monkeypatch.setattr(UserSession.objects, "create_from_request", lambda request: told.append(request.session.session_key))
    note = seen.SeenSessions(lambda _request: HttpResponse())
    for key in ("session-a", "session-b", "session-b", "session-c", "session-b", "session-a"):
        request = rf.get("/")
        request.session, request.user = SessionStore(key), User(username="reader")
        note(request)
    assert told == ["session-a", "session-b", "session-c", "session-a"], "b was remembered, a was given up for c"

"""Open pages: who hears what, how long, and what a page that comes back has missed."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from jingwei.frame.models import ApiToken, Membership, Role, Tenant, User
from jingwei.frame.rights import presence
from jingwei.frame.rights.access import Access
from jingwei.frame.rights.presence import Presence
from jingwei.frame.telling import events


def access(**grants: Any) -> Access:
    return Access(1, 7, **grants)


def reader(rights: Access, user_id: int = 7) -> events.Reader:
    return events.Reader(Presence(user_id, 1, "key"), rights, "mark")


def told(topic: str, **more: Any) -> dict[str, Any]:
    return {"tenant": 1, "topic": topic, "project": None, "user": None, **more}


def waiting(one: events.Reader) -> str:
    return b"".join(one.waiting).decode()


def test_a_stranger_hears_nothing() -> None:
    feed = events.Feed()
    elsewhere = events.Reader(Presence(7, 2, "key"), Access(2, 7, frozenset({"*"})), "mark")
    viewer = reader(access(by_project={5: frozenset({"*.view"})}))
    crew = reader(access(by_project={5: frozenset({"labour.sheet.view"})}))
    for each in (elsewhere, viewer, crew):
        feed.admit(each)
    feed.spread(told("plan-changed", project=5, needs="work.task.view"))
    feed.spread(told("plan-changed", project=6, needs="work.task.view"))
    feed.spread(told("notified", user=8))
    assert not elsewhere.waiting and not crew.waiting
    assert waiting(viewer).count("data:") == 1 and '"project": 5' in waiting(viewer)
    assert "needs" not in waiting(viewer) and "tenant" not in waiting(viewer)


def test_a_page_that_comes_back_has_missed_nothing_or_is_told_to_look_anew() -> None:
    feed, all_rights = events.Feed(), access(everywhere=frozenset({"*"}))
    first = reader(all_rights)
    place = feed.admit(first)
    for number in range(3):
        feed.spread(told("plan-changed", moved=number))
    back = reader(all_rights)
    feed.admit(back, place)
    assert waiting(back).count("plan-changed") == 3
    for lost in ("elsewhere-2", f"{feed.epoch}-x", f"{feed.epoch}-999", f"{feed.epoch}-", "²", "-" * 40):
        anew = reader(all_rights)
        feed.admit(anew, lost)
        assert waiting(anew).count("refresh") == 1 and "plan-changed" not in waiting(anew), lost
    for number in range(events.kept_messages + 1):
        feed.spread(told("plan-changed", moved=number))
    late = reader(all_rights)
    feed.admit(late, place)
    assert waiting(late).count("refresh") == 1, "what was missed is no longer kept"


def test_a_lost_listener_tells_everybody_to_look_anew() -> None:
    feed = events.Feed()
    one = reader(access(everywhere=frozenset({"*"})))
    place = feed.admit(one)
    feed._begin_anew()
    assert "refresh" in waiting(one)
    back = reader(one.access)
    feed.admit(back, place)
    assert "refresh" in waiting(back)


def test_a_page_that_does_not_read_costs_one_line_not_a_memory() -> None:
    one = reader(access(everywhere=frozenset({"*"})))
    for _ in range(events.queue_length * 3):
        one.put(b"data: {}\n\n")
    assert len(one.waiting) <= events.queue_length
    assert events.refresh_line in one.waiting


def test_one_person_may_not_take_all_the_streams() -> None:
    feed = events.Feed()
    for _ in range(events.streams_a_user):
        feed.admit(reader(access()))
    with pytest.raises(events.TooMany):
        feed.admit(reader(access()))
    feed.admit(reader(access(), user_id=8))


def test_an_idle_stream_beats_and_an_ended_one_ends() -> None:
    async def play() -> list[bytes]:
        feed = events.Feed()
        one = reader(access())
        feed.admit(one)
        out = []
        async for line in feed.lines(one, beat_seconds=0.01):
            out.append(line)
            if len(out) == 2:
                one.end()
        assert not feed.readers
        return out

    assert asyncio.run(play()) == [b": still here\n\n"] * 2


@pytest.fixture
def member(db: None) -> tuple[Client, User, Presence]:
    tenant = Tenant.objects.create(code="t", name="T")
    user = User.objects.create_user("li", password="correct-horse-battery")
    role = Role.objects.create(tenant=tenant, key="viewer", name="v", is_standard=True)
    Membership.objects.create(tenant=tenant, user=user, role=role)
    client = Client()
    client.force_login(user)
    return client, user, Presence(user.pk, tenant.pk, client.session.session_key)


def test_who_has_lost_session_user_or_role_has_no_mark(member: tuple[Client, User, Presence]) -> None:
    client, user, who = member
    mark = presence.mark(who)
    assert mark
    assert presence.mark(who._replace(session_key="")) is None
    assert presence.mark(who._replace(tenant_id=who.tenant_id + 1)) is None
    User.objects.filter(pk=user.pk).update(is_active=False)
    assert presence.mark(who) is None, "locked"
    User.objects.filter(pk=user.pk).update(is_active=True)
    other = Role.objects.create(tenant_id=who.tenant_id, key="finance", name="f", is_standard=True)
    more = Membership.objects.create(tenant_id=who.tenant_id, user=user, role=other)
    assert presence.mark(who) not in (None, mark), "another role is another mark"
    more.delete()
    assert presence.mark(who) == mark
    user.set_password("another-horse-battery")
    user.save()
    assert presence.mark(who) != mark, "a new password ends the other sessions"
    Membership.objects.all().delete()
    assert presence.mark(who) is None
    client.logout()
    assert presence.mark(who) is None


def test_a_token_listens_until_it_runs_out(member: tuple[Client, User, Presence]) -> None:
    _client, user, who = member
    token, _text = ApiToken.issue(tenant=Tenant.objects.get(), user=user, name="x")
    by_token = who._replace(session_key="", token_id=token.pk)
    assert presence.mark(by_token)
    ApiToken.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert presence.mark(by_token) is None


def test_the_address_says_who_may_listen(member: tuple[Client, User, Presence]) -> None:
    client, _user, _who = member
    assert Client().get("/events/").status_code == 302
    answer = client.get("/events/")
    assert answer.status_code == 200 and answer["Content-Type"] == "text/event-stream" and not answer.content
    page = client.get("/").content.decode()
    assert f'data-events="/events/?after={events.feed.epoch}-' in page
    Membership.objects.all().delete()
    assert client.get("/events/").status_code == 403


class Wire:
    """One ASGI connection in a test."""

    def __init__(self, cookie: str) -> None:
        headers = [(b"cookie", cookie.encode()), (b"host", b"localhost")]
        self.scope = {
            "type": "http", "method": "GET", "path": "/events/", "raw_path": b"/events/", "query_string": b"", "headers": headers, "http_version": "1.1",
            "scheme": "http", "server": ("localhost", 80), "client": ("127.0.0.1", 1), "root_path": "", "asgi": {"version": "3.0"},
        }  # fmt: skip
        self.sent: list[dict[str, Any]] = []
        self.gone = asyncio.Event()

    async def receive(self) -> dict[str, Any]:
        await self.gone.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: dict[str, Any]) -> None:
        self.sent.append(message)

    def text(self) -> str:
        return b"".join(message.get("body", b"") for message in self.sent).decode()


@pytest.mark.django_db(transaction=True)
def test_a_stream_holds_no_connection_and_ends_soon_after_the_role_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    from django.core.asgi import get_asgi_application
    from django.db import connection, connections

    from jingwei.frame import scope
    from jingwei.frame.ui.events import Streams

    monkeypatch.setattr(events, "look_every_seconds", 0.2)
    monkeypatch.setitem(connections.settings["default"], "CONN_MAX_AGE", 0)  # as in the web process
    tenant = Tenant.objects.create(code="t", name="T")
    user = User.objects.create_user("li", password="correct-horse-battery")
    role = Role.objects.create(tenant=tenant, key="viewer", name="v", is_standard=True)
    Membership.objects.create(tenant=tenant, user=user, role=role)
    client = Client()
    client.force_login(user)
    cookie = f"sessionid={client.session.session_key}"
    count_sql = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND backend_type = 'client backend'"

    def connections_now() -> int:
        with connection.cursor() as cursor:
            cursor.execute(count_sql)
            found = int(cursor.fetchone()[0])
        connection.close()
        return found

    def publish() -> None:
        with scope.within(scope.Scope(tenant.pk)):
            events.publish("plan-changed", moved=1)
        connection.close()

    def revoke() -> None:
        Membership.objects.all().delete()
        connection.close()

    async def play() -> None:
        from asgiref.sync import sync_to_async

        feed = events.Feed()
        feed.start()
        application = Streams(get_asgi_application(), feed)
        before = await sync_to_async(connections_now)()
        wires = [Wire(cookie) for _ in range(20)]
        tasks = [asyncio.create_task(application(wire.scope, wire.receive, wire.send)) for wire in wires]
        for _ in range(200):
            await asyncio.sleep(0.05)
            if feed.last and len(feed.readers) == 20:
                break
        assert len(feed.readers) == 20
        await sync_to_async(publish)()
        await asyncio.sleep(0.3)
        assert all("plan-changed" in wire.text() for wire in wires)
        assert await sync_to_async(connections_now)() <= before + 2
        await sync_to_async(revoke)()
        await asyncio.wait_for(asyncio.gather(*tasks), 3)
        assert not feed.readers
        feed._task.cancel()  # type: ignore[union-attr]

    asyncio.run(play())

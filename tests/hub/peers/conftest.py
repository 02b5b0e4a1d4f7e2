"""A system whose peer answers as the test tells it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator

import pytest
from django.db import connections

from jingwei.frame import scope, secrets
from jingwei.frame.models import Tenant
from jingwei.frame.walls import egress
from jingwei.hub.models import Connection, System
from jingwei.hub.peers import catalogue, session
from jingwei.hub.peers.session import HubSession, session_of
from tests.hub.peers import faulty


@pytest.fixture
def peer(monkeypatch: pytest.MonkeyPatch) -> Iterator[faulty.Peer]:
    """The faulty peer, reachable, with short limits."""
    monkeypatch.setenv("JINGWEI_EGRESS_ALLOW", "127.0.0.1/32")
    monkeypatch.setitem(catalogue._entries, "faulty", faulty.Entry())
    ways: dict[int, egress.Egress] = {}

    def egress_of(connection: Connection) -> egress.Egress:
        return ways.setdefault(connection.pk, egress.Egress(hosts=connection.hosts, timeout_seconds=0.5, limit_bytes=100_000, whole_seconds=0.6))

    monkeypatch.setattr(session, "egress_of", egress_of)
    with faulty.running() as found:
        yield found
    for way in ways.values():
        way.close()


@pytest.fixture
def joined(transactional_db: None, peer: faulty.Peer) -> Iterator[Connection]:
    """A connection to the peer, committed."""
    tenant = Tenant.objects.create(code="t1", name="精工制造")
    with scope.within(scope.Scope(tenant.pk)):
        system = System(key="faulty", name="Faulty", connector="faulty")
        system.save()
        connection = Connection(
            system=system, config={"base_url": peer.url}, hosts=[f"127.0.0.1:{peer.port}"], requests_per_minute=60_000,
            credential=secrets.seal("connection:faulty", json.dumps({"api_key": "k"})),
        )  # fmt: skip
        connection.save()
        yield connection
    connections.close_all()


@pytest.fixture
def sessions(joined: Connection) -> Callable[[], HubSession]:
    """New sessions of the connection."""
    return lambda: session_of(joined.system)

"""Law: a peer that repeats our secrets, in whatever spelling, puts them into no table, no log and no page."""

from __future__ import annotations

import asyncio
import base64
import json
import logging
from collections.abc import Callable
from urllib.parse import quote

import pytest
from django.core.exceptions import ValidationError
from django.db import connection as database
from django.test import Client

from jingwei.frame import secrets
from jingwei.frame.models import Membership, Role, User
from jingwei.hub import contract
from jingwei.hub.inbox import intake
from jingwei.hub.kit import receiving
from jingwei.hub.models import Connection
from jingwei.hub.peers.session import HubSession
from jingwei.hub.register import services
from tests.hub.peers.faulty import Peer, answer
from tests.logs import listened

key = 'canary/+"key" 7c1f9e'.replace(" ", "_")
hook_key = "canary-webhook-5d2a8b41"
Sessions = Callable[[], HubSession]

spelled = {
    "raw": key.encode(),
    "json": json.dumps({"error": f"key {key} is not known"}).encode(),
    "quoted": quote(key, safe="").encode(),
    "base64": base64.b64encode(b"robot:" + key.encode()),
    "escaped": "".join(f"\\u{ord(c):04x}" for c in key).encode(),
    "folded": (key[:6] + "\r\n " + key[6:]).encode(),
    "hook": hook_key.encode(),
}


def marks() -> list[str]:
    """What must be found nowhere: the canaries, whole and by their telling middle, in each spelling."""
    return [key, hook_key, key[3:-3], quote(key, safe=""), base64.b64encode(b"robot:" + key.encode()).decode()[10:-6], json.dumps(key)[1:-1], "7c1f9e"]


def everything_stored() -> str:
    """Every row of every table as text."""
    out = []
    with database.cursor() as cursor:
        cursor.execute("SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace AND has_table_privilege(oid, 'SELECT')")
        for (table,) in cursor.fetchall():
            cursor.execute(f'SELECT t::text FROM "{table}" t')
            out += [row[0] for row in cursor.fetchall()]
    return "\n".join(out)


@pytest.fixture
def sealed(joined: Connection) -> Connection:
    """The connection with canaries for its secrets."""
    joined.credential = secrets.seal("connection:faulty", json.dumps({"api_key": key}))
    joined.webhook_secret = secrets.seal("webhook:faulty", hook_key)
    joined.save()
    return joined


@pytest.mark.parametrize("status", [200, 302, 401, 403, 404, 409, 422, 429, 500, 503])
def test_whatever_comes_back_is_struck_before_anybody_sees_it(status: int, sealed: Connection, sessions: Sessions, peer: Peer) -> None:
    echoed = b"; ".join(spelled.values())
    peer.now = peer.check = answer(status, echoed, X_Echo=key, X_Hook=quote(hook_key), Location=f"https://else.example/?k={quote(key)}")
    with listened(logging.DEBUG, "httpcore2", "httpx2") as log:  # even the wire's own log
        try:
            response = sessions().request("GET", "/things")
            told = repr(response.headers) + response.body.decode()
        except contract.ConnectorError as problem:
            told = f"{problem} {problem.message} {problem.mend} {problem.fields}"
    stored, logged = everything_stored(), log.getvalue()
    assert "X-Echo" in logged, "the wire was really listened to"
    assert peer.asked and key in str(peer.asked[-1].headers), "it was really sent"
    for mark in marks():
        assert mark not in told
        assert mark not in stored
        assert mark not in logged


def test_pages_show_nothing_of_it(sealed: Connection, sessions: Sessions, peer: Peer) -> None:
    peer.now = peer.check = answer(401, spelled["json"])
    with pytest.raises(contract.Unauthorised):
        sessions().request("GET", "/things")
    user = User.objects.create_user("viewer", password=None)
    role = Role.objects.create(tenant=sealed.tenant, key="viewer", name="viewer", is_standard=True)
    Membership.objects.create(tenant=sealed.tenant, user=user, role=role)
    client = Client()
    client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
    for page in ("/hub/", "/hub/systems/", f"/hub/systems/{sealed.system.key}/", f"/w/hub.connection/{sealed.pk}/", "/w/hub.connection/", "/w/hub.system/"):
        text = client.get(page).text
        assert not [mark for mark in marks() if mark in text], page


def test_a_header_that_cannot_be_sent_is_not_told(sealed: Connection, sessions: Sessions) -> None:
    with pytest.raises(contract.ConnectorError) as caught:
        sessions().request("GET", "/things", headers={"X-Bad": f"{key}\r\nX-More: 1"})
    assert key not in str(caught.value)


def test_a_webhook_that_repeats_them_is_kept_without(sealed: Connection) -> None:
    sealed.system.connector = "sandbox_tracker"
    sealed.system.save()
    endpoint = intake.load_endpoint(sealed.endpoint)
    assert endpoint is not None and endpoint.keys == (hook_key.encode(),)
    body = json.dumps({"id": 1, "note": f"{key} and {hook_key}", "more": base64.b64encode(key.encode()).decode()}).encode()

    async def store() -> intake.Arrival:
        made = intake.Intake()
        waiting = asyncio.create_task(made._store(endpoint, receiving.Taken("e-1", body), {"user-agent": f"x {key}", "webhook-id": "e-1"}))
        arrival = await made._queue.get()
        waiting.cancel()
        return arrival

    arrival = asyncio.run(store())
    assert json.loads(arrival.body) == {"id": 1, "note": "*** and ***", "more": "***"}
    assert arrival.headers["user-agent"] == "x ***" and arrival.headers["webhook-id"] == "e-1"
    assert hook_key not in repr(arrival) and key not in repr(endpoint.scrubber)


@pytest.mark.django_db
def test_stored_credentials_do_not_follow_from_https_to_http(sealed: Connection) -> None:
    services.connection_save(system=sealed.system, config={"base_url": "https://peer.example"}, credentials={"api_key": key})
    sealed.refresh_from_db()
    assert sealed.hosts == ["https://peer.example"]
    with pytest.raises(ValidationError) as caught:
        services.connection_save(system=sealed.system, config={"base_url": "http://peer.example"})
    assert "base_url" in caught.value.message_dict
    services.connection_save(system=sealed.system, config={"base_url": "https://peer.example/path"})
    Connection.objects.filter(pk=sealed.pk).update(hosts=["peer.example"])  # as it was bound before
    with pytest.raises(ValidationError):
        services.connection_save(system=sealed.system, config={"base_url": "http://peer.example"})
    services.connection_save(system=sealed.system, config={"base_url": "http://peer.example"}, credentials={"api_key": key})


@pytest.mark.django_db
@pytest.mark.parametrize("address", ["http://[::1", "http://x:99999999/", "http://x:٣/", "http://127.0.0.1:8650\r\nX:1/"])
def test_an_address_that_cannot_be_read_is_refused_in_words(sealed: Connection, address: str) -> None:
    with pytest.raises(ValidationError) as caught:
        services.connection_save(system=sealed.system, config={"base_url": address}, credentials={"api_key": key})
    assert "base_url" in caught.value.message_dict
    Connection.objects.filter(pk=sealed.pk).update(config={"base_url": address}, hosts=["peer.example"])  # kept before such were refused
    services.connection_save(system=sealed.system, config={"base_url": "https://peer.example"}, credentials={"api_key": key})

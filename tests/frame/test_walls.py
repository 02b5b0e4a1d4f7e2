"""Walls: row-level security behind the managers, history that nobody can change, secrets bound to their rows, one way out."""

from __future__ import annotations

import contextlib
import ipaddress
import socket
import threading
import time
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.db import DatabaseError, connection, transaction

from jingwei.frame import scope, secrets
from jingwei.frame.models import Demand, History, Project, Secret, Tenant
from jingwei.frame.walls import egress
from jingwei.frame.work import jobs

pytestmark = pytest.mark.django_db


@pytest.fixture
def two() -> tuple[Tenant, Tenant]:
    """Two organisations with a project each."""
    tenants = (Tenant.objects.create(code="a", name="A"), Tenant.objects.create(code="b", name="B"))
    for tenant in tenants:
        with scope.within(scope.Scope(tenant.pk)):
            Project(code=f"P-{tenant.code}", name="x", start_on=date(2026, 11, 2)).save()
    return tenants


def raw(statement: str, *values: Any) -> list[tuple[Any, ...]]:
    """SQL past the managers."""
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return list(cursor.fetchall()) if cursor.description else []


def test_a_query_without_a_scope_is_refused(two: tuple[Tenant, Tenant]) -> None:
    with pytest.raises(scope.UnscopedQuery):
        Project.objects.count()


def test_sql_without_where_sees_only_the_scope(two: tuple[Tenant, Tenant]) -> None:
    with scope.within(scope.Scope(two[0].pk)):
        assert raw("SELECT code FROM frame_project") == [("P-a",)]
        raw("UPDATE frame_project SET name = 'taken'")
    assert raw("SELECT code FROM frame_project") == []
    with scope.within(scope.Scope(two[1].pk)):
        assert raw("SELECT code, name FROM frame_project") == [("P-b", "x")]
        with pytest.raises(DatabaseError, match="row-level security"), transaction.atomic():
            raw(
                "INSERT INTO frame_project SELECT 999, version, created_at, updated_at, 'Q', name, status, customer, zone, currency, start_on, data_date, description, manager_id, %s FROM frame_project",
                two[0].pk,
            )


def test_projects_narrow_the_scope(two: tuple[Tenant, Tenant]) -> None:
    with scope.within(scope.Scope(two[0].pk)):
        project = Project.objects.get()
    with scope.within(scope.Scope(two[0].pk, project_ids=frozenset())):
        assert not Project.objects.exists()
    with scope.within(scope.Scope(two[0].pk, project_ids=frozenset({project.pk}))):
        assert Project.objects.get() == project


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE frame_history SET reason = 'x'",
        "DELETE FROM frame_history",
        "ALTER TABLE frame_project DISABLE TRIGGER ALL",
        "DROP POLICY tenant_only ON frame_project",
    ],
)
def test_the_application_role_cannot_change_history_or_walls(statement: str, two: tuple[Tenant, Tenant]) -> None:
    with scope.within(scope.Scope(two[0].pk)):
        assert History.objects.exists()
        with pytest.raises(DatabaseError), transaction.atomic():
            raw(statement)


def test_the_scope_comes_back_after_an_error(two: tuple[Tenant, Tenant]) -> None:
    with scope.within(scope.Scope(two[0].pk)):
        with pytest.raises(DatabaseError), transaction.atomic(), scope.within(scope.Scope(two[1].pk)):
            raw("SELECT * FROM nowhere")
        assert raw("SELECT code FROM frame_project") == [("P-a",)]


def test_a_storm_of_demands_is_one_job(two: tuple[Tenant, Tenant], django_capture_on_commit_callbacks: Any) -> None:
    queued = "SELECT count(*) FROM procrastinate_jobs WHERE task_name = 'schedule.recalculate'"
    ((before,),) = raw(queued)
    with scope.within(scope.Scope(two[0].pk)):
        with django_capture_on_commit_callbacks(execute=True):
            for _ in range(100):
                jobs.demand("schedule.recalculate", 7)
        assert Demand.objects.filter(key="7").count() == 1
        assert raw(queued) == [(before + 1,)]
        assert jobs.claim("schedule.recalculate", 7) == 1
        assert not Demand.objects.filter(key="7").exists()


def test_a_new_demand_does_not_wait_behind_the_retry_of_an_old_one(two: tuple[Tenant, Tenant], django_capture_on_commit_callbacks: Any) -> None:
    """Given a job whose retry is due in an hour, when it is demanded anew, then it runs at once; what only sweeps leaves the pause as it is."""
    late = "SELECT count(*) FROM procrastinate_jobs WHERE scheduled_at > now() AND queueing_lock = 'schedule.recalculate:%s:9'"
    with scope.within(scope.Scope(two[0].pk)):
        jobs.defer("schedule.recalculate", once="9", key="9", delay_seconds=3600)
        jobs.defer("schedule.recalculate", once="8", key="8", delay_seconds=3600)
        Demand.objects.create(tenant_id=two[0].pk, job="schedule.recalculate", key="9")
        jobs.sweep(older_than_seconds=-1)
        assert raw(late % two[0].pk) == [(1,)]
        with django_capture_on_commit_callbacks(execute=True), transaction.atomic():
            jobs.demand("schedule.recalculate", 9)
        assert raw(late % two[0].pk) == [(0,)]
        assert raw("SELECT count(*) FROM procrastinate_jobs WHERE scheduled_at > now()") == [(1,)], "others keep their time"


def test_a_forgotten_demand_is_swept(two: tuple[Tenant, Tenant]) -> None:
    with scope.within(scope.Scope(two[0].pk)):
        Demand.objects.create(tenant_id=two[0].pk, job="schedule.recalculate", key="9")
        assert jobs.sweep(older_than_seconds=-1) == 1
        assert jobs.sweep(older_than_seconds=-1) == 0, "it is queued already"


def test_a_secret_opens_only_where_it_was_sealed(two: tuple[Tenant, Tenant]) -> None:
    with scope.within(scope.Scope(two[0].pk)):
        one, other = secrets.seal("connection:a", {"api_key": "k-1"}), secrets.seal("connection:a", {"api_key": "k-2"})
        assert secrets.open_secret(one).reveal() == {"api_key": "k-1"}
        assert "k-1" not in repr(secrets.open_secret(one)) and b"k-1" not in bytes(one.ciphertext)
        one.ciphertext, one.wrapped_key = other.ciphertext, other.wrapped_key
        with pytest.raises(secrets.CannotOpen):
            secrets.open_secret(one)
        secrets.new_key()
        assert secrets.rotate() >= 1
        assert secrets.open_secret(Secret.objects.get(pk=other.pk)).reveal() == {"api_key": "k-2"}
        history = list(History.objects.filter(resource="frame.secret").values_list("after", flat=True))
        assert all("ciphertext" not in (line or {}) for line in history)


hostile = [
    "http://127.0.0.1/", "http://127.1/", "http://2130706433/", "http://0x7f000001/", "http://0177.0.0.1/", "http://[::1]/", "http://[::ffff:127.0.0.1]/", "http://[::ffff:7f00:1]/",
    "http://0/", "http://0.0.0.0/", "http://localhost/", "http://169.254.169.254/latest/meta-data/", "http://10.0.0.1/", "http://172.16.0.1/", "http://192.168.1.1/", "http://100.64.0.1/",
    "http://user@127.0.0.1/", "http://a:b@127.0.0.1/", "ftp://127.0.0.1/", "file:///etc/passwd", "gopher://127.0.0.1/", "http://127.0.0.1:0/", "http://127.0.0.1\\@example.com/", "http://224.0.0.1/",
    "http://[fe80::1]/", "http://[fc00::1]/", "http://[::]/", "http:///x", "//127.0.0.1/", "http://127.0.0.1 /", "http://①②⑦.⓪.⓪.①/", "http://127.0.0.1%00.example.com/", "http://[::1%25lo]/", "javascript:1", "",
    # IPv4 inside IPv6: mapped, compatible, NAT64 (well-known and local), 6to4, Teredo, ISATAP
    "http://[::ffff:10.0.0.1]/", "http://[::ffff:169.254.169.254]/", "http://[::127.0.0.1]/", "http://[::7f00:1]/", "http://[::10.0.0.1]/",
    "http://[64:ff9b::127.0.0.1]/", "http://[64:ff9b::7f00:1]/", "http://[64:ff9b::10.0.0.1]/", "http://[64:ff9b::a9fe:a9fe]/", "http://[64:ff9b:1::127.0.0.1]/",
    "http://[64:ff9b:1:7f00:0:100::]/", "http://[64:ff9b:1::808:808]/", "http://[2002:7f00:1::1]/", "http://[2002:a00:1::]/", "http://[2002:a9fe:a9fe::1]/",
    "http://[2002:c0a8:101:1::5]/", "http://[2001:0:7f00:1::80ff:fffe]/", "http://[2001:0:4136:e378:8000:63bf:3fff:fdd2]/", "http://[2606:4700::5efe:7f00:1]/",
    "http://[2606:4700::200:5efe:a00:1]/", "http://[fec0::1]/", "http://[ff02::1]/", "http://[100::1]/", "http://[2001:db8::1]/", "http://192.0.0.170/", "http://198.18.0.1/",
    "http://240.0.0.1/", "http://255.255.255.255/", "http://0x7f.1/", "http://017700000001/", "http://127.0.0.1./", "http://[0:0:0:0:0:ffff:127.0.0.1]/",
]  # fmt: skip


@pytest.mark.parametrize("url", hostile)
def test_hostile_addresses_reach_nobody(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("JINGWEI_EGRESS_ALLOW", raising=False)
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    with socket.socket() as canary:
        canary.bind(("127.0.0.1", 0))
        canary.listen()
        canary.setblocking(False)
        port = canary.getsockname()[1]
        named = [name for name in [urlsplit(url).hostname if url.count("[") < 2 and url.startswith("http://") else None] if name]
        way = egress.Egress(hosts=["127.0.0.1", "localhost", "[::1]", "::1", "0", "2130706433", *named], timeout_seconds=1)
        target = url.replace("127.0.0.1/", f"127.0.0.1:{port}/", 1) if url.startswith("http://127.0.0.1/") else url
        with pytest.raises((egress.EgressRefused, egress.NotSent)):
            way.request("GET", target)
        way.close()
        with pytest.raises(BlockingIOError):  # whoever had come would be waiting at the door
            canary.accept()


@pytest.mark.parametrize(
    ("address", "inside"),
    [
        ("64:ff9b::8.8.8.8", ["8.8.8.8"]), ("2002:808:808::1", ["8.8.8.8"]), ("::ffff:8.8.8.8", ["8.8.8.8"]), ("::8.8.8.8", ["8.8.8.8"]),
        ("2606:4700::1", ["2606:4700::1"]), ("::1", ["::1"]), ("::", ["::"]), ("9.9.9.9", ["9.9.9.9"]),
    ],
)  # fmt: skip
def test_an_address_is_judged_by_the_one_inside(address: str, inside: list[str]) -> None:
    assert [str(each) for each in egress.inner(ipaddress.ip_address(address))] == inside


@pytest.mark.parametrize(
    ("allowed", "address", "port", "may"),
    [
        ("10.0.0.0/8", "64:ff9b::10.1.1.1", 80, True),
        ("10.0.0.0/8", "2002:a01:101::1", 80, True),
        ("", "64:ff9b::8.8.8.8", 80, True),
        ("", "2001:0:808:808::", 80, False),
        ("0.0.0.0/0,::/0", "127.0.0.1", 80, False),
        ("0.0.0.0/0,::/0", "::1", 80, False),
        ("0.0.0.0/0,::/0", "169.254.169.254", 80, False),
        ("0.0.0.0/0,::/0", "::ffff:127.0.0.1", 80, False),
        ("0.0.0.0/0", "10.1.1.1", 80, True),
        ("127.0.0.0/8", "127.0.0.1", 80, True),
        ("127.0.0.1:4801,127.0.0.1:4802", "127.0.0.1", 4802, True),
        ("127.0.0.1:4801,127.0.0.1:4802", "127.0.0.1", 5432, False),
        ("127.0.0.1:4801", "127.0.0.2", 4801, False),
        ("[::1]:4801", "::1", 4801, True),
        ("[::1]:4801", "::1", 4802, False),
        ("nonsense,10.0.0.0/99", "10.0.0.1", 80, False),
    ],
)
def test_the_operator_opens_exactly_what_is_named(allowed: str, address: str, port: int, may: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JINGWEI_EGRESS_ALLOW", allowed)
    assert egress.may_be_reached(ipaddress.ip_address(address), port) is may


def test_the_demo_opens_its_own_ports_and_nothing_else(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    from jingwei.assembly.ports import sandbox_ports
    from jingwei.assembly.supervisor import Supervisor

    monkeypatch.setenv("JINGWEI_HOME", str(tmp_path))
    monkeypatch.delenv("JINGWEI_EGRESS_ALLOW", raising=False)
    Supervisor("127.0.0.1", 1, demo=True)._set_environment()
    open_ports = [port for port in (22, 80, 5432, 6379, 8000, *range(4790, 4820)) if egress.may_be_reached(ipaddress.ip_address("127.0.0.1"), port)]
    assert open_ports == sorted(sandbox_ports.values())


@pytest.mark.parametrize(
    "address",
    ["fec0::1", "::ffff:0:10.0.0.1", "::ffff:0:127.0.0.1", "3fff::1", "5f00::1", "192.88.99.1", "4000::1", "::ffff:192.88.99.1", "64:ff9b::192.88.99.1"],
)
def test_forms_of_addresses_that_are_nobodys_are_not_public(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JINGWEI_EGRESS_ALLOW", "")
    assert not egress.may_be_reached(ipaddress.ip_address(address), 443)
    assert egress.may_be_reached(ipaddress.ip_address("2606:4700::1"), 443) and egress.may_be_reached(ipaddress.ip_address("::ffff:0:8.8.8.8"), 443)


def _dripping(first: bytes, each: bytes, pause: float) -> tuple[int, threading.Event]:
    """A peer that begins an answer and goes on without end; its port, and how to end it."""
    server, over = socket.create_server(("127.0.0.1", 0)), threading.Event()

    def serve() -> None:
        with server, contextlib.suppress(OSError):
            peer, _ = server.accept()
            with peer:
                peer.recv(65_536)
                peer.sendall(first)
                while not over.wait(pause):
                    peer.sendall(each)

    threading.Thread(target=serve, daemon=True).start()
    return server.getsockname()[1], over


@pytest.mark.parametrize(
    ("first", "each"),
    [
        (b"", b"HTTP/1.1 102 Processing\r\n\r\n"), (b"HTTP/1.1 200 OK\r\nX-Long: ", b"x"), (b"HTTP/1.1 200 OK\r\n", b"X-More: x\r\n"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n", b"x"), (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n"),
    ],
)  # fmt: skip
def test_a_peer_that_drips_is_no_answer_after_the_whole_time(first: bytes, each: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    port, over = _dripping(first, each, 0.1)
    monkeypatch.setenv("JINGWEI_EGRESS_ALLOW", f"127.0.0.1:{port}")
    way, begin = egress.Egress(hosts=[f"127.0.0.1:{port}"], timeout_seconds=0.5, whole_seconds=0.6), time.monotonic()
    with pytest.raises(egress.NoAnswer):
        way.request("GET", f"http://127.0.0.1:{port}/")
    assert time.monotonic() - begin < 1.2
    over.set()
    way.close()


def test_a_host_in_another_script_is_asked_by_its_name_in_ascii(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    port, over = _dripping(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", b"", 5)
    monkeypatch.setenv("JINGWEI_EGRESS_ALLOW", f"127.0.0.1:{port}")
    monkeypatch.setattr(egress, "gate", lambda host, _port: asked.append(host) or "127.0.0.1")
    way = egress.Egress(hosts=[f"例子.中国:{port}"], timeout_seconds=1)
    assert way.request("POST", f"http://例子.中国:{port}/钩?a=b", content=b"x").status == 200
    assert asked == ["xn--fsqu00a.xn--fiqs8s"]
    with pytest.raises(egress.EgressRefused, match="bound to"):
        way.request("GET", f"http://例孑.中国:{port}/")
    over.set()
    way.close()


def test_https_never_falls_to_http(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JINGWEI_EGRESS_ALLOW", "127.0.0.0/8")
    way = egress.Egress(hosts=["https://127.0.0.1:81"], timeout_seconds=1)
    with pytest.raises(egress.EgressRefused, match="in clear"):
        way.request("GET", "http://127.0.0.1:81/", login={"X-Key": "secret"})
    with pytest.raises(egress.NotSent):
        way.request("GET", "https://127.0.0.1:81/", login={"X-Key": "secret"})
    way.close()


def test_credentials_stay_with_their_hosts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JINGWEI_EGRESS_ALLOW", "127.0.0.0/8")
    way = egress.Egress(hosts=["127.0.0.1:81"], timeout_seconds=1)
    with pytest.raises(egress.EgressRefused, match="bound to"):
        way.request("GET", "http://127.0.0.2:81/", headers={"X-Key": "secret"})
    with pytest.raises(egress.EgressRefused, match="bound to"):
        way.request("GET", "http://127.0.0.1:82/")
    way.close()


def test_nobody_else_opens_connections() -> None:
    """Law: network modules are imported in egress (and by the servers' own start and intake) only."""
    source = Path(__file__).resolve().parents[2] / "src" / "jingwei"
    allowed = {"frame/walls/egress.py", "assembly/supervisor.py", "assembly/serving.py", "assembly/supervising/probes.py"}
    allowed |= {"frame/walls/confined.py", "frame/walls/confined_process.py"}  # a pair of sockets to a process of our own
    names = (
        "import socket",
        "import http.client",
        "import urllib.request",
        "import requests",
        "import httpx",
        "import aiohttp",
        "from urllib.request",
        "from http.client",
    )
    guilty = [
        str(p.relative_to(source))
        for p in source.rglob("*.py")
        for name in names
        if name in p.read_text(encoding="utf-8") and str(p.relative_to(source)) not in allowed
    ]
    assert guilty == []

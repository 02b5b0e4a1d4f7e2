"""What an assistant may ask and do: the rights of the token's owner over every kind of record, by whatever tool; writing only where the token says so."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from jingwei.assembly.commands import assistant
from jingwei.frame.models import ApiToken, History, User
from jingwei.frame.narrowing import Limit, read_only
from jingwei.frame.records.resource import Resource, resources
from tests.house.conftest import House

pytestmark = pytest.mark.django_db
every = {"argvalues": list(resources()), "argnames": "kind", "ids": lambda each: each.key}
writing = {"create", "change", "act", "remove"}


class Assistant:
    """An assistant with a token of somebody's."""

    def __init__(
        self, house: House, user: User, *, tenant: Any = None, grants: tuple[str, ...] | None = ("*",), projects: frozenset[int] | None = None
    ) -> None:
        self.token = ""
        self.client = Client(raise_request_exception=False)
        if grants is not None:
            self.row, self.token = ApiToken.issue(tenant=tenant or house.tenant, user=user, name="assistant", limit=Limit(grants, projects).as_plain())

    def send(self, message: Any, **headers: str) -> Any:
        body = message if isinstance(message, bytes) else json.dumps(message)
        carried = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        return self.client.post("/api/mcp", body, content_type="application/json", headers={**carried, "Accept-Language": "en", **headers})

    def ask(self, method: str, **given: Any) -> Any:
        return self.send({"jsonrpc": "2.0", "id": 7, "method": method, "params": given}).json()

    def call(self, tool: str, **arguments: Any) -> tuple[bool, Any]:
        """Whether it was done, and what was told."""
        answer = self.ask("tools/call", name=tool, arguments=arguments)
        assert "result" in answer, answer
        return not answer["result"]["isError"], answer["result"]["structuredContent"]

    def tools(self) -> set[str]:
        return {each["name"] for each in self.ask("tools/list")["result"]["tools"]}


@pytest.fixture
def made(house: House, inside: Callable[[], Any]) -> Callable[[Resource], Any]:
    def make(kind: Resource) -> Any:
        with inside():
            return house.make(kind)

    return make


def test_nobody_comes_in_without_a_token(house: House) -> None:
    stranger = Assistant(house, house.owner, grants=None)
    assert stranger.send({"jsonrpc": "2.0", "id": 1, "method": "ping"}).status_code == 401
    stranger.client.force_login(house.owner, backend="allauth.account.auth_backends.AuthenticationBackend")
    assert stranger.send({"jsonrpc": "2.0", "id": 1, "method": "tools/list"}).status_code == 401, "a page could use a browser's log-in"
    revoked = Assistant(house, house.owner)
    revoked.row.delete()
    assert revoked.send({"jsonrpc": "2.0", "id": 1, "method": "ping"}).status_code == 401


def test_a_report_over_all_projects_is_named_and_answered_without_one(house: House) -> None:
    assistant = Assistant(house, house.owner)
    _done, told = assistant.call("reports")
    named = {each["report"]: each for each in told["reports"]}
    assert named["boards.load"]["of"] == "all projects" and "of" not in named["boards.risk"]
    done, told = assistant.call("report", report="boards.load", asked={"step": "month"})
    assert done and told["answer"]["projects"] == [house.project.code]
    done, told = Assistant(house, house.stranger, tenant=house.other).call("report", report="boards.load")
    assert done and told["answer"]["projects"] == []


@pytest.mark.parametrize(**every)
def test_another_organisation_finds_nothing(kind: Resource, house: House, made: Callable[[Resource], Any]) -> None:
    row = made(kind)
    other = Assistant(house, house.stranger, tenant=house.other)
    done, told = other.call("list", kind=kind.key)
    assert not done or not told["rows"]
    assert not other.call("read", kind=kind.key, key=row.pk)[0] and not other.call("history", kind=kind.key, key=row.pk)[0]
    assert not other.call("change", kind=kind.key, key=row.pk, values={})[0] and not other.call("remove", kind=kind.key, key=row.pk)[0]


@pytest.mark.parametrize(**every)
def test_who_may_only_look_writes_nothing(kind: Resource, house: House, inside: Callable[[], Any], made: Callable[[Resource], Any]) -> None:
    """Given the owner's token that only reads, and a viewer's that says everything, then neither writes anything of any kind."""
    row = made(kind)
    with inside():
        before = History.objects.count()
    for looker in (Assistant(house, house.owner, grants=read_only), Assistant(house, house.viewer)):
        for tool, more in (("create", {"values": {}}), ("change", {"key": row.pk, "values": {}}), ("remove", {"key": row.pk})):
            answer = looker.ask("tools/call", name=tool, arguments={"kind": kind.key, **more})
            assert "error" in answer or answer["result"]["isError"], (tool, answer)
    with inside():
        assert History.objects.count() == before


def test_writing_is_offered_only_where_the_token_says_so(house: House) -> None:
    assert not writing & Assistant(house, house.owner, grants=read_only).tools()
    assert writing <= Assistant(house, house.owner, grants=("work.task.*",)).tools()


@pytest.mark.parametrize(**every)
def test_the_owner_reads_lists_finds_and_describes_every_kind(kind: Resource, house: House, made: Callable[[Resource], Any]) -> None:
    row = made(kind)
    owner = Assistant(house, house.owner)
    assert kind.key in {each["kind"] for each in owner.call("kinds")[1]["kinds"]}
    done, told = owner.call("describe", kind=kind.key)
    assert done and set(told["fields"]) >= {name for name in kind.plain_fields if not name.endswith("photo")} - {"photo"}
    assert owner.call("list", kind=kind.key)[1]["count"] >= 1
    assert owner.call("read", kind=kind.key, key=row.pk)[1]["id"] == row.pk
    assert owner.call("history", kind=kind.key, key=row.pk)[1]["lines"]
    if kind.search:
        word = str(getattr(row, kind.search[0], "")) if "__" not in kind.search[0] else ""
        if word:
            assert row.pk in [hit["id"] for hit in owner.call("search", words=word, kind=kind.key)[1]["hits"]]


@pytest.mark.parametrize(**every)
def test_rows_are_made_changed_and_removed_like_by_hand(kind: Resource, house: House, inside: Callable[[], Any]) -> None:
    with inside():
        values = {name: getattr(value, "pk", value) for name, value in house.values(kind, 1).items()}
    owner = Assistant(house, house.owner)
    done, told = owner.call("create", kind=kind.key, values=json.loads(json.dumps(values, default=str)))
    if kind.is_reserved:  # an assistant has a token, and only persons write these
        assert not done and not kind.model.unscoped.exists()
        return
    assert done, told
    stale = owner.call("change", kind=kind.key, key=told["id"], values={}, version=told["version"] + 5)
    assert not stale[0] and "meantime" in stale[1]["errors"][0]["message"]
    assert owner.call("change", kind=kind.key, key=told["id"], values={}, version=told["version"])[0]
    assert owner.call("remove", kind=kind.key, key=told["id"])[0] and not owner.call("read", kind=kind.key, key=told["id"])[0]


def test_a_step_is_taken_and_refused_with_its_reason(house: House, inside: Callable[[], Any]) -> None:
    owner = Assistant(house, house.owner)
    _done, line = owner.call(
        "create", kind="cost.line", values={"project": "P1", "number": "C1", "account": "labour", "description": "x", "amount": "5", "period": "2026-11"}
    )
    done, told = owner.call("act", kind="cost.line", key=line["id"], verb="post")
    assert done and told["status"] == "posted"
    done, told = owner.call("change", kind="cost.line", key=line["id"], values={"amount": "6"})
    assert not done and told["errors"]
    done, told = owner.call("act", kind="cost.line", key=line["id"], verb="banana")
    assert not done and told["errors"][0]["field"] == "verb"


def test_a_token_of_one_project_sees_that_project_only(house: House, made: Callable[[Resource], Any]) -> None:
    [tasks] = [each for each in resources() if each.key == "work.task"]
    row = made(tasks)
    elsewhere = Assistant(house, house.owner, projects=frozenset({house.project.pk + 1}))
    assert elsewhere.call("list", kind="work.task") == (True, {"count": 0, "rows": [], "next": None})
    assert not elsewhere.call("read", kind="work.task", key=row.pk)[0]


def test_a_list_goes_on_behind_its_cursor_and_is_compact(house: House, made: Callable[[Resource], Any]) -> None:
    [tasks] = [each for each in resources() if each.key == "work.task"]
    rows = [made(tasks) for _each in range(5)]
    owner, seen, after = Assistant(house, house.owner), [], ""
    while True:
        _done, told = owner.call("list", kind="work.task", size=2, after=after, fields=["name"])
        seen += told["rows"]
        if not (after := told["next"]):
            break
    assert [each["id"] for each in seen] == [row.pk for row in rows] and set(seen[0]) == {"id", "version", "natural_key", "name"}


@pytest.mark.parametrize(
    ("tool", "arguments", "field"),
    [
        ("list", {"kind": "work.task", "filters": {"statsu": "todo"}}, "statsu"), ("list", {"kind": "work.task", "size": 1000}, "size"),
        ("list", {"kind": "work.task", "fields": ["password"]}, "fields"), ("list", {"kind": "work.task", "after": "banana"}, "after"), ("list", {"kind": "work.task", "filters": {"tag": "\0"}}, "tag"),
        ("list", {"kind": "work.task", "filters": {"tag": "x\ud800"}}, "tag"), ("list", {"kind": "work.task", "words": "\0"}, "q"), ("list", {"kind": "work.task", "filters": {"project": "\0"}}, "project"),
        ("read", {"kind": "banana", "key": 1}, "kind"),
        ("read", {"kind": "work.task", "key": "nul\u0000"}, "key"), ("read", {"kind": "work.task", "key": 10**30}, "key"), ("read", {"kind": "work.task"}, "key"),
        ("search", {"words": ""}, "words"), ("report", {"report": "banana", "project": "P1"}, "report"), ("kinds", {"strange": 1}, "strange"),
        ("create", {"kind": "work.task", "values": {"project": "P1", "name": "x", "nmae": "x"}}, "nmae"), ("create", {"kind": "work.task", "values": {"project": "P1", "name": "x" * 10_000}}, "name"),
    ],
    ids=str,
)  # fmt: skip
def test_a_refusal_names_the_field(tool: str, arguments: dict[str, Any], field: str, house: House) -> None:
    done, told = Assistant(house, house.owner).call(tool, **arguments)
    assert not done and told["errors"][0]["field"] == field, told


@pytest.mark.parametrize(
    ("message", "code"),
    [
        (b"{", -32700), ([], -32600), ({"jsonrpc": "1.0", "id": 1, "method": "ping"}, -32600), ({"jsonrpc": "2.0", "id": True, "method": "ping"}, -32600),
        ({"jsonrpc": "2.0", "id": 1, "method": "banana"}, -32601), ({"jsonrpc": "2.0", "id": 1, "method": ["ping"]}, -32601), ({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": []}, -32602),
        ({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": "banana"}}, -32602), ({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": "kinds", "arguments": [1]}}, -32602),
    ],
    ids=str,
)  # fmt: skip
def test_what_is_no_message_is_an_error_of_the_protocol(message: Any, code: int, house: House) -> None:
    answer = Assistant(house, house.owner).send(message)
    assert answer.status_code < 500 and answer.json()["error"]["code"] == code


def test_the_handshake(house: House) -> None:
    owner = Assistant(house, house.owner)
    for asked, told in (("2025-06-18", "2025-06-18"), ("1999-01-01", "2025-11-25")):
        result = owner.ask("initialize", protocolVersion=asked, capabilities={}, clientInfo={"name": "x", "version": "1"})["result"]
        assert result["protocolVersion"] == told and result["serverInfo"]["name"] == "jingwei" and result["instructions"]
    assert owner.send({"jsonrpc": "2.0", "method": "notifications/initialized"}).status_code == 202
    assert owner.client.get("/api/mcp", headers={"Authorization": f"Bearer {owner.token}"}).status_code == 405


def test_over_standard_input_the_token_is_looked_at_for_every_message(house: House) -> None:
    owner = Assistant(house, house.owner)
    out = io.StringIO()

    class Typing(io.StringIO):
        """The token is revoked after the first message was read."""

        def readline(self, size: int | None = -1, /) -> str:
            line = super().readline(size or -1)
            if '"id": 2' in line:
                owner.row.delete()
            return line

    assistant.serve(io.StringIO(json.dumps({"jsonrpc": "2.0", "id": "\ud800", "method": "banana"}) + "\n"), out, owner.token)
    assert json.loads(out.getvalue())["error"]["code"] == -32601, "a half character ends no conversation"
    out.seek(0)
    out.truncate()
    messages = [{"jsonrpc": "2.0", "id": number, "method": "tools/call", "params": {"name": "kinds"}} for number in (1, 2)]
    assistant.serve(Typing("\n".join(json.dumps(each) for each in messages) + "\nno JSON\n"), out, owner.token)
    first, second, third = map(json.loads, out.getvalue().splitlines())
    assert first["result"]["structuredContent"]["kinds"] and "revoked" in second["error"]["message"] and third["error"]["code"] == -32700

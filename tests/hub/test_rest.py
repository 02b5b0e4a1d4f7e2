"""The hub's REST operations: rights as on the pages, errors by field, nothing unknown taken."""

from __future__ import annotations

import pytest

from jingwei.domains.work.models import Task
from jingwei.frame.walls import exactly
from jingwei.hub import contract
from jingwei.hub.models import Conflict, DeadLetter, Interface, OutboxEntry, Quarantine
from jingwei.hub.peers import grants
from jingwei.hub.rest import shapes
from tests.hub.conftest import Joined
from tests.hub.deeds import all_theirs, answering, edit, fresh, issue, ours, publish, remove
from tests.hub.pages.test_deciding import clash, park
from tests.hub.people import owner, person, program

pytestmark = pytest.mark.django_db(transaction=True)
here = "/interfaces/tracker-tasks"


def test_strangers_get_nothing(joined: Joined) -> None:
    conflict = clash(joined)
    stranger = program(joined, person(joined, "stranger", "work.*"))
    for method, path, body in (
        ("GET", "/conflicts", None), ("GET", "/quarantine", None), ("GET", "/dead-letters", None), ("GET", f"{here}/versions", None), ("GET", f"{here}/grant", None),
        ("GET", f"{here}/deletes", None), ("GET", "/trace?id=1", None), ("POST", "/conflicts/resolve", {"ids": [conflict.pk], "choice": "a"}),
        ("POST", f"{here}/switch", {"stage": "paused"}), ("POST", f"{here}/deletes/allow", None), ("GET", f"{here}/verify", None),
    ):  # fmt: skip
        assert stranger(method, path, body)[0] == 403, path
    looker = program(joined, person(joined, "looker", "hub.interface.view"))
    status, listed = looker("GET", "/conflicts")
    assert status == 200 and listed["items"][0]["values_hidden"] and listed["items"][0]["a"] is None
    for path, body in (
        ("/conflicts/resolve", {"ids": [conflict.pk], "choice": "a"}), (f"{here}/switch", {"stage": "paused"}), (f"{here}/grant/revoke", None),
        (f"{here}/versions/rollback", {"number": 1}), (f"{here}/reconcile", None), (f"{here}/release", None), ("/quarantine/discard", {"ids": [1]}),
    ):  # fmt: skip
        assert looker("POST", path, body)[0] == 403, path
    assert looker("GET", f"{here}/verify")[0] == 403 and looker("GET", f"{here}/dry-run")[0] == 403


def test_conflicts_are_listed_and_decided(joined: Joined) -> None:
    conflict = clash(joined)
    call = program(joined, owner(joined))
    status, listed = call("GET", "/conflicts?interface=tracker-tasks")
    (item,) = listed["items"]
    assert (status, listed["count"], item["a"], item["b"], item["agreed"]) == (200, 1, "对方的名字", "我们的名字", "起初的名字")
    assert item["answers"] == ["a", "b", "value", "accept"]
    status, said = call("POST", "/conflicts/resolve", {"ids": [conflict.pk, conflict.pk + 99], "choice": "a"})
    assert (status, said["errors"][0]["field"]) == (422, "ids")
    assert call("POST", "/conflicts/resolve", {"ids": [conflict.pk], "choice": "a", "force": True})[0] == 422
    assert call("GET", "/conflicts?colour=red")[0] == 422
    status, said = call("POST", "/conflicts/resolve", {"ids": [conflict.pk], "choice": "value", "value": "a\u0000b"})
    assert (status, said["errors"][0]["field"]) == (422, "value")
    edit(joined, conflict.link.key_a, subject="又改了")
    status, said = call("POST", "/conflicts/resolve", {"ids": [conflict.pk], "choice": "a"})
    assert status == 422 and "又改了" in said["errors"][0]["message"]
    status, done = call("POST", "/conflicts/resolve", {"ids": [Conflict.objects.get(resolved_at=None).pk], "choice": "a"})
    assert (status, done) == (200, {"count": 1})
    joined.sync()
    assert Task.objects.get().name == "又改了"


def test_a_parked_record_is_shown_and_mended(joined: Joined) -> None:
    parked = park(joined)
    call = program(joined, owner(joined))
    status, listed = call("GET", "/quarantine")
    assert status == 200 and [row["id"] for row in listed["items"]] == [parked.pk]
    status, shown = call("GET", f"/quarantine/{parked.pk}")
    assert status == 200 and shown["values"]["status"] == "resolved" and "不认识的状态" in shown["raw"]
    deciding = program(joined, person(joined, "deciding", "hub.interface.*", "work.task.view"))
    assert deciding("POST", f"/quarantine/{parked.pk}/release", {"record": shown["values"]})[0] == 403
    status, said = call("POST", f"/quarantine/{parked.pk}/release", {"record": {"subject": "\ud800"}})
    assert status == 422 and said["errors"][0]["field"] == "record"
    assert call("POST", f"/quarantine/{parked.pk}/release", {"record": shown["values"] | {"status": "open", "subject": "程序修好"}}) == (200, {"count": 1})
    joined.sync()
    assert Task.objects.get().name == "程序修好" and call("GET", f"/quarantine/{parked.pk}")[0] == 404
    assert call("POST", "/quarantine/release", {"ids": [parked.pk]})[0] == 422


def test_dead_letters_are_replayed(joined: Joined) -> None:
    task = ours(joined, code="D", name="死信")
    joined.sync()
    link = joined.interface.links.get(key_b=str(task.pk))
    entry = OutboxEntry.objects.create(interface=joined.interface, tenant_id=joined.tenant.pk, link=link, side="a", action="update", state="dead")
    letter = DeadLetter.objects.create(interface=joined.interface, tenant_id=joined.tenant.pk, entry=entry, code="x", message_zh="坏", message_en="bad")
    call = program(joined, owner(joined))
    status, listed = call("GET", "/dead-letters")
    assert status == 200 and (listed["items"][0]["en"], listed["items"][0]["key_b"]) == ("bad", str(task.pk))
    assert call("POST", "/dead-letters/replay", {"ids": [letter.pk]}) == (200, {"count": 1})
    assert call("POST", "/dead-letters/discard", {"ids": [letter.pk]})[0] == 422


def test_held_deletes_are_told_and_allowed(joined: Joined) -> None:
    for number in range(8):
        issue(joined, subject=f"事项 {number}")
    Interface.objects.update(on_delete="propagate")
    joined.sync()
    for task in Task.objects.all():
        remove(joined, task)
    joined.sync()
    call = program(joined, owner(joined))
    status, held = call("GET", f"{here}/deletes")
    assert status == 200 and len(held) == 8 and {row["side"] for row in held} == {"a"} and held[0]["name"].startswith("事项")
    assert call("POST", f"{here}/deletes/allow") == (200, {"count": 8})
    joined.sync()
    assert all_theirs(joined) == []


def test_versions_stage_grant_and_comparing(joined: Joined, monkeypatch: pytest.MonkeyPatch) -> None:
    issue(joined, subject="一条")
    joined.sync()
    publish(joined, name={"policy": "a"})
    call = program(joined, owner(joined))
    status, versions = call("GET", f"{here}/versions")
    assert status == 200 and [(v["number"], v["in_use"]) for v in versions] == [(2, True), (1, False)]
    status, diff = call("GET", f"{here}/versions/diff?old=1&new=2")
    assert status == 200 and [(c["where"], c["after"]["en"]) for c in diff] == [("subject → name", "A wins")]
    status, said = call("GET", f"{here}/versions/diff?old=1&new=9")
    assert (status, said["errors"][0]["field"]) == (422, "new")
    assert call("POST", f"{here}/versions/rollback", {"number": 1})[1]["version"] == 3
    assert fresh(joined).published.spec["mapping"]["pairs"][0].get("policy") is None
    assert call("GET", f"{here}/dry-run?version=2")[1]["version"] == 2
    status, grant = call("POST", f"{here}/grant/revoke")
    assert status == 200 and grant["permissions"] == [] and "work.task.add" in grant["needed"]
    assert grants.in_force(joined.interface) is None
    assert "work.task.add" in call("POST", f"{here}/grant/restore")[1]["permissions"]
    assert call("POST", f"{here}/reconcile") == (200, {"gone": 0, "missed": 0})
    with monkeypatch.context() as patched:
        answering(patched, ("GET",), contract.ServerFault("busy"))
        status, told = call("POST", f"{here}/reconcile")
    assert status == 422 and "busy" in str(told), "what could not be read is not told as nothing found"
    status, report = call("GET", f"{here}/verify")
    assert status == 200 and report["differences"] == []
    status, found = call("GET", f"/trace?id={all_theirs(joined)[0]['id']}")
    assert status == 200 and found["links"]
    assert call("POST", f"{here}/switch", {"stage": "paused"})[1]["stage"] == "paused"
    assert call("POST", f"{here}/switch", {"stage": "asleep"})[0] == 422
    assert call("GET", "/interfaces/nothing%00here/versions")[0] == 400
    assert not Quarantine.objects.exists()


def test_numbers_of_programs_keep_every_digit(joined: Joined) -> None:
    """A value that is decided on or mended is kept as it was sent: what no binary float holds as text, as decimals travel."""
    sent = '{"many": 90071992547409.93, "few": 0.12345678901234567891, "usual": 350.5, "whole": 12345678901234567890, "list": [1.10000000000000000001]}'
    kept = {"many": "90071992547409.93", "few": "0.12345678901234567891", "usual": 350.5, "whole": 12345678901234567890, "list": ["1.10000000000000000001"]}
    parked = park(joined)
    call = program(joined, owner(joined), as_text=True)
    assert call("POST", f"/quarantine/{parked.pk}/release", f'{{"record": {sent}}}') == (200, {"count": 1})
    parked.delivery.refresh_from_db()
    assert parked.delivery.record["values"] == kept
    assert shapes.Resolve.model_validate(exactly.read(f'{{"ids": [1], "choice": "value", "value": {sent}}}')).value == kept

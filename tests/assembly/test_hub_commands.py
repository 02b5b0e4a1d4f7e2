"""The hub from the command line: systems, credentials, files, versions, grants, conflicts, quarantine, deletes; and how it refuses."""

from __future__ import annotations

import io
import json
import re
from pathlib import Path
from typing import Any

import pytest

from jingwei.assembly.cli import main
from jingwei.domains.work.models import Task
from jingwei.frame import secrets
from jingwei.hub.models import Conflict, Connection, Interface, InterfaceVersion, OutboxEntry, System
from jingwei.hub.peers import credentials, grants
from tests.hub.conftest import Joined, joined, scoped, tracker  # noqa: F401  (fixtures)
from tests.hub.deeds import all_theirs, edit, fresh, issue, publish, remove
from tests.hub.pages.test_deciding import clash, park
from tests.hub.people import person
from tests.sandbox.program import api_key

pytestmark = pytest.mark.django_db(transaction=True)
Said = pytest.CaptureFixture[str]


def run(*arguments: str) -> int:
    """The exit code."""
    with pytest.raises(SystemExit) as ended:
        main(list(arguments))
    return int(ended.value.code or 0)


def told(said: Said, *arguments: str, code: int = 0) -> Any:
    """What a command prints as JSON."""
    said.readouterr()
    assert run(*arguments, "--json") == code
    return json.loads(said.readouterr().out)


def test_a_person_without_rights_can_do_nothing(joined: Joined, capsys: Said, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: F811
    conflict = clash(joined)
    person(joined, "stranger", "work.task.view")
    person(joined, "blind", "hub.interface.*")
    monkeypatch.setattr("sys.stdin", io.StringIO("secret"))
    for arguments in (
        ("interface", "list"), ("interface", "export", "tracker-tasks"), ("interface", "switch", "tracker-tasks", "paused"), ("interface", "rollback", "tracker-tasks", "1"),
        ("interface", "grant", "tracker-tasks", "--revoke"), ("conflict", "list"), ("conflict", "resolve", str(conflict.pk), "--choose", "a"), ("quarantine", "list"),
        ("dead", "list"), ("deletes", "allow", "tracker-tasks"), ("system", "list"), ("system", "fields", "tracker"), ("system", "add", "x", "--connector", "redmine"), ("credential", "set", "tracker"),
        ("verify", "tracker-tasks"), ("reconcile", "tracker-tasks"), ("trace", "1"),
    ):  # fmt: skip
        assert run(*arguments, "--as", "stranger") == 1, arguments
        assert "✗" in capsys.readouterr().err
    assert run("conflict", "resolve", str(conflict.pk), "--choose", "a", "--as", "blind") == 1
    assert "work.task.view" in capsys.readouterr().err
    assert run("interface", "list", "--as", "nobody-at-all") == 1
    assert fresh(joined).stage == "live" and grants.in_force(joined.interface) is not None and Conflict.objects.filter(resolved_at=None).exists()


def test_a_system_is_registered_and_its_secret_never_seen(joined: Joined, capsys: Said, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: F811
    url = joined.program.url
    assert run("system", "add", "second", "--connector", "sandbox_tracker", "--name", "第二个", "--set", f"base_url={url}") == 0
    assert run("system", "add", "third", "--connector", "redmin") == 1
    assert "redmine" in capsys.readouterr().err
    assert run("system", "add", "third", "--connector", "sandbox_tracker", "--set", f"base_url={url}", "--set", f"api_key={api_key}") == 1
    assert "jingwei credential set" in capsys.readouterr().err and not System.objects.filter(key="third").exists()
    assert run("system", "add", "third", "--connector", "sandbox_tracker") == 1
    assert "base_url" in capsys.readouterr().err and not System.objects.filter(key="third").exists()
    assert run("system", "test", "second") == 1
    monkeypatch.setattr("sys.stdin", io.StringIO("wrong-" + api_key + "\n"))
    assert run("credential", "set", "second") == 1
    assert Connection.objects.get(system__key="second").held_since is not None, "a refused key holds what would be written"
    monkeypatch.setenv("MY_KEY", api_key)
    capsys.readouterr()
    assert run("credential", "set", "second", "--env", "MY_KEY") == 0
    said = capsys.readouterr()
    assert api_key not in said.out + said.err
    kept = Connection.objects.get(system__key="second")
    assert kept.held_since is None and kept.credential is not None and json.loads(secrets.open_secret(kept.credential).reveal()) == {"api_key": api_key}
    assert run("credential", "set", "second", "--env", "NOT_THERE") == 1
    assert run("credential", "set", "second", "--env", "MY_KEY", "--name", "password") == 1
    monkeypatch.setattr("sys.stdin", io.StringIO("\n"))
    assert run("credential", "set", "second") == 1
    listed = {row["key"]: row for row in told(capsys, "system", "list")}
    assert listed["second"]["has_credentials"] and api_key not in json.dumps(listed)
    with pytest.raises(SystemExit):
        main(["credential", "set", "second", api_key])


def test_streams_and_fields_of_a_system_are_told(joined: Joined, capsys: Said) -> None:  # noqa: F811
    fields = told(capsys, "system", "fields", "tracker", "issues")
    subject = next(each for each in fields if each["field"] == "subject")
    assert subject["stream"] == "issues" and subject["required"] and subject["title"]["zh"]
    assert run("system", "fields", "tracker", "nothing") == 1
    assert "issues" in capsys.readouterr().err, "the mend is named"
    assert {each["key"]: each["state"] for each in told(capsys, "system", "list")}["jingwei"] == "ok"


def test_new_credentials_let_go_on_what_was_held(joined: Joined, capsys: Said, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: F811
    credentials.hold(Connection.objects.get(system__key="tracker"), "401")
    monkeypatch.setenv("MY_KEY", api_key)
    assert run("credential", "set", "tracker", "--env", "MY_KEY") == 0
    assert Connection.objects.get(system__key="tracker").held_since is None
    issue(joined, subject="之后")
    joined.sync()
    assert Task.objects.get().name == "之后"


def test_an_interface_lives_in_a_file(joined: Joined, capsys: Said, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: F811
    assert run("interface", "export", "tracker-tasks") == 0
    text = capsys.readouterr().out
    file = tmp_path / "x.toml"
    file.write_text(text, encoding="utf-8")
    assert run("interface", "apply", str(file), "--yes") == 0
    assert "无变化" in capsys.readouterr().out and InterfaceVersion.objects.count() == 1
    file.write_text(text.replace('"newest"', '"ask"').replace('on_leave = "unlink"', 'on_leave = "keep"'), encoding="utf-8")
    assert [line[:2] for line in told(capsys, "interface", "diff", str(file))["changes"]] == ["- ", "+ ", "- ", "+ "]
    assert run("interface", "apply", str(file)) == 1, "it asks, and nobody answers"
    assert InterfaceVersion.objects.count() == 1
    assert told(capsys, "interface", "apply", str(file), "--yes")["version"] == 2
    assert fresh(joined).on_leave == "keep"
    other = re.sub(r'system = "tracker"', 'system = "fresh"', text.replace('key = "tracker-tasks"', 'key = "second"')).replace('"MES-ROLL"]', '"WMS"]')
    file.write_text(other, encoding="utf-8")
    assert run("interface", "apply", str(file), "--yes") == 1
    assert "jingwei credential set fresh" in capsys.readouterr().err and System.objects.filter(key="fresh").exists()
    monkeypatch.setenv("MY_KEY", api_key)
    assert run("credential", "set", "fresh", "--env", "MY_KEY") == 0 and run("interface", "apply", str(file), "--yes") == 0
    assert Interface.objects.get(key="second").published.number == 1
    capsys.readouterr()
    for broken, word in (
        ("x = [", "TOML"), ("[interface]\nkey = 'k'\n[a]\n[b]", "project"), (text.replace("poll_seconds = 60", "poll_seconds = 'often'"), "poll_seconds"),
        (text.replace('b = "name"', 'b = "nowhere"', 1), "subject → nowhere"), (text.replace('"newest"', '"oldest"'), "description → description"),
        (text.replace("[code_tables]", "[codes]"), "codes"),
    ):  # fmt: skip
        file.write_text(broken, encoding="utf-8")
        assert run("interface", "apply", str(file), "--yes") == 1
        said = capsys.readouterr()
        assert word in said.err and "Traceback" not in said.err and "pairs[" not in said.err, said.err
    assert run("interface", "apply", str(tmp_path / "none.toml"), "--yes") == 1


def test_versions_stage_and_grant(joined: Joined, capsys: Said) -> None:  # noqa: F811
    publish(joined, name={"policy": "a"})
    (change,) = told(capsys, "interface", "diff", "tracker-tasks")["changes"]
    assert (change["where"], change["after"]["zh"]) == ("subject → name", "A 优先")
    assert run("interface", "diff", "tracker-tasks", "1", "9") == 1
    assert "没有版本 9" in (said := capsys.readouterr().err) and "no version 9" in said
    assert told(capsys, "interface", "rollback", "tracker-tasks", "1")["version"] == 3
    assert run("interface", "diff", "tracker-tasks", "1", "3") == 0 and "no change" in capsys.readouterr().out
    assert run("interface", "switch", "tracker-tasks", "paused") == 0 and fresh(joined).stage == "paused"
    assert run("interface", "switch", "tracker-tasks", "live") == 0 and fresh(joined).stage == "live"
    (row,) = told(capsys, "interface", "list")
    assert (row["key"], row["stage"], row["version"], row["conflicts"]) == ("tracker-tasks", "live", 3, 0)
    assert "work.task.add" in told(capsys, "interface", "grant", "tracker-tasks")["permissions"]
    assert told(capsys, "interface", "grant", "tracker-tasks", "--revoke")["permissions"] == []
    assert run("interface", "grant", "tracker-tasks", "--revoke") == 1
    person(joined, "engineer", "hub.interface.*", "work.task.view")
    assert run("interface", "grant", "tracker-tasks", "--restore", "--as", "engineer") == 1
    assert "work.task.add" in capsys.readouterr().err
    assert "work.task.add" in told(capsys, "interface", "grant", "tracker-tasks", "--restore")["permissions"]
    assert run("interface", "switch", "nothing", "live") == 1 and "tracker-tasks" in capsys.readouterr().err
    assert run("interface", "release", "tracker-tasks") == 1


def test_conflicts_are_listed_and_decided(joined: Joined, capsys: Said) -> None:  # noqa: F811
    conflict = clash(joined)
    assert run("conflict", "list") == 0
    out = capsys.readouterr().out
    assert f"#{conflict.pk}" in out and "我们的名字" in out and "--choose accept" in out
    assert run("conflict", "resolve", str(conflict.pk), "--choose", "value") == 1
    assert told(capsys, "conflict", "resolve", "999999", "--choose", "a", code=1)["errors"][0]["field"] == "ids"
    edit(joined, conflict.link.key_a, subject="又改了")
    assert run("conflict", "resolve", str(conflict.pk), "--choose", "a") == 1
    said = capsys.readouterr().err
    assert "又有变化" in said and "has changed since" in said and "又改了" in said
    now = told(capsys, "conflict", "list", "--interface", "tracker-tasks")[0]
    assert now["a"] == "又改了"
    assert told(capsys, "conflict", "resolve", str(now["id"]), "--choose", "value", "--value", "大家的") == {"count": 1}
    joined.sync()
    assert Task.objects.get().name == "大家的" == all_theirs(joined)[0]["subject"]


def test_a_parked_record_is_mended_from_a_file(joined: Joined, capsys: Said, tmp_path: Path) -> None:  # noqa: F811
    parked = park(joined)
    assert run("quarantine", "list") == 0 and str(parked.record_key) in capsys.readouterr().out
    shown = told(capsys, "quarantine", "show", str(parked.pk))
    assert shown["values"]["subject"] == "不认识的状态"
    file = tmp_path / "record.json"
    file.write_text("[1]")
    assert run("quarantine", "release", str(parked.pk), "--record", str(file)) == 1
    file.write_text(json.dumps(shown["values"] | {"status": "open"}))
    assert run("quarantine", "release", str(parked.pk), "--record", str(file)) == 0
    joined.sync()
    assert Task.objects.get().name == "不认识的状态"
    assert run("quarantine", "discard", str(parked.pk)) == 1 and run("quarantine", "show", str(parked.pk)) == 1
    assert told(capsys, "dead", "list") == [] and run("replay", "1") == 1


def test_held_deletes_and_comparing(joined: Joined, capsys: Said) -> None:  # noqa: F811
    for number in range(8):
        issue(joined, subject=f"事项 {number}")
    Interface.objects.update(on_delete="propagate")
    joined.sync()
    assert run("deletes", "allow", "tracker-tasks") == 1
    assert told(capsys, "reconcile", "tracker-tasks") == {"gone": 0, "missed": 0}
    assert run("compare", "tracker-tasks") == 0 and run("verify", "tracker-tasks") == 0
    for task in Task.objects.all():
        remove(joined, task)
    joined.sync()
    assert len(told(capsys, "deletes", "list", "tracker-tasks")) == 8
    assert told(capsys, "deletes", "refuse", "tracker-tasks") == {"count": 8}
    joined.sync()
    assert Task.objects.count() == 8 and not OutboxEntry.objects.filter(state="held").exists()

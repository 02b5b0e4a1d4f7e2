"""Every fault of a manifest is told with its line, its place, and what to mend in both languages; and a right one has none."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

from jingwei.connectors import BrokenManifest, check, discover
from jingwei.connectors.__main__ import main
from jingwei.hub.kit.rest import RestConnector, faults_of
from jingwei.hub.kit.rest.places import line_of, lines_of

good = """\
key = "acme"
title = { zh = "甲", en = "Acme" }
auth = { kind = "none" }
config.fields.site = { title = { zh = "站点", en = "Site" } }

[check]
path = "/me"
account = ["name"]

[choices.people]
path = "/{config.site}/people"
value = "id"
label = "name"

[defaults]
page_limit = 50
pager = { kind = "page", page = "p", size = "n" }

[streams.tasks]
title = { zh = "任务", en = "Tasks" }
path = "/{config.site}/tasks"
key = "id"
label = "name"
modified = "changed"
external_key_field = "ref"
read = { by = "time", param = "since" }
find = { param = "ref" }
create = { fields = ["name"] }
update = { path = "/tasks/{key}" }
delete = {}

[streams.tasks.fields]
id = { type = "string", zh = "号", en = "Id", read_only = true }
name = { type = "string", zh = "名", en = "Name", required = true }
who = { type = "reference", zh = "谁", en = "Who", choices_from = "people" }
changed = { type = "datetime", zh = "改", en = "Changed", format = "%Y-%m-%d %H:%M", zone = "+08:00" }
ref = { type = "string", zh = "引", en = "Ref" }
"""

wrong = [  # what is replaced by what, the place that is named, and words of the mend
    ('key = "acme"', 'key = "Acme Inc"', "key", "small letters"),
    ('key = "acme"', 'key = "acme"\ncolour = "red"', "colour", "no such name"),
    ('key = "acme"', 'key = "acme"\nadapter = "a:B"', "adapter", "leave one of them out"),
    (', en = "Acme"', "", "title.en", "needed"),
    ('kind = "none"', 'kind = "magic"', "auth.kind", "one of"),
    ('account = ["name"]', "account = []", "check.account", "not an empty one"),
    ('account = ["name"]', 'account = ["na me", 7]', "check.account.0", "names with dots"),
    ('path = "/me"', 'path = "https://evil.example/me"', "check.path", "begins with one /"),
    ('path = "/me"', 'path = "//evil.example"', "check.path", "begins with one /"),
    ('path = "/me"', 'path = "/me?x=1"', "check.path", "params"),
    ('path = "/me"', 'path = "/{key}"', "check.path", "no {key} here"),
    ('path = "/me"', 'path = "/{now()}"', "check.path", "no {now()} here"),
    ('value = "id"\n', "", "choices.people.value", "needed"),
    ("/people", "/{config.nobody}", "choices.people.path", "no nobody"),
    ("page_limit = 50", "page_limit = 1.5", "defaults.page_limit", "whole number"),
    ("page_limit = 50", "page_limit = 5", "streams.tasks.page_limit", "20 at least"),
    ("page_limit = 50", 'page_limit = 50\nread = { script = "x" }', "defaults.read.script", "no such name"),
    ('kind = "page", ', "", "defaults.pager.kind", "needed"),
    ('kind = "page"', 'kind = "scroll"', "defaults.pager.kind", "give one of"),
    ('page = "p", ', "", "streams.tasks.pager.page", "needed"),
    ('page = "p"', 'page = "p", token = "t"', "streams.tasks.pager.token", "no use of token"),
    ('kind = "page", page = "p"', 'kind = "cursor", param = "p"', "streams.tasks.pager.token", "needed"),
    ("[streams.tasks]", "[streams.Tasks]", "streams.Tasks", "small letters"),
    ('key = "id"\n', "", "streams.tasks.key", "or in defaults"),
    ('key = "id"', 'key = "number"', "streams.tasks.key", "no field number"),
    ('label = "name"\nmod', 'label = "title"\nmod', "streams.tasks.label", "no field title"),
    ('modified = "changed"', 'modified = "name"', "streams.tasks.modified", "datetime"),
    ('modified = "changed"\n', "", "streams.tasks.modified", "time of change"),
    ('external_key_field = "ref"\n', "", "streams.tasks.external_key_field", "searches by it"),
    ('by = "time"', 'by = "luck"', "streams.tasks.read.by", "give one of"),
    (', param = "since"', "", "streams.tasks.read.param", "needed"),
    ('param = "since"', 'param = "since", next = "n"', "streams.tasks.read.next", "no use of next"),
    ('param = "since"', 'param = "since", prefix = "${x}"', "streams.tasks.read.prefix", "sign"),
    ('param = "since"', 'param = "since", safe_lag = "1s"', "streams.tasks.read.safe_lag", "seconds"),
    ('by = "time", param', 'by = "sequence", path = "/c", param', "streams.tasks.read.next", "sequence of a record"),
    ('fields = ["name"]', 'fields = ["name", "colour"]', "streams.tasks.create.fields.1", "no field colour"),
    ('path = "/tasks/{key}"', 'path = "/tasks"', "streams.tasks.update.path", "needs {key}"),
    ('path = "/tasks/{key}"', 'version_header = "If Match"', "streams.tasks.update.version_header", "letters, digits"),
    ("delete = {}", "delete = {}\ndeletes = {}", "streams.tasks.deletes", "one of them"),
    ("delete = {}", 'delete = {}\ndeletes = { path = "/d", key = "id" }', "streams.tasks.deletes.param", "needed"),
    ("delete = {}", 'delete = {}\nevents = { at = "type" }', "streams.tasks.events", "verified"),
    ("delete = {}", 'delete = {}\nidempotent_create = "yes"', "streams.tasks.idempotent_create", "true or false"),
    ('name = { type = "string"', 'name = { type = "str"', "streams.tasks.fields.name.type", "give one of"),
    (', zh = "名", en = "Name"', ', zh = "名"', "streams.tasks.fields.name.en", "or in defaults"),
    ('name = { type = "string"', 'name = { type = "enum"', "streams.tasks.fields.name.choices", "an enum needs"),
    ("required = true", "required = true, read_only = true", "streams.tasks.fields.name.required", "only read"),
    ("required = true", 'required = true, zone = "UTC"', "streams.tasks.fields.name.format", "only dates"),
    ("required = true", "required = true, max_length = 0", "streams.tasks.fields.name.max_length", "whole number"),
    ('choices_from = "people"', 'choices_from = "folk"', "streams.tasks.fields.who.choices_from", "no [choices.folk]"),
    (', zone = "+08:00"', "", "streams.tasks.fields.changed.zone", "say the zone"),
    ("+08:00", "Europe/Berlin", "streams.tasks.fields.changed.zone", "fixed offset"),
    ("%Y-%m-%d %H:%M", "yyyy", "streams.tasks.fields.changed.format", "pattern with %"),
    ('id = { type = "string"', 'id = { type = "string", path = "sys.id"', "streams.tasks.fields.id.path", "at the top"),
    ("[check]", '[answers]\ncodes = { X = "ignore" }\n\n[check]', "answers.codes.X", "give one of"),
    ("[check]", '[answers]\nstatuses = { 200 = "gone" }\n\n[check]', "answers.statuses.200", "423"),
    ("[check]", "[answers]\nwait_seconds = 0\n\n[check]", "answers.wait_seconds", "seconds"),
]


def _written(folder: Path, text: str) -> Path:
    path = folder / "acme" / "manifest.toml"
    path.parent.mkdir(exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def test_a_right_manifest_has_no_faults_and_is_a_connector(tmp_path: Path) -> None:
    assert check(_written(tmp_path, good)) == []
    assert isinstance(discover(tmp_path, "nowhere")["acme"].factory(), RestConnector)


@pytest.mark.parametrize(("old", "new", "place", "mend"), wrong, ids=[f"{each[2]}-{number}" for number, each in enumerate(wrong)])
def test_a_fault_is_told_with_its_line(tmp_path: Path, old: str, new: str, place: str, mend: str) -> None:
    assert good.count(old) >= 1
    path = _written(tmp_path, good.replace(old, new, 1))
    told = check(path)
    found = [re.fullmatch(rf"{re.escape(str(path))}:(\d+): ([^ ]+): (.*) / (.*)", each) for each in told]
    assert all(found), told
    by_place = {each[2]: each for each in found if each}
    assert place in by_place, told
    assert mend in by_place[place][3]
    assert re.search("[\u4e00-\u9fff]", by_place[place][4]) or place.startswith("auth")
    line = path.read_text(encoding="utf-8").splitlines()[int(by_place[place][1]) - 1]
    shown = place.split(".")
    assert any(name in line for name in shown if not name.isdigit()), line
    with pytest.raises(BrokenManifest, match=f":{by_place[place][1]}: "):
        discover(tmp_path, "nowhere")


def test_all_faults_are_told_at_once_in_order(tmp_path: Path) -> None:
    told = check(_written(tmp_path, good.replace('"Acme"', "7").replace('"page"', '"pages"').replace('"string"', '"text?"')))
    assert len(told) == 5
    lines = [int(each.split(":")[1]) for each in told]
    assert lines == sorted(lines)


def test_broken_toml_names_its_line(tmp_path: Path) -> None:
    assert check(_written(tmp_path, 'key = "a"\ntitle = \n'))[0].startswith(f"{tmp_path}/acme/manifest.toml:2: ")


def test_the_command_prints_them_and_says_so_by_its_end(tmp_path: Path, capsys: Any) -> None:
    assert main(["check", str(_written(tmp_path, good))]) == 0
    assert main(["check", str(_written(tmp_path, good.replace('"time"', '"luck"')))]) == 1
    assert "streams.tasks.read.by" in capsys.readouterr().out
    assert main(["check", str(tmp_path / "none.toml")]) == 2
    assert main([]) == 2


@pytest.mark.parametrize("value", [None, 7, "text", [], {}, {"x": []}])
def test_no_shape_of_nonsense_is_more_than_a_fault(value: Any) -> None:
    whole = tomllib.loads(good)
    for name in ("title", "config", "answers", "check", "choices", "defaults", "streams"):
        assert faults_of({**whole, name: value}) or (name in ("config", "answers", "defaults") and value == {})
    for name in whole["streams"]["tasks"]:
        told = {**whole, "streams": {"tasks": {**whole["streams"]["tasks"], name: value}}}
        assert isinstance(faults_of(told), list)


odd = '''\
a.b = 1 # c = 2
"x.y" = """
z = 3
"""
[t."q\\u0041"] # head
list = [
  1, "]",
  { deep = 2 }, # }
]
lit = \'\'\'
[no]\'\'\'
[[rows]]
n = 1
[[rows]]
n = 2
[rows.sub]
m = 2026-01-01 10:00:00
'''


def test_the_line_of_any_place_is_found() -> None:
    tomllib.loads(odd)
    lines = lines_of(odd)
    expected: dict[tuple[str | int, ...], int] = {
        ("a", "b"): 1, ("x.y",): 2, ("t", "qA"): 5, ("t", "qA", "list"): 6, ("t", "qA", "list", 1): 7, ("t", "qA", "list", 2, "deep"): 8,
        ("t", "qA", "lit"): 10, ("rows", 0, "n"): 13, ("rows", 1, "n"): 15, ("rows", 1, "sub", "m"): 17,
    }  # fmt: skip
    assert {place: lines.get(place) for place in expected} == expected
    assert ("z",) not in lines and ("no",) not in lines and ("a", "c") not in lines
    assert line_of(lines, ("rows", 1, "gone")) == 14
    assert line_of(lines, ("nothing",)) == 1


@pytest.mark.parametrize("path", sorted(Path("src/jingwei").rglob("*.toml")) + [Path("pyproject.toml")], ids=str)
def test_every_key_of_our_own_files_has_a_line(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    lines = lines_of(text)

    def look(value: Any, place: tuple[str | int, ...]) -> None:
        assert not place or place in lines or isinstance(value, list), place
        inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
        for name, each in inside:
            look(each, (*place, name))

    look(tomllib.loads(text), ())


def test_the_example_of_the_page_is_a_right_one(tmp_path: Path) -> None:
    page = Path("docs/connector-manifest.md").read_text(encoding="utf-8")
    example = page.split("```toml\n")[1].split("```")[0]
    assert check(_written(tmp_path, example)) == []
    assert len(discover(tmp_path, "nowhere")["acme"].manifest["streams"]) == 5


def test_every_name_is_on_the_page() -> None:
    from jingwei.hub.kit.rest import schema

    page = Path("docs/connector-manifest.md").read_text(encoding="utf-8")
    tables = [schema.manifest, schema.stream, schema.answers.parts, schema.reading.parts, schema.one_field.parts, schema.pager.parts]
    tables += [each.parts for each in schema.stream.values() if hasattr(each, "parts")]
    missing = {name for table in tables for name in table if not re.search(rf"\b{name}\b", page)}
    assert missing == set()

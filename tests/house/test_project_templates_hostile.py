"""Project templates that are hostile or wrong are refused whole; large ones are long work; those that come along become projects."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import translation

from jingwei.frame.models import History, LongWork, Project
from jingwei.frame.project_templates import kept, ready, taking
from jingwei.frame.records.resource import resource
from jingwei.frame.work import longwork
from tests.house.carried import browser
from tests.house.conftest import House
from tests.house.test_api import Program
from tests.house.test_project_templates import brought, everything

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def kept_apart(settings: Any, tmp_path: Any) -> None:
    """Files of these tests lie in a folder of their own."""
    settings.MEDIA_ROOT = tmp_path


def zipped(**members: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name.replace("__", "/").replace("template_json", "template.json"), content)
    return out.getvalue()


def spoiled(change: Callable[[dict[str, Any]], Any]) -> bytes:
    data: dict[str, Any] = {
        "format": "jingwei-template", "version": 1, "project": {"name": "x"}, "people": [{"id": 1, "label": ""}], "roles": [],
        "rows": {"work.task": [{"id": 1, "name": "a"}, {"id": 2, "name": "b", "parent": 1}], "work.dependency": [{"id": 1, "predecessor": 1, "successor": 2}]},
        "edges": [], "texts": [], "files": [],
    }  # fmt: skip
    change(data)
    return json.dumps(data).encode()


def task(**values: Any) -> Callable[[dict[str, Any]], Any]:
    return lambda data: data["rows"]["work.task"][1].update(values)


hostile: dict[str, bytes] = {
    "nothing": b"", "no json": b"{", "a list": b"[]", "deep": b"[" * 100_000, "another format": b'{"format": "x", "version": 1}',
    "a later version": spoiled(lambda d: d.update(version=2)), "a version that is true": spoiled(lambda d: d.update(version=True)),
    "an unknown part": spoiled(lambda d: d.update(memberships=[])), "an unknown resource": spoiled(lambda d: d["rows"].update({"frame.user": [{"id": 1}]})),
    "an id of the database": spoiled(task(parent_id=1)), "a foreign project": spoiled(task(project=1)), "a state": spoiled(task(status="done")),
    "a key that is not there": spoiled(task(parent=77)), "a key as a text": spoiled(task(parent="1")), "a key that is true": spoiled(task(parent=True)),
    "a person that is not there": spoiled(task(assignee=9)), "a circle": spoiled(lambda d: d["rows"]["work.task"][0].update(parent=2)),
    "itself": spoiled(task(parent=2)), "two of a number": spoiled(task(id=1)), "a number below": spoiled(task(id=-1)), "rows that are none": spoiled(lambda d: d["rows"].update({"work.task": {}})),
    "100k rows": spoiled(lambda d: d["rows"].update({"work.task": [{"id": n, "name": "x"} for n in range(1, 100_001)]})),
    "a list as a name": spoiled(task(name=["x"])), "a huge number": spoiled(task(priority=10**30)), "a null byte": spoiled(task(name="\u0000")), "half a character": spoiled(task(name="\ud800")),
    "a date as a text": spoiled(task(deadline="2026-01-01")), "a far date": spoiled(task(deadline={"days": [10**9, 0]})), "an odd hour": spoiled(task(deadline={"days": [1, 0], "at": "99:99"})),
    "an unknown trace": spoiled(lambda d: d.update(edges=[{"trace": "x", "source": 1, "target": 1}])),
    "a trace to nowhere": spoiled(lambda d: d.update(edges=[{"trace": "threatens", "source": 1, "target": 1}])),
    "a file of nothing": spoiled(lambda d: d.update(files=[{"resource": "work.task", "row": 1, "name": "x", "path": "files/1"}])),
    "a zip bomb": zipped(template_json=b"0" * 300_000_000), "no template": zipped(files__1=b"x"), "another member": zipped(template_json=spoiled(lambda d: None), x=b"x"),
    "a way out": zipped(template_json=spoiled(lambda d: None), **{"files/../../x": b"x"}), "a file nobody names": zipped(template_json=spoiled(lambda d: None), files__1=b"x"),
    "no zip": b"PK\x03\x04" + b"x" * 50,
}  # fmt: skip


@pytest.mark.parametrize("content", hostile.values(), ids=hostile)
def test_a_hostile_file_is_refused_whole(content: bytes, house: House, inside: Any) -> None:
    with inside():
        before, lines = everything(), History.objects.count()
        with pytest.raises(ValidationError) as refused:
            brought(house, content)
        assert "file" in refused.value.message_dict and everything() == before and History.objects.count() == lines


@pytest.mark.parametrize(
    "change",
    [
        lambda d: d["rows"]["work.dependency"].append({"id": 2, "predecessor": 2, "successor": 1}),
        lambda d: d["rows"].update({"work.dependency": [{"id": 1, "predecessor": 1, "successor": 1}]}),
        lambda d: d["rows"].update({"work.task": [{"id": 1, "name": "a"}, {"id": 2, "name": "b"}], "work.dependency": [{"id": 1, "predecessor": 1, "successor": 2}, {"id": 2, "predecessor": 2, "successor": 1}]}),
        task(name="x" * 1000), task(name=""), task(duration_minutes=-5), task(code="! !"), task(constraint="XX"), lambda d: d["project"].update(zone="Mars/Base"),
    ],
)  # fmt: skip
def test_what_no_row_may_be_is_refused_and_nothing_is_left(change: Any, house: House, inside: Any) -> None:
    with inside():
        before = everything()
        with pytest.raises(ValidationError):
            brought(house, spoiled(change))
        assert everything() == before


@pytest.mark.parametrize("key", list(ready.registry))
@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_ready_templates_become_projects(key: str, language: str, house: House, inside: Any) -> None:
    with inside(), translation.override(language):
        result = brought(house, ready.content_of(key), name="")
        data = taking.take(result.project, house.access).data
        assert result.counts["work.task"] >= 20 and data["rows"]["risk.risk"] and data["edges"] and data["texts"] and not result.missing
        is_chinese = any("\u4e00" <= letter <= "\u9fff" for letter in json.dumps(data, ensure_ascii=False))
        assert is_chinese == (language == "zh-hans")


def large(rows: int) -> bytes:
    tasks = [{"id": 1, "name": "alles"}] + [{"id": n, "name": f"Schritt {n}", "parent": 1, "duration_minutes": 60} for n in range(2, rows + 1)]
    links = [{"id": n, "predecessor": n + 1, "successor": n + 2} for n in range(1, rows - 1)]
    return spoiled(lambda data: data["rows"].update({"work.task": tasks, "work.dependency": links}))


def test_a_large_one_is_long_work_that_ends_in_the_plan_and_can_be_taken_back(house: House, inside: Any) -> None:
    client, content = browser(house.owner), large(400)
    answer = client.post("/templates/", {"file": SimpleUploadedFile("t.json", content)})
    assert answer.status_code == 302
    page = answer["Location"]
    assert client.post(page, {"name": "Groß", "code": "BIG", "start_on": "2027-01-04"})["Location"] == page
    assert "jw-long-work" in client.get(page).content.decode()
    with inside():
        work = LongWork.objects.get(payload__kind=kept.kind)
        longwork.run(work.pk)
        work.refresh_from_db()
        assert work.status == LongWork.Status.DONE, work.message
        assert resource("work.task").model.objects.filter(project__code="BIG").count() == 400
    landed = client.get(page)
    assert landed.status_code == 302 and "/BIG/" in landed["Location"]
    assert client.post("/undo/", {"next": landed["Location"]})["Location"] == "/w/frame.project/"
    with inside():
        assert not Project.objects.filter(code="BIG").exists()
    assert browser(house.viewer).get(page).status_code == 404 and client.get(page).status_code == 404


def test_a_large_one_that_is_wrong_leaves_nothing_and_says_why(house: House, inside: Any) -> None:
    program, content = Program(house, house.owner, house.tenant), large(400).replace(b"Schritt 399", b"x" * 400)
    body = {"file": SimpleUploadedFile("t.json", content), "code": "BIG", "name": "x", "start_on": "2027-01-04"}
    answer = program.client.post("/api/v1/templates", body, headers={"Authorization": f"Bearer {program.token}"})
    assert answer.status_code == 202
    with inside():
        longwork.run(answer.json()["work"])
        work = LongWork.objects.get(pk=answer.json()["work"])
        assert work.status == LongWork.Status.FAILED and "300" in work.message and not Project.objects.filter(code="BIG").exists()


def test_links_cost_the_same_however_many(house: House, inside: Any) -> None:
    def asked(rows: int) -> int:
        with inside(), CaptureQueriesContext(connection) as caught:
            brought(house, large(rows), code=f"N{rows}")
        return len(caught)

    few = asked(20)
    assert asked(60) - few <= 4 * 40 + 5, "a look at each row that is named, and nothing that grows faster"

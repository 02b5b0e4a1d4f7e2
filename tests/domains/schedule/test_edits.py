"""Changes of the plan through the Gantt's requests: what is answered, what is refused and where, what undo brings back."""

from __future__ import annotations

import json
import re
import time
from datetime import UTC, datetime
from typing import Any

import pytest
from django.utils import translation
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from jingwei.domains.schedule import network, services
from jingwei.domains.work import services as work
from jingwei.domains.work.models import Dependency, Task
from jingwei.frame.models import History
from tests.domains.conftest import Firm

pytestmark = pytest.mark.django_db


@pytest.fixture
def plan(firm: Firm) -> dict[str, Task]:
    """Design, then build, then test; another task beside them."""
    firm.project.data_date = datetime(2026, 11, 2, 0, tzinfo=UTC)
    firm.project.save()
    tasks = {name: firm.task(name, duration_minutes=960) for name in ("设计", "开发", "测试", "培训")}
    work.dependency_save(predecessor=tasks["设计"], successor=tasks["开发"])
    work.dependency_save(predecessor=tasks["开发"], successor=tasks["测试"])
    services.project_recalculate(project_id=firm.project.pk)
    return tasks


def ask(firm: Firm, where: str, body: dict[str, Any], who: str = "manager") -> Any:
    return firm.client(who).post(f"/schedule/gantt/P1/{where}/", body, content_type="application/json")


def rows(answer: Any) -> dict[int, dict[str, Any]]:
    sheet = answer.json()["tasks"]
    return {row[0]: dict(zip(sheet["columns"], row, strict=True)) for row in sheet["rows"]}


def state() -> list[tuple[Any, ...]]:
    tasks = list(
        Task.objects.order_by("position").values_list("pk", "name", "parent_id", "wbs", "start", "finish", "constraint", "deadline", "total_float_minutes")
    )
    return [*tasks, *Dependency.objects.order_by("pk").values_list("pk", "predecessor_id", "successor_id", "type", "lag_minutes")]


def test_a_commit_answers_what_changed_and_only_that(firm: Firm, plan: dict[str, Task]) -> None:
    answer = ask(firm, "commit", {"changes": [{"task": plan["开发"].pk, "duration_minutes": 1440}]})
    assert answer.status_code == 200
    assert {plan["开发"].pk, plan["测试"].pk} <= set(rows(answer)) and plan["设计"].pk not in rows(answer)
    assert answer.json()["effect"]["moved"] == 2 and answer.json()["links"] == []


def test_a_preview_says_what_the_commit_does_and_leaves_no_trace(firm: Firm, plan: dict[str, Task]) -> None:
    body = {
        "changes": [{"task": plan["设计"].pk, "start": "2026-11-10T09:00"}],
        "links": {"add": [{"from": plan["培训"].pk, "to": plan["测试"].pk, "type": "SS"}]},
    }
    before = state()
    previewed = rows(ask(firm, "preview", body))
    assert state() == before
    committed = rows(ask(firm, "commit", body))
    assert [(pk, row["start"], row["finish"]) for pk, row in previewed.items()] == [(pk, row["start"], row["finish"]) for pk, row in committed.items()]


@pytest.mark.parametrize("kind", ["SNET", "SNLT", "FNET", "FNLT", "MSO", "MFO"])
def test_every_kind_of_constraint_takes_a_date_and_asks_for_it(firm: Firm, plan: dict[str, Task], kind: str) -> None:
    task = plan["开发"].pk
    refused = ask(firm, "commit", {"changes": [{"task": task, "constraint": kind}]})
    assert refused.status_code == 422 and refused.json()["errors"][0]["field"] == "constraint_at"
    done = ask(firm, "commit", {"changes": [{"task": task, "constraint": kind, "constraint_at": "2026-11-12T09:00", "deadline": "2026-11-20T18:00"}]})
    assert rows(done)[task]["constraint"] == kind
    assert Task.objects.get(pk=task).constraint_at == datetime(2026, 11, 12, 1, tzinfo=UTC)


def test_a_moment_with_its_offset_is_that_moment(firm: Firm, plan: dict[str, Task]) -> None:
    """What has no offset is the project's time; what has one is no other moment than it says, and its bounds are told all the same."""
    task = plan["开发"].pk
    for text, hour in (("2026-11-12T09:00", 1), ("2026-11-12T09:00+00:00", 9), ("2026-11-12T09:00Z", 9), ("2026-11-12T09:00+09:00", 0)):
        assert ask(firm, "commit", {"changes": [{"task": task, "start": text, "deadline": text}]}).status_code == 200
        assert {getattr(Task.objects.get(pk=task), name) for name in ("constraint_at", "deadline")} == {datetime(2026, 11, 12, hour, tzinfo=UTC)}, text
    for text in ("0001-01-01T00:00+14:00", "9999-12-31T23:59-14:00"):
        assert ask(firm, "commit", {"changes": [{"task": task, "start": text}]}).status_code == 422


def test_no_date_is_kept_without_a_constraint_and_none_is_invented(firm: Firm, plan: dict[str, Task]) -> None:
    ask(firm, "commit", {"changes": [{"task": plan["开发"].pk, "start": "2026-11-12T09:00"}]})
    ask(firm, "commit", {"changes": [{"task": plan["开发"].pk, "constraint": "ALAP"}]})
    plan["开发"].refresh_from_db()
    assert (plan["开发"].constraint, plan["开发"].constraint_at) == ("ALAP", None)
    assert ask(firm, "commit", {"changes": [{"task": plan["开发"].pk, "constraint": "WHEN"}]}).json()["errors"][0]["field"] == "constraint"


def test_a_removed_task_comes_back_although_somebody_has_typed_its_code(firm: Firm, plan: dict[str, Task]) -> None:
    last = plan["培训"]
    removed = ask(firm, "commit", {"tasks": {"remove": [last.pk]}})
    assert firm.task("跟踪系统里新建").code == "T-005", "the number of a removed task is not given again"
    newcomer = firm.task("手工编号", code=last.code)
    undone = ask(firm, "undo", {"undo": removed.json()["undo"]})
    assert undone.status_code == 200, undone.content
    last.refresh_from_db()
    assert last.name == "培训" and last.code not in ("", newcomer.code)


def test_an_undo_that_no_text_can_name_is_answered_as_one_that_is_not_there(firm: Firm, plan: dict[str, Task]) -> None:
    for odd in ("\0", "no such"):
        assert ask(firm, "undo", {"undo": odd}).status_code in (404, 409), odd


def test_a_new_task_stands_below_and_can_be_undone(firm: Firm, plan: dict[str, Task]) -> None:
    before = state()
    answer = ask(firm, "commit", {"tasks": {"add": [{"after": plan["设计"].pk, "name": "评审"}]}})
    [made] = answer.json()["made"]
    assert rows(answer)[made]["wbs"] == "2" and rows(answer)[plan["开发"].pk]["wbs"] == "3"
    undone = ask(firm, "undo", {"undo": answer.json()["undo"]})
    assert undone.json()["removed"] == [made] and state() == before


def test_a_removed_task_comes_back_with_its_links(firm: Firm, plan: dict[str, Task]) -> None:
    before = state()
    answer = ask(firm, "commit", {"tasks": {"remove": [plan["开发"].pk]}})
    assert answer.json()["removed"] == [plan["开发"].pk] and len(answer.json()["links_removed"]) == 2
    undone = ask(firm, "undo", {"undo": answer.json()["undo"]})
    assert undone.status_code == 200 and len(undone.json()["links"]) == 2
    assert state() == before


def test_an_engineer_changes_but_removes_nothing(firm: Firm, plan: dict[str, Task]) -> None:
    body = {"tasks": {"remove": [plan["培训"].pk]}}
    assert ask(firm, "commit", body, "engineer").status_code == 403
    assert ask(firm, "commit", {"changes": [{"task": plan["培训"].pk, "percent": 10}]}, "engineer").status_code == 200
    assert ask(firm, "commit", body, "viewer").status_code == 403


def test_what_others_write_in_between_is_seen_by_the_next_calculation(firm: Firm, plan: dict[str, Task]) -> None:
    """Given a plan kept by the process, when rows change behind its back, then the next calculation has them (prints tell)."""
    network.load(firm.project)
    Task.objects.filter(pk=plan["设计"].pk).update(duration_minutes=4800)
    Dependency.objects.filter(predecessor=plan["开发"]).delete()
    loaded = network.load(firm.project)
    assert loaded.rows[plan["设计"].pk]["duration_minutes"] == 4800 and len(loaded.links) == 1
    assert network.calculate(loaded)[plan["设计"].pk].duration_minutes == 4800


def test_history_of_many_after_a_change_of_one_is_quick(firm: Firm) -> None:
    """Given a session whose first change was one row, when three thousand change, then noting that takes no nested loop."""
    tasks = work.tasks_save(rows=[(None, {"project": firm.project, "name": f"任务 {n}"}) for n in range(3000)])
    Task.objects.filter(pk=tasks[0].pk).update(duration_minutes=60)
    began = time.perf_counter()
    Task.objects.filter(project=firm.project).update(duration_minutes=120)
    assert time.perf_counter() - began < 60, "the nested loop took minutes"
    assert History.objects.filter(resource="work.task", action="U", after__duration_minutes=120).count() == 3000


def test_baselines_are_read_one_by_one(firm: Firm, plan: dict[str, Task]) -> None:
    first = services.baseline_take(project=firm.project, name="一")
    ask(firm, "commit", {"changes": [{"task": plan["设计"].pk, "duration_minutes": 4800}]})
    services.baseline_take(project=firm.project, name="二")
    client = firm.client("viewer")
    answer = client.get("/schedule/gantt/P1/data/").json()
    assert [each["name"] for each in answer["project"]["baselines"]] == ["二", "一"]
    kept = {row[0]: row[3] for row in client.get(f"/schedule/gantt/P1/baselines/{first.pk}/").json()["rows"]}
    assert kept[plan["设计"].pk] == 960
    assert client.get("/schedule/gantt/P1/baselines/999999/").status_code == 404


def test_a_baseline_of_a_name_that_is_there_is_told_beside_the_picture(firm: Firm, plan: dict[str, Task]) -> None:
    client = firm.client("manager")
    for words in ("", "There is a baseline of this name already"):
        page = client.post("/schedule/gantt/P1/baseline/", {"name": "首次"}, follow=True, headers={"Accept-Language": "en"})
        assert page.status_code == 200 and words in page.text


def test_the_picture_keeps_a_baseline_under_the_name_it_asked_for(firm: Firm, plan: dict[str, Task]) -> None:
    client = firm.client("manager")
    kept = client.post("/schedule/gantt/P1/baseline/", {"name": " 第一版 "}, content_type="application/json")
    assert kept.status_code == 200 and kept.json()["name"] == "第一版"
    for wrong in ({"name": "第一版"}, {"name": ""}):
        refused = client.post("/schedule/gantt/P1/baseline/", wrong, content_type="application/json")
        assert refused.status_code == 422 and refused.json()["errors"][0]["message"]
    assert client.post("/schedule/gantt/P1/baseline/", b"[", content_type="application/json").status_code == 404


pythons = re.compile(r"NoneType|object (is|has)|attribute|not iterable|unhashable|int\(\)|Expecting|literal|KeyError|%\(")


def is_refused_in_words(answer: Any) -> bool:
    return answer.status_code == 422 and all(each["field"] and each["message"] and not pythons.search(each["message"]) for each in answer.json()["errors"])


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"links": {"add": [{"predecessor": 1, "successor": 2}]}}, "links.add[0].from"),
        ({"links": {"add": [{"from": True, "to": 2}]}}, "links.add[0].from"),
        ({"links": {"add": 5}}, "links.add"),
        ({"links": []}, "links"),
        ({"tasks": {"remove": [None]}}, "tasks.remove[0]"),
        ({"tasks": {"add": [{"name": {}}]}}, "tasks.add[0].name"),
        ({"tasks": {"add": [{"name": "x", "after": "before"}]}}, "tasks.add[0].after"),
        ({"changes": None, "tasks": 1}, "tasks"),
        ({"changes": [{"name": "x"}]}, "changes[0].task"),
        ({"changes": [{"task": 1}, []]}, "changes[1]"),
        ({"changes": [{"task": 1, "start": 5}]}, "changes[0].start"),
        ({"changes": [{"task": 1, "start": "2026-13-01T09:00"}]}, "changes[0].start"),
        ({"changes": [{"task": 1, "start": "9999-12-01T09:00"}]}, "changes[0].start"),
        ({"changes": [{"task": 1, "deadline": "0001-01-01T00:00"}]}, "changes[0].deadline"),
        ({"changes": [{"task": 1, "name": ["x"]}]}, "changes[0].name"),
        ({"changes": [{"task": 1, "version": "x"}]}, "changes[0].version"),
        ([], "changes"),
        (None, "changes"),
    ],
)
def test_what_has_another_shape_is_refused_at_its_place(firm: Firm, en: None, body: Any, field: str) -> None:
    for where in ("preview", "commit"):
        answer = ask(firm, where, json.dumps(body))  # type: ignore[arg-type]
        assert is_refused_in_words(answer) and [each["field"] for each in answer.json()["errors"]] == [field], answer.content


@pytest.mark.parametrize("value", [1e300, True, float("nan"), -1e300, "much"])
def test_what_is_no_duration_is_said_with_its_value(firm: Firm, plan: dict[str, Task], value: Any) -> None:
    answer = ask(firm, "commit", {"changes": [{"task": plan["开发"].pk, "duration_minutes": value}]})
    assert is_refused_in_words(answer) and str(value)[:3] in answer.json()["errors"][0]["message"]


values = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.sampled_from(["FS", "SNET", "2026-11-12T09:00", "3d", 10**30])
fields = st.sampled_from(
    ["task", "start", "version", "deadline", "constraint", "constraint_at", "duration_minutes", "percent", "name", "is_milestone", "assignee", "calendar", "parent", "after"]
)  # fmt: skip
odd = st.recursive(values, lambda inner: st.lists(inner, max_size=2) | st.dictionaries(fields | st.sampled_from(["from", "to", "add", "remove"]), inner, max_size=2), max_leaves=4)  # fmt: skip


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_no_request_of_any_shape_is_an_error_of_the_server(firm: Firm, plan: dict[str, Task], data: st.DataObject) -> None:
    """Payloads that are nearly right, each with something odd in it: done, or refused in words."""
    task = st.sampled_from([each.pk for each in plan.values()]) | odd
    change = st.dictionaries(fields, odd, max_size=3).flatmap(lambda more: st.builds(lambda pk: {"task": pk} | more, task)) | odd
    link = st.fixed_dictionaries({"from": task, "to": task}, optional={"type": odd, "lag_minutes": odd}) | odd
    both = {"add": st.lists(link, max_size=2) | odd, "remove": st.lists(odd, max_size=2) | odd}
    new = {"add": st.lists(st.fixed_dictionaries({"name": odd}, optional={"after": task}) | odd, max_size=2) | odd, "remove": st.lists(task, max_size=1) | odd}
    body = data.draw(
        st.fixed_dictionaries({}, optional={"changes": st.lists(change, max_size=2) | odd, "links": st.fixed_dictionaries({}, optional=both) | odd, "tasks": st.fixed_dictionaries({}, optional=new) | odd}) | odd
    )  # fmt: skip
    with translation.override("en"):
        answer = ask(firm, "preview", json.dumps(body))  # type: ignore[arg-type]
    assert answer.status_code in (200, 403, 409) or is_refused_in_words(answer), (answer.status_code, answer.content)


def test_the_picture_names_people_as_forms_do(firm: Firm, plan: dict[str, Task]) -> None:
    client, task = firm.client("manager"), plan["设计"]
    answer = client.post("/schedule/gantt/P1/commit/", {"changes": [{"task": task.pk, "assignee": "wg"}]}, content_type="application/json")
    assert answer.status_code == 200, answer.text
    assert Task.objects.get(pk=task.pk).assignee.name == "吴刚"  # type: ignore[union-attr]
    refused = client.post("/schedule/gantt/P1/commit/", {"changes": [{"task": task.pk, "assignee": "谁也不是"}]}, content_type="application/json")
    assert refused.status_code == 422 and refused.json()["errors"][0]["field"] == "assignee"

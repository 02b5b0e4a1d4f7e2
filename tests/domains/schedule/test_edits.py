"""Changes of the plan through the Gantt's requests: what is answered, what is refused and where, what undo brings back."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Any

import pytest

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


def test_no_date_is_kept_without_a_constraint_and_none_is_invented(firm: Firm, plan: dict[str, Task]) -> None:
    ask(firm, "commit", {"changes": [{"task": plan["开发"].pk, "start": "2026-11-12T09:00"}]})
    ask(firm, "commit", {"changes": [{"task": plan["开发"].pk, "constraint": "ALAP"}]})
    plan["开发"].refresh_from_db()
    assert (plan["开发"].constraint, plan["开发"].constraint_at) == ("ALAP", None)
    assert ask(firm, "commit", {"changes": [{"task": plan["开发"].pk, "constraint": "WHEN"}]}).json()["errors"][0]["field"] == "constraint"


def test_a_removed_task_comes_back_although_its_code_was_given_again(firm: Firm, plan: dict[str, Task]) -> None:
    last = plan["培训"]
    removed = ask(firm, "commit", {"tasks": {"remove": [last.pk]}})
    newcomer = firm.task("跟踪系统里新建")
    assert newcomer.code == last.code, "the highest number was free again"
    undone = ask(firm, "undo", {"undo": removed.json()["undo"]})
    assert undone.status_code == 200, undone.content
    last.refresh_from_db()
    assert last.name == "培训" and last.code not in ("", newcomer.code)


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

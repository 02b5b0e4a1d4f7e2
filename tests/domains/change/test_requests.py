"""Change requests: the stranger first; the effect is frozen; another person decides, on fresh figures; carried out the plan moves and has a new baseline."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied

from jingwei.domains.change import queries, services
from jingwei.domains.change.models import ChangeRequest
from jingwei.domains.change.reports import requests_told
from jingwei.domains.cost import services as cost
from jingwei.domains.cost.models import Line
from jingwei.domains.schedule import queries as schedule_queries
from jingwei.domains.schedule import services as schedule
from jingwei.domains.work import services as work
from jingwei.domains.work.models import Task
from jingwei.frame import scope
from jingwei.frame.approvals.voting import vote
from jingwei.frame.models import History
from jingwei.frame.records import commands, undo
from jingwei.frame.records.report import Asked
from jingwei.frame.records.resource import resource
from tests.domains.conftest import Firm, refuses

pytestmark = pytest.mark.django_db


@pytest.fixture
def chain(firm: Firm) -> Firm:
    """Development, then a milestone with a deadline; the work is paid; a what-if makes it two days longer."""
    first, milestone = firm.task("开发", duration_minutes=2400), firm.task("验收", is_milestone=True)
    work.dependency_save(predecessor=first, successor=milestone)
    cost.line_save(project=firm.project, number="P", account="labour", kind="planned", description="人工", amount=Decimal(1000), period="2026-11", task=first)
    firm.project.data_date = datetime(2026, 11, 2, 1, tzinfo=UTC)
    firm.project.save()
    schedule.project_recalculate(project_id=firm.project.pk)
    found = Task.objects.get(pk=milestone.pk)
    work.task_save(instance=found, deadline=found.finish)
    return firm


def proposed(firm: Firm, by: str = "engineer") -> ChangeRequest:
    """Two days more for the development, asked for by somebody."""
    with firm.acting(by):
        return services.request_propose(project=firm.project, title="开发延长", changes={str(Task.objects.get(name="开发").pk): {"duration_minutes": 3360}})


def done(firm: Firm, by: str, verb: str, made: ChangeRequest, **values: Any) -> ChangeRequest:
    """A step by somebody; what is decided is voted on, and one voice decides while nothing else is said."""
    with firm.acting(by):
        if verb in ("approve", "reject"):
            vote(resource("change.changerequest"), made, "yes" if verb == "approve" else "no", firm.rights(by), word=values.get("decision", ""))
            return ChangeRequest.objects.get(pk=made.pk)
        return commands.act(resource("change.changerequest"), verb, made, values, firm.rights(by))  # type: ignore[no-any-return]


def test_the_stranger_and_those_without_the_right(chain: Firm) -> None:
    made = proposed(chain)
    for address in ("/changes/P1/", f"/changes/P1/{made.pk}/"):
        assert chain.client("stranger").get(address).status_code == 404
        assert chain.client("crew").get(address).status_code == 403
    assert chain.client("viewer").post(f"/changes/P1/{made.pk}/act/", {"verb": "submit"}).status_code == 403
    done(chain, "engineer", "submit", made)
    for who in ("engineer", "viewer", "finance"):
        with pytest.raises(PermissionDenied):
            done(chain, who, "approve", made)


def test_the_effect_is_calculated_and_frozen(chain: Firm) -> None:
    made = proposed(chain)
    effect = made.effect
    assert (made.code, made.status, effect["delta_minutes"], effect["cost_now"], effect["cost_then"]) == ("CR-1", "assessed", 960, "1000.00", "1400.00")
    assert (effect["endangered_now"], effect["endangered_then"], effect["float_then"]) == ([], ["验收"], -960)
    assert [(row["name"], row["minutes_now"], row["minutes_then"]) for row in effect["touched"]] == [("开发", 2400, 3360)]
    assert Task.objects.get(name="开发").duration_minutes == 2400, "nothing is written"
    assert not queries.is_stale(made, queries.effect_of(made))


def test_proposed_approved_by_another_and_carried_out(chain: Firm) -> None:
    made = proposed(chain, "manager")
    done(chain, "manager", "submit", made)
    with refuses(text="另一人"):
        done(chain, "manager", "approve", made)
    done(chain, "owner", "approve", made)
    with refuses():
        done(chain, "owner", "reject", made, decision="晚了")
    kept = done(chain, "manager", "implement", made)
    assert kept.status == "implemented" and Task.objects.get(name="开发").duration_minutes == 3360
    assert Task.objects.get(name="验收").finish == datetime.fromisoformat(made.effect["finish_then"])
    baseline = schedule_queries.current_baseline(chain.project.pk)
    assert baseline is not None and baseline.name == "CR-1 开发延长"
    line = History.objects.filter(resource="work.task", object_id=Task.objects.get(name="开发").pk, action="U").order_by("-pk")
    assert any("CR-1" in each.reason for each in line) and not any("开发延长" in each.reason for each in line), "its title is for those who may read it"
    done(chain, "manager", "verify", made)
    assert done(chain, "manager", "close", made).status == "closed"


def test_who_rewrote_or_submitted_it_does_not_decide(chain: Firm) -> None:
    made = proposed(chain)
    with chain.acting("manager"):
        made = commands.change(resource("change.changerequest"), made, {"title": "另一件事"}, chain.rights("manager"))
    done(chain, "engineer", "submit", made)
    with refuses(text="另一人"):
        done(chain, "manager", "approve", made)
    other = done(chain, "owner", "submit", proposed(chain))
    with refuses(text="另一人"):
        done(chain, "owner", "approve", other)
    assert done(chain, "manager", "approve", other).status == "approved"


def test_stale_figures_are_assessed_again_before_approval(chain: Firm) -> None:
    made = proposed(chain)
    done(chain, "engineer", "submit", made)
    work.task_save(instance=Task.objects.get(name="开发"), duration_minutes=2880)
    assert 'id="stale"' in chain.client("manager").get(f"/changes/P1/{made.pk}/").content.decode()
    with refuses(text="重新评估"):
        done(chain, "manager", "approve", made)
    assert done(chain, "manager", "assess", made).status == "submitted"
    kept = done(chain, "manager", "approve", made)
    assert (kept.status, kept.effect["delta_minutes"]) == ("approved", 480)


def test_dearer_work_makes_the_figures_stale_and_a_small_shift_of_money_does_not(chain: Firm) -> None:
    made = proposed(chain)
    line = {"project": chain.project, "account": "labour", "kind": "planned", "description": "人工", "period": "2026-11", "task": Task.objects.get(name="开发")}
    cost.line_save(number="P2", amount=Decimal(20), **line)
    assert not queries.is_stale(made, queries.effect_of(made))
    cost.line_save(number="P3", amount=Decimal(200), **line)
    assert queries.is_stale(made, queries.effect_of(made))


def test_refused_steps_and_changes(chain: Firm) -> None:
    made, task = proposed(chain), Task.objects.get(name="开发")
    for verb in ("approve", "implement", "verify", "close"):
        with refuses():
            done(chain, "manager", verb, made)
    done(chain, "engineer", "submit", made)
    with refuses("word"):
        done(chain, "manager", "reject", made, decision=" ")
    assert done(chain, "manager", "defer", made, decision="等下周").status == "deferred"
    with refuses("changes"):
        services.request_save(instance=made, changes=[])
    for wrong in (
        {"x": {}},
        {str(task.pk).translate({ord(str(n)): chr(0xFF10 + n) for n in range(10)}): {"duration_minutes": 1}},
        {"9" * 5000: {"duration_minutes": 1}},
        {str(task.pk): {}},
        {str(task.pk): {"name": "x"}},
        {str(task.pk): {"duration_minutes": -1}},
        {str(task.pk): {"not_before": "soon"}},
    ):
        with refuses("changes"):
            chain.changed(made, changes=wrong)
    made = ChangeRequest.objects.get(pk=made.pk)
    chain.changed(made, changes={str(task.pk): {"duration_minutes": 2880}})
    made.refresh_from_db()
    assert (made.status, made.effect) == ("draft", {}), "other changes need a new assessment"


def test_a_what_if_is_proposed_by_those_who_may_not_decide(chain: Firm) -> None:
    scenario = schedule.scenario_make(project=chain.project, name="晚两天")
    schedule.scenario_change(instance=scenario, task_id=Task.objects.get(name="开发").pk, duration_minutes=3360)
    engineer, manager, what_if = chain.client("engineer"), chain.client("manager"), f"/schedule/what-if/P1/{scenario.pk}/"
    assert f"{what_if}apply/" in manager.get(what_if).content.decode() and f"{what_if}apply/" not in engineer.get(what_if).content.decode()
    assert engineer.post(f"{what_if}apply/").status_code == 403 and Task.objects.get(name="开发").duration_minutes == 2400
    assert "change-offer" in engineer.get(f"/changes/P1/what-if/{scenario.pk}/").content.decode()
    assert chain.client("viewer").get(f"/changes/P1/what-if/{scenario.pk}/").content == b""
    assert chain.client("viewer").post(f"/changes/P1/what-if/{scenario.pk}/propose/").status_code == 403
    address = engineer.post(f"/changes/P1/what-if/{scenario.pk}/propose/")["Location"]
    page = engineer.get(address).content.decode()
    assert 'data-difference="finish">+2' in page and "+¥400.00" in page
    engineer.post(f"{address}act/", {"verb": "submit"})
    page = engineer.get(address).content.decode()
    assert 'id="other"' in page and 'value="yes"' not in page
    assert 'value="yes"' in manager.get(address).content.decode()
    manager.post(f"/w/change.changerequest/{ChangeRequest.objects.get().pk}/vote/", {"choice": "yes"})
    manager.post(f"{address}act/", {"verb": "implement"})
    assert Task.objects.get(name="开发").duration_minutes == 3360 and ChangeRequest.objects.get().status == "implemented"
    assert manager.post(f"{address}act/", {"verb": "nothing"}).status_code == 404


def test_sent_twice_it_is_one_request(chain: Firm) -> None:
    first, again = proposed(chain), proposed(chain)
    assert first.pk == again.pk and ChangeRequest.objects.count() == 1
    done(chain, "engineer", "submit", first)
    done(chain, "manager", "reject", first, decision="太晚")
    assert proposed(chain).pk != first.pk, "what was refused may be asked for anew"


def test_what_cannot_be_carried_out_any_more_is_not_stuck(chain: Firm) -> None:
    made = proposed(chain)
    done(chain, "engineer", "submit", made)
    done(chain, "manager", "approve", made)
    work.task_remove(instance=Task.objects.get(name="开发"))
    with refuses("task"):
        done(chain, "manager", "implement", made)
    assert done(chain, "manager", "defer", made, decision="任务已删除").status == "deferred"
    assert done(chain, "engineer", "assess", made).effect["missing"], "the figures say what is gone"


def test_programs_read_the_effect_without_the_money(chain: Firm) -> None:
    made = proposed(chain)
    told = requests_told(chain.project, Asked())["requests"][0]
    assert told["code"] == made.code and told["effect"]["delta_minutes"] == 960 and not any("cost" in name for name in told["effect"])


def test_what_a_change_costs_is_told_by_no_way_to_who_may_not_see_costs(chain: Firm) -> None:
    """Given an assessed request, when it, its history or its list is asked for, then only the report and the page tell its effect, by right."""
    request = proposed(chain)
    with chain.acting("engineer"):
        commands.act(resource("change.changerequest"), "assess", request, {}, chain.rights("engineer"))
    request.refresh_from_db()
    assert Decimal(request.effect["cost_now"]) > 0
    client = chain.client("viewer")
    for path in (f"/api/v1/change.changerequest/{request.pk}", f"/api/v1/change.changerequest/{request.pk}/history", "/api/v1/change.changerequest/"):
        answer = client.get(path)
        assert answer.status_code == 200 and "cost_" not in answer.text, path
    assert "cost_" not in client.get(f"/w/change.changerequest/{request.pk}/").text
    asked = client.post("/api/v1/graphql", {"query": "{changeChangerequestList{items{code effect}}}"}, content_type="application/json")
    assert "cost_" not in asked.text


def test_what_somebody_was_asked_to_decide_on_stays_on_record(chain: Firm) -> None:
    requests = resource("change.changerequest")

    def remove(made: ChangeRequest) -> None:
        with chain.acting("manager"):
            commands.remove(requests, ChangeRequest.objects.get(pk=made.pk), chain.rights("manager"))

    made = proposed(chain)
    done(chain, "engineer", "submit", made)
    with refuses(text="不能删除"):
        remove(made)
    done(chain, "manager", "defer", made, decision="等合同")
    with refuses(text="不能删除"):
        remove(made)
    done(chain, "engineer", "assess", made)
    with refuses(text="不能删除"):
        remove(made)
    done(chain, "engineer", "submit", made)
    done(chain, "manager", "approve", made)
    for _ in range(2):
        with refuses(text="不能删除"):
            remove(made)
        if made.refresh_from_db() is None and made.status == "approved":
            done(chain, "manager", "implement", made)
    with chain.acting("engineer"):
        draft = services.request_save(project=chain.project, title="想法", reason="", kind="schedule")
    remove(draft)
    assert list(ChangeRequest.objects.values_list("pk", flat=True)) == [made.pk]


def test_an_edit_that_threw_it_back_is_undone_and_a_step_is_not(chain: Firm) -> None:
    made, task = proposed(chain), str(Task.objects.get(name="开发").pk)
    rights = chain.rights("owner")
    with chain.acting("owner"):
        with scope.because(trace="edit"):
            commands.change(resource("change.changerequest"), made, {"changes": {task: {"duration_minutes": 2880}}}, rights)
        assert undo.undo("edit", rights) == []
        made.refresh_from_db()
        assert (made.status, made.changes) == ("draft", {task: {"duration_minutes": 3360}})
        with scope.because(trace="step"):
            commands.act(resource("change.changerequest"), "assess", made, {}, rights)
        (left,) = undo.undo("step", rights)
        assert "不能撤销" in left
        made.refresh_from_db()
        assert made.status == "assessed"


def test_a_step_is_taken_with_the_request_as_it_was_shown(firm: Firm) -> None:
    """Given a page opened before somebody wrote another reason, when its button is pressed, then nothing is done and the page shows what is there now."""
    kept = firm.made("change.changerequest", title="更长", reason="甲")
    seen = kept.version
    kept = firm.changed(kept, reason="乙已改")
    client, address = firm.client("manager"), f"/changes/P1/{kept.pk}/"
    assert f'name="version" value="{kept.version}"' in client.get(address).content.decode()
    answer = client.post(f"{address}act/", {"verb": "assess", "version": seen})
    html = answer.content.decode()
    assert answer.status_code == 409 and "乙已改" in html and "其间已有人修改" in html
    assert ChangeRequest.objects.get(pk=kept.pk).version == kept.version
    assert client.post(f"{address}act/", {"verb": "assess", "version": kept.version}).status_code == 302


def test_a_request_with_a_new_task_is_assessed_decided_and_carried_out(chain: Firm) -> None:
    first, milestone = Task.objects.get(name="开发"), Task.objects.get(name="验收")
    new = {"name": "复测", "duration_minutes": 960, "after": [first.pk], "before": [milestone.pk]}
    with chain.acting("engineer"):
        made = services.request_propose(project=chain.project, title="加一轮复测", changes={"new-1": new})
    assert made.effect["delta_minutes"] == 960 and made.effect["touched"] == []
    assert [(row["name"], row["minutes"], row["after"], row["before"]) for row in made.effect["added"]] == [("复测", 960, ["开发"], ["验收"])]
    assert queries.changes_told(made.changes, made.project_id) == [f"新任务 复测：2 天, 在 {first.code} 开发 之后, 在 {milestone.code} 验收 之前"]
    page = chain.client("owner").get(f"/changes/P1/{made.pk}/").content.decode()
    assert 'id="added"' in page and "复测" in page
    done(chain, "engineer", "submit", made)
    assert not queries.is_stale(made, queries.effect_of(made))
    done(chain, "owner", "approve", made)
    done(chain, "manager", "implement", made)
    task = Task.objects.get(name="复测")
    assert task.finish == datetime.fromisoformat(made.effect["finish_then"]) == Task.objects.get(name="验收").finish
    line = History.objects.filter(resource="work.task", object_id=task.pk, action="I").get()
    assert "CR-1" in line.reason


def test_what_a_new_task_must_be(chain: Firm) -> None:
    good = {"name": "复测", "duration_minutes": 960}
    for wrong in ({"name": " "}, {"duration_minutes": -1}, {"duration_minutes": True}, {"after": [10**9]}, {"after": "1"}, {"assignee": 10**9}, {"percent": 5}):
        with refuses("changes"):
            schedule.checked_changes(chain.project, {"new-1": good | wrong})
    for key in ("new-0", "new-", "new-x", "neu-1"):
        with refuses("changes"):
            schedule.checked_changes(chain.project, {key: good})


def test_money_of_a_request_is_told_to_the_cent_however_great(firm: Firm) -> None:
    for number, amount in (("A", "1000000000000000.10"), ("B", "0.03")):
        cost.line_save(project=firm.project, number=number, account="other", kind="planned", description="d", amount=Decimal(amount), period="2026-11")
    extra = [{"account": "other", "amount": amount, "description": "d"} for amount in ("0.01", "0.05")]
    with firm.acting("manager"):
        made = services.request_propose(project=firm.project, title="t", changes={}, costs=extra)
    assert (made.effect["cost_now"], made.effect["cost_then"]) == ("1000000000000000.13", "1000000000000000.19")


def test_money_of_a_request_is_frozen_and_becomes_planned_cost(chain: Firm) -> None:
    money = {"account": "material", "amount": "500.00", "description": "备件"}
    with chain.acting("engineer"):
        made = services.request_propose(project=chain.project, title="备件", changes={}, costs=[money])
        assert services.request_propose(project=chain.project, title="备件", changes={}, costs=[money]).pk == made.pk
    assert Decimal(made.effect["cost_then"]) - Decimal(made.effect["cost_now"]) == 500
    owner, engineer = (chain.client(name).get(f"/changes/P1/{made.pk}/").content.decode() for name in ("owner", "engineer"))
    assert "备件</td><td>" in owner and "¥500.00" in owner
    if not chain.rights("engineer").allows("cost.line.view", chain.project.pk):
        assert "¥500.00" not in engineer
    answer = chain.client("owner").get(f"/api/v1/change.changerequest/{made.pk}/").content.decode()
    assert "500.00" not in answer, "whoever may see requests need not see costs"
    done(chain, "engineer", "submit", made)
    done(chain, "owner", "approve", made)
    done(chain, "manager", "implement", made)
    line = Line.objects.get(number="CR-1/1")
    assert (line.kind, line.account, line.amount, line.description) == ("planned", "material", Decimal(500), "备件")

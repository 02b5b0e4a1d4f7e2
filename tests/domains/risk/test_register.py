"""The register: the stranger first; steps in order; impacts on the project's own work; the matrix, EMV and overdue reviews on the page."""

from __future__ import annotations

import re
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.utils import timezone

from jingwei.domains.directory.models import Person
from jingwei.domains.risk import queries, services
from jingwei.domains.risk.models import Risk
from jingwei.domains.risk.pages import matrix_of
from jingwei.domains.work import services as work
from jingwei.frame import commands
from jingwei.frame.resource import resource
from tests.domains.conftest import Firm, refuses

pytestmark = pytest.mark.django_db


def risk_of(firm: Firm, code: str = "R-1", **values: Any) -> Risk:
    """One more risk of the project."""
    return services.risk_save(project=values.pop("project", firm.project), code=code, title=f"风险 {code}", **values)


def test_the_stranger_and_the_viewer_are_refused(firm: Firm) -> None:
    made = risk_of(firm)
    assert firm.client("stranger").get("/risks/P1/").status_code == 404
    assert firm.client("crew").get("/risks/P1/").status_code == 403
    with firm.acting("viewer"), pytest.raises(PermissionDenied):
        commands.act(resource("risk.risk"), "assess", made, {}, firm.rights("viewer"))
    with firm.acting("engineer"), pytest.raises(PermissionDenied):
        commands.act(resource("risk.risk"), "close", made, {}, firm.rights("engineer"))
    assert firm.client("viewer").get("/risks/P1/").status_code == 200


def test_the_steps_are_taken_in_order(firm: Firm, en: None) -> None:
    made = risk_of(firm)
    with refuses(text="is “Identified”; this step is possible from: Response planned"):
        services.risk_monitor(instance=made)
    services.risk_assess(instance=made)
    with refuses("strategy"):
        services.risk_plan(instance=made, strategy="", response="")
    with refuses("response"):
        services.risk_plan(instance=made, strategy="mitigate", response=" ")
    with refuses(text="owner"):
        services.risk_plan(instance=made, strategy="mitigate", response="加人")
    services.risk_save(instance=made, owner=Person.objects.get())
    services.risk_plan(instance=made, strategy="mitigate", response="加人")
    services.risk_monitor(instance=made)
    services.risk_occur(instance=made)
    with refuses(text="“Occurred”"):
        services.risk_occur(instance=made)
    services.risk_close(instance=made)
    with refuses(text="closed"):
        services.risk_save(instance=made, title="改")
    assert services.risk_reopen(instance=made).status == "assessed"


def test_the_residual_probability_counts_once_the_response_is_in_place(firm: Firm) -> None:
    made = risk_of(firm, probability=80, impact=4, residual_probability=20, cost_low=Decimal(1000), cost_likely=Decimal(1000), cost_high=Decimal(1000))
    assert (made.score, made.residual_score, made.severity) == (20, 8, "high")
    assert (made.probability_now, made.emv_amount, made.emv_now_amount) == (80, Decimal("800.00"), Decimal("800.00"))
    made.status = Risk.Status.MONITORING
    assert (made.probability_now, made.emv_amount, made.emv_now_amount) == (20, Decimal("800.00"), Decimal("200.00"))
    made.status = Risk.Status.CLOSED
    assert (made.probability_now, made.emv_now_amount) == (0, 0)


def test_an_impact_names_work_of_the_project_with_delays_in_order(firm: Firm) -> None:
    made, task, other = risk_of(firm), firm.task("联调"), firm.task("别处", project=firm.second)
    above = firm.task("阶段")
    firm.task("下级", parent=above)
    above.refresh_from_db()
    with refuses("task"):
        services.impact_save(risk=made, task=other)
    with refuses("task"):
        services.impact_save(risk=made, task=above)
    for wrong in ((960, 480, 960), (0, 960, 480)):
        with refuses("delay_likely_minutes"):
            services.impact_save(risk=made, task=task, delay_low_minutes=wrong[0], delay_likely_minutes=wrong[1], delay_high_minutes=wrong[2])
    services.impact_save(risk=made, task=task)
    with refuses("task"):
        services.impact_save(risk=made, task=task)
    with refuses("cost_likely"):
        services.risk_save(instance=made, cost_low=Decimal(5))


def test_the_form_writes_and_drops_impacts(firm: Firm) -> None:
    first, second = firm.task("一"), firm.task("二")
    rights, rows = firm.rights("manager"), resource("risk.risk")
    line = {"delay_low_minutes": 0, "delay_likely_minutes": 60, "delay_high_minutes": 120}
    with firm.acting("manager"):
        values = {"project": firm.project.pk, "code": "R-9", "title": "T", "impacts": [{"task": first.code, **line}, {"task": second.code, **line}]}
        made = commands.create(rows, values, rights)
        assert [row.task_id for row in made.impacts.order_by("pk")] == [first.pk, second.pk]
        kept = made.impacts.get(task=second)
        commands.change(rows, made, {"impacts": [{"id": kept.pk, "task": first.code, **line}]}, rights)
        assert [(row.pk, row.task_id) for row in made.impacts.all()] == [(kept.pk, first.pk)]


def test_only_open_risks_on_known_work_are_events(firm: Firm) -> None:
    task, gone = firm.task("联调"), firm.task("已完成")
    made = risk_of(firm, probability=25, cost_low=Decimal(1), cost_likely=Decimal(2), cost_high=Decimal(3))
    services.impact_save(risk=made, task=task, delay_low_minutes=60, delay_likely_minutes=60, delay_high_minutes=60)
    services.impact_save(risk=made, task=gone)
    risk_of(firm, "R-2")  # neither delays nor costs
    services.risk_occur(instance=risk_of(firm, "R-3", cost_high=Decimal(9)))
    events, left_out = queries.risk_events(firm.project.pk, {task.pk})
    assert left_out == 1 and [(each.key, each.probability) for each in events] == [("R-1", 0.25)]
    assert [(each.activity, each.delay.kind, each.delay.high) for each in events[0].impacts] == [(task.pk, "fixed", 60.0)]
    assert (events[0].cost.kind, events[0].cost.mean) == ("pert", 2.0)


def test_the_matrix_holds_every_open_risk_once(firm: Firm) -> None:
    rows = [risk_of(firm, f"R-{n}", probability=p, impact=i, residual_probability=r) for n, (p, i, r) in enumerate([(0, 1, None), (100, 5, 5), (31, 3, None)])]
    before, after = matrix_of(rows, is_residual=False), matrix_of(rows, is_residual=True)
    assert len(before) == 25 and sum(len(cell.risks) for cell in before.values()) == 3
    assert [risk.code for risk in before[5, 5].risks] == ["R-1"] and not after[5, 5].risks
    assert [risk.code for risk in after[1, 5].risks] == ["R-1"] and [risk.code for risk in after[3, 3].risks] == ["R-2"]


def test_the_page_filters_by_cell_and_names_the_overdue(firm: Firm) -> None:
    today = timezone.localdate()
    risk_of(firm, "R-1", probability=90, impact=5, review_on=today - timedelta(days=2), cost_low=Decimal(100), cost_likely=Decimal(100), cost_high=Decimal(100))
    risk_of(firm, "R-2", probability=20, impact=2, review_on=today + timedelta(days=9))
    client = firm.client("manager")
    page = client.get("/risks/P1/").content.decode()
    assert re.search(r'data-cell="5-5"[^>]*aria-label="[^"]*25', page) and 'data-cell="2-2"' in page and 'data-cell="4-4"' not in page
    overdue = re.search(r'id="overdue".*?</ul>', page, re.S)
    assert overdue and "R-1" in overdue[0] and "R-2" not in overdue[0]
    assert re.search(r'id="emv-total">¥90.00<', page)
    listed = client.get("/risks/P1/?cell=2-2").content.decode().split('id="list"')[1]
    assert "R-2" in listed and "R-1" not in listed
    for odd in ("9-9", "x", "1-", "٣-٣", "1-22"):
        assert client.get("/risks/P1/", {"cell": odd}).status_code == 200, odd


def test_the_page_keeps_its_budget(firm: Firm, django_assert_max_num_queries: Any) -> None:
    task = firm.task("联调")
    for number in range(30):
        services.impact_save(risk=risk_of(firm, f"R-{number}", review_on=date(2026, 1, 1)), task=task)
    client = firm.client("manager")
    client.get("/risks/P1/")
    with django_assert_max_num_queries(30):
        client.get("/risks/P1/")
    work.task_remove(instance=task)
    assert "R-7" in client.get("/risks/P1/").content.decode(), "a risk outlives the task it would delay"

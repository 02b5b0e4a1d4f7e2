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
from jingwei.domains.risk import queries
from jingwei.domains.risk.models import Risk
from jingwei.domains.work import services as work
from jingwei.frame.models import Alarm
from jingwei.frame.records import commands
from jingwei.frame.records.listing import Listing
from jingwei.frame.records.resource import resource
from jingwei.frame.rights.access import system_access
from jingwei.frame.views import Matrix
from jingwei.frame.work import watching
from tests.domains.conftest import Firm, refuses

pytestmark = pytest.mark.django_db


def risk_of(firm: Firm, code: str = "R-1", **values: Any) -> Risk:
    """One more risk of the project."""
    made: Risk = firm.made("risk.risk", code=code, title=f"风险 {code}", **values)
    return made


def impact_of(firm: Firm, risk: Risk, task: Any, **values: Any) -> Any:
    """What the risk does to a task."""
    return firm.made("risk.riskimpact", risk=risk, task=task, **values)


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
        firm.taken(made, "monitor")
    firm.taken(made, "assess")
    with refuses("strategy"):
        firm.taken(made, "plan", strategy="", response="")
    with refuses("response"):
        firm.taken(made, "plan", strategy="mitigate", response=" ")
    with refuses(text="owner"):
        firm.taken(made, "plan", strategy="mitigate", response="加人")
    firm.changed(made, owner=Person.objects.get())
    firm.taken(made, "plan", strategy="mitigate", response="加人")
    firm.taken(made, "monitor")
    firm.taken(made, "occur")
    with refuses(text="“Occurred”"):
        firm.taken(made, "occur")
    firm.taken(made, "close")
    with refuses(text="“Closed”"):
        firm.changed(made, title="改")
    assert firm.taken(made, "reopen").status == "assessed"


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
        impact_of(firm, made, other)
    with refuses("task"):
        impact_of(firm, made, above)
    for wrong in ((960, 480, 960), (0, 960, 480)):
        with refuses("delay_likely_minutes"):
            impact_of(firm, made, task, delay_low_minutes=wrong[0], delay_likely_minutes=wrong[1], delay_high_minutes=wrong[2])
    impact_of(firm, made, task)
    with refuses("task"):
        impact_of(firm, made, task)
    with refuses("cost_likely"):
        firm.changed(made, cost_low=Decimal(5))


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
    impact_of(firm, made, task, delay_low_minutes=60, delay_likely_minutes=60, delay_high_minutes=60)
    impact_of(firm, made, gone)
    risk_of(firm, "R-2")  # neither delays nor costs
    firm.taken(risk_of(firm, "R-3", cost_high=Decimal(9)), "occur")
    events, left_out = queries.risk_events(firm.project.pk, {task.pk})
    assert left_out == 1 and [(each.key, each.probability) for each in events] == [("R-1", 0.25)]
    assert [(each.activity, each.delay.kind, each.delay.high) for each in events[0].impacts] == [(task.pk, "fixed", 60.0)]
    assert (events[0].cost.kind, events[0].cost.mean) == ("pert", 2.0)


def test_the_matrix_holds_every_open_risk_once(firm: Firm) -> None:
    for n, (p, i, r) in enumerate([(0, 1, None), (100, 5, 5), (31, 3, None)]):
        risk_of(firm, f"R-{n}", probability=p, impact=i, residual_probability=r)
    risk_of(firm, "R-9", probability=100, impact=5)
    Risk.objects.filter(code="R-9").update(status=Risk.Status.CLOSED)
    register = resource("risk.risk")

    def cells(name: str) -> dict[str, list[str]]:
        view = register.view(name)
        assert isinstance(view, Matrix)
        lines = view.answer(Listing(register, firm.rights("manager"), {}))["lines"]
        assert sum(len(line["cells"]) for line in lines) == 25
        return {cell["place"]: [risk.code for risk in cell["rows"]] for line in lines for cell in line["cells"] if cell["count"]}

    with firm.acting("manager"):
        assert cells("matrix") == {"1~1": ["R-0"], "5~5": ["R-1"], "3~3": ["R-2"]}
        assert cells("residual") == {"1~1": ["R-0"], "1~5": ["R-1"], "3~3": ["R-2"]}


def test_the_page_filters_by_cell_and_names_the_overdue(firm: Firm) -> None:
    today = timezone.localdate()
    risk_of(firm, "R-1", probability=90, impact=5, review_on=today - timedelta(days=2), cost_low=Decimal(100), cost_likely=Decimal(100), cost_high=Decimal(100))
    risk_of(firm, "R-2", probability=20, impact=2, review_on=today + timedelta(days=9))
    client = firm.client("manager")
    page = client.get("/risks/P1/").content.decode()
    assert re.search(r'data-cell="5~5"[^>]*aria-label="[^"]*25', page) and 'data-cell="2~2"' in page and 'data-cell="4~4"' not in page
    overdue = re.search(r'id="overdue".*?</ul>', page, re.S)
    assert overdue and "R-1" in overdue[0] and "R-2" not in overdue[0]
    assert re.search(r'id="emv-total">¥90.00<', page)
    listed = client.get("/risks/P1/?cell=2~2").content.decode().split('id="list"')[1]
    assert "R-2" in listed and "R-1" not in listed
    for odd in ("9~9", "x", "1~", "٣~٣", "1~22", "1-1"):
        assert client.get("/risks/P1/", {"cell": odd}).status_code == 200, odd


def test_the_page_keeps_its_budget(firm: Firm, django_assert_max_num_queries: Any) -> None:
    task = firm.task("联调")
    for number in range(30):
        impact_of(firm, risk_of(firm, f"R-{number}", review_on=date(2026, 1, 1)), task)
    client = firm.client("manager")
    client.get("/risks/P1/")
    with django_assert_max_num_queries(30):
        client.get("/risks/P1/")
    work.task_remove(instance=task)
    assert "R-7" in client.get("/risks/P1/").content.decode(), "a risk outlives the task it would delay"


def test_a_double_in_a_list_is_told_at_its_line(firm: Firm) -> None:
    task = firm.task("联调")
    line = {"task": task, "delay_low_minutes": 0, "delay_likely_minutes": 60, "delay_high_minutes": 120}
    with refuses(text="第 2 行"):
        firm.made("risk.risk", code="R-1", title="T", impacts=[line, line])


def test_a_closed_risk_stays_and_keeps_what_it_names(firm: Firm) -> None:
    above = firm.task("阶段")
    task = firm.task("联调", parent=above)
    made = firm.made(
        "risk.risk", code="R-1", title="T", impacts=[{"task": task, "delay_low_minutes": 0, "delay_likely_minutes": 60, "delay_high_minutes": 120}]
    )
    firm.taken(made, "occur")
    firm.taken(firm.taken(made, "close"), "reopen")
    rights = system_access(firm.tenant.pk)
    with refuses(text="须留档"):
        commands.remove(resource("risk.risk"), Risk.objects.get(pk=made.pk), rights)
    made = firm.taken(made, "close")
    for row in (task, above):
        with refuses(text="R-1"):
            commands.remove(resource("work.task"), row, rights)
    assert isinstance(commands.remove_many(resource("work.task"), [above, firm.task("别的")], rights)[0], Exception)
    assert made.impacts.count() == 1


def test_an_overdue_review_of_an_open_risk_is_told_until_it_is_reviewed(firm: Firm) -> None:
    past, today = timezone.localdate() - timedelta(days=1), timezone.localdate()
    late = risk_of(firm, review_on=past)
    risk_of(firm, "R-2", review_on=today)
    Risk.unscoped.filter(pk=risk_of(firm, "R-3", review_on=past).pk).update(status=Risk.Status.CLOSED)
    with firm.acting("owner"):
        watching.look_at_all()
        assert list(Alarm.objects.filter(watch="risk.review", ended_at=None).values_list("row_id", flat=True)) == [late.pk]
    assert "R-1" in firm.client("manager").get("/alarms/").text and "R-1" not in firm.client("stranger").get("/alarms/").text
    Risk.unscoped.filter(pk=late.pk).update(review_on=today)
    with firm.acting("owner"):
        watching.look_at_all()
        assert not Alarm.objects.filter(watch="risk.review", ended_at=None).exists()

"""Why a milestone is late: links in the order of time, only what lies before it, what to do, and the same words at home."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from jingwei.boards.queries import happenings
from jingwei.domains.schedule import services as schedule
from jingwei.domains.work import services as work
from jingwei.domains.work.models import Task
from jingwei.frame import scope
from jingwei.hub.models import Interface, System
from tests.domains.conftest import Firm

pytestmark = pytest.mark.django_db


@pytest.fixture
def outage(firm: Firm) -> Firm:
    """Two tasks need an interface that is down; a milestone waits for one of them, through another task; a second interface is down that nothing needs."""
    firm.project.data_date = datetime(2026, 11, 2, 1, tzinfo=UTC)
    firm.project.save()
    ends = [System.objects.create(key=key, name=key, connector="local") for key in ("mes", "ours")]
    kept = []
    for key, name in (("orders", "工单接口"), ("free", "无人等待的接口")):
        kept.append(
            Interface(
                key=key,
                name=name,
                project=firm.project,
                system_a=ends[0],
                stream_a="x",
                system_b=ends[1],
                stream_b="work.task",
                stage="live",
                state="down",
                state_since=timezone.now(),
                restore_minutes=960,
            )
        )
        kept[-1].save()
    needs, other = firm.task("联调", interface=kept[0], duration_minutes=960), firm.task("旁边的缺陷", interface=kept[0], duration_minutes=960)
    then, milestone = firm.task("复核", duration_minutes=480), firm.task("里程碑：验收", is_milestone=True)
    work.dependency_save(predecessor=needs, successor=then)
    work.dependency_save(predecessor=then, successor=milestone)
    assert other.pk
    schedule.project_recalculate(project_id=firm.project.pk)
    found = Task.objects.get(pk=milestone.pk)
    work.task_save(instance=found, deadline=found.finish - timedelta(hours=20, minutes=48))
    return firm


def test_the_chain_is_links_in_the_order_of_time_and_says_what_to_do(outage: Firm) -> None:
    page = outage.client("manager").get("/projects/P1/").content.decode()
    chain = page.split('id="endangered"')[1].split("</li></ul>")[0]
    steps = re.findall(r'<a href="([^"]+)">([^<]+)</a>', chain.split("<ol")[1])
    needs, milestone = Task.objects.get(name="联调"), Task.objects.get(name="里程碑：验收")
    assert [url for url, _text in steps] == [
        "/hub/interfaces/orders/", f"/w/work.task/{needs.pk}/", f"/w/work.task/{milestone.pk}/", "/hub/interfaces/orders/", "/schedule/what-if/P1/",
    ]  # fmt: skip
    assert "旁边的缺陷" not in chain and "无人等待的接口" not in chain, "neither lies before it"


def test_home_tells_it_first_with_the_reason_and_in_the_same_words(outage: Firm) -> None:
    home = outage.client("manager").get("/").content.decode().split('data-card="danger"')[1].split("</section>")[0]
    project = outage.client("manager").get("/projects/P1/").content.decode().split('id="endangered"')[1]
    assert home.index("里程碑：验收") < home.index("/hub/interfaces/orders/")
    assert "工单接口”自" in home.split("/hub/interfaces/orders/")[0], "the reason stands with it"
    assert "将延误 20.8 小时" in home and "将延误 20.8 小时" in project


def test_an_outage_that_nothing_waits_for_says_so(outage: Firm) -> None:
    home = outage.client("manager").get("/").content.decode().split('data-card="danger"')[1].split("</section>")[0]
    rows = {key: home.split(f"/hub/interfaces/{key}/")[1].split("</a>")[0] for key in ("orders", "free")}
    assert "2 个任务在等它" in rows["orders"] and "没有任务依赖它" in rows["free"]


def test_without_an_outage_the_task_before_it_that_ends_last_is_named(outage: Firm) -> None:
    Interface.objects.update(state="ok")
    schedule.project_recalculate(project_id=outage.project.pk)
    milestone = Task.objects.get(name="里程碑：验收")
    Task.objects.filter(pk=milestone.pk).update(deadline=milestone.finish - timedelta(days=2))
    chain = outage.client("manager").get("/projects/P1/").content.decode().split('id="endangered"')[1].split("</li></ul>")[0]
    assert f"/w/work.task/{Task.objects.get(name='复核').pk}/" in chain and "/hub/" not in chain and "将延误 2.0 天" in chain


def test_the_driver_is_named_with_who_changed_it(firm: Firm) -> None:
    firm.project.data_date = datetime(2026, 11, 2, 1, tzinfo=UTC)
    firm.project.save()
    bought, side, trial = firm.task("设备采购", duration_minutes=15 * 480), firm.task("文档", duration_minutes=480), firm.task("试运行", duration_minutes=480)
    milestone = firm.task("里程碑：验收", is_milestone=True)
    for before, after in ((bought, trial), (side, trial), (trial, milestone)):
        work.dependency_save(predecessor=before, successor=after)
    schedule.project_recalculate(project_id=firm.project.pk)
    found = Task.objects.get(pk=milestone.pk)
    work.task_save(instance=found, deadline=found.finish)
    schedule.baseline_take(project=firm.project, name="约定")
    with firm.acting("manager"), scope.because(reason="变更申请 CR-1"):
        firm.changed(Task.objects.get(pk=bought.pk), duration_minutes=20 * 480)
    firm.changed(Task.objects.get(pk=side.pk), duration_minutes=960)  # it has room: it drives nothing
    schedule.project_recalculate(project_id=firm.project.pk)
    chain = firm.client("manager").get("/projects/P1/").content.decode().split('id="endangered"')[1].split("</li></ul>")[0]
    first = re.findall(r'<li><a href="([^"]+)">([^<]+)</a>', chain.split("<ol")[1])[0]
    assert first[0] == f"/w/work.task/{bought.pk}/"
    assert "“设备采购”的工期由 15 天改为 20 天" in first[1] and "CR-1" in first[1] and str(firm.users["manager"]) in first[1]
    home = firm.client("manager").get("/").content.decode().split('data-card="danger"')[1].split("</section>")[0]
    assert "设备采购" in home and "CR-1" in home


def test_the_milestone_s_own_page_says_so_and_leads_to_what_drives_it(outage: Firm) -> None:
    milestone = Task.objects.get(name="里程碑：验收")
    manager = outage.client("manager")
    page = manager.get(f"/w/work.task/{milestone.pk}/").content.decode()
    address = f"/schedule/reasons/P1/?task={milestone.pk}"
    assert 'id="late"' in page and address in page
    reasons = manager.get(address).content.decode()
    assert reasons.index("联调") < reasons.index("复核") < reasons.rindex("里程碑：验收")
    assert 'id="late"' not in manager.get(f"/w/work.task/{Task.objects.get(name='复核').pk}/").content.decode()


def test_what_changed_names_its_one_row_and_tells_what_was_made_by_hand_from_what_was_imported(firm: Firm) -> None:
    with firm.acting("manager"):
        with scope.because(reason="导入"):
            for number in range(3):
                firm.task(f"导入 {number}")
        made = firm.task("手工甲"), firm.task("手工乙")
        firm.changed(made[0], deadline=timezone.now())
    found = happenings(firm.project, timezone.now() - timedelta(days=1), firm.rights("manager"))
    counts = sorted((line.count, line.cause) for line in found if "已" in line.text and line.text.startswith("任务 ·"))
    assert [count for count, _cause in counts] == [2, 3] and "导入" in counts[1][1] and "导入" not in counts[0][1]
    assert any("手工甲" in line.text and "截止" in line.text for line in found)

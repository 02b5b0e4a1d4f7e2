"""The page of an interface says which tasks and milestones an outage moves, to those who may look at the plan."""

from __future__ import annotations

import re

import pytest

from jingwei.domains.work import queries
from jingwei.domains.work.models import Dependency, Task
from jingwei.frame.models import Project
from tests.hub.conftest import Joined, joined, scoped, tracker  # noqa: F401
from tests.hub.people import browser, owner, person

pytestmark = pytest.mark.django_db(transaction=True)
address = "/hub/interfaces/tracker-tasks/"


def made(joined: Joined, name: str, **values: object) -> Task:  # noqa: F811
    """A task of the project."""
    task = Task(project=joined.project, name=name, code=name, **values)
    task.save()
    return task


def stakes_of(text: str) -> str:
    return " ".join(re.sub(r"<[^>]*>", " ", text.split('id="stakes"')[1].split("</section>")[0].split(">", 1)[1]).split())


def test_what_waits_and_what_comes_after_it_is_named_with_its_page(joined: Joined) -> None:  # noqa: F811
    waits = made(joined, "接口联调", interface=joined.interface)
    made(joined, "已做完", interface=joined.interface, percent=100)
    middle, reached = made(joined, "验收测试"), made(joined, "里程碑：上线", is_milestone=True)
    made(joined, "里程碑：别处", is_milestone=True)
    for before, after in ((waits, middle), (middle, reached)):
        Dependency(project=joined.project, predecessor=before, successor=after).save()
    text = browser(owner(joined), "zh-hans").get(address).text
    seen = stakes_of(text)
    assert "接口联调" in seen and "里程碑：上线" in seen and "验收测试" not in seen and "别处" not in seen and "已做完" not in seen
    assert f'href="/w/work.task/{waits.pk}/"' in text and f'href="/w/work.task/{reached.pk}/"' in text


def test_an_interface_nobody_waits_for_says_so_and_where_to_bind_one(joined: Joined) -> None:  # noqa: F811
    text = browser(owner(joined), "zh-hans").get(address).text
    assert "没有未完成的任务绑定到此接口" in stakes_of(text) and "/w/work.task/?project=" in text.split('id="stakes"')[1].split("</section>")[0]


def test_who_may_not_look_at_the_plan_is_told_nothing_of_it(joined: Joined) -> None:  # noqa: F811
    made(joined, "接口联调", interface=joined.interface)
    text = browser(person(joined, "looker", "hub.interface.view"), "zh-hans").get(address).text
    assert "接口联调" not in text and 'id="stakes"' not in text


def test_parts_reach_what_follows_their_summary_and_circles_end(joined: Joined) -> None:  # noqa: F811
    whole = made(joined, "摘要", is_summary=True)
    part, goal = made(joined, "部分", parent=whole), made(joined, "目标", is_milestone=True)
    Dependency(project=joined.project, predecessor=whole, successor=goal).save()
    Dependency(project=joined.project, predecessor=goal, successor=part).save()
    assert queries.milestones_behind(joined.project.pk, [part.pk]) == [goal]
    other = Project(code="OTHER", name="别的", start_on=joined.project.start_on)
    other.save()
    assert queries.milestones_behind(other.pk, [part.pk]) == []

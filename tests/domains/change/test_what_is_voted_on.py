"""Whoever votes sees what it would do, in words; whoever waits for a voice that nobody has finds the way on."""

from __future__ import annotations

import pytest
from django.test import Client

from jingwei.domains.change.models import ChangeRequest
from jingwei.domains.work.models import Task
from jingwei.frame.models import Case, Membership
from jingwei.frame.records import commands
from jingwei.frame.records.resource import resource
from tests.domains.change.test_requests import chain, done, proposed
from tests.domains.conftest import Firm, refuses

pytestmark = pytest.mark.django_db
__all__ = ["chain"]


def page_of(client: Client, made: ChangeRequest, tail: str = "") -> str:
    """Its own page, or one below it."""
    answer = client.get(f"/w/change.changerequest/{made.pk}/{tail}")
    assert answer.status_code == 200
    return answer.content.decode()


@pytest.mark.parametrize("tail", ["", "vote/"])
def test_the_effect_stands_where_one_votes_and_on_its_page(chain: Firm, tail: str) -> None:
    made = done(chain, "engineer", "submit", proposed(chain))
    task = Task.objects.get(name="开发")
    page = page_of(chain.client("manager"), made, tail)
    assert 'id="effect"' in page and 'id="touched"' in page and f"{task.code} 开发" in page
    assert "5 天" in page and "7 天" in page and 'data-difference="finish"' in page
    assert "¥400.00" in page, "what it costs more"
    assert "duration_minutes" not in page and "{" not in page.split('id="effect"')[1].split("</table>")[0]


def test_who_may_not_see_money_sees_the_effect_without_it(chain: Firm) -> None:
    made = done(chain, "engineer", "submit", proposed(chain))
    role = Membership.objects.get(user=chain.users["viewer"]).role
    role.is_standard, role.grants = False, ["change.changerequest.view", "work.task.view"]
    role.save()
    page = page_of(chain.client("viewer"), made)
    assert 'id="effect"' in page and 'data-difference="cost"' not in page


def test_what_is_asked_for_stands_in_words_in_its_fields_and_its_history(chain: Firm) -> None:
    made = proposed(chain)
    task = Task.objects.get(name="开发")
    commands.change(
        resource("change.changerequest"),
        made,
        {"changes": {str(task.pk): {"duration_minutes": 4800, "not_before": "2026-12-01T09:00:00+08:00"}}},
        chain.rights("owner"),
    )
    page = page_of(chain.client("manager"), made)
    assert "duration_minutes" not in page and "not_before" not in page
    assert f"{task.code} 开发: 工期 → 10 天, 不早于 2026-12-01 09:00" in page, "as it is"
    assert f"{task.code} 开发: 工期 → 7 天" in page, "as it was"


def test_history_names_the_people_it_tells_of(chain: Firm) -> None:
    made = done(chain, "owner", "approve", done(chain, "engineer", "submit", proposed(chain)))
    page = page_of(chain.client("manager"), made)
    assert f"#{chain.users['owner'].pk}" not in page and str(chain.users["owner"]) in page


def test_where_nobody_may_vote_there_are_ways_on(chain: Firm) -> None:
    made = proposed(chain, "manager")
    done(chain, "manager", "submit", made)
    Membership.objects.exclude(user__in=[chain.users["manager"], chain.users["engineer"]]).delete()
    page = page_of(chain.client("manager"), made)
    ways = page.split('id="ways-on"')[1].split("</li>")[0]
    assert "没有其他人可以投票" in page and 'href="/waiting/"' in ways and f'/w/change.changerequest/{made.pk}/do/withdraw/"' in ways
    assert "/settings/members/" not in ways, "he may not give rights"


def test_an_administrator_is_led_to_the_rights(chain: Firm) -> None:
    made = proposed(chain, "owner")
    done(chain, "owner", "submit", made)
    Membership.objects.exclude(user=chain.users["owner"]).delete()
    ways = page_of(chain.client("owner"), made).split('id="ways-on"')[1].split("</li>")[0]
    assert 'href="/settings/members/"' in ways and 'href="/settings/approvals/"' in ways


def test_what_is_taken_back_is_written_again_and_its_case_is_over(chain: Firm) -> None:
    made = done(chain, "engineer", "submit", proposed(chain))
    assert "do/withdraw/" not in page_of(chain.client("viewer"), made)
    assert chain.client("engineer").post(f"/w/change.changerequest/{made.pk}/do/withdraw/").status_code == 302
    made.refresh_from_db()
    assert made.status == "assessed" and Case.objects.get().state == "withdrawn"
    with chain.acting("manager"), refuses():
        commands.act(resource("change.changerequest"), "withdraw", made, {}, chain.rights("manager"))

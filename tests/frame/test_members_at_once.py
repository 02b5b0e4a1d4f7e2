"""Administrators who act on each other in the same moment: somebody administers the organisation afterwards, and whoever has lost his right does nothing more."""

from __future__ import annotations

import pytest

from jingwei.frame.models import Membership, Role, SetupLink, User
from tests.at_once import overlapped
from tests.frame.test_members import Firm

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def firm() -> Firm:
    return Firm()


def of(user: User) -> Membership:
    """The only role of somebody."""
    return Membership.objects.get(user=user)


def test_of_two_administrators_who_take_each_others_role_away_one_stays(firm: Firm) -> None:
    second = firm.person("second", "owner", None)
    one, two, theirs, mine = firm.browser(firm.head), firm.browser(second), of(second).pk, of(firm.head).pk
    took, refused = overlapped(lambda: one.post(f"/settings/members/{theirs}/drop/"), lambda: two.post(f"/settings/members/{mine}/drop/"))
    assert took.status_code == 302 and refused.status_code == 403 and "frame.membership.change" in refused.content.decode()
    assert of(firm.head).role.key == "owner" and not Membership.objects.filter(user=second).exists()


def test_who_has_just_lost_his_role_invites_nobody(firm: Firm) -> None:
    second = firm.person("second", "owner", None)
    one, two, theirs = firm.browser(firm.head), firm.browser(second), of(second).pk
    form = {"username": "accomplice", "role": firm.roles["owner"].pk}
    _took, refused = overlapped(lambda: one.post(f"/settings/members/{theirs}/drop/"), lambda: two.post("/settings/members/", form))
    assert refused.status_code == 403 and not Membership.objects.filter(user__username="accomplice").exists()


def test_who_has_just_lost_his_role_sends_no_link(firm: Firm) -> None:
    second, guest = firm.person("second", "owner", None), firm.person("guest", "viewer", None, secret=None)
    SetupLink.issue(firm.tenant, user=guest, by=firm.head)
    one, two, theirs, waits = firm.browser(firm.head), firm.browser(second), of(second).pk, of(guest).pk
    _took, refused = overlapped(lambda: one.post(f"/settings/members/{theirs}/drop/"), lambda: two.post(f"/settings/members/{waits}/link/"))
    assert refused.status_code in (403, 404) and SetupLink.objects.filter(user=guest).count() == 1


@pytest.mark.parametrize("who", ["of now", "waiting"])
def test_the_last_who_administers_everything_keeps_his_role(firm: Firm, who: str) -> None:
    """Somebody may look after members and hold nothing else: he cannot leave the organisation without anybody who can give the rest."""
    clerk = Role.objects.create(tenant=firm.tenant, key="clerk", name="clerk", grants=["frame.membership.change"])
    Membership.objects.create(tenant=firm.tenant, user=(member := User.objects.create_user("clerk")), role=clerk)
    if who == "waiting":  # invited only: nobody can tell whether he ever comes
        firm.person("invited", "owner", None, secret=None)
    answer = firm.browser(member).post(f"/settings/members/{of(firm.head).pk}/drop/", follow=True)
    assert "Nobody would administer the organisation" in answer.content.decode() and of(firm.head).role.key == "owner"
    firm.person("second", "owner", None)
    firm.browser(member).post(f"/settings/members/{of(firm.head).pk}/drop/")
    assert not Membership.objects.filter(user=firm.head).exists()

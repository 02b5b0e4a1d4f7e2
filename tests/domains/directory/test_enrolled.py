"""Whoever is invited under the number or the name of one of the people is that person; what stands on the page of members is in the reader's words."""

from __future__ import annotations

import re

import pytest
from django.test import Client

from jingwei.domains.directory.models import Person
from jingwei.frame.models import Membership, Role, User
from jingwei.frame.rights.access import roles_of
from tests.domains.conftest import Firm, staff

pytestmark = pytest.mark.django_db


def invite(firm: Firm, name: str, full_name: str = "", by: str = "owner") -> str:
    """What the page says to an invitation."""
    role = Role.objects.get(tenant=firm.tenant, key="viewer")
    return firm.client(by).post("/settings/members/", {"username": name, "full_name": full_name, "role": role.pk, "project": ""}).content.decode()


@pytest.fixture
def minister(firm: Firm) -> Person:
    """赵敏, who has no log-in yet."""
    made = Person(number="zhao.min", name="赵敏")
    made.save()
    return made


def test_the_number_joins_them_and_it_is_said(firm: Firm, minister: Person) -> None:
    assert "赵敏（zhao.min）" in invite(firm, "zhao.min")
    minister.refresh_from_db()
    assert minister.user == User.objects.get(username="zhao.min")


def test_the_only_one_of_a_name_is_joined_and_of_two_neither(firm: Firm, minister: Person) -> None:
    invite(firm, "zm", "赵敏")
    minister.refresh_from_db()
    assert minister.user == User.objects.get(username="zm")
    for number in ("1", "2"):
        Person(number=number, name="王磊").save()
    invite(firm, "wl", "王磊")
    assert not Person.objects.filter(name="王磊", user__isnull=False).exists()


def test_nobody_takes_the_place_of_another(firm: Firm, minister: Person) -> None:
    minister.user = firm.users["viewer"]
    minister.save()
    invite(firm, "zhao.min", "赵敏")
    minister.refresh_from_db()
    assert minister.user == firm.users["viewer"]


def test_who_may_not_say_who_people_are_joins_nobody(firm: Firm, minister: Person) -> None:
    role = Role.objects.create(tenant=firm.tenant, key="inviter", name="Inviter", grants=["frame.membership.*", "*.view", "*.talk"])
    Membership.objects.filter(user=firm.users["finance"]).update(role=role)
    invite(firm, "zhao.min", by="finance")
    minister.refresh_from_db()
    assert User.objects.filter(username="zhao.min").exists() and minister.user is None


def test_roles_and_rights_are_in_the_language_of_the_reader(firm: Firm) -> None:
    roles_of(firm.tenant)
    Role.objects.filter(tenant=firm.tenant, key="pmo").update(name="Written in another language")
    page = firm.client("owner").get("/settings/members/").content.decode()
    options = dict(re.findall(r'<option value="(\d+)"[^>]*>([^<]+)</option>', page.split('id="m-role"')[1].split("</select>")[0]))
    assert {"管理员", "项目经理", "财务"} <= set(options.values()) and "Written in another language" not in page
    chosen = re.search(r"<option[^>]* selected>([^<]+)<", page.split('id="m-role"')[1].split("</select>")[0])
    assert chosen is not None and chosen[1] != "管理员", "nobody is made an administrator by leaving a field as it is"
    matrix = page.split("<details")[1]
    assert not re.search(r"<td>[a-z_]+</td>", matrix)


def test_who_is_not_joined_is_told_who_mends_it_and_where(firm: Firm) -> None:
    staff(firm, "alone", "engineer")
    told = firm.client("alone").get("/").content.decode().split('data-card="mine"')[1].split("</section>")[0]
    assert "owner" in told and "人员" in told and 'href="/w/directory.person/"' not in told
    told = firm.client("owner").get("/").content.decode().split('data-card="mine"')[1].split("</section>")[0]
    assert 'href="/w/directory.person/"' in told


@pytest.mark.parametrize("typed", ["short", "jingwei2026", "123456789012", "password1234"])
def test_what_is_wrong_with_a_password_is_said_in_chinese(firm: Firm, typed: str) -> None:
    address = re.search(r"/setup/[\w-]+/", invite(firm, "newcomer"))
    assert address is not None
    answer = Client(headers={"Accept-Language": "zh-CN"}).post(address[0], {"password": typed, "again": typed})
    body = answer.content.decode()
    errors = re.findall(r'class="invalid-feedback[^"]*"[^>]*>(.*?)</', body, re.DOTALL)
    assert answer.status_code == 422 and errors
    assert not re.search(r"[A-Za-z]{4,}", " ".join(errors))

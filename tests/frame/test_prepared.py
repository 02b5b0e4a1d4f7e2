"""Statements written once: the rows are those of the query, whatever values come, in whichever thread."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection
from django.db.models import Count, F, Q
from django.test.utils import CaptureQueriesContext

from jingwei.frame.models import Membership, Role, Tenant, User
from jingwei.frame.postgres.prepared import Prepared, given

pytestmark = pytest.mark.django_db
roles_of = Prepared(lambda: Membership.objects.select_related("role").filter(user_id=given("user")).order_by("pk"))


@pytest.fixture
def people() -> list[User]:
    """Three people with none, one and two roles."""
    made = [User.objects.create_user(name, password=None) for name in ("none", "one", "two")]
    for number, user in enumerate(made):
        for each in range(number):
            tenant = Tenant.objects.create(code=f"{user}{each}", name=f"组织 {each}")
            role = Role.objects.create(tenant=tenant, key="owner", name=f"{user}'s “{each}” %s", is_standard=True)
            Membership.objects.create(tenant=tenant, user=user, role=role)
    return made


def test_rows_are_those_of_the_query_with_what_is_selected_along(people: list[User]) -> None:
    for user in people:
        expected = list(Membership.objects.filter(user=user).order_by("pk"))
        with CaptureQueriesContext(connection) as asked:
            found = roles_of(user=user.pk)
            assert [row.role.name for row in found] == [f"{user}'s “{n}” %s" for n in range(len(expected))]
        assert found == expected
        assert len(asked) == 1
    assert roles_of.first(user=people[0].pk) is None
    assert roles_of.first(user=people[2].pk) == roles_of(user=people[2].pk)[0]


def test_each_call_has_its_own_rows(people: list[User]) -> None:
    """Given a row that somebody changed in memory, when it is asked for again, then it is as it stands."""
    first = roles_of.first(user=people[1].pk)
    first.role.name = "changed"
    assert roles_of.first(user=people[1].pk).role.name != "changed"


def test_a_place_may_stand_several_times_and_a_value_may_be_nothing(people: list[User]) -> None:
    either = Prepared(lambda: User.objects.filter(Q(username=given("name")) | Q(first_name=given("name"))).order_by("pk"))
    assert either(name="two") == [people[2]]
    assert either(name=None) == []
    assert either(name="%s'; --") == []


def test_values_and_sums_come_as_from_the_query(people: list[User]) -> None:
    def rows(least: Any) -> Any:
        return User.objects.annotate(count=Count("memberships")).filter(count__gte=least).order_by("username").values_list("username", "count")

    counted = Prepared(lambda: rows(given("least")))
    for least in (0, 1, 2, 3):
        assert counted(least=least) == list(rows(least))


def test_a_missing_value_is_named() -> None:
    with pytest.raises(KeyError, match="user"):
        roles_of()


@pytest.mark.django_db(transaction=True)
def test_threads_each_write_their_own(people: list[User]) -> None:
    def ask(number: int) -> list[int]:
        try:
            return [len(roles_of(user=people[number % 3].pk)) for _ in range(20)]
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(ask, range(12)))
    assert answers == [[number % 3] * 20 for number in range(12)]


def test_an_order_by_names_is_as_ever(people: list[User]) -> None:
    """Given columns, aliases, relations and expressions to sort by, when rows are read, then they come in that order."""
    names = [user.username for user in people]
    assert list(User.objects.order_by("-username").values_list("username", flat=True)) == sorted(names, reverse=True)
    assert list(User.objects.annotate(count=Count("memberships")).order_by("-count", "pk")) == people[::-1]
    assert list(User.objects.order_by(F("pk").desc(nulls_last=True), "username")) == people[::-1]
    owners = Membership.objects.select_related("user", "role").order_by("-user__username", "role__name")
    assert [row.role.name for row in owners] == ["two's “0” %s", "two's “1” %s", "one's “0” %s"]
    both = User.objects.filter(username="two").union(User.objects.filter(username="one")).order_by("username")
    assert [user.username for user in both] == ["one", "two"]

"""Rules for passwords by organisation: who may choose them, and that they hold wherever a password is chosen or used."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import Any

import pytest
from django.core import mail
from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.test import Client
from django.utils import timezone

from jingwei.frame import scope
from jingwei.frame.models import AccessEvent, ApiToken, FailedTries, Membership, PastPassword, Project, Role, SetupLink, Tenant, User
from jingwei.frame.rights import passwords
from jingwei.frame.ui import limits

pytestmark = pytest.mark.django_db
weak, good = "correct-horse-battery", "Correct-Horse-7"
page = "/settings/passwords/"


@pytest.fixture(autouse=True)
def fresh() -> None:
    """allauth's own limits are counted in memory."""
    cache.clear()


@pytest.fixture
def tenant() -> Tenant:
    return house("t")


def house(code: str, profile: str = "basic") -> Tenant:
    made = Tenant.objects.create(code=code, name=code.upper(), password_profile=profile)
    for key in ("owner", "viewer"):
        Role.objects.create(tenant=made, key=key, name=key, is_standard=True)
    return made


def person(tenant: Tenant, name: str, role: str = "viewer", *, secret: str = weak, project: Project | None = None) -> User:
    user, is_new = User.objects.get_or_create(username=name, defaults={"language": "en", "email": f"{name}@example.com"})
    if is_new:
        user.set_password(secret)
        user.save()
    Membership.objects.create(tenant=tenant, user=user, role=Role.objects.get(tenant=tenant, key=role), project=project)
    return user


def entered(name: str, word: str = weak) -> Client:
    client = Client(headers={"Accept-Language": "en"})
    answer = client.post("/accounts/login/", {"login": name, "password": word})
    assert answer.status_code == 302, answer.text
    return client


def change(client: Client, old: str, new: str) -> Any:
    cache.clear()
    return client.post("/accounts/password/change/", {"oldpassword": old, "password1": new, "password2": new})


def choose(tenant: Tenant, profile: str) -> None:
    Tenant.objects.filter(pk=tenant.pk).update(password_profile=profile)
    tenant.refresh_from_db()


def test_only_who_has_the_right_organisation_wide_looks_and_chooses(tenant: Tenant) -> None:
    with scope.within(scope.Scope(tenant.pk)):
        project = Project(code="P", name="p", start_on=date(2026, 11, 2))
        project.save()
    person(tenant, "viewer")
    person(tenant, "lead", "owner", project=project)
    head = person(tenant, "head", "owner")
    person(house("o"), "stranger", "owner")
    assert Client().post(page, {"profile": "strict"}).status_code == 302
    for name in ("viewer", "lead"):
        assert entered(name).get(page).status_code == 403 and entered(name).post(page, {"profile": "strict"}).status_code == 403
    _token, text = ApiToken.issue(tenant=tenant, user=head, name="t", limit={"grants": ["*"], "projects": [project.pk]})
    assert Client(headers={"Authorization": f"Bearer {text}"}).post(page, {"profile": "strict"}).status_code == 403
    assert entered("stranger").post(page, {"profile": "strict"}).status_code == 302
    tenant.refresh_from_db()
    assert tenant.password_profile == "basic", "the stranger has chosen for his own"
    client = entered("head")
    assert client.post(page, {"profile": "lax"}).status_code == 422
    assert client.post(page, {"profile": "mlps3"}).status_code == 302
    tenant.refresh_from_db()
    assert tenant.password_profile == "mlps3"
    assert AccessEvent.objects.get(kind="rules", user_id=head.pk).detail == "basic → mlps3"


def test_the_page_explains_every_profile_in_both_languages(tenant: Tenant) -> None:
    head = person(tenant, "head", "owner")
    client = entered("head")
    text = client.get(page).text
    assert "three kinds of characters" in text and "every 90 days" in text and "5 wrong tries within 30 minutes" in text and "MLPS level 3" in text
    User.objects.filter(pk=head.pk).update(language="zh-hans")
    text = client.get(page).text
    assert "至少包含三类字符" in text and "每 90 天" in text and "30 分钟内错误 5 次" in text and "等保三级" in text


def test_basic_asks_what_was_asked_before(tenant: Tenant) -> None:
    person(tenant, "zhang")
    client = entered("zhang")
    assert "at least 12" in change(client, weak, "short-one").text.lower()
    assert change(client, weak, "another-horse-battery").status_code == 302
    assert not PastPassword.objects.exists(), "nothing is kept that nobody asks for"


@pytest.mark.parametrize("profile", ["strict", "mlps3"])
def test_the_rules_hold_at_every_way_a_password_is_chosen(tenant: Tenant, profile: str) -> None:
    """Given an organisation with strict rules, when a password of two kinds is chosen by any way, then it is refused at the field, and one of four is taken."""
    choose(tenant, profile)
    form = {"organisation": "O", "username": "first", "full_name": ""}
    link = f"/setup/{SetupLink.issue(tenant)}/"
    client = Client(headers={"Accept-Language": "en"})
    assert "three kinds" in client.get(link).text
    assert "three kinds" in refused(client.post(link, form | {"password": weak, "again": weak}))
    assert client.post(link, form | {"password": good, "again": good}).status_code == 302
    guest = person(tenant, "guest")
    guest.set_unusable_password()
    guest.save()
    link = f"/setup/{SetupLink.issue(tenant, user=guest)}/"
    client = Client(headers={"Accept-Language": "en"})
    assert "three kinds" in refused(client.post(link, {"password": weak, "again": weak}))
    assert client.post(link, {"password": good, "again": good}).status_code == 302
    assert "three kinds" in refused(change(client, good, "incorrect-horse-battery"), status=200)
    assert change(client, good, good + "8").status_code == 302
    client.logout()
    client.post("/accounts/password/reset/", {"email": "guest@example.com"})
    [key] = re.findall(r"/accounts/password/reset/key/\S+", mail.outbox[-1].body)
    form_page = client.get(key, follow=True)
    there = form_page.redirect_chain[-1][0]
    assert "three kinds" in form_page.text
    assert "three kinds" in refused(client.post(there, {"password1": weak, "password2": weak}), status=200)
    assert client.post(there, {"password1": good + "9", "password2": good + "9"}).status_code == 302
    assert entered("guest", good + "9").get("/").status_code == 200


def refused(answer: Any, status: int = 422) -> str:
    assert answer.status_code == status
    return str(answer.text)


def test_none_of_the_last_five_comes_again(tenant: Tenant) -> None:
    choose(tenant, "strict")
    user = person(tenant, "zhang", secret=f"{good}-0")
    client = entered("zhang", f"{good}-0")
    for number in range(1, 5):
        assert change(client, f"{good}-{number - 1}", f"{good}-{number}").status_code == 302
    for number in range(5):
        assert "one of your last 5" in refused(change(client, f"{good}-4", f"{good}-{number}"), status=200)
    assert change(client, f"{good}-4", f"{good}-5").status_code == 302
    assert change(client, f"{good}-5", f"{good}-0").status_code == 302, "the sixth last one may"
    assert PastPassword.objects.filter(user=user).count() == 5
    choose(tenant, "basic")
    assert change(client, f"{good}-0", weak).status_code == 302
    assert not PastPassword.objects.exists()


def test_after_ninety_days_a_page_says_so_and_nothing_else_opens(tenant: Tenant) -> None:
    """Given a password of 91 days, when its owner goes on working, then he is led to a page that says why, and after the change everything is open."""
    user = person(tenant, "zhang", secret=good)
    client = entered("zhang", good)
    User.objects.filter(pk=user.pk).update(password_changed_at=timezone.now() - timedelta(days=91))
    assert client.get("/").status_code == 200, "basic asks for no change"
    choose(tenant, "strict")
    answer = client.get("/w/work.task/")
    assert (answer.status_code, answer["Location"]) == (302, "/accounts/password/change/")
    for _again in range(2):
        assert "every 90 days, and yours is older" in client.get("/accounts/password/change/").text
    told = client.get("/api/v1/work.task/")
    assert told.status_code == 403 and told.json()["errors"][0]["code"] == "password_due"
    assert client.get("/events/").status_code == 403
    assert client.post("/language/", {"language": "en"}).status_code == 302
    assert change(client, good, good + "8").status_code == 302
    assert client.get("/w/work.task/").status_code == 200 and client.get("/api/v1/work.task/").status_code == 200
    User.objects.filter(pk=user.pk).update(password_changed_at=timezone.now() - timedelta(days=89))
    assert client.get("/").status_code == 200


def test_who_logs_in_with_a_weaker_one_than_is_asked_since_chooses_anew(tenant: Tenant) -> None:
    person(tenant, "zhang")
    choose(tenant, "strict")
    client = entered("zhang")
    assert client.get("/")["Location"] == "/accounts/password/change/"
    assert "asks for stronger passwords" in client.get("/accounts/password/change/").text
    assert change(client, weak, good).status_code == 302 and client.get("/").status_code == 200
    assert entered("zhang", good).get("/").status_code == 200


def test_the_strictest_of_a_persons_organisations_counts(tenant: Tenant) -> None:
    user = person(tenant, "zhang", secret=good)
    assert passwords.rules_of(user).key == "basic"
    person(house("s", "strict"), "zhang")
    assert passwords.rules_of(user).key == "strict"
    with pytest.raises(ValidationError):
        passwords.OfTheOrganisation().validate(weak, user)
    other = house("m", "mlps3")
    person(other, "zhang")
    assert passwords.rules_of(user).key == "mlps3" and passwords.rules_of(None).key == "basic"
    Membership.objects.filter(tenant=other).delete()
    assert passwords.rules_of(user).key == "strict"


def test_level_three_ends_idle_sessions_and_counts_tries_for_half_an_hour(tenant: Tenant) -> None:
    """Given level 3, when nobody touches a session for sixteen minutes, or guesses are spread over twenty, then it ends, and the account locks."""
    person(tenant, "zhang", secret=good)
    client = entered("zhang", good)

    def leave(minutes: int) -> int:
        session = client.session
        session[limits.seen] -= minutes * 60
        session.save()
        return client.get("/w/work.task/").status_code

    def guess(minutes_ago: int) -> int:
        FailedTries.objects.all().delete()
        for _try in range(4):
            Client().post("/accounts/login/", {"login": "zhang", "password": "wrong"})
        FailedTries.objects.update(began_at=timezone.now() - timedelta(minutes=minutes_ago))
        Client().post("/accounts/login/", {"login": "zhang", "password": "wrong"})
        return Client().post("/accounts/login/", {"login": "zhang", "password": good}).status_code

    assert leave(16) == 200 and guess(20) == 302
    choose(tenant, "mlps3")
    assert guess(20) == 429 and guess(31) == 302
    FailedTries.objects.all().delete()
    client = entered("zhang", good)
    assert leave(14) == 200 and leave(16) == 302
    assert AccessEvent.objects.filter(kind="ended").exists()


def test_kinds_of_characters() -> None:
    assert [passwords.kinds_in(text) for text in ("", "abc", "aB", "aB3", "aB3-", "密码", "密码a", "Ωω1 ")] == [0, 1, 2, 3, 4, 1, 2, 4]

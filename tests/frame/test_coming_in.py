"""Coming in: guessing locks by account and by address, codes work once, administrators have a second step, sessions end."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal import auth
from django.conf import LazySettings
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.utils import timezone

from jingwei.frame import scope, secrets
from jingwei.frame.models import AccessEvent, FailedTries, Membership, Project, Role, Tenant, User
from jingwei.frame.rights import lockout
from jingwei.frame.ui import limits
from tests.logs import listened

pytestmark = pytest.mark.django_db
password = "correct-horse-battery"
seed = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


@pytest.fixture(autouse=True)
def fresh() -> Iterator[None]:
    """allauth's own limits are counted in memory."""
    cache.clear()
    yield
    cache.clear()


@pytest.fixture
def house() -> Tenant:
    tenant = Tenant.objects.create(code="t", name="T")
    for key in ("owner", "viewer", "engineer"):
        Role.objects.create(tenant=tenant, key=key, name=key, is_standard=True)
    return tenant


def person(house: Tenant, name: str, role: str, *, enrolled: bool = False) -> User:
    user = User.objects.create_user(name, password=password, language="en", email=f"{name}@example.com")
    Membership.objects.create(tenant=house, user=user, role=Role.objects.get(tenant=house, key=role))
    if enrolled:
        auth.TOTP.activate(user, seed)
    return user


def enter(client: Client, name: str, word: str = password, **more: Any) -> Any:
    return client.post("/accounts/login/", {"login": name, "password": word}, **more)


def code(steps: int = 0) -> str:
    """The code of this moment, or some steps away."""
    return auth.format_hotp_value(auth.hotp_value(seed, int(time.time()) // 30 + steps))


def is_in(client: Client) -> bool:
    return client.get("/accounts/password/change/").status_code == 200


def test_five_wrong_passwords_lock_the_account_whatever_the_address(house: Tenant) -> None:
    person(house, "zhang", "viewer")
    for number in range(5):
        assert enter(Client(REMOTE_ADDR=f"10.0.0.{number}"), "zhang", "wrong").status_code == 200
    answer = enter(Client(REMOTE_ADDR="10.9.9.9", headers={"Accept-Language": "en"}), "zhang")
    assert answer.status_code == 429 and "Too many" in answer.text
    assert enter(Client(REMOTE_ADDR="10.9.9.9"), "ZHANG@example.com").status_code == 429, "by e-mail it is the same account"
    assert [e.kind for e in AccessEvent.objects.filter(name="zhang").order_by("id")] == ["refused"] * 5 + ["locked", "locked"]
    FailedTries.objects.update(locked_until=timezone.now() - timedelta(seconds=1), began_at=timezone.now() - timedelta(hours=1))
    client = Client(REMOTE_ADDR="10.9.9.9")
    assert enter(client, "zhang").status_code == 302 and is_in(client)


def test_forwarded_addresses_are_not_believed_and_one_address_locks_for_every_name(house: Tenant) -> None:
    person(house, "zhang", "viewer")
    for number in range(30):
        enter(Client(REMOTE_ADDR="10.0.0.1"), f"nobody{number}", "wrong", headers={"X-Forwarded-For": f"172.16.0.{number}", "X-Real-IP": f"172.17.0.{number}"})
    assert enter(Client(REMOTE_ADDR="10.0.0.1"), "zhang", headers={"X-Forwarded-For": "9.9.9.9"}).status_code == 429
    client = Client(REMOTE_ADDR="10.0.0.2")
    assert enter(client, "zhang").status_code == 302, "others are not locked"


def test_the_addresses_of_one_ipv6_subscriber_count_together(house: Tenant) -> None:
    for number in range(30):
        enter(Client(REMOTE_ADDR=f"2001:db8:1:2::{number:x}"), f"nobody{number}", "wrong")
    assert enter(Client(REMOTE_ADDR="2001:db8:1:2:ffff::1"), "zhang").status_code == 429
    assert enter(Client(REMOTE_ADDR="2001:db8:1:3::1"), "zhang").status_code == 200


def test_a_name_that_nobody_has_answers_like_one_that_somebody_has(house: Tenant) -> None:
    person(house, "zhang", "viewer")
    seen = []
    for name in ("zhang", "nobody"):
        seen.append([(r.status_code, "Too many" in r.text) for r in (enter(Client(REMOTE_ADDR="10.0.0.3"), name, "wrong") for _ in range(7))])
    assert seen[0] == seen[1]
    page = [Client(headers={"Accept-Language": "en"}).post("/accounts/password/reset/", {"email": f"{n}@example.com"}) for n in ("zhang", "nobody")]
    assert page[0].status_code == page[1].status_code == 302 and page[0]["Location"] == page[1]["Location"]


def test_many_tries_at_once_are_no_more_than_five() -> None:
    made = 0
    for _ in range(40):  # none has been judged when the next begins
        try:
            lockout.admit(lockout.of_account("password", "x"), lockout.Counted("address:1", 1000))
            made += 1
        except lockout.Locked:
            pass
    assert made == 5


def test_a_right_password_gives_its_try_back_but_forgives_the_address_nothing_more() -> None:
    address = lockout.Counted("address:1", 30)
    for _ in range(10):
        lockout.admit(lockout.of_account("password", "other"), address) if _ < 4 else None
    lockout.admit(lockout.of_account("password", "mine"), address).passed()
    assert FailedTries.objects.get(key="address:1").failures == 4
    assert not FailedTries.objects.filter(key="password:mine").exists()


def test_wrong_codes_are_throttled_and_locked(house: Tenant) -> None:
    person(house, "zhang", "viewer", enrolled=True)
    client = Client()
    assert enter(client, "zhang")["Location"] == "/accounts/2fa/authenticate/"
    answers = [client.post("/accounts/2fa/authenticate/", {"code": f"{number:06}"}).status_code for number in range(12)]
    assert answers == [200] * 5 + [429] * 7
    assert client.post("/accounts/2fa/authenticate/", {"code": code()}).status_code == 429 and not is_in(client)
    other = Client(REMOTE_ADDR="10.7.7.7")
    enter(other, "zhang")
    assert other.post("/accounts/2fa/authenticate/", {"code": code()}).status_code == 429, "from elsewhere too"
    assert AccessEvent.objects.filter(kind="code_refused").count() == 5 and AccessEvent.objects.filter(kind="locked").exists()


def test_codes_are_throttled_by_address_over_many_accounts(house: Tenant) -> None:
    for number in range(8):
        person(house, f"p{number}", "viewer", enrolled=True)
        client = Client(REMOTE_ADDR="10.0.0.9")
        enter(client, f"p{number}")
        answers = [client.post("/accounts/2fa/authenticate/", {"code": "000000"}).status_code for _ in range(4)]
    assert answers[-1] == 429


def test_a_code_works_once_and_older_ones_no_more(house: Tenant) -> None:
    person(house, "zhang", "viewer", enrolled=True)
    now = code()
    for expected in (302, 200):
        client = Client()
        enter(client, "zhang")
        cache.clear()  # nothing is remembered in memory: another process would not know it
        assert client.post("/accounts/2fa/authenticate/", {"code": now}).status_code == expected
    client = Client()
    enter(client, "zhang")
    assert client.post("/accounts/2fa/authenticate/", {"code": code(-1)}).status_code == 200, "the one before is spent as well"


def test_a_recovery_code_works_once(house: Tenant) -> None:
    from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes

    user = person(house, "zhang", "viewer", enrolled=True)
    spare = RecoveryCodes.activate(user).get_unused_codes()[0]
    for expected in (302, 200):
        client = Client()
        enter(client, "zhang")
        assert client.post("/accounts/2fa/authenticate/", {"code": spare}).status_code == expected


def test_seeds_lie_sealed_also_while_enrolling(house: Tenant, settings: LazySettings) -> None:
    settings.REQUIRE_TOTP = True
    person(house, "admin", "owner")
    client = Client()
    enter(client, "admin")
    page = client.get("/accounts/2fa/totp/activate/")
    shown = page.context["form"].secret
    assert shown not in str(dict(client.session))
    right = auth.format_hotp_value(auth.hotp_value(shown, int(time.time()) // 30))
    assert client.post("/accounts/2fa/totp/activate/", {"code": "000000" if right != "000000" else "111111"}).status_code == 200
    assert client.post("/accounts/2fa/totp/activate/", {"code": right}).status_code == 302
    with connection.cursor() as cursor:
        cursor.execute("SELECT data::text FROM mfa_authenticator")
        stored = [row[0] for row in cursor.fetchall()]
    assert len(stored) == 2 and all("jw1:" in each for each in stored) and not any(shown in each for each in stored)
    row = Authenticator.objects.get(type="totp")
    assert secrets.open_text("mfa", row.data["secret"]) == shown
    with pytest.raises(secrets.CannotOpen):
        secrets.open_text("other", row.data["secret"])


def test_seeds_in_plain_text_are_sealed_by_the_migration(house: Tenant) -> None:
    from importlib import import_module

    from django.apps import apps

    user = person(house, "zhang", "viewer")
    for kind, data in (("totp", {"secret": seed}), ("recovery_codes", {"seed": "ab" * 40, "used_mask": 1})):
        Authenticator.objects.create(user=user, type=kind, data=data)
    import_module("jingwei.frame.migrations.0022_second_steps_sealed").seal(apps, None)
    rows = {row.type: row for row in Authenticator.objects.all()}
    assert seed not in str(rows["totp"].data) and "abab" not in str(rows["recovery_codes"].data) and rows["recovery_codes"].data["used_mask"] == 1
    client = Client()
    enter(client, "zhang")
    assert client.post("/accounts/2fa/authenticate/", {"code": code()}).status_code == 302


@pytest.mark.parametrize("page", ["/", "/w/work.task/", "/settings/members/", "/settings/tokens/", "/search/?q=x", "/accounts/email/", "/accounts/sessions/"])
def test_an_administrator_without_a_second_step_can_only_add_one(house: Tenant, settings: LazySettings, page: str) -> None:
    settings.REQUIRE_TOTP = True
    person(house, "admin", "owner")
    client = Client()
    enter(client, "admin")
    answer = client.get(page)
    assert answer.status_code == 302 and answer["Location"] == "/accounts/2fa/totp/activate/"
    enrolment = client.get("/accounts/2fa/totp/activate/")
    assert enrolment.status_code == 200 and "/events/" not in enrolment.text and 'href="/w/' not in enrolment.text
    assert client.get("/api/v1/work.task/").status_code == 403
    assert client.post("/graphql", {"query": "{__typename}"}, content_type="application/json").status_code == 403
    assert client.get("/events/").status_code == 403
    settings.REQUIRE_TOTP = False
    assert client.get("/").status_code == 200


def test_a_role_that_gives_roles_is_an_administrators_too_and_a_viewers_is_not(house: Tenant, settings: LazySettings) -> None:
    settings.REQUIRE_TOTP = True
    role = Role.objects.create(tenant=house, key="hr", name="hr", grants=["frame.membership.*"])
    user = person(house, "wang", "viewer")
    client = Client()
    enter(client, "wang")
    assert client.get("/").status_code == 200
    Membership.objects.create(tenant=house, user=user, role=role)
    assert client.get("/").status_code == 302
    Membership.objects.filter(role=role).delete()
    assert client.get("/").status_code == 200


@pytest.mark.parametrize(("role", "minutes"), [("viewer", 30), ("owner", 15)])
def test_a_session_left_alone_ends(house: Tenant, role: str, minutes: int, monkeypatch: pytest.MonkeyPatch) -> None:
    person(house, "zhang", role)
    client = Client()
    enter(client, "zhang")
    real, ahead = time.time, [0.0]
    monkeypatch.setattr(limits.time, "time", lambda: real() + ahead[0])
    for _ in range(3):
        ahead[0] += minutes * 60 - 60
        assert client.get("/").status_code == 200, "each look keeps it"
    for _ in range(3):
        ahead[0] += minutes * 20 + 10
        answer = client.get("/", headers={"X-Unattended": "1"})
    assert answer.status_code == 302 and "/accounts/login/" in answer["Location"], "what the page asks by itself does not"
    assert not is_in(client)
    assert AccessEvent.objects.filter(kind="ended").count() == 1


def test_a_session_ends_after_twelve_hours_however_busy(house: Tenant, monkeypatch: pytest.MonkeyPatch) -> None:
    person(house, "zhang", "viewer")
    client = Client()
    enter(client, "zhang")
    real, ahead = time.time, [0.0]
    monkeypatch.setattr(limits.time, "time", lambda: real() + ahead[0])
    for _ in range(36):
        ahead[0] += 1195
        assert client.get("/").status_code == 200
    ahead[0] += 600
    assert client.get("/api/v1/work.task/").status_code == 401
    assert not is_in(client)


def test_a_new_password_and_a_disabled_user_end_sessions_at_once(house: Tenant) -> None:
    user = person(house, "zhang", "viewer")
    here, there = Client(), Client()
    enter(here, "zhang"), enter(there, "zhang")
    given = {"oldpassword": password, "password1": "another-horse-battery", "password2": "another-horse-battery"}
    assert here.post("/accounts/password/change/", given).status_code == 302
    assert is_in(here) and not is_in(there)
    User.objects.filter(pk=user.pk).update(is_active=False)
    assert not is_in(here)
    assert AccessEvent.objects.filter(kind="password").count() == 1


@pytest.mark.parametrize(
    "page", ["/", "/accounts/login/", "/w/work.task/", "/api/v1/work.task/", "/settings/tokens/", "/w/work.task/export.csv", "/search/?q=a"]
)
def test_no_page_is_kept(house: Tenant, page: str) -> None:
    person(house, "zhang", "viewer")
    client = Client()
    enter(client, "zhang")
    assert client.get(page)["Cache-Control"] == "no-store"


def test_cookies_are_bound_to_this_host_under_https() -> None:
    import os
    import subprocess
    import sys

    told = subprocess.run(
        [sys.executable, "-c", "from jingwei.assembly import settings as s; print(s.SESSION_COOKIE_NAME, s.CSRF_COOKIE_NAME, s.SESSION_COOKIE_SECURE)"],
        env={**os.environ, "JINGWEI_HTTPS": "1"}, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert told.stdout.split() == ["__Host-sessionid", "__Host-csrftoken", "True"]


def test_mail_with_links_is_never_logged(house: Tenant, settings: LazySettings) -> None:
    settings.EMAIL_BACKEND = "jingwei.frame.telling.mail.Unsent"
    person(house, "zhang", "viewer")
    with listened() as log:
        Client().post("/accounts/password/reset/", {"email": "zhang@example.com"})
        Client().get("/setup/abcdefghijklmnop/")
    told = log.getvalue()
    assert "mail.unsent" in told and "/setup/***/" in told
    assert "zhang@example.com" not in told and "/reset/key/" not in told and "abcdefghijklmnop" not in told


def test_the_access_log_is_for_those_who_give_roles_everywhere_and_about_their_own_people(house: Tenant) -> None:
    person(house, "admin", "owner")
    user = person(house, "wang", "viewer")
    other = Tenant.objects.create(code="o", name="O")
    Role.objects.create(tenant=other, key="viewer", name="viewer", is_standard=True)
    person(other, "foreign", "viewer")
    for name in ("wang", "foreign", "nobody"):
        enter(Client(), name, "wrong")
    viewer, admin = Client(), Client()
    enter(viewer, "wang"), enter(admin, "admin")
    assert viewer.get("/settings/access/").status_code == 403
    told = admin.get("/settings/access/").text
    assert "wrong password" in told and "wang" in told and "foreign" not in told and "nobody" not in told
    with scope.within(scope.Scope(house.pk)):
        project = Project(code="P", name="P", start_on=date(2026, 11, 2))
        project.save()
    Membership.objects.create(tenant=house, user=user, role=Role.objects.get(tenant=house, key="owner"), project=project)
    assert viewer.get("/settings/access/").status_code == 403, "administrator of one project only"

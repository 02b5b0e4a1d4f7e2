"""Pages that say what is wrong: each in the person's language, in our look, with something to do; one line for scripts."""

from __future__ import annotations

from datetime import date

import pytest
from django.test import Client

from jingwei.frame import scope
from jingwei.frame.models import Membership, Project, Role, Tenant, User
from jingwei.frame.ui import search

pytestmark = pytest.mark.django_db
languages = pytest.mark.parametrize("language", ["zh-hans", "en"])


def person(language: str, role: str = "viewer", **options: bool) -> Client:
    """Somebody of an organisation with one project; without a role when `role` is empty."""
    user = User.objects.create_user("who", password=None, language=language)
    if role:
        tenant = Tenant.objects.create(code="t", name="T")
        with scope.within(scope.Scope(tenant.pk)):
            Project(code="WMS", name="仓库", start_on=date(2026, 11, 2)).save()
        Membership.objects.create(tenant=tenant, user=user, role=Role.objects.create(tenant=tenant, key=role, name=role, is_standard=True))
    client = Client(**options)
    client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


@languages
def test_a_page_without_the_right_names_the_right(language: str) -> None:
    answer = person(language).get("/settings/members/")
    assert answer.status_code == 403
    assert "frame.membership.change" in answer.text
    assert ("没有权限" if language == "zh-hans" else "No right to this") in answer.text
    assert "jw-top" in answer.text


@languages
def test_a_missing_page_leads_on(language: str) -> None:
    answer = person(language).get("/w/work.task/999/")
    assert answer.status_code == 404
    assert ("未找到" if language == "zh-hans" else "Not found") in answer.text
    assert 'href="/search/"' in answer.text


@languages
@pytest.mark.parametrize("page", ["/projects/GONE/", "/schedule/gantt/GONE/"])
def test_a_missing_project_is_named_and_ones_own_are_offered(page: str, language: str) -> None:
    answer = person(language).get(page)
    assert answer.status_code == 404
    assert ("没有这个项目" if language == "zh-hans" else "No such project") in answer.text
    assert "GONE" in answer.text and 'href="/projects/WMS/"' in answer.text


@languages
@pytest.mark.parametrize("page", ["/", "/w/work.task/", "/search/", "/notices/"])
def test_somebody_without_an_organisation_is_told_so_and_may_log_out(page: str, language: str) -> None:
    client = person(language, role="")
    answer = client.get(page)
    assert answer.status_code == 403
    assert ("还不是任何组织的成员" if language == "zh-hans" else "not a member of any organisation") in answer.text
    assert 'action="/accounts/logout/"' in answer.text
    assert client.get("/accounts/password/change/").status_code in (200, 302), "one's own account stays open"


@languages
def test_a_forged_or_old_form_is_refused_with_a_reason(language: str) -> None:
    answer = person(language, enforce_csrf_checks=True).post("/notices/read/")
    assert answer.status_code == 403
    assert ("表单已过期" if language == "zh-hans" else "The form is too old") in answer.text


def test_a_failure_gives_the_number_of_its_log_line_in_both_languages(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("secret detail")

    client = person("en", raise_request_exception=False)
    monkeypatch.setattr(search, "found", fail)
    answer = client.get("/search/?q=x")
    assert answer.status_code == 500
    assert "程序出错了" in answer.text and "Something went wrong" in answer.text
    assert answer["X-Request-Id"] in answer.text
    assert "secret detail" not in answer.text


@pytest.mark.parametrize("headers", [{"HX-Request": "true"}, {"Accept": "application/json"}])
def test_scripts_get_one_line_of_text(headers: dict[str, str]) -> None:
    answer = person("en").get("/w/work.task/999/", headers=headers)
    assert answer.status_code == 404
    assert answer["Content-Type"].startswith("text/plain") and "<" not in answer.text


def test_a_project_that_is_gone_does_not_empty_the_lists() -> None:
    client = person("en")
    session = client.session
    session["project_id"] = 999_999
    session.save()
    assert client.get("/w/work.task/").context["listing"].is_narrowed is False

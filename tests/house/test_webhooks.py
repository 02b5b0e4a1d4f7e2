"""Laws of webhooks: facts of every resource go out, to whom they may, as REST tells them; and nobody but administrators has to do with webhooks."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.test import Client

from jingwei.frame import scope
from jingwei.frame.models import Membership, Project, Role, Sending, User, Webhook
from jingwei.frame.records import commands
from jingwei.frame.records.resource import Resource, resource, resources
from jingwei.frame.rights.access import access_of, is_granted, standard_roles
from jingwei.frame.webhooks import bodies, outbox
from tests.house.conftest import House

pytestmark = pytest.mark.django_db
every = [pytest.param(each, id=each.key) for each in resources()]
backend = "allauth.account.auth_backends.AuthenticationBackend"


def hook(house: House, facts: str = "*", **values: Any) -> Webhook:
    """One more webhook of the administrator's."""
    given = {"name": f"h{Webhook.objects.count()}", "url": "https://bi.example.com/in", "facts": facts, **values}
    return commands.create(resource("frame.webhook"), given, access_of(house.owner, house.tenant))


def client_of(user: User) -> Client:
    client = Client()
    client.force_login(user, backend=backend)
    return client


def told(found: Webhook, sending: Sending) -> dict[str, Any] | None:
    """What would go out now."""
    found = Webhook.objects.get(pk=found.pk)
    body = bodies.body_of(found, sending, bodies.access_for(found))
    return json.loads(body) if body is not None else None


def member(house: House, name: str, role: str, project: Project | None) -> User:
    made = User.objects.create_user(name, password=None)
    row, _ = Role.objects.get_or_create(tenant=house.tenant, key=role, defaults={"name": role, "is_standard": True})
    Membership.objects.create(tenant=house.tenant, user=made, role=row, project=project)
    return made


def test_a_stranger_has_nothing_to_do_with_webhooks(house: House, inside: Any) -> None:
    with inside():
        made = hook(house)
    lead = member(house, "lead", "owner", house.project)
    others = [house.viewer, lead, house.stranger, *(member(house, f"m-{role}", role, None) for role in standard_roles if role != "owner")]
    for user in others:
        client = client_of(user)
        assert client.get(f"/api/v1/frame.webhook/{made.pk}").status_code in (403, 404), user
        assert made.url not in client.get("/api/v1/frame.webhook/").content.decode()
        assert made.url not in client.get("/w/frame.webhook/").content.decode()
        for path in ("", "secret/", "test/", "replay/"):
            for method in (client.get, client.post):
                assert method(f"/settings/webhooks/{made.pk}/{path}").status_code in (403, 404, 405), (user, path)
        given = {"name": "x", "url": "https://a.example.com/", "facts": "*"}
        assert client.post("/api/v1/frame.webhook/", given, content_type="application/json").status_code == 403 or user == house.stranger
        assert client.patch(f"/api/v1/frame.webhook/{made.pk}", {"url": "https://b.example.com/"}, content_type="application/json").status_code in (403, 404)
    with inside():
        assert Webhook.objects.get().url == made.url and not Webhook.objects.get().is_shown


def test_every_field_that_is_wrong_is_told_at_once(house: House, inside: Any) -> None:
    given = {"name": "x", "url": "http://10.0.0.5/x", "facts": "banana", "projects": "NOPE"}
    with inside(), pytest.raises(ValidationError) as refusal:
        commands.create(resource("frame.webhook"), given, access_of(house.owner, house.tenant))
    assert set(refusal.value.message_dict) == {"url", "facts", "projects"}


def test_no_wide_grant_reaches_what_is_reserved() -> None:
    for grant in ("*.view", "*.*", "frame.*", "frame.web*", "frame.project.*"):
        assert not is_granted(frozenset({grant}), "frame.webhook.view"), grant
    for grant in ("*", "frame.webhook.*", "frame.webhook.view"):
        assert is_granted(frozenset({grant}), "frame.webhook.view"), grant


def test_nobody_hands_on_what_is_reserved_without_holding_it(house: House) -> None:
    pmo = member(house, "pmo", "pmo", None)
    assert not access_of(pmo, house.tenant).covers(("frame.webhook.view",), None)
    assert access_of(house.owner, house.tenant).covers(("frame.webhook.view",), None)


@pytest.mark.parametrize("each", every)
def test_what_is_written_goes_out_as_rest_tells_it(each: Resource, house: House, inside: Any) -> None:
    with inside():
        listening = hook(house)
        Sending.objects.all().delete()
        row = house.project if each.model is Project else house.make(each)
        if each.model is Project:
            each.model.objects.filter(pk=row.pk).update(name="N")  # whichever way it is written
        sendings = Sending.objects.filter(webhook=listening, resource=each.key, row_id=row.pk)
        first = sendings.first()
        assert first is not None and first.fact == f"{each.key}.{'changed' if each.model is Project else 'added'}" and first.attempts == 0
        whole = told(listening, first)
    assert whole is not None and whole["type"] == first.fact and set(whole) == {"type", "timestamp", "data"}
    answer = client_of(house.owner).get(f"/api/v1/{each.key}/{row.pk}")
    assert answer.status_code == 200
    assert whole["data"] == answer.json()


@pytest.mark.parametrize("each", every)
def test_who_may_not_see_a_row_is_sent_nothing_of_it(each: Resource, house: House, inside: Any) -> None:
    with inside():
        listening = hook(house)
        row = house.project if each.model is Project else house.make(each)
        outbox.put(f"{each.key}.added", each.key, row.pk)
        sending = Sending.objects.filter(webhook=listening, resource=each.key, row_id=row.pk).first()
        assert sending is not None and told(listening, sending) is not None
        Membership.objects.filter(user=house.owner).delete()
        assert told(listening, sending) is None, "its maker has lost the right"
        Webhook.objects.filter(pk=listening.pk).update(maker=None)
        assert told(listening, sending) is None


def test_a_row_that_is_gone_is_told_by_its_history(house: House, inside: Any) -> None:
    with inside():
        listening = hook(house, "*.removed")
        row = house.make(resource("risk.risk"))
        name, pk = resource("risk.risk").name_of(row), row.pk
        commands.remove(resource("risk.risk"), row, house.access)
        (sending,) = Sending.objects.filter(webhook=listening, fact="risk.risk.removed")
        data = told(listening, sending)["data"]
        assert data["id"] == pk and data["natural_key"] == name and data["title"] == row.title
        Membership.objects.filter(user=house.owner).delete()
        assert told(listening, sending) is None


@pytest.mark.parametrize(
    ("amount", "told_as"), [("12.1", "12.10"), ("12", "12.00"), ("1000000000", "1000000000.00"), ("1234567890123456.78", "1234567890123456.78")]
)
def test_numbers_of_a_row_that_is_gone_have_the_places_of_their_column(amount: str, told_as: str, house: House, inside: Any) -> None:
    lines = resource("cost.line")
    with inside():
        listening = hook(house, "*.removed")
        row = commands.create(lines, house.values(lines) | {"project": house.project.pk, "amount": amount, "posted_on": None}, house.access)
        commands.remove(lines, row, house.access)
        (sending,) = Sending.objects.filter(webhook=listening, fact="cost.line.removed")
        assert told(listening, sending)["data"]["amount"] == told_as


def test_a_fact_and_its_sending_stand_and_fall_together(house: House, inside: Any) -> None:
    with inside():
        hook(house, "risk.risk.*")
        with pytest.raises(RuntimeError), transaction.atomic():
            house.make(resource("risk.risk"))
            assert Sending.objects.filter(fact="risk.risk.added").exists()
            raise RuntimeError
        assert not Sending.objects.exists()


def test_steps_and_patterns(house: House, inside: Any) -> None:
    with inside():
        all_of_risks, steps, removed = hook(house, "risk.risk.*"), hook(house, "risk.risk.occur"), hook(house, "*.removed work.task.added")
        risk = house.make(resource("risk.risk"))
        commands.act(resource("risk.risk"), "occur", risk, {}, house.access)
        commands.remove(resource("risk.risk"), house.make(resource("risk.risk")), house.access)
        house.make(resource("work.task"))
        facts = {each.pk: [s.fact for s in Sending.objects.filter(webhook=each).order_by("pk")] for each in (all_of_risks, steps, removed)}
    assert facts[steps.pk] == ["risk.risk.occur"]
    assert facts[removed.pk] == ["risk.risk.removed", "work.task.added"]
    assert {"risk.risk.added", "risk.risk.changed", "risk.risk.occur", "risk.risk.removed"} == set(facts[all_of_risks.pk])


def test_only_its_projects_and_never_more_than_its_maker_sees(house: House, inside: Any) -> None:
    with inside():
        other = Project(code="P2", name="zwei", start_on=house.project.start_on)
        other.save()
        one, both = hook(house, "risk.risk.added", projects="P1"), hook(house, "risk.risk.added")
        rows = [commands.create(resource("risk.risk"), {"title": code, "project": code}, house.access) for code in ("P1", "P2")]
        seen = {each.pk: [s.row_id for s in Sending.objects.filter(webhook=each).order_by("pk") if told(each, s)] for each in (one, both)}
        assert seen == {one.pk: [rows[0].pk], both.pk: [row.pk for row in rows]}
        Membership.objects.filter(user=house.owner).update(project=other)
        seen = {each.pk: [s.row_id for s in Sending.objects.filter(webhook=each).order_by("pk") if told(each, s)] for each in (one, both)}
        assert seen == {one.pk: [], both.pk: [rows[1].pk]}


def test_a_token_makes_and_changes_no_webhook(house: House, inside: Any) -> None:
    from jingwei.frame.models import ApiToken

    with inside():
        made = hook(house)
    for limit in (None, {"grants": ["frame.webhook.*", "risk.*"], "projects": None}):
        _token, text = ApiToken.issue(tenant=house.tenant, user=house.owner, name="x", limit=limit)
        client = Client(headers={"Authorization": f"Bearer {text}"})
        given = {"name": "x", "url": "https://a.example.com/", "facts": "*"}
        assert client.get(f"/api/v1/frame.webhook/{made.pk}").status_code == 200
        assert client.post("/api/v1/frame.webhook/", given, content_type="application/json").status_code == 403
        answer = client.patch(f"/api/v1/frame.webhook/{made.pk}", {"url": "https://b.example.com/", "version": made.version}, content_type="application/json")
        assert answer.status_code == 403
    with inside():
        assert Webhook.objects.get().url == made.url


def test_a_token_has_no_webhooks_imported_behind_its_back(house: House, inside: Any) -> None:
    from jingwei.frame.models import ImportFile
    from jingwei.frame.work import errands

    with scope.within(scope.Scope(house.tenant.pk, house.owner.pk, origin="api:x")), pytest.raises(PermissionDenied):
        errands.begin_import(access_of(house.owner, house.tenant), resource("frame.webhook"), ImportFile(user=house.owner, name="x.csv"), apply=True)


def test_administrators_hear_of_every_new_address(house: House, inside: Any) -> None:
    from jingwei.frame.models import Notification

    with inside():
        made = hook(house)
        rows = Notification.objects.filter(user=house.owner, key=f"webhook.address:{made.pk}")
        assert rows.get().count == 1
        commands.change(resource("frame.webhook"), Webhook.objects.get(), {"name": "other"}, access_of(house.owner, house.tenant))
        commands.change(resource("frame.webhook"), Webhook.objects.get(), {"url": "https://钩.example.com/in"}, access_of(house.owner, house.tenant))
        assert rows.get().count == 2


def test_what_is_wrong_is_told_at_its_field(house: House, inside: Any) -> None:
    from tests.domains.conftest import refuses

    with inside():
        for field, values in (
            ("facts", {"facts": "work.tusk.*"}), ("facts", {"facts": "  "}), ("facts", {"facts": "wor_.task.*"}), ("projects", {"projects": "NONE"}),
            ("url", {"url": "http://bi.example.com/"}), ("url", {"url": "ftp://x/"}), ("url", {"url": "https://u:p@x/"}), ("url", {"url": "http://127.0.0.1:9/"}),
        ):  # fmt: skip
            with refuses(field):
                hook(house, **{"facts": "*", **values})
        with pytest.raises(PermissionDenied):
            commands.create(resource("frame.webhook"), {"name": "x"}, access_of(house.viewer, house.tenant))


def test_the_secret_is_told_by_no_way(house: House, inside: Any) -> None:
    with inside():
        made = hook(house)
    client = client_of(house.owner)
    for path in (f"/api/v1/frame.webhook/{made.pk}", f"/api/v1/frame.webhook/{made.pk}/history", "/w/frame.webhook/", f"/settings/webhooks/{made.pk}/"):
        assert "whsec_" not in client.get(path).content.decode(), path
    first = client.post(f"/settings/webhooks/{made.pk}/secret/").content.decode()
    assert "whsec_" in first
    assert "whsec_" not in client.post(f"/settings/webhooks/{made.pk}/secret/", follow=True).content.decode(), "shown once"
    assert "whsec_" in client.post(f"/settings/webhooks/{made.pk}/secret/", {"rotate": "1"}).content.decode()

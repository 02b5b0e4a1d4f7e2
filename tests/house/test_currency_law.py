"""The law of money: an amount is never read in another currency, and two currencies are never added, over every model that declares amounts."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import models
from django.test import Client
from django.utils import translation

from jingwei.frame import scope
from jingwei.frame.models import Project
from jingwei.frame.models.currency import Money
from jingwei.frame.project_templates import bringing, file, taking
from jingwei.frame.project_templates.bringing import Wanted
from jingwei.frame.records import commands, currencies, undo
from jingwei.frame.records.listing import Listing
from jingwei.frame.records.resource import Resource, resource, resource_of, resources
from jingwei.frame.rights.access import access_of
from jingwei.frame.views import Board, Chart
from tests.house.conftest import House

pytestmark = pytest.mark.django_db
no_money = {
    "hours", "total_hours", "work_hours", "units_percent", "units_planned", "units_done", "weight",
    "cost.rate.rate",  # what a currency is worth in another
}  # fmt: skip
kinds = [each for each in resources() if each.model.money is not None]
bound = [each for each in kinds if each.model.money.stays]
summed = [(each, view) for each in resources() for view in each.views if isinstance(view, Board | Chart) and view.sum_of]


def test_every_decimal_of_a_project_is_money_or_none() -> None:
    """Given any model of the house, when it holds a decimal, then it says that it is money and whose currency it is in, or it is known to be none."""
    from django.apps import apps

    from jingwei.frame.models import TenantModel

    for model in apps.get_models():
        if issubclass(model, TenantModel):
            amounts = set(model.money.fields) if model.money is not None else set()
            found = {each.name for each in model._meta.concrete_fields if isinstance(each, models.DecimalField)}
            unknown = {name for name in found - amounts - no_money if f"{model._meta.label_lower}.{name}" not in no_money}
            lists = {each.name for each in model._meta.concrete_fields if isinstance(each, models.JSONField)}
            assert not unknown and amounts <= found | lists, f"{model._meta.label}: {unknown}"
            assert model.money is None or not (model.money.own == "" and not model.money.stays), f"{model._meta.label} keeps no currency"


def money_of(kind: Resource) -> Money:
    assert kind.model.money is not None
    return kind.model.money


def filled(kind: Resource) -> dict[str, Any]:
    """Amounts for each of its fields."""
    some: Any = Decimal(100) if money_of(kind).none == 0 else [{"account": "other", "description": "x", "amount": "100"}]
    return dict.fromkeys(money_of(kind).fields, some)


def with_amounts(house: House, kind: Resource) -> Any:
    row = house.make(kind)
    kind.model.unscoped.filter(pk=row.pk).update(**filled(kind))
    return kind.model.objects.get(pk=row.pk)


def counts_in(project: Project, currency: str) -> None:
    """Past all rules."""
    Project.objects.filter(pk=project.pk).update(currency=currency)
    project.refresh_from_db()


def second(currency: str = "USD") -> Project:
    made = Project(code="P2", name="B", start_on=date(2026, 11, 2), currency=currency)
    made.save()
    return made


@pytest.fixture(autouse=True)
def english() -> Any:
    with translation.override("en"):
        yield


@pytest.mark.parametrize("kind", bound, ids=[each.key for each in bound])
def test_a_project_keeps_its_currency_while_amounts_stand_in_it(kind: Resource, house: House, inside: Callable[[], Any]) -> None:
    with inside():
        with_amounts(house, kind)
        house.project.refresh_from_db()
        with pytest.raises(ValidationError) as refused:
            commands.change(resource("frame.project"), house.project, {"currency": "USD"}, house.access)
        assert "would be read as USD" in refused.value.message_dict["currency"][0]
        kind.model.unscoped.update(**dict.fromkeys(money_of(kind).fields, money_of(kind).none))
        if kind.key == "labour.sheetline":
            resource("labour.sheet").model.objects.update(total_amount=0)
        commands.change(resource("frame.project"), house.project, {"currency": "USD"}, house.access)


movable = [each for each in bound if "project" in each.plain_fields]


@pytest.mark.parametrize("kind", movable, ids=[each.key for each in movable])
def test_no_amount_goes_to_a_project_in_another_currency(kind: Resource, house: House, inside: Callable[[], Any]) -> None:
    """Given a row with amounts, when it is moved to a project in another currency, then that is refused with the field and both currencies; to one in the same it may go."""
    with inside():
        row, there, tasks = with_amounts(house, kind), second(), resource("work.task")
        more = {"task": commands.create(tasks, {"project": there.pk, "name": "x"}, house.access).pk} if "task" in kind.plain_fields else {}
        with pytest.raises(ValidationError) as refused:
            commands.change(kind, row, {"project": there.pk, **more}, house.access)
        (text,) = refused.value.message_dict["project"]
        assert "is in CNY and would be read as USD" in text and str(kind.label(money_of(kind).fields[0])) in text
        assert kind.model.objects.get(pk=row.pk).project_id == house.project.pk
        counts_in(there, "CNY")
        assert commands.change(kind, row, {"project": there.pk, **more}, house.access).project_id == there.pk


deletable = [each for each in bound if each.roles]


@pytest.mark.parametrize("kind", deletable, ids=[each.key for each in deletable])
def test_no_amount_comes_back_into_another_currency(kind: Resource, house: House, inside: Callable[[], Any]) -> None:
    """Given a row that was deleted while its project was in yuan, when that is undone in euros, then it is refused in words; in yuan again it comes back."""
    with inside():
        row = with_amounts(house, kind)
        with scope.because(trace=uuid.uuid4().hex) as current:
            commands.remove(kind, row, house.access)
        counts_in(house.project, "EUR")
        left = undo.undo(current.trace, house.access)
        assert left and "was in CNY and would be read as EUR" in left[0] and not kind.model.objects.filter(pk=row.pk).exists(), left
        counts_in(house.project, "CNY")
        assert undo.undo(current.trace, house.access) == []


def test_an_amount_that_was_emptied_does_not_come_back_into_another_currency(house: House, inside: Callable[[], Any]) -> None:
    kind = resource("cost.package")
    with inside():
        row = with_amounts(house, kind)
        with scope.because(trace=uuid.uuid4().hex) as current:
            commands.change(kind, row, {"budget": None}, house.access)
        commands.change(resource("frame.project"), Project.objects.get(pk=house.project.pk), {"currency": "EUR"}, house.access)
        assert "was in CNY and would be read as EUR" in undo.undo(current.trace, house.access)[0]
        assert kind.model.objects.get(pk=row.pk).budget is None


def test_an_amount_of_a_line_does_not_come_back_into_the_currency_that_the_line_has_since(house: House, inside: Callable[[], Any]) -> None:
    kind = resource("cost.line")
    with inside():
        row = with_amounts(house, kind)
        with scope.because(trace=uuid.uuid4().hex) as current:
            row = commands.change(kind, row, {"amount": 5}, house.access)
        commands.change(kind, row, {"currency": "USD"}, house.access)
        assert "was in CNY and would be read as USD" in undo.undo(current.trace, house.access)[0]
        assert kind.model.objects.get(pk=row.pk).amount == 5


def test_a_template_brings_no_amount_into_another_currency(house: House, inside: Callable[[], Any]) -> None:
    """Given a template of a project in dollars, when it is brought into one in yuan, then its costs stay out and that is told; a new project is in dollars, with them."""
    with inside():
        counts_in(house.project, "USD")
        with_amounts(house, resource("risk.risk"))
        taken = taking.take(house.project, house.access)
        data, files = file.unpacked(file.packed(taken.data, taken.files)[0])
        there, access = second("CNY"), access_of(house.owner, house.tenant)
        brought = bringing.bring(data, files, Wanted(project=there), access)
        risk = resource("risk.risk").model.objects.get(project=there)
        assert (risk.cost_low, risk.cost_likely, risk.cost_high) == (0, 0, 0)
        assert sum("is in USD in the template and would be read as CNY here" in text for text in brought.missing) == 3, brought.missing
        new = bringing.bring(data, files, Wanted("N", "NEW", date(2026, 11, 2)), access)
        assert new.project.currency == "USD" and resource("risk.risk").model.objects.get(project=new.project).cost_high == 100 and not new.missing


@pytest.mark.parametrize(("kind", "view"), summed, ids=[f"{each.key}:{view.key}" for each, view in summed])
def test_a_sum_over_projects_tells_currencies_apart(kind: Resource, view: Board | Chart, house: House, inside: Callable[[], Any]) -> None:
    """Given rows of a project in yuan and of one in dollars, some without a currency of their own, when a view adds them, then each currency has its sum."""
    with inside():
        first = with_amounts(house, kind)
        house.project = second()
        with_amounts(house, kind)
        answer: Any = view.answer(Listing(kind, house.access, {"view": view.key}))
        groups = [each["measure"] for each in (answer["columns"] if isinstance(view, Board) else answer["lines"]) if each["measure"].count]
        told = {currency: total for each in groups for currency, total in each.sums.items()}
        assert told == {"CNY": 100, "USD": 100} if view.sum_of in money_of(kind).fields else set(told) == {""}, first
    client = Client(headers={"Accept-Language": "en"})
    client.force_login(house.owner, backend="allauth.account.auth_backends.AuthenticationBackend")
    page = client.get(f"/w/{kind.key}/", {"view": view.key}).text
    assert "¥100.00" in page and "$100.00" in page and "200.00" not in page


def test_a_list_tells_an_amount_in_the_currency_it_is_meant_in(house: House, inside: Callable[[], Any]) -> None:
    with inside():
        counts_in(house.project, "USD")
        for kind in kinds:
            if resource_of(kind.model) is not None:
                with_amounts(house, kind)
    client = Client(headers={"Accept-Language": "en"})
    client.force_login(house.owner, backend="allauth.account.auth_backends.AuthenticationBackend")
    for key in ("labour.sheet", "labour.sheetline", "cost.package"):
        page = client.get(f"/w/{key}/").text
        assert "$100.00" in page and "¥100.00" not in page, key


def test_every_model_with_money_is_known_to_the_law() -> None:
    assert {each._meta.label_lower for each in currencies.models_with_money()} >= {each.key for each in kinds} | {"cost.snapshot", "schedule.scenario"}


def test_a_project_keeps_its_currency_while_a_what_if_would_spend_money(house: House, inside: Callable[[], Any]) -> None:
    """Given a what-if that spends, when its project is to count in another currency, then that is refused with the mend; with the money taken out it may."""
    from jingwei.domains.schedule.models import Scenario

    with inside():
        asked = Scenario(project=house.project, name="dearer", costs=[{"account": "other", "description": "x", "amount": "100"}])
        asked.save()
        with pytest.raises(ValidationError) as refused:
            commands.change(resource("frame.project"), house.project, {"currency": "USD"}, house.access)
        assert "Take that money out of them first" in refused.value.message_dict["currency"][0]
        asked.costs = []
        asked.save()
        assert commands.change(resource("frame.project"), house.project, {"currency": "USD"}, house.access).currency == "USD"

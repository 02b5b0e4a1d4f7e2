"""The law of views, over every view of every resource: strangers and other projects see nothing of it, it shows the rows that the list's filters leave,
with as many queries however many rows there are; what is moved in it obeys what REST obeys; what it cannot show it says in words."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from copy import copy
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection, models
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from jingwei.frame import scope
from jingwei.frame.models import Project, User
from jingwei.frame.records import commands
from jingwei.frame.records.listing import Listing
from jingwei.frame.records.resource import Resource, resource, resources
from jingwei.frame.rights.access import access_of
from jingwei.frame.views import Board, Chart, Matrix, Month, Timeline, View
from tests.house.conftest import House
from tests.house.half import member
from tests.house.test_api import Program

pytestmark = pytest.mark.django_db
declared = [(each, view) for each in resources() for view in each.views]
every: dict[str, Any] = {"argnames": ("kind", "view"), "argvalues": declared, "ids": [f"{each.key}:{view.key}" for each, view in declared]}
boards = [(each, view) for each, view in declared if isinstance(view, Board)]
every_board: dict[str, Any] = {"argnames": ("kind", "view"), "argvalues": boards, "ids": [each.key for each, _view in boards]}
months = [(each, view) for each, view in declared if isinstance(view, Month)]


def logged_in(who: User, **options: Any) -> Client:
    client = Client(headers={"Accept-Language": "en"}, **options)
    client.force_login(who, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


def asked(view: View, **parameters: Any) -> dict[str, str]:
    return {"view": view.key} | {name: str(value) for name, value in parameters.items()}


def dressed(kind: Resource, view: View, row: Any, moment: datetime = datetime(2026, 11, 10, 1, tzinfo=UTC)) -> Any:
    """The row with something in every field that the view stands on, past all rules."""
    for name in view.named():
        found = kind.model_field(name)
        if isinstance(found, models.DateField):
            kind.model.objects.filter(pk=row.pk).update(**{name: moment if isinstance(found, models.DateTimeField) else moment.date()})
    return kind.model.objects.get(pk=row.pk)


def shown_ids(kind: Resource, html: str) -> set[int]:
    return {int(pk) for pk in re.findall(rf'href="/w/{re.escape(kind.key)}/(\d+)/"', html)}


def places(answer: dict[str, Any], view: View) -> Iterator[tuple[str, int]]:
    """Every place of an answer with the number that is told there."""
    if isinstance(view, Board):
        yield from ((column["value"], column["measure"].count) for column in answer["columns"])
    elif isinstance(view, Matrix):
        yield from ((cell["place"], cell["count"]) for line in answer["lines"] for cell in line["cells"])
    elif isinstance(view, Month):
        yield from ((str(day["day"]), day["count"]) for week in answer["weeks"] for day in week)
        yield "-", answer["undated"]
    elif isinstance(view, Chart):
        yield from ((line["place"], line["measure"].count) for line in answer["lines"] if line["place"])


@pytest.mark.parametrize(**every)
def test_a_stranger_and_another_project_see_nothing(kind: Resource, view: View, house: House, inside: Callable[[], Any]) -> None:
    """Given a row of P1, when a stranger, and somebody who may look at P2 only, open the view, then nothing of it is there, and no count of it."""
    with inside():
        row = dressed(kind, view, house.make(kind))
        second = Project(code="P2", name="二号", start_on=date(2026, 11, 2))
        second.save()
    far = member(house, "far", "viewer", second)
    for who in (house.stranger, far):
        answer = logged_in(who).get(f"/w/{kind.key}/", asked(view, month="2026-11") if isinstance(view, Month) else asked(view))
        assert answer.status_code == 200 and row.pk not in shown_ids(kind, answer.text)
    with scope.within(scope.Scope(house.tenant.pk, far.pk)):
        told = view.answer(Listing(kind, access_of(far, house.tenant), asked(view)))
        assert not any(count for _place, count in places(told, view)) and not told.get("count")
    seen = logged_in(house.owner).get(f"/w/{kind.key}/", asked(view, month="2026-11") if isinstance(view, Month) else asked(view))
    assert seen.status_code == 200 and (row.pk in shown_ids(kind, seen.text) or isinstance(view, Chart))


@pytest.mark.parametrize(**every)
def test_it_shows_what_the_filters_of_the_list_leave_and_its_places_lead_to_them(kind: Resource, view: View, house: House, inside: Callable[[], Any]) -> None:
    """Given rows of two projects, when one is filtered by, then each place counts what the queryset says, and `at` lists exactly these."""
    with inside():
        mine = [dressed(kind, view, house.make(kind)) for _number in range(3)]
        first, house.project = house.project, Project(code="P2", name="二号", start_on=date(2026, 11, 2))
        house.project.save()
        theirs = dressed(kind, view, house.make(kind))
        parameters = asked(view, project=first.pk, month="2026-11")
        if "project" not in kind.filters:
            pytest.fail("a view without a filter by project cannot be shared from one")
        listing = Listing(kind, house.access, parameters)
        oracle = kind.model.objects.filter(project=first).filter(view.only)
        assert {row.pk for row in oracle} >= {row.pk for row in mine} and theirs.pk not in {row.pk for row in oracle}
        assert set(view.rows(listing)) == set(oracle)
        answer = view.answer(listing)
        if isinstance(view, Timeline):
            assert {bar["row"].pk for bar in answer["bars"]} == {row.pk for row in oracle}
            return
        told = list(places(answer, view))
        assert sum(count for _place, count in told) + answer.get("left_out", 0) == oracle.count()
        for place, count in told:
            within = Listing(kind, house.access, parameters | {"at": f"{view.key}:{place}"})
            assert within.count == count and set(within.all_rows) <= set(oracle), place
            assert view.words(kind, place)
        assert Listing(kind, house.access, parameters | {"at": f"{view.key}:no such place"}).count == 0


@pytest.mark.parametrize(**every)
def test_its_queries_do_not_depend_on_the_rows(kind: Resource, view: View, house: House, inside: Callable[[], Any]) -> None:
    client, address = logged_in(house.owner), f"/w/{kind.key}/?view={view.key}&month=2026-11"

    def queries() -> int:
        client.get(address)
        with CaptureQueriesContext(connection) as caught:
            assert client.get(address).status_code == 200
        return len(caught)

    with inside():
        dressed(kind, view, house.make(kind))
    few = queries()
    with inside():
        for _number in range(12):
            dressed(kind, view, house.make(kind))
    assert queries() <= few


@pytest.mark.parametrize(**every)
def test_what_the_address_asks_wrongly_is_told_in_words(kind: Resource, view: View, house: House) -> None:
    client = logged_in(house.owner, raise_request_exception=False)
    path = f"/w/{kind.key}/"
    answer = client.get(path, {"view": "banana"})
    assert answer.status_code == 422 and "no view “banana”" in answer.text and view.key in answer.text
    assert "which there is not" in client.get(path, asked(view, at=f"{view.key}:no~such~place")).text or isinstance(view, Chart)
    for name in view.asks:
        for odd in ("²", "-1", "9" * 30, "2026-13", "0001-01", "2300-01", "x\x7fy", "\ud800"):
            told = client.get(path, asked(view, **{name: odd.encode("utf-8", "replace").decode()}))
            assert told.status_code in (200, 422), (name, odd)
            assert (told.status_code == 422) == ('role="alert">' in told.text and "alert-warning" in told.text)
    for odd in ("²", "99999", "\0"):
        assert client.get(path, asked(view, page=odd, q=odd, sort=odd, at=odd)).status_code < 500
    assert client.get(path, asked(view), headers={"HX-Request": "true"}).text.lstrip().startswith("<div")


@pytest.mark.parametrize(**every)
def test_extremes_are_shown(kind: Resource, view: View, house: House, inside: Callable[[], Any], monkeypatch: pytest.MonkeyPatch) -> None:
    """Given rows without dates, at both ends of time, and two thousand on one day, then the page stays small and its axis bounded."""
    with inside():
        rows = [house.make(kind) for _number in range(3)]
        for row, moment in zip(rows, (datetime(1970, 1, 1, tzinfo=UTC), datetime(2200, 12, 31, tzinfo=UTC)), strict=False):
            dressed(kind, view, row, moment)
        like = dressed(kind, view, rows[2])
        natural = kind.natural_key[-1]
        many = []
        kept = kind.model.objects.get(pk=like.pk)
        for number in range(2000):
            one = copy(kept)
            one.pk, one._state.adding = None, True
            setattr(one, natural, f"Z{number}")
            many.append(one)
        kind.model.objects.bulk_create(many)
    client = logged_in(house.owner)
    for month in ("2026-11", "1970-01", "2200-12"):
        answer = client.get(f"/w/{kind.key}/", asked(view, month=month))
        assert answer.status_code == 200 and len(answer.content) < 400_000, len(answer.content)
        if month == "2026-11" and isinstance(view, Month):
            assert f"{2000 + 1 - view.most} more" in answer.text
        if isinstance(view, Timeline):
            assert answer.text.count("<text") <= 16
    if isinstance(view, Board):
        page = client.get(f"/w/{kind.key}/", asked(view)).text
        (more,) = re.findall(r'hx-get="([^"]+skip=\d+)"', page)
        next_cards = client.get(more.replace("&amp;", "&"), headers={"HX-Request": "true"}).text
        assert 0 < len(shown_ids(kind, next_cards)) <= 30 and not shown_ids(kind, next_cards) & shown_ids(kind, page)


@pytest.mark.parametrize(**every_board)
def test_a_card_moves_as_rest_would_move_it_and_is_refused_where_rest_refuses(kind: Resource, view: Board, house: House, inside: Callable[[], Any]) -> None:
    """Every column to every column: by the board and by REST, each from the same state."""
    client, program = logged_in(house.owner), Program(house, house.owner, house.tenant)
    lives = kind.life is not None and kind.life.field == view.field
    heads = list(view.heads(kind))
    with inside():
        one, two = house.make(kind), house.make(kind)
    for before in heads:
        for to in heads:
            if before == to:
                continue
            with inside():
                kind.model.objects.filter(pk__in=[one.pk, two.pk]).update(**{view.field: before})
                row = kind.model.objects.get(pk=one.pk)
                step = view.step_to(kind, row, to) if lives else None
                version = row.version
            given = dict.fromkeys(step.asked, "x") if step is not None else {}
            answer = client.post(
                f"/w/{kind.key}/{one.pk}/move/", {"view": view.key, "to": to, "version": version, "asked": "1", **given}, headers={"HX-Request": "true"}
            )
            assert answer.status_code in (200, 422)
            path = f"/api/v1/{kind.key}/{two.pk}"
            headers = {"Authorization": f"Bearer {program.token}"}
            if step is not None:
                rest = program.client.post(f"{path}/{step.name}", given, content_type="application/json", headers=headers).status_code
            elif lives:
                rest = 422  # there is no step: REST has none to name either
            else:
                rest = program.client.patch(path, {view.field: to}, content_type="application/json", headers=headers).status_code
            with inside():
                now, other = (getattr(kind.model.objects.get(pk=each.pk), view.field) for each in (one, two))
            assert (now == to) == (rest in (200, 201)) and now == other, (before, to, rest)
            assert ("alert-danger" in answer.text or "invalid-feedback" in answer.text) == (now != to), (before, to)
            with inside():
                reached = [way.to for way in view.ways(kind, house.access, row)]
            assert (to in reached) == (not lives or step is not None)


@pytest.mark.parametrize(**every_board)
def test_who_may_not_change_it_does_not_move_it_and_sees_no_menu(kind: Resource, view: Board, house: House, inside: Callable[[], Any]) -> None:
    with inside():
        row = house.make(kind)
        far = next(
            to
            for to in view.heads(kind)
            if to != getattr(row, view.field) and (kind.life is None or kind.life.field != view.field or view.step_to(kind, row, to))
        )
    stranger, viewer = logged_in(house.stranger), logged_in(house.viewer)
    for version in ("", row.version):
        given = {"view": view.key, "to": far, "version": version, "asked": "1"}
        assert stranger.post(f"/w/{kind.key}/{row.pk}/move/", given).status_code == 404
        assert viewer.post(f"/w/{kind.key}/{row.pk}/move/", given).status_code == 403
    shown = viewer.get(f"/w/{kind.key}/", asked(view)).text
    assert row.pk in shown_ids(kind, shown) and 'name="to"' not in shown
    with inside():
        assert getattr(kind.model.objects.get(pk=row.pk), view.field) == getattr(row, view.field)


@pytest.mark.parametrize(**every_board)
def test_a_card_that_somebody_else_moved_goes_back_with_the_reason(kind: Resource, view: Board, house: House, inside: Callable[[], Any]) -> None:
    with inside():
        row = house.make(kind)
        to = next(way.to for way in view.ways(kind, house.access, row))
        kind.model.objects.filter(pk=row.pk).update(version=row.version + 1)
    answer = logged_in(house.owner).post(
        f"/w/{kind.key}/{row.pk}/move/", {"view": view.key, "to": to, "version": row.version, "asked": "1"}, headers={"HX-Request": "true"}
    )
    assert "Somebody changed this" in answer.text
    with inside():
        assert getattr(kind.model.objects.get(pk=row.pk), view.field) == getattr(row, view.field)


@pytest.mark.parametrize(("kind", "view"), months, ids=[f"{each.key}:{view.key}" for each, view in months])
def test_a_row_goes_to_another_day_where_its_day_may_be_changed(kind: Resource, view: Month, house: House, inside: Callable[[], Any]) -> None:
    with inside():
        row = dressed(kind, view, house.make(kind))
        may = view.may_move(kind, house.access, row)
    assert may == (view.field in kind.plain_fields)
    given = {"view": view.key, "to": "2026-11-24", "version": row.version}
    assert logged_in(house.viewer).post(f"/w/{kind.key}/{row.pk}/move/", given).status_code == 403
    answer = logged_in(house.owner).post(f"/w/{kind.key}/{row.pk}/move/?view={view.key}&month=2026-11", given, headers={"HX-Request": "true"})
    with inside():
        now = getattr(kind.model.objects.get(pk=row.pk), view.field)
    day = timezone.localtime(now).date() if isinstance(now, datetime) else now
    assert (day == date(2026, 11, 24)) == may and ("alert-danger" in answer.text) != may
    if isinstance(now, datetime) and may:
        assert timezone.localtime(now).time() == timezone.localtime(getattr(row, view.field)).time()
    for odd in ("", "x", "2026-02-30", "9999-01-01", "\0"):
        told = logged_in(house.owner).post(f"/w/{kind.key}/{row.pk}/move/", given | {"to": odd}, headers={"HX-Request": "true"})
        assert told.status_code == 200 and "alert-danger" in told.text


def test_a_step_that_asks_is_asked_first_and_done_with_the_answer(house: House, inside: Callable[[], Any]) -> None:
    kind = resource("labour.sheet")
    with inside():
        row = house.make(kind)
        kind.model.objects.filter(pk=row.pk).update(status="submitted")
    client, path = logged_in(house.owner), f"/w/labour.sheet/{row.pk}/move/?view=board"
    given = {"view": "board", "to": "disputed", "version": row.version}
    first = client.post(path, given, headers={"HX-Request": "true"}).text
    assert "data-ask" in first and 'name="dispute"' in first
    empty = client.post(path, given | {"asked": "1", "dispute": " "}, headers={"HX-Request": "true"}).text
    assert "data-ask" in empty and "needs this" in empty
    assert "is moved" in client.post(path, given | {"asked": "1", "dispute": "两人未到"}, headers={"HX-Request": "true"}).text
    with inside():
        done = kind.model.objects.get(pk=row.pk)
        assert (done.status, done.dispute) == ("disputed", "两人未到")


def test_a_view_is_kept_and_shared_with_its_shape_and_switching_keeps_the_filters(house: House) -> None:
    client = logged_in(house.owner)
    client.post("/w/work.task/views/", {"name": "our board", "query": f"view=board&project={house.project.pk}", "shared": "all"})
    page = logged_in(house.viewer).get("/w/work.task/?all=1").text
    assert f"?view=board&amp;project={house.project.pk}" in page and "our board" in page
    narrowed = client.get("/w/work.task/", {"view": "board", "status": "todo", "q": "联调", "column": ""}).text
    for other in ("list", "finish", "timeline", "deadlines"):
        assert other == "finish" or re.search(rf'href="\?status=todo&amp;q=[^"]+&amp;view={other}"', narrowed), other
    client.post("/w/work.task/views/", {"name": "first", "query": "view=timeline", "default": "1"})
    assert client.get("/w/work.task/")["Location"].endswith("?view=timeline")


def test_two_currencies_are_never_added(house: House, inside: Callable[[], Any]) -> None:
    kind = resource("cost.line")
    view = kind.view("chart")
    assert view is not None
    with inside():
        for amount, currency in ((100, "CNY"), (50, "CNY"), (7, "EUR")):
            row = house.make(kind)
            kind.model.objects.filter(pk=row.pk).update(amount=Decimal(amount), currency=currency)
        answer = view.answer(Listing(kind, house.access, {}))
    assert answer["series"] == ["CNY", "EUR"]
    assert [line["sums"] for line in answer["lines"]] == [[("CNY", Decimal(150)), ("EUR", Decimal(7))]]
    assert [each["values"] for each in answer["drawn"]["series"]] == [[150.0], [7.0]]


def test_a_plain_move_is_taken_back_and_keeps_progress_in_step(house: House, inside: Callable[[], Any]) -> None:
    tasks = resource("work.task")
    with inside():
        row = commands.create(tasks, {"project": house.project.pk, "name": "联调"}, house.access)
    client = logged_in(house.owner)
    answer = client.post(f"/w/work.task/{row.pk}/move/?view=board", {"view": "board", "to": "done", "version": row.version}, headers={"HX-Request": "true"})
    assert "is moved" in answer.text and 'action="/undo/"' in answer.text
    with inside():
        assert tasks.model.objects.get(pk=row.pk).percent == 100
    client.post("/undo/", {"next": "/w/work.task/?view=board"})
    with inside():
        assert (tasks.model.objects.get(pk=row.pk).status, tasks.model.objects.get(pk=row.pk).percent) == ("todo", 0)


def test_the_old_address_of_the_board_leads_to_it(house: House) -> None:
    client = logged_in(house.owner)
    assert client.get("/work/board/")["Location"] == f"/w/work.task/?view=board&project={house.project.pk}"
    assert client.get("/work/board/", follow=True).status_code == 200
    assert logged_in(house.stranger).get("/work/board/")["Location"] == "/w/work.task/?view=board"


def test_a_long_plan_has_few_ticks(house: House, inside: Callable[[], Any]) -> None:
    tasks = resource("work.task")
    view = tasks.view("timeline")
    assert view is not None
    with inside():
        row = house.make(tasks)
        for days in (0, 1, 20, 100, 400, 3000, 84_000):
            begin = datetime(1970, 1, 2, 3, tzinfo=UTC)
            tasks.model.objects.filter(pk=row.pk).update(start=begin, finish=begin + timedelta(days=days))
            answer = view.answer(Listing(tasks, house.access, {}))
            assert 1 <= len(answer["ticks"]) <= 17, days
            (bar,) = answer["bars"]
            assert bar["kind"] == "bar" and float(bar["left"][:-1]) >= 0 and float(bar["left"][:-1]) + float(bar["wide"][:-1]) <= 100.01

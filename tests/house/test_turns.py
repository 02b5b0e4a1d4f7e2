"""The law of turns: of two who write in one project at once, the second sees what the first has written, whatever both of them looked at before.

The first one writes and waits with its end; the second begins meanwhile; then the first one ends. What the second did must fit to what the first has done.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import OperationalError, connections, models, transaction
from django.test import Client
from django.utils import translation
from psycopg import errors

import jingwei
from jingwei.domains.work import services as work
from jingwei.frame import scope
from jingwei.frame.models import ApiToken, Project
from jingwei.frame.records import commands, exchange, turns, undo
from jingwei.frame.records.resource import Resource, resource, resources
from jingwei.frame.traces import edges, traces
from jingwei.frame.walls import heavy, limits
from tests.at_once import long_enough, overlapped, together
from tests.house.conftest import House
from tests.house.half import Half, halved

pytestmark = pytest.mark.django_db(transaction=True)
tasks, links = resource("work.task"), resource("work.dependency")
Step = Callable[[], Any]


def one_behind_the_other(house: House, first: Step, second: Step, within: Callable[[], Any] | None = None) -> Exception | None:
    """The second begins while the first has written and not ended; what it was refused with, None when it was done. `within` is its scope."""

    def follow() -> None:
        with within() if within is not None else scope.within(scope.Scope(house.tenant.pk)):
            second()

    with scope.within(scope.Scope(house.tenant.pk)):
        _one, problem = overlapped(first, follow)
    if isinstance(problem, Exception) and not isinstance(problem, ValidationError | PermissionDenied | commands.Stale):
        raise problem
    return problem if isinstance(problem, Exception) else None


@contextmanager
def at(house: House) -> Iterator[None]:
    with scope.within(scope.Scope(house.tenant.pk, house.owner.pk)):
        yield


@pytest.fixture
def other(house: House) -> Project:
    with at(house):
        made = Project(code="P2", name="B", start_on=date(2026, 11, 2))
        made.save()
    return made


def task(house: House, name: str, **values: Any) -> Any:
    return work.task_save(project=house.project, name=name, **values)


def test_two_branches_make_no_ring(house: House) -> None:
    with at(house):
        over, under = task(house, "X"), task(house, "Y")
        x, y = task(house, "x", parent=over), task(house, "y", parent=under)
    refused = one_behind_the_other(
        house, lambda: commands.change(tasks, over, {"parent": y.pk}, house.access), lambda: commands.change(tasks, under, {"parent": x.pk}, house.access)
    )
    assert isinstance(refused, ValidationError)


def test_two_links_close_no_loop(house: House) -> None:
    with at(house):
        p, q = task(house, "P"), task(house, "Q")
    refused = one_behind_the_other(
        house,
        lambda: commands.create(links, {"predecessor": p.pk, "successor": q.pk}, house.access),
        lambda: commands.create(links, {"predecessor": q.pk, "successor": p.pk}, house.access),
    )
    assert isinstance(refused, ValidationError)


def plain(house: House, kind: Resource, number: int, **more: Any) -> dict[str, Any]:
    return {n: v.pk if isinstance(v, models.Model) else v for n, v in house.values(kind, number).items()} | more


def movable(target: Resource | None) -> bool:
    return target is not None and "project" in target.fields and not getattr(target.model, "project_from", "")


def test_nothing_names_what_is_just_moving_away(house: House, other: Project) -> None:
    """Over every reference that keeps to its project: the row that is named goes to another one while it is named."""
    tried, wrong = 0, []
    for kind in resources():
        for name in kind.confined:
            target = kind.target(name)
            if not movable(target):
                continue
            assert target is not None
            with at(house):
                far, values = house.make(target), plain(house, kind, 60 + tried)
                far.refresh_from_db()

            def move(target: Resource = target, far: Any = far) -> None:
                commands.change(target, far, {"project": other.pk}, house.access)

            def use(kind: Resource = kind, values: dict[str, Any] = values, name: str = name, far: Any = far) -> None:
                commands.create(kind, {**values, name: far.pk}, house.access)

            try:
                refused = one_behind_the_other(house, move, use)
            except ValidationError:  # it may not move
                continue
            tried += 1
            with at(house):
                for row in kind.model.objects.filter(**{name: far.pk}):
                    if kind.project_of(row) != target.project_of(getattr(row, name)):
                        wrong.append(f"{kind.key}.{name}: {refused}")
    assert not wrong and tried > 5


def test_nothing_is_traced_to_what_is_just_moving_away(house: House, other: Project) -> None:
    trace = next(each for each in traces() if each.ends[1] is tasks and not each.crosses_projects)
    with at(house):
        source, target = house.make(trace.ends[0]), task(house, "target")
    refused = one_behind_the_other(
        house, lambda: commands.change(tasks, target, {"project": other.pk}, house.access), lambda: edges.join(trace, source, target, house.access)
    )
    assert isinstance(refused, ValidationError)


def test_what_has_left_is_deleted_by_nobody_without_a_right_there(house: House) -> None:
    half: Half = halved(house, lambda: at(house))
    mine = half.mine[0]
    refused = one_behind_the_other(
        house,
        lambda: commands.change(tasks, mine, {"project": half.other.pk, "code": "MOVED"}, house.access),
        lambda: commands.remove(tasks, mine, half.access),
        half.inside,
    )
    assert isinstance(refused, ValidationError | PermissionDenied)
    with at(house):
        assert tasks.model.objects.get(pk=mine.pk).project_id == half.other.pk


@pytest.mark.parametrize(("whole", "part", "name"), [("labour.sheet", "labour.sheetline", "sheet"), ("risk.risk", "risk.riskimpact", "risk")])
def test_a_part_is_where_its_whole_is(whole: str, part: str, name: str, house: House, other: Project) -> None:
    above, below = resource(whole), resource(part)
    with at(house):
        row = house.make(above)
        row.refresh_from_db()
        values = plain(house, below, 77, **{name: row.pk})
    one_behind_the_other(house, lambda: commands.change(above, row, {"project": other.pk}, house.access), lambda: commands.create(below, values, house.access))
    with at(house):
        row.refresh_from_db()
        assert {each.project_id for each in below.model.objects.filter(**{name: row.pk})} <= {row.project_id}
        if whole == "labour.sheet":
            assert row.total_amount == sum((each.amount for each in row.lines.all()), Decimal(0))


def test_what_is_just_being_deleted_is_named_by_nobody(house: House) -> None:
    with at(house):
        gone = task(house, "gone")
    refused = one_behind_the_other(
        house,
        lambda: commands.remove(tasks, gone, house.access),
        lambda: commands.create(tasks, {"project": house.project.pk, "name": "below", "parent": gone.pk}, house.access),
    )
    assert isinstance(refused, ValidationError)


def test_nothing_is_written_into_a_project_that_is_just_being_deleted(house: House, other: Project) -> None:
    projects = resource("frame.project")
    refused = one_behind_the_other(
        house, lambda: commands.remove(projects, other, house.access), lambda: commands.create(tasks, {"project": other.pk, "name": "late"}, house.access)
    )
    assert isinstance(refused, ValidationError)


def test_undo_takes_nothing_of_another_back(house: House) -> None:
    with at(house):
        row = task(house, "V1")
        with scope.because(reason="mine", trace="mine"):
            commands.change(tasks, row, {"name": "V2"}, house.access)
    left: list[str] = []
    one_behind_the_other(house, lambda: commands.change(tasks, row, {"name": "V3"}, house.access), lambda: left.extend(undo.undo("mine", house.access)))
    with at(house):
        assert tasks.model.objects.get(pk=row.pk).name == "V3" and left


def test_two_of_different_projects_do_not_wait(house: House, other: Project) -> None:
    with at(house):
        mine = task(house, "mine")
    done = threading.Event()

    def beside() -> None:
        try:
            with scope.within(scope.Scope(house.tenant.pk)):
                commands.create(tasks, {"project": other.pk, "name": "theirs"}, house.access)
            done.set()
        finally:
            connections.close_all()

    with at(house), transaction.atomic():
        commands.change(tasks, mine, {"name": "mine too"}, house.access)
        thread = threading.Thread(target=beside)
        thread.start()
        assert done.wait(10)
    thread.join(10)


def test_who_changes_a_row_holds_up_nobody_who_names_it(house: House) -> None:
    teams, people = resource("directory.team"), resource("directory.person")
    with at(house):
        team = house.make(teams)
        values = plain(house, people, 9, team=team.pk)

    def name() -> Any:
        with at(house):
            return commands.create(people, values, house.access)

    with at(house):
        _one, made = overlapped(lambda: commands.change(teams, team, {"name": "Else"}, house.access), name, passes=True)
    assert made.team_id == team.pk


def asked_meanwhile(house: House, first: Step, path: str, **sent: Any) -> Any:
    """What a form, or a program with a token, is answered while somebody else has written and not ended."""
    client, headers = Client(raise_request_exception=False), {"Accept-Language": "en"}
    if path.startswith("/api/"):
        headers["Authorization"] = f"Bearer {ApiToken.issue(tenant=house.tenant, user=house.owner, name='t')[1]}"
    else:
        client.force_login(house.owner, backend="allauth.account.auth_backends.AuthenticationBackend")
    with at(house):
        return overlapped(first, lambda: client.post(path, headers=headers, **sent), passes=True)[1]


@pytest.mark.parametrize("kind", ["page", "program"])
def test_who_waits_for_long_is_told_so(kind: str, house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "waiting_milliseconds", 200)
    path = "/w/work.task/new/" if kind == "page" else "/api/v1/work.task/"
    given: dict[str, Any] = {"data": {"project": "P1", "name": "late"}} | ({} if kind == "page" else {"content_type": "application/json"})
    answer = asked_meanwhile(house, lambda: turns.take([house.project.pk]), path, **given)
    assert (answer.status_code, answer["Retry-After"]) == (429, "5"), answer.text[:300]
    assert "is being written in" in answer.text and "send it again" in answer.text
    with at(house):
        assert not tasks.model.objects.filter(name="late").exists()


def test_a_program_whose_time_is_over_while_it_waits_hears_the_same(house: House) -> None:
    def wait() -> None:
        with at(house), translation.override("en"), limits.hurried(200):
            commands.create(tasks, {"project": house.project.pk, "name": "late"}, house.access)

    with at(house):
        told = overlapped(lambda: turns.take([house.project.pk]), wait, passes=True)[1]
    assert isinstance(told, heavy.Busy) and "is being written in" in str(told)


def test_who_works_for_himself_waits_as_long_as_it_takes(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "waiting_milliseconds", 100)
    values = {"project": house.project.pk, "name": "late"}
    assert one_behind_the_other(house, lambda: turns.take([house.project.pk]), lambda: commands.create(tasks, values, house.access)) is None


def test_who_waits_for_a_row_for_long_is_told_so(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "waiting_milliseconds", 200)
    with at(house):
        row = task(house, "held")
    answer = asked_meanwhile(house, lambda: list(tasks.model.objects.select_for_update().filter(pk=row.pk)), f"/w/work.task/{row.pk}/edit/", data={"name": "x"})
    assert (answer.status_code, answer["Retry-After"]) == (503, "5") and "send it again" in answer.text


def test_a_project_is_held_by_its_turn_and_no_other_way() -> None:
    root = Path(jingwei.__file__).parent
    by_hand = [str(each.relative_to(root)) for each in root.rglob("*.py") if "Project.objects.select_for_update" in each.read_text(encoding="utf-8")]
    assert by_hand == ["frame/records/turns.py"], "who holds it by hand waits for ever, and holds its key"


def test_two_imports_over_the_same_projects_wait_for_one_another(house: House, other: Project, caplog: pytest.LogCaptureFixture) -> None:
    """Given two sheets over the same two projects in opposite order, when both are imported at once, then neither has to be begun again."""
    gate, headers = threading.Barrier(2), ("project", "code", "name")

    def bring(name: str, *codes: str) -> exchange.Report:
        def met(_done: int, _all: int) -> None:  # after ten rows, all of the first project
            with suppress(threading.BrokenBarrierError):
                gate.wait(long_enough)

        rows = [dict(zip(headers, (code, f"{name}-{at}", name), strict=True)) for code in codes for at in range(10)]
        with scope.within(scope.Scope(house.tenant.pk, house.owner.pk)):
            return exchange.apply(tasks, exchange.Sheet(headers, rows), house.access, met)

    done = together(lambda: bring("X", "P1", "P2"), lambda: bring("Y", "P2", "P1"))
    assert [each.counts["create"] for each in done] == [20, 20]
    assert not [each for each in caplog.records if each.msg == "records.again"]


def test_an_import_holds_where_the_rows_are_that_it_names(house: House, other: Project) -> None:
    """Given rows whose names do not say their project, when a sheet names them, then it waits for every project before it holds any row."""
    interfaces = resource("hub.interface")
    with at(house):
        near, far = house.make(interfaces), house.make(interfaces)
        interfaces.model.objects.filter(pk=far.pk).update(project=other)
        rows = [{"key": each.key, "requirement": "R"} for each in (far, near)]

    done: list[exchange.Report] = []

    def bring() -> exchange.Report:
        with scope.within(scope.Scope(house.tenant.pk, house.owner.pk)):
            return exchange.apply(interfaces, exchange.Sheet(("key", "requirement"), rows), house.access)

    with scope.within(scope.Scope(house.tenant.pk)), transaction.atomic():
        turns.take([house.project.pk])
        thread = threading.Thread(target=lambda: (done.append(bring()), connections.close_all()))
        thread.start()
        thread.join(long_enough)
        assert not done, "it waits"
        assert list(Project.objects.select_for_update(nowait=True).filter(pk=other.pk)), "and holds nothing yet"
    thread.join(20)
    assert [row.action for row in done[0].rows] == ["update"] * 2


def test_who_is_refused_by_a_circle_of_waiting_is_tried_again() -> None:
    told: list[int] = []

    @turns.in_turn
    def write() -> str:
        told.append(1)
        if len(told) < turns.tries:
            raise OperationalError("deadlock detected") from errors.DeadlockDetected()
        return "done"

    assert write() == "done" and len(told) == turns.tries
    with pytest.raises(OperationalError), transaction.atomic():
        told.clear()
        write()  # inside of something larger only the whole can be tried again

"""Costly renderings and files to read take turns, and (a law) every view that prints, draws, exports or reads a file is declared as one."""

from __future__ import annotations

import ast
import inspect
import textwrap
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import get_resolver
from django.urls.resolvers import URLPattern, URLResolver
from ninja import NinjaAPI

from jingwei.frame import scope
from jingwei.frame.models import ApiToken
from jingwei.frame.records.report import reports
from jingwei.frame.records.resource import resource
from jingwei.frame.walls import heavy
from tests.house.conftest import House
from tests.house.rights_stage import built
from tests.house.test_saved_views import logged_in

pytestmark = pytest.mark.django_db
paths = (
    "/schedule/gantt/P1/print/",
    "/schedule/gantt/P1/print.pdf",
    "/schedule/network/P1/",
    "/w/work.task/export.xlsx",
    "/projects/P1/risk/",
    "/schedule/files/P1/export.xml",
)
# what makes a page, a picture or a workbook; whoever calls one of these, also through helpers of the same file, is costly
makers = {"pdf_of", "svg_of", "draw", "export_xlsx", "export_csv", "template", "project_file", "Workbook", "Canvas", "make_image"}
# what reads a file in a process of its own
makers |= {"confined.run", "plan_of", "file_keep", "file_import", "read_sheet", "request.FILES"}
takes_turns = {"heavy.turn", "heavy.for_files"}
costly_kinds = ("application/pdf", "image/", "application/vnd.openxmlformats", "application/zip", "text/csv", "application/xml")


@pytest.fixture
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(heavy, "wait_seconds", 0.05)


def test_a_stranger_is_refused_before_anything_is_made(house: House, hurried: None) -> None:
    for path in paths:
        assert logged_in(house.stranger).get(path).status_code in (403, 404, 200)
        assert Client().get(path).status_code == 302
    assert heavy.turns._doing.total() == 0


def test_the_third_of_one_person_waits_and_is_told_what_to_do(house: House, hurried: None) -> None:
    """Given two renderings of a person, when he asks for a third, then 429 with a moment and a sentence; another person is served meanwhile."""
    with heavy.turns.taken(house.owner.pk), heavy.turns.taken(house.owner.pk):
        for path in paths:
            answer = logged_in(house.owner).get(path)
            assert (answer.status_code, answer["Retry-After"]) == (429, "5") and "Wait until one of them is there" in answer.text, path
            assert "<html" in answer.text
            assert logged_in(house.viewer).get(path).status_code in (200, 302, 403, 422)
        told = Client(headers={"Accept-Language": "zh-hans", "Accept": "application/json"})
        told.force_login(house.owner, backend="allauth.account.auth_backends.AuthenticationBackend")
        problem = told.get(paths[1]).json()["errors"][0]
        assert problem["code"] == "busy" and "请等" in problem["message"]
        _token, text = ApiToken.issue(tenant=house.tenant, user=house.owner, name="t")
        by_token = Client(headers={"Authorization": f"Bearer {text}", "Accept-Language": "en"})
        answer = by_token.get("/api/v1/reports/boards.risk/P1")
        assert (answer.status_code, answer["Retry-After"]) == (429, "5") and answer.json()["errors"][0]["code"] == "busy"
        assert by_token.get("/api/v1/reports/schedule.quality/P1").status_code != 429
    assert logged_in(house.owner).get(paths[1]).status_code == 200


def test_the_process_keeps_half_of_itself_for_others(house: House, hurried: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(heavy, "turns", heavy.Turns(most=3))
    with ExitStack() as stack:
        for person in (-1, -2, -3):
            stack.enter_context(heavy.turns.taken(person))
        answer = logged_in(house.owner).get(paths[0])
        assert answer.status_code == 429 and "Many large pages" in answer.text
        assert logged_in(house.owner).get("/w/work.task/").status_code == 200
    assert heavy.places() == 6


def test_who_waits_is_served_when_a_turn_ends_and_a_failure_gives_its_turn_back() -> None:
    turns, done, may_end = heavy.Turns(most=6), list[int](), threading.Event()

    def work(number: int) -> None:
        with turns.taken(1, 10.0):
            may_end.wait(10)
            done.append(number)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    while turns._waiting[1] < 2:
        threading.Event().wait(0.01)
    with pytest.raises(heavy.Busy), turns.taken(1, 10.0):  # the fifth is not even kept waiting
        pass
    may_end.set()
    for thread in threads:
        thread.join(20)
    assert sorted(done) == [0, 1, 2, 3]
    for _again in range(5):
        with pytest.raises(ZeroDivisionError), turns.taken(1, 0.0):
            raise ZeroDivisionError
    assert turns._doing.total() == 0


def test_fifty_at_once_are_never_more_than_two_at_a_time() -> None:
    """Given fifty requests of one person in the same moment, when they run, then at most two do so at once and the others are told to come back."""
    turns, busiest, now, refused, lock = heavy.Turns(most=6), [0], [0], [0], threading.Lock()

    def work() -> None:
        try:
            with turns.taken(1, 0.2):
                with lock:
                    now[0] += 1
                    busiest[0] = max(busiest[0], now[0])
                threading.Event().wait(0.05)
                with lock:
                    now[0] -= 1
        except heavy.Busy:
            with lock:
                refused[0] += 1

    threads = [threading.Thread(target=work) for _number in range(50)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert busiest[0] == 2 and refused[0] >= 40


def views() -> Iterator[tuple[str, Callable[..., Any]]]:
    """(route, view) of every address of ours."""

    def walk(resolver: Any, before: str) -> Iterator[tuple[str, Callable[..., Any]]]:
        for each in resolver.url_patterns:
            route = before + str(each.pattern)
            if isinstance(each, URLResolver):
                yield from walk(each, route)
            elif isinstance(each, URLPattern):
                yield route, each.callback

    yield from walk(get_resolver(), "")


def called_by(view: Any) -> set[str]:
    """Names of all that a view calls, also through functions of its own file, and attributes with what they are asked of (`request.FILES`)."""
    module = inspect.getmodule(inspect.unwrap(view))
    own = {name: each for name, each in vars(module).items() if inspect.isfunction(each) and inspect.getmodule(inspect.unwrap(each)) is module}
    found, waiting, done = set[str](), [inspect.unwrap(view)], set[Any]()
    while waiting:
        each = waiting.pop()
        if each in done:
            continue
        done.add(each)
        for node in ast.walk(ast.parse(textwrap.dedent(inspect.getsource(each)))):
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
                found.add(f"{node.value.id}.{node.attr}")
            if isinstance(node, ast.Call):
                name = node.func.attr if isinstance(node.func, ast.Attribute) else node.func.id if isinstance(node.func, ast.Name) else ""
                found.add(name)
                if isinstance(node.func, ast.Name) and name in own:
                    waiting.append(inspect.unwrap(own[name]))
    return found


def test_every_view_that_prints_draws_exports_or_reads_a_file_is_declared() -> None:
    checked, undeclared = 0, []
    for route, view in views():
        if not inspect.isfunction(inspect.unwrap(view)) or not str(getattr(view, "__module__", "")).startswith("jingwei."):
            continue
        checked += 1
        called = called_by(view)
        if called & makers and not (getattr(view, "is_heavy", False) or called & takes_turns):
            undeclared.append(route)
    assert checked > 60 and not undeclared
    assert {route for route, view in views() if getattr(view, "is_heavy", False)} >= {"schedule/gantt/<str:code>/print.pdf", "w/<str:key>/export.<str:kind>"}
    assert {report.key for report in reports() if report.is_costly} == {"boards.risk", "schedule.levelling"}


def test_whatever_answers_with_a_rendered_file_is_declared(house: House) -> None:
    """Given every address, when the administrator looks, then none that answers with a document, a picture or a workbook lacks the declaration."""
    from tests.house.rights_ops import _pages

    stage = built(house)
    wrong, seen = [], set()
    for op in _pages(stage):
        if op.method != "GET" or op.name.removeprefix("GET  /").startswith(("accounts/", "events/", "metrics", "health/")):
            continue
        for path in {op.path, op.path.replace("export.csv", "export.xlsx")}:
            answer = stage.clients["head"].get(path)
            kind = answer.headers.get("Content-Type", "")
            match = answer.resolver_match
            if answer.status_code == 200 and kind.startswith(costly_kinds) and not hasattr(answer, "file_to_stream") and match is not None:
                seen.add(match.route)
                if not getattr(match.func, "is_heavy", False):
                    wrong.append(f"{path}: {kind}")
    assert not wrong and len(seen) >= 3, (wrong, seen)


def test_uploads_to_try_or_apply_take_turns_too(house: House, hurried: None) -> None:
    with heavy.turns.taken(house.owner.pk), heavy.turns.taken(house.owner.pk):
        assert logged_in(house.owner).get("/w/work.task/import/").status_code == 200, "the empty form costs nothing"
        assert logged_in(house.owner).post("/w/work.task/import/", {"apply": "1"}).status_code == 429


def test_schedule_files_and_photos_are_read_in_turn(house: House, hurried: None) -> None:
    for path in ("/schedule/files/P1/bring/", "/schedule/files/P1/1/", "/schedule/files/P1/1/import/"):
        assert logged_in(house.stranger).post(path).status_code in (403, 404, 405)
    with scope.within(scope.Scope(house.tenant.pk, house.owner.pk)):
        sheet = house.make(resource("labour.sheet"))
    client = logged_in(house.owner)
    given = {"project": house.project.pk, "sheet": sheet.pk, "place": "gate"}
    with heavy.turns.taken(house.owner.pk), heavy.turns.taken(house.owner.pk):
        assert client.post("/schedule/files/P1/bring/", {"file": SimpleUploadedFile("a.xml", b"<")}).status_code == 429
        assert client.get("/schedule/files/P1/1/").status_code == client.post("/schedule/files/P1/1/import/").status_code == 429
        for path in (f"/w/labour.sheet/{sheet.pk}/edit/", "/labour/phone/save/"):
            assert client.post(path, given | {"photo": SimpleUploadedFile("a.jpg", b"x")}).status_code == 429, path
            assert client.post(path, given).status_code != 429, "without a photo nothing is costly"


def test_the_description_of_the_api_is_made_once(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[int] = []
    real = NinjaAPI.get_openapi_schema

    def counted(self: NinjaAPI, **asked: Any) -> Any:
        made.append(1)
        return real(self, **asked)

    monkeypatch.setattr(NinjaAPI, "get_openapi_schema", counted)
    for _time in range(3):
        assert logged_in(house.owner).get("/api/v1/openapi.json").status_code == 200
    assert len(made) <= 1, "not at all when another test has asked before"

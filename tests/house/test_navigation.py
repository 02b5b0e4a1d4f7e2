"""The law of the places: every line of the menu leads to a page that its reader may open, at most ten a level, exactly one is where he is, and the project
of the page is the one in the top bar; every list a person may see is near; strangers see nothing of it; the menu costs the same whatever there is."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from jingwei.frame.models import Membership, Project, Role, User
from jingwei.frame.records.resource import resources
from jingwei.frame.rights.access import access_of, standard_roles
from jingwei.frame.ui import context, menu, navigation
from tests.house.conftest import House
from tests.house.half import Half
from tests.house.test_leaks import client_of

pytestmark = pytest.mark.django_db
elsewhere = re.compile(r"/labour/phone/")  # made for gloves: a page without the bar and the places


def employed(house: House, role: str, project: Project | None) -> User:
    """A person with a standard role, everywhere or in a project."""
    person = User.objects.create_user(f"{role}-{project.pk if project else 'all'}", password=None)
    held, _made = Role.objects.get_or_create(tenant=house.tenant, key=role, defaults={"name": role, "is_standard": True})
    Membership.objects.create(tenant=house.tenant, user=person, role=held, project=project)
    return person


def sidebar(html: str) -> str:
    """The places of a page."""
    return html[html.index('id="menu"') : html.index("</aside>")]


def addresses(html: str) -> list[str]:
    """Where the lines lead."""
    return [unescape(each) for each in re.findall(r'<a [^>]*href="([^"]+)"', sidebar(html))]


def shown_project(html: str) -> str:
    """What the switch in the top bar shows; empty for all projects."""
    switch = re.search(r'id="project-switch".*?</select>', html, re.S)
    chosen = re.search(r'<option value="(\d+)" selected>', switch.group(0)) if switch else None
    return chosen.group(1) if chosen else ""


def is_in_order(client: Client, address: str) -> str:
    """Open a line: 200, one place, ten at most, the switch and the places of one project. The page."""
    answer = client.get(address, follow=True)
    assert answer.status_code == 200, address
    html = answer.content.decode()
    if elsewhere.match(answer.request["PATH_INFO"]):
        return ""
    places = sidebar(html)
    assert places.count('aria-current="page"') == 1, address
    levels = [len(entry.lines) for entry in answer.context["menu"]]
    assert len(levels) <= navigation.most and max(levels) <= navigation.most, address
    project = answer.context["chosen_project"]
    assert shown_project(html) == (str(project.pk) if project else ""), address
    assert ("jw-place-name" in places) == (project is not None), address
    return html


def walked(client: Client, start: str = "/") -> Iterator[tuple[str, str]]:
    """Every line of the level on which a page stands, with its page."""
    html = is_in_order(client, start)
    for address in addresses(html):
        yield address, is_in_order(client, address)


@pytest.mark.parametrize("everywhere", [True, False], ids=["everywhere", "in a project"])
@pytest.mark.parametrize("role", list(standard_roles))
def test_every_line_leads_to_a_page_and_tells_where_one_is(role: str, everywhere: bool, house: House) -> None:
    """Given a person of any role, when he follows every line of the global level and of a project, then each page is his and tells one place."""
    person = employed(house, role, None if everywhere else house.project)
    client, own = client_of(person), reverse("record", args=["frame.project", house.project.pk])
    assert dict(walked(client))
    if access_of(person, house.tenant).allows("frame.project.view", house.project.pk):
        for address, html in walked(client, own):
            assert shown_project(html) in ("", str(house.project.pk)), address
            is_way_out = address == reverse("records", args=["frame.project"])
            assert (shown_project(html) == "") == is_way_out, f"{address} leaves the project"


def test_nothing_is_cut_off(house: House) -> None:
    """Given somebody of every right, then no level has more lines than are shown."""
    access = access_of(house.owner, house.tenant)
    shown = [each for each in menu.items() if each.is_open_to(access)]
    for key in menu.sections:
        assert len([each for each in shown if each.above == key]) <= navigation.most, key
    for key in menu.workspace:
        pages = [each for each in menu._project_pages if each.section == key]
        assert len(pages) + len([each for each in shown if each.workspace == key]) <= navigation.most, key
    assert {each.section for each in menu._project_pages} <= menu.workspace.keys()
    assert {each.section for each in shown} <= menu.sections.keys() | menu.workspace.keys()


@pytest.mark.parametrize("kind", list(resources()), ids=lambda each: each.key)
def test_every_list_is_near_and_every_row_stands_in_its_project(kind: Any, house: House, inside: Callable[[], Any]) -> None:
    """Given a row of any resource, when its page is opened, then it stands in the project it belongs to; its list is two clicks away, or it is part of
    a row whose list is, so that three reach it."""
    listed = navigation.whole_of(kind)
    client = client_of(house.owner)
    assert f"/w/{listed.key}/" in addresses(client.get("/").content.decode()), "no line of the menu leads to it"
    with inside():
        row = house.make(kind)
        project = row.pk if kind.model is Project else kind.project_of(row)
    html = is_in_order(client, reverse("record", args=[kind.key, row.pk]))
    assert shown_project(html) == (str(project) if project else "")
    assert shown_project(client.get(reverse("record-edit", args=[kind.key, row.pk])).content.decode()) == shown_project(html)


@pytest.mark.parametrize("kind", [each for each in resources() if menu.place_of(each)], ids=lambda each: each.key)
def test_a_list_of_a_project_shows_it_alone_and_leads_to_the_same_list_elsewhere(kind: Any, half: Half) -> None:
    """Given two projects, when a list is opened in one and the switch is turned, then the same list of the other is shown, and its new rows belong there."""
    house, client = half.house, client_of(half.house.owner)
    address = f"/w/{kind.key}/?project={house.project.pk}"
    html = is_in_order(client, address)
    assert shown_project(html) == str(house.project.pk)
    assert 'name="project"' not in html[html.index('id="filters"') :].split("</form>")[0].replace('type="hidden" name="project"', "")
    assert f"{reverse('record-new', args=[kind.key])}?project={house.project.pk}" in html
    turned = client.post(reverse("choose-project"), {"project": half.other.pk, "next": address})
    assert turned.headers["Location"] == f"/w/{kind.key}/?project={half.other.pk}"
    assert client.post(reverse("choose-project"), {"project": "", "next": address}).headers["Location"] == f"/w/{kind.key}/?all=1"


def test_a_page_of_a_project_turns_to_the_same_page_of_another_one(half: Half) -> None:
    client = client_of(half.house.owner)
    page = reverse("gantt", args=[half.house.project.code])
    there = client.post(reverse("choose-project"), {"project": half.other.pk, "next": page}).headers["Location"]
    assert there == reverse("gantt", args=[half.other.code])
    assert shown_project(is_in_order(client, there)) == str(half.other.pk)
    for wild in ("//evil.example/", "https://evil.example/", "/nowhere/", "/alarms/", "\\\\evil"):
        assert client.post(reverse("choose-project"), {"project": half.other.pk, "next": wild}).headers["Location"] == menu.project_address(half.other)


def test_a_stranger_sees_nothing_of_it(house: House) -> None:
    """Given somebody of another organisation, when he names the project in any address, then neither its places nor its name are shown."""
    client = client_of(house.stranger)
    for address in ("/", f"/w/work.task/?project={house.project.pk}", f"/w/work.task/?project={house.project.code}", f"/worktime/?project={house.project.pk}"):
        answer = client.get(address)
        assert answer.context["chosen_project"] is None and house.project.name not in answer.content.decode()
    turned = client.post(reverse("choose-project"), {"project": house.project.pk, "next": "/w/work.task/"})
    assert turned.headers["Location"] == "/w/work.task/?all=1"
    assert 'id="menu"' not in Client().get("/accounts/login/").content.decode()


def test_somebody_of_one_project_is_not_shown_another(half: Half) -> None:
    """Given rights in one project, when a list asks for a project beyond them, then the page belongs to none."""
    person = employed(half.house, "team", half.house.project)
    client = client_of(person)
    answer = client.get(f"/w/work.task/?project={half.other.pk}")
    assert answer.context is None or answer.context["chosen_project"] is None
    assert half.other.code not in answer.content.decode()


def test_the_menu_asks_the_same_however_many_projects_there_are(house: House, inside: Callable[[], Any]) -> None:
    """Given more and more projects, when a page is opened, then the menu asks no more of the database."""
    client = client_of(house.owner)

    def asked(address: str) -> int:
        client.get(address)
        with CaptureQueriesContext(connection) as seen:
            assert client.get(address).status_code == 200
        return len(seen)

    pages = ("/settings/passwords/", f"/w/risk.risk/?project={house.project.pk}")
    few = [asked(each) for each in pages]
    with inside():
        for number in range(12):
            Project(code=f"Q{number}", name=f"Q{number}", start_on=house.project.start_on).save()
    assert [asked(each) for each in pages] == few


def test_no_page_takes_a_name_that_every_template_knows() -> None:
    """A page's own words win: one that says `menu` or `place_tabs` of something else would break the frame around it."""
    source = Path(context.__file__)
    (known,) = (
        {key.value for key in node.value.keys if isinstance(key, ast.Constant)}
        for node in ast.walk(ast.parse(source.read_text("utf-8")))
        if isinstance(node, ast.Return) and isinstance(node.value, ast.Dict) and len(node.value.keys) > 5
    )
    taken = [
        f"{path.name}: {key.value}"
        for path in sorted(source.parents[2].rglob("*.py"))
        if path != source and "render(" in (text := path.read_text("utf-8"))
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Dict)
        for key in node.keys
        if isinstance(key, ast.Constant) and key.value in known
    ]
    assert "place_tabs" in known and taken == []

"""What a person sees of the places: the sidebar of two levels, global or of the project to which the page belongs, what is made new, the same page elsewhere."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from django.http import HttpRequest
from django.urls import Resolver404, resolve, reverse

from jingwei.frame.models import Project
from jingwei.frame.records.resource import Resource, registry, resources
from jingwei.frame.rights.access import Access
from jingwei.frame.ui import menu

most = 10  # entries of a level


@dataclass(frozen=True, slots=True)
class Line:
    """A page to go to."""

    title: Any
    icon: str
    address: str
    is_here: bool = False


Levels = list[tuple[str, list[Line]]]


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry of the first level with its lines; with one line it is that line."""

    key: str
    title: Any
    icon: str
    lines: tuple[Line, ...]

    @property
    def is_here(self) -> bool:
        """Whether the page is one of its own."""
        return any(line.is_here for line in self.lines)


def entries(request: HttpRequest, project: Project | None) -> list[Entry]:
    """The sidebar: of the project, or global. At most one line is where one is."""
    access = getattr(request, "access", None)
    if access is None:
        return []
    levels = _of_project(project, access) if project is not None else _global(request)
    here = _here(levels, request, is_project=project is not None)
    known = menu.workspace if project is not None else menu.sections
    return [
        Entry(key, known[key].title, known[key].icon, tuple(replace(each, is_here=each is here) for each in lines[:most])) for key, lines in levels if lines
    ]


def _global(request: HttpRequest) -> Levels:
    return [(key, [Line(each.title, each.icon, each.address) for each in found]) for key, found in menu.visible(request)]


def _of_project(project: Project, access: Access) -> Levels:
    found = [(page.section, page.order, Line(page.title, page.icon, address)) for page, address in menu.pages_of(project, access)]
    for item in menu.items():
        if item.workspace and (not item.permission or access.allows(item.permission, project.pk)):
            found.append((item.workspace, item.order, Line(item.title, item.icon, item.address_in(project))))
    own = registry["frame.project"]
    if access.allows(own.permission("view"), project.pk):
        found.append(("settings", 0, Line(own.title, own.icon, reverse("record", args=[own.key, project.pk]))))
    found.sort(key=lambda each: each[1])
    return [(key, [line for section, _order, line in found if section == key]) for key in menu.workspace]


def _here(levels: Levels, request: HttpRequest, *, is_project: bool) -> Line | None:
    """The line that leads to the page, to above it, or to what its view said it stands below; in a project else the first line of its section, or of all."""
    lines, said = [line for _key, found in levels for line in found[:most]], vars(request)
    found = _nearest(lines, request, request.path) or _nearest(lines, request, said.get("page_below", ""))
    if found is not None or not is_project:
        return found
    return next((own[0] for key, own in levels if own and key == said.get("page_section")), next(iter(lines), None))


def _nearest(lines: Iterable[Line], request: HttpRequest, path: str) -> Line | None:
    """The line whose address fits best: the longest beginning, then what it asks for."""
    best: tuple[tuple[int, int], Line] | None = None
    for line in lines:
        start, _mark, query = line.address.partition("?")
        asks = {name: value for name, value in parse_qsl(query) if name != "project"}
        is_same = path == start
        if not (is_same or (start != "/" and path.startswith(start))) or (is_same and any(request.GET.get(name) != value for name, value in asks.items())):
            continue
        rank = (len(start), len(asks) if is_same else -len(asks))
        if best is None or rank > best[0]:
            best = rank, line
    return best[1] if best else None


# the sections of what is made new, from what a project is worked on with to what is set up once
daily = ("plan", "risks", "scope", "cost", "projects", "resources", "business", "integration", "settings")


def creatable(access: Access, project: Project | None) -> list[Line]:
    """What this person may make new here: rows of the project, or anywhere; what people make every day first."""
    out = []
    for kind in sorted(resources(), key=lambda kind: daily.index(kind.menu) if kind.menu in daily else len(daily)):
        if not kind.menu or (project is not None and not menu.place_of(kind)):
            continue
        permission, address = kind.permission("add"), menu.new_address(kind)
        if project is not None and access.allows(permission, project.pk):
            out.append(Line(kind.title, kind.icon, f"{address}?project={project.pk}"))
        elif project is None and access.anywhere(permission):
            out.append(Line(kind.title, kind.icon, address))
    return out[:most]


def whole_of(kind: Resource) -> Resource:
    """The resource whose list stands in the menu for rows of this one: itself, or the one it is a part of."""
    for each in resources() if not kind.menu else ():
        if any(each.child(part) is kind for part in each.children):
            return each
    return kind


def elsewhere(address: str, project: Project | None, access: Access) -> str:
    """The page of this address in another project (None: all of them); where that project opens when it has no such page."""
    found = urlsplit(address)
    try:
        match = resolve(found.path)
    except Resolver404:
        match = None
    asked = {name: value for name, value in parse_qsl(found.query) if name not in ("project", "page", "open", "after", "at")}
    kind = registry.get(match.kwargs.get("key", "")) if match is not None and match.url_name == "records" else None
    if kind is not None and "project" in kind.filters and (project is None or access.allows(kind.permission("view"), project.pk)):
        return f"{found.path}?{urlencode(asked | ({'project': project.pk} if project is not None else {'all': 1}))}"
    if project is None:
        return reverse("records", args=["frame.project"]) if access.anywhere("frame.project.view") else "/"
    same = next((url for page, url in menu.pages_of(project, access) if match is not None and page.url_name == match.url_name), None)
    return same or menu.project_address(project)

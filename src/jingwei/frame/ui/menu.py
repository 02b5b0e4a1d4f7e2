"""The places of the product: rooms register their lines, frame knows the sections they stand in; navigation.py shows them to a person."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from jingwei.frame import narrowing, scope
from jingwei.frame.models import Project
from jingwei.frame.postgres.prepared import Prepared, given
from jingwei.frame.records.resource import Resource, resource, resources
from jingwei.frame.rights.access import Access


@dataclass(frozen=True, slots=True)
class Section:
    """An entry of the first level. `across` names the global section in which lists of a workspace section stand for all projects."""

    title: Any
    icon: str
    across: str = ""


sections = {
    "home": Section(_("Home"), "home"), "waiting": Section(_("My work"), "checklist"), "alarms": Section(_("Alarms"), "alert"),
    "projects": Section(_("Projects"), "folder"), "resources": Section(_("Resources"), "users"), "integration": Section(_("Integration"), "topology"),
    "business": Section(_("Business"), "coin"), "settings": Section(_("Administration"), "settings"),
}  # fmt: skip
workspace = {
    "overview": Section(_("Overview"), "dashboard", "projects"), "scope": Section(_("Scope"), "target", "projects"),
    "plan": Section(_("Plan"), "chart", "projects"), "integration": Section(_("Integration"), "topology", "integration"),
    "cost": Section(_("Cost"), "coin", "business"), "risks": Section(_("Risks"), "alert", "projects"), "settings": Section(_("Settings"), "settings", "settings"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class MenuItem:
    """One line of the menu. `section` is one of the global level or of a workspace; `url` is a path or a URL name; `permission` empty = everybody who is
    logged in, `is_whole` = it must be held in the organisation itself, not in one of its projects. With `workspace`, a section of a project, the page takes
    `?project=` and stands in every project as well."""

    section: str
    title: Any
    url: str
    icon: str = "chevron-right"
    permission: str = ""
    order: int = 50
    workspace: str = ""
    is_whole: bool = False

    def is_open_to(self, access: Access) -> bool:
        """Whether these rights open it somewhere."""
        return not self.permission or (access.allows(self.permission, None) if self.is_whole else access.anywhere(self.permission))

    @property
    def address(self) -> str:
        """Where it leads."""
        return self.url if self.url.startswith("/") else reverse(self.url)

    def address_in(self, project: Project) -> str:
        """Where it leads within a project."""
        return f"{self.address}{'&' if '?' in self.address else '?'}project={project.pk}"

    @property
    def above(self) -> str:
        """The global section in which it stands."""
        return self.section if self.section in sections else workspace[self.section].across


@dataclass(frozen=True, slots=True)
class ProjectPage:
    """One page of a project, in a section of its workspace. `url_name` takes the project's code; the first one is where a project opens."""

    title: Any
    url_name: str
    icon: str
    permission: str
    order: int = 50
    section: str = "overview"


projects_at_once = 100
_items: list[MenuItem] = []
_project_pages: list[ProjectPage] = []


def register_project_page(page: ProjectPage) -> None:
    """Add a page (once)."""
    if page not in _project_pages:
        _project_pages.append(page)
        _project_pages.sort(key=lambda each: each.order)


def projects_shown(access: Access) -> QuerySet[Project]:
    """The projects to choose from: a person's own; through a limited token those that it may look at."""
    return Project.objects.all() if narrowing.shows_everything(access.limits) else resource("frame.project").rows(access)


_of_organisation = Prepared(lambda: Project.unscoped.filter(tenant_id=given("tenant"))[:projects_at_once])


def projects_at_hand(request: HttpRequest) -> list[Project]:
    """The first hundred of them, asked once a request: for the switch, and for whatever else offers projects."""
    known: list[Project] | None = vars(request).get("_projects_at_hand")
    if known is None:
        access, current = vars(request)["access"], scope.current()
        is_whole = current.project_ids is None and narrowing.shows_everything(access.limits)
        known = _of_organisation(tenant=current.tenant_id) if is_whole else list(projects_shown(access)[:projects_at_once])
        vars(request)["_projects_at_hand"] = known
    return known


def project_address(project: Project) -> str:
    """Where a project opens: its first page, else its record."""
    if _project_pages:
        return reverse(_project_pages[0].url_name, args=[project.code])
    return reverse("record", args=["frame.project", project.pk])


def plan_address(project: Project, access: Access) -> str:
    """Where work on a new project begins: the first page of its plan that a person may open, else where the project opens."""
    found = (reverse(page.url_name, args=[project.code]) for page in _project_pages if page.section == "plan" and access.allows(page.permission, project.pk))
    return next(found, project_address(project))


def pages_of(project: Project, access: Access) -> list[tuple[ProjectPage, str]]:
    """The pages of a project that a person may open, with their addresses."""
    return [(page, reverse(page.url_name, args=[project.code])) for page in _project_pages if access.allows(page.permission, project.pk)]


def register(item: MenuItem) -> None:
    """Add a line (once)."""
    if item not in _items:
        _items.append(item)


def items() -> Iterator[MenuItem]:
    """Every line: those registered, and the list of every resource that names a section."""
    yield from _items
    yield from (_listed(each) for each in resources() if each.menu)


def visible(request: HttpRequest) -> list[tuple[str, list[MenuItem]]]:
    """The global sections with the lines this person may open."""
    access = getattr(request, "access", None)
    if access is None:
        return []
    shown = sorted((each for each in items() if each.is_open_to(access)), key=lambda each: each.order)
    return [(key, found) for key in sections if (found := [each for each in shown if each.above == key])]


def new_address(kind: Resource) -> str:
    """Where one makes a new row: a form; a project may begin with a template."""
    return reverse("templates") if kind.model is Project else reverse("record-new", args=[kind.key])


def place_of(kind: Resource) -> str:
    """The section of a workspace in which the list of a resource stands; empty when it is not of a project."""
    return kind.menu if kind.menu in workspace and "project" in kind.filters else ""


def _listed(kind: Resource) -> MenuItem:
    return MenuItem(kind.menu, kind.title_plural, f"/w/{kind.key}/", kind.icon, kind.permission("view"), 60, place_of(kind), kind.is_reserved)

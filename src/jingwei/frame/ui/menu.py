"""The menu: rooms register their items; a person sees what they may open."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from jingwei.frame import narrowing
from jingwei.frame.access import Access
from jingwei.frame.models import Project
from jingwei.frame.resource import resource, resources

sections = {
    "home": _("Home"), "projects": _("Projects"), "plan": _("Plan"), "cost": _("Cost"), "labour": _("Day labour"), "integration": _("Integration"),
    "settings": _("Settings"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class MenuItem:
    """One line of the menu. `url` is a path or a URL name; `permission` empty = everybody who is logged in."""

    section: str
    title: Any
    url: str
    icon: str = "chevron-right"
    permission: str = ""
    order: int = 50

    @property
    def address(self) -> str:
        """Where it leads."""
        return self.url if self.url.startswith("/") else reverse(self.url)


@dataclass(frozen=True, slots=True)
class ProjectPage:
    """One page of a project, a tab above its other pages. `url_name` takes the project's code; the first one is where a project opens."""

    title: Any
    url_name: str
    icon: str
    permission: str
    order: int = 50


_items: list[MenuItem] = []
_project_pages: list[ProjectPage] = []


def register_project_page(page: ProjectPage) -> None:
    """Add a tab (once)."""
    if page not in _project_pages:
        _project_pages.append(page)
        _project_pages.sort(key=lambda each: each.order)


def projects_shown(access: Access) -> QuerySet[Project]:
    """The projects to choose from: a person's own; through a limited token those that it may look at."""
    return Project.objects.all() if narrowing.shows_everything(access.limits) else resource("frame.project").rows(access)


def project_address(project: Project) -> str:
    """Where a project opens: its first page, else its record."""
    if _project_pages:
        return reverse(_project_pages[0].url_name, args=[project.code])
    return reverse("record", args=["frame.project", project.pk])


def pages_of(project: Project, access: Access) -> list[tuple[ProjectPage, str]]:
    """The pages of a project that a person may open, with their addresses."""
    return [(page, reverse(page.url_name, args=[project.code])) for page in _project_pages if access.allows(page.permission, project.pk)]


def register(item: MenuItem) -> None:
    """Add a line (once)."""
    if item not in _items:
        _items.append(item)


def visible(request: HttpRequest) -> list[tuple[Any, list[MenuItem]]]:
    """Sections with the items this person may open."""
    access = getattr(request, "access", None)
    if access is None:
        return []
    items = [*_items, *_declared()]
    shown = [i for i in items if not i.permission or access.anywhere(i.permission)]
    return [
        (title, sorted((i for i in shown if i.section == key), key=lambda i: i.order))
        for key, title in sections.items()
        if any(i.section == key for i in shown)
    ]


def _declared() -> list[MenuItem]:
    """A line for every resource that names a section."""
    return [MenuItem(r.menu, r.title_plural, f"/w/{r.key}/", r.icon, r.permission("view"), 60) for r in resources() if r.menu]

"""The menu: rooms register their items; a person sees what they may open."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from jingwei.frame.models import Project
from jingwei.frame.resource import resources

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


_items: list[MenuItem] = []
_project_pages: list[str] = []


def lead_projects_to(url_name: str) -> None:
    """A room above offers the page that a project opens with; its address takes the project's code."""
    _project_pages[:] = [url_name]


def project_address(project: Project) -> str:
    """Where a project opens: the page that was offered, else its record."""
    if _project_pages:
        return reverse(_project_pages[0], args=[project.code])
    return reverse("record", args=["frame.project", project.pk])


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
    shown = [i for i in items if not i.permission or access.allows(i.permission)]
    return [
        (title, sorted((i for i in shown if i.section == key), key=lambda i: i.order))
        for key, title in sections.items()
        if any(i.section == key for i in shown)
    ]


def _declared() -> list[MenuItem]:
    """A line for every resource that names a section."""
    return [MenuItem(r.menu, r.title_plural, f"/w/{r.key}/", r.icon, r.permission("view"), 60) for r in resources() if r.menu]

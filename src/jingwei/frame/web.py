"""A request as views see it: log-in, rights and organisation are on it already."""

from __future__ import annotations

from django.http import Http404, HttpRequest

from jingwei.frame.models import Project, Tenant, User
from jingwei.frame.rights.access import Access
from jingwei.kernels import bounds


class Request(HttpRequest):
    """What the middleware has put on a request that may see a page: who asks, in which organisation, with which rights."""

    user: User
    access: Access
    tenant: Tenant
    tenants: list[Tenant]
    LANGUAGE_CODE: str


class ProjectMissing(Http404):
    """No project of that code, or none that this person may know of."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def version_asked(request: HttpRequest) -> int | None:
    """The version of the row that was looked at when the button was pressed; None of a program that sends none, 0 (which no row has) of what is no number."""
    text = request.POST.get("version", "")
    return (bounds.whole(text, 2**31 - 1) or 0) if text else None


def stands_in(request: HttpRequest, project_id: int | None, below: str = "", section: str = "") -> None:
    """Say to which project the page belongs (None: to none); its sidebar and its switch follow. `below` is the address of
    the line it stands under when no line leads to it or to above it, `section` the section when there is no such line either."""
    vars(request).update(page_project=project_id, page_below=below, page_section=section)


def project_named(request: Request, code: str, permission: str) -> Project:
    """The project of that code. Raises ProjectMissing, and PermissionDenied when the right is missing there."""
    project: Project | None = Project.objects.filter(code=code).first()
    if project is None:
        raise ProjectMissing(code)
    request.access.require(permission, project.pk)
    stands_in(request, project.pk)
    return project

"""A request as views see it: log-in, rights and organisation are on it already."""

from __future__ import annotations

from django.http import Http404, HttpRequest

from jingwei.frame.access import Access
from jingwei.frame.models import Project, Tenant, User


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


def project_named(request: Request, code: str, permission: str) -> Project:
    """The project of that code. Raises ProjectMissing, and PermissionDenied when the right is missing there."""
    project: Project | None = Project.objects.filter(code=code).first()
    if project is None:
        raise ProjectMissing(code)
    request.access.require(permission, project.pk)
    return project

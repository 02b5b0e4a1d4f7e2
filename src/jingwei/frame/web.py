"""A request as views see it: log-in, rights and organisation are on it already."""

from __future__ import annotations

from django.http import HttpRequest

from jingwei.frame.access import Access
from jingwei.frame.models import Tenant, User


class Request(HttpRequest):
    """What the middleware has put on a request that may see a page: who asks, in which organisation, with which rights."""

    user: User
    access: Access
    tenant: Tenant
    tenants: list[Tenant]
    LANGUAGE_CODE: str

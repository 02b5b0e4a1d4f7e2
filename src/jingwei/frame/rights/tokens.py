"""API tokens: `Authorization: Bearer jw_…`; its owner's rights of this moment, within the token's limits, hold for the request."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.utils import timezone

from jingwei.frame import scope
from jingwei.frame.models import ApiToken
from jingwei.frame.models.identity import hashed
from jingwei.frame.narrowing import limits_from
from jingwei.frame.postgres.prepared import Prepared, given
from jingwei.frame.rights.access import Access, access_of

prefix = "Bearer "
_with_hash = Prepared(lambda: ApiToken.objects.select_related("user", "tenant").filter(token_hash=given("hash"), user__is_active=True))


def token_of(request: HttpRequest) -> ApiToken | None:
    """The live token that a request carries."""
    header = request.headers.get("Authorization", "")
    return live(header.removeprefix(prefix)) if header.startswith(prefix) else None


def is_of_token(request: HttpRequest) -> bool:
    """Whether a request comes with a token, be it a live one or not."""
    return request.headers.get("Authorization", "").startswith(f"{prefix}jw_")


def live(text: str) -> ApiToken | None:
    """The token of that text, while it lives."""
    if not text.startswith("jw_"):
        return None
    token: ApiToken | None = _with_hash.first(hash=hashed(text))
    if token is None or token.is_over():
        return None
    if token.last_used_at is None or (timezone.now() - token.last_used_at).total_seconds() > 60:
        ApiToken.objects.filter(pk=token.pk).update(last_used_at=timezone.now())
    return token


def acting(token: ApiToken) -> tuple[Access, scope.Scope]:
    """The rights of a token's owner, and the scope in which a program works with it, with the token's limits."""
    limits = limits_from(token.limits)
    held = access_of(token.user, token.tenant)
    access = held.narrowed(limits)
    return held, scope.Scope(token.tenant_id, token.user_id, access.project_ids, origin=f"api:{token.name}"[:80], limits=limits)


class TokenAuth:
    """For the generated API: the middleware has taken the token already; here only its presence counts."""

    openapi_security_schema = {"type": "http", "scheme": "bearer"}
    openapi_type = "http"
    openapi_name = "TokenAuth"

    def __call__(self, request: HttpRequest) -> Any:
        return getattr(request, "api_token", None)

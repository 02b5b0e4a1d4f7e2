"""API tokens: `Authorization: Bearer jw_…`; its owner's rights of this moment, within the token's limits, hold for the request."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.utils import timezone

from jingwei.frame.models import ApiToken
from jingwei.frame.models.identity import hashed

prefix = "Bearer "


def token_of(request: HttpRequest) -> ApiToken | None:
    """The live token that a request carries."""
    header = request.headers.get("Authorization", "")
    if not header.startswith(prefix + "jw_"):
        return None
    token = ApiToken.objects.select_related("user", "tenant").filter(token_hash=hashed(header.removeprefix(prefix)), user__is_active=True).first()
    if token is None or token.is_over():
        return None
    if token.last_used_at is None or (timezone.now() - token.last_used_at).total_seconds() > 60:
        ApiToken.objects.filter(pk=token.pk).update(last_used_at=timezone.now())
    return token


class TokenAuth:
    """For the generated API: the middleware has taken the token already; here only its presence counts."""

    openapi_security_schema = {"type": "http", "scheme": "bearer"}
    openapi_type = "http"
    openapi_name = "TokenAuth"

    def __call__(self, request: HttpRequest) -> Any:
        return getattr(request, "api_token", None)

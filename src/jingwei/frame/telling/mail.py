"""Mail without a mail server: nothing is sent and nothing of it is logged, for a mail may hold a link that opens an account."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import unquote, urlsplit

import structlog
from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend

log = structlog.get_logger(__name__)


class Unsent(BaseEmailBackend):
    """Says that there was mail and no server to send it by."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        log.warning("mail.unsent", count=len(email_messages), mend="set JINGWEI_MAIL_URL")
        return 0


def settings_of(url: str) -> dict[str, Any]:
    """Django's mail settings from an address: smtp://, smtp+tls:// (STARTTLS) or smtps://."""
    if not url:
        return {"EMAIL_BACKEND": "jingwei.frame.telling.mail.Unsent"}
    parts = urlsplit(url)
    if parts.scheme not in ("smtp", "smtp+tls", "smtps") or not parts.hostname:
        raise ValueError("JINGWEI_MAIL_URL is written smtp+tls://user:password@host:587 (or smtps://…, or smtp://…)")
    return {
        "EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend",
        "EMAIL_HOST": parts.hostname,
        "EMAIL_PORT": parts.port or {"smtp": 25, "smtp+tls": 587, "smtps": 465}[parts.scheme],
        "EMAIL_HOST_USER": unquote(parts.username or ""),
        "EMAIL_HOST_PASSWORD": unquote(parts.password or ""),
        "EMAIL_USE_TLS": parts.scheme == "smtp+tls",
        "EMAIL_USE_SSL": parts.scheme == "smtps",
        "EMAIL_TIMEOUT": 10,
        "DEFAULT_FROM_EMAIL": user if "@" in (user := unquote(parts.username or "")) else f"jingwei@{parts.hostname}",
    }

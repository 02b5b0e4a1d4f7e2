"""Signatures as Standard Webhooks say: HMAC-SHA256 over id, moment and body, one for each secret that is valid now."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Iterable

from jingwei.frame.webhooks.saving import mark


def signature(secret: str, message: str, timestamp: int, body: bytes) -> str:
    """`v1,<base64>`."""
    key = base64.b64decode(secret.removeprefix(mark))
    signed = hmac.new(key, f"{message}.{timestamp}.".encode() + body, hashlib.sha256).digest()
    return "v1," + base64.b64encode(signed).decode()


def headers(secrets: Iterable[str], message: str, timestamp: int, body: bytes) -> dict[str, str]:
    """What goes along with a body."""
    return {
        "content-type": "application/json",
        "webhook-id": message,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": " ".join(signature(each, message, timestamp, body) for each in secrets),
    }

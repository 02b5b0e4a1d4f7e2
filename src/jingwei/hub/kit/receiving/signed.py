"""Schemes with a mark over the body (HMAC)."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import unquote

from jingwei.hub.kit.receiving.call import Answered, Call, Outcome, Posted, Taken, is_near, longest_id, named, same
from jingwei.kernels.bounds import whole


def _key(text: bytes) -> bytes:
    """Standard Webhooks writes keys as whsec_<base64>; anything else is taken as it is."""
    if text.startswith(b"whsec_"):
        try:
            return base64.b64decode(text.removeprefix(b"whsec_"), validate=True)
        except binascii.Error:
            pass
    return text


def _base64(key: bytes, text: bytes, kind: str = "sha256") -> str:
    return base64.b64encode(hmac.new(key, text, kind).digest()).decode()


class Standard(Posted):
    """Standard Webhooks: HMAC-SHA256 over id.timestamp.body, base64, several marks side by side; a time within five minutes. GitLab's signed hooks too."""

    def __init__(self, told: Mapping[str, Any]) -> None:
        self._signature, self._id, self._time = (told.get(f"{name}_header", f"webhook-{name}") for name in ("signature", "id", "timestamp"))

    def is_signed(self, call: Call) -> bool:
        return bool(call.header(self._signature))

    def read(self, call: Call, keys: Sequence[bytes], now: float) -> Outcome:
        event_id, stamp = call.header(self._id), call.header(self._time)
        if not is_near(whole(stamp), now) or not 0 < len(event_id) <= longest_id:
            return None
        text = f"{event_id}.{stamp}.".encode() + call.body
        given = [part.removeprefix("v1,") for part in call.header(self._signature).split(" ") if part.startswith("v1,")]
        return Taken(event_id, call.body) if same(given, [_base64(_key(key), text) for key in keys]) else None


class OfBody(Posted):
    """GitHub, Jira Cloud and many others: sha256=<hex HMAC of the body>. It carries no time: its id alone guards against a replay."""

    def __init__(self, told: Mapping[str, Any]) -> None:
        self._signature, self._id = told.get("signature_header", "x-hub-signature-256"), told.get("id_header", "x-github-delivery")

    def is_signed(self, call: Call) -> bool:
        return bool(call.header(self._signature))

    def read(self, call: Call, keys: Sequence[bytes], now: float) -> Outcome:
        marks = [hmac.new(key, call.body, hashlib.sha256).hexdigest() for key in keys]
        fits = same([call.header(self._signature).removeprefix("sha256=")], marks)
        return Taken(named(call.header(self._id), call.body), call.body) if fits else None


class Asana(Posted):
    """Asana: the first call tells the secret (X-Hook-Secret) and wants to hear it again; every later one carries a hex HMAC-SHA256 of the body."""

    tells_its_secret = True

    def __init__(self, told: Mapping[str, Any]) -> None:
        del told  # nothing of it varies

    def is_signed(self, call: Call) -> bool:
        return bool(call.header("x-hook-signature") or call.header("x-hook-secret"))

    def read(self, call: Call, keys: Sequence[bytes], now: float) -> Outcome:
        told = call.header("x-hook-secret")
        if told:  # believed once only: whoever comes later with another one is not asked for any more
            is_known = not keys or same([told], [key.decode("utf-8", "replace") for key in keys])
            return Answered(headers={"x-hook-secret": told}, secret="" if keys else told) if is_known and len(told) <= longest_id else None
        marks = [hmac.new(key, call.body, hashlib.sha256).hexdigest() for key in keys]
        return Taken(named("", call.body), call.body) if same([call.header("x-hook-signature")], marks) else None


class Trello(Posted):
    """Trello: base64 HMAC-SHA1 of the body followed by the address it was told to call; HEAD asks whether there is anybody."""

    methods = ("POST", "HEAD")

    def __init__(self, told: Mapping[str, Any]) -> None:
        del told

    def is_signed(self, call: Call) -> bool:
        return call.method == "HEAD" or bool(call.header("x-trello-webhook"))

    def read(self, call: Call, keys: Sequence[bytes], now: float) -> Outcome:
        if call.method == "HEAD":
            return Answered()
        marks = [_base64(key, call.body + address.encode(), "sha1") for key in keys for address in call.addresses]
        return Taken(named(_inner(call.body, "action", "id"), call.body), call.body) if same([call.header("x-trello-webhook")], marks) else None


class Gitee(Posted):
    """Gitee: either the password itself, or base64 HMAC-SHA256 of the time (milliseconds), a line break and the secret. The body is not signed, only who and when."""

    def __init__(self, told: Mapping[str, Any]) -> None:
        del told

    def is_signed(self, call: Call) -> bool:
        return bool(call.header("x-gitee-token"))

    def read(self, call: Call, keys: Sequence[bytes], now: float) -> Outcome:
        given, stamp = call.header("x-gitee-token"), call.header("x-gitee-timestamp")
        wanted = [key.decode("utf-8", "replace") for key in keys]
        at = whole(stamp)
        if is_near(at / 1000 if at is not None else None, now):
            wanted += [_base64(key, f"{stamp}\n".encode() + key) for key in keys]
        return Taken(named("", call.body), call.body) if same([given, unquote(given)], wanted) else None


def _inner(body: bytes, *path: str) -> str:
    """A text inside of JSON, as far as there is one."""
    try:
        found: Any = json.loads(body)
        for name in path:
            found = found[name]
    except (ValueError, LookupError, TypeError, RecursionError):
        return ""
    return found if isinstance(found, str) else ""

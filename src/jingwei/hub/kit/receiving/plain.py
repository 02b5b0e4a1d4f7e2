"""Schemes that only show a password: whoever reads one call can send more, so they stand and fall with https."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping, Sequence
from typing import Any

from jingwei.hub.kit.receiving.call import Call, Outcome, Posted, Taken, named, same


def _texts(keys: Sequence[bytes]) -> list[str]:
    return [key.decode("utf-8", "replace") for key in keys]


class Token(Posted):
    """A password in a header: GitLab (X-Gitlab-Token), Jenkins, and whatever sends one of its own (`token_header`)."""

    def __init__(self, told: Mapping[str, Any]) -> None:
        self._token, self._id = told.get("token_header", "authorization"), told.get("id_header", "")

    def is_signed(self, call: Call) -> bool:
        return bool(call.header(self._token))

    def read(self, call: Call, keys: Sequence[bytes], now: float) -> Outcome:
        given = call.header(self._token)
        fits = same([given, given.removeprefix("Bearer ")], _texts(keys))
        return Taken(named(call.header(self._id), call.body), call.body) if fits else None


class Basic(Posted):
    """Basic authentication, the secret as name:password: Alertmanager, Azure DevOps."""

    def __init__(self, told: Mapping[str, Any]) -> None:
        self._id = told.get("id_header", "")

    def is_signed(self, call: Call) -> bool:
        return call.header("authorization").lower().startswith("basic ")

    def read(self, call: Call, keys: Sequence[bytes], now: float) -> Outcome:
        try:
            given = base64.b64decode(call.header("authorization")[6:].strip(), validate=True).decode()
        except (binascii.Error, ValueError):
            return None
        return Taken(named(call.header(self._id), call.body), call.body) if same([given], _texts(keys)) else None


class Tapd(Posted):
    """TAPD: the secret stands in the body itself, beside the event's id."""

    def __init__(self, told: Mapping[str, Any]) -> None:
        del told

    def is_signed(self, call: Call) -> bool:
        return True  # only the body shows it

    def read(self, call: Call, keys: Sequence[bytes], now: float) -> Outcome:
        try:
            told = json.loads(call.body)
        except (ValueError, RecursionError):
            return None
        if not isinstance(told, dict) or not same([str(told.get("secret") or "")], _texts(keys)):
            return None
        body = json.dumps({name: value for name, value in told.items() if name != "secret"}, ensure_ascii=False).encode()
        return Taken(named(told.get("event_id"), call.body), body)

"""How a token is asked for, as a manifest says it (`[auth.token]`). Pure.

method = "POST"                              # the usual one
address = "/oauth/token"                     # within the system's address, or a whole https address of another host
send = "form"                                # how the fields travel: json, form or query; "basic": id and secret as Basic, the others as a form
fields = { grant_type = "client_credentials", client_id = "$client_id", client_secret = "$client_secret" }   # "$name" is the secret of that name
token = "access_token"                       # where the token is in the answer: names with dots between them
seconds = "expires_in"                       # and for how long it is good; lifetime = 7200 where the peer does not say
header = "Authorization"                     # how it is shown from then on; or query = "access_token"
prefix = "Bearer "
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode, urlsplit

ways = ("json", "form", "query", "basic")
known = ("method", "address", "send", "fields", "token", "seconds", "lifetime", "header", "prefix", "query")
usual_seconds = 600.0  # where neither the peer nor the manifest says


def filled(told: Mapping[str, Any], opened: Mapping[str, str]) -> dict[str, Any]:
    """The fields with the secrets in their places; KeyError when one is missing."""
    return {name: opened[value[1:]].strip() if isinstance(value, str) and value.startswith("$") else value for name, value in told.get("fields", {}).items()}


def carried(told: Mapping[str, Any], fields: Mapping[str, Any]) -> tuple[bytes | None, Mapping[str, Any] | None, dict[str, str]]:
    """Body, parameters and headers of the question."""
    match told.get("send", "json"):
        case "query":
            return None, fields, {}
        case "form":
            return urlencode(fields).encode(), None, {"Content-Type": "application/x-www-form-urlencoded"}
        case "basic":
            pair = f"{fields['client_id']}:{fields['client_secret']}".encode()
            rest = {name: value for name, value in fields.items() if name not in ("client_id", "client_secret")}
            return urlencode(rest).encode(), None, {
                "Content-Type": "application/x-www-form-urlencoded", "Authorization": "Basic " + base64.b64encode(pair).decode(),
            }  # fmt: skip
        case _:
            return json.dumps(fields, ensure_ascii=False).encode(), None, {"Content-Type": "application/json"}


def found_in(body: Any, told: Mapping[str, Any]) -> tuple[str, float] | None:
    """The token in an answer and for how many seconds it is good; None when there is none, as in a refusal inside of a 200."""
    found = _at(body, str(told.get("token", "access_token")))
    if not isinstance(found, str) or not found or not (found.isascii() and found.isprintable()):
        return None
    seconds = _at(body, str(told["seconds"])) if "seconds" in told else None
    is_number = isinstance(seconds, int | float | str) and not isinstance(seconds, bool)
    try:
        return found, max(1.0, float(seconds if is_number else told.get("lifetime", usual_seconds)))  # type: ignore[arg-type]
    except ValueError:
        return found, usual_seconds


def _at(body: Any, path: str) -> Any:
    for name in path.split("."):
        body = body.get(name) if isinstance(body, Mapping) else None
    return body


def problems_of(told: Any, secrets: Mapping[str, Any]) -> list[str]:
    """What is wrong with a manifest's `[auth.token]`, in words."""
    if not isinstance(told, Mapping):
        return ["auth.token: needed by kind token"]
    wrong = [f"auth.token.{name}: unknown; there are {', '.join(known)}" for name in told if name not in known]
    if not isinstance(told.get("address"), str) or urlsplit(str(told["address"])).scheme not in ("", "https"):
        wrong.append("auth.token.address: a path, or a whole https address")
    if told.get("send", "json") not in ways:
        wrong.append(f"auth.token.send: one of {', '.join(ways)}")
    if ("header" in told) == ("query" in told):
        wrong.append("auth.token: either header or query says how the token is shown")
    fields = told.get("fields", {})
    wrong += [
        f"auth.token.fields.{name}: there is no secret {value[1:]!r}"
        for name, value in fields.items()
        if isinstance(value, str) and value.startswith("$") and value[1:] not in secrets
    ]
    if told.get("send") == "basic" and not {"client_id", "client_secret"} <= set(fields):
        wrong.append("auth.token.fields: send basic needs client_id and client_secret")
    return wrong

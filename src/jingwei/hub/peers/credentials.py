"""What we show a peer to be let in: the opened secret as headers, and the hold on a connection whose credentials were refused."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable, Mapping

from jingwei.frame import secrets
from jingwei.frame.models import Secret
from jingwei.frame.walls import scrub
from jingwei.hub import contract
from jingwei.hub.contract import Check, Title
from jingwei.hub.models import Connection
from jingwei.hub.peers import catalogue, standing

mend = Title("重新填写该系统的凭据", "Enter this system's credentials again")
_kinds: dict[str, Callable[[Mapping[str, str], Mapping[str, str]], dict[str, str]]] = {
    "header": lambda auth, opened: {auth["header"]: opened["api_key"].strip()},
    "bearer": lambda auth, opened: {"Authorization": f"Bearer {opened['token'].strip()}"},
    "basic": lambda auth, opened: {"Authorization": "Basic " + base64.b64encode(f"{opened['username']}:{opened['password']}".encode()).decode()},
}
_nobody = re.compile(r"anonym|匿名|\bguest\b|访客", re.IGNORECASE)

_hold = """
UPDATE hub_connection SET held_since = COALESCE(held_since, clock_timestamp()), held_reason = %(reason)s,
  last_error = %(reason)s, last_error_at = clock_timestamp() WHERE id = %(id)s RETURNING 1
"""
_release = """
UPDATE hub_connection SET held_since = NULL, held_reason = '', account = %(account)s, last_ok_at = clock_timestamp() WHERE id = %(id)s RETURNING 1
"""


def headers_of(connection: Connection) -> dict[str, str]:
    """The headers that log us in; Unauthorised when the credentials are missing or can be no header."""
    auth = catalogue.manifest(connection.system.connector).get("auth", {})
    kind = auth.get("kind", "none")
    if kind == "none":
        return {}
    if kind not in _kinds:
        raise contract.Unauthorised(f"unknown auth kind {kind!r} in the manifest")
    if connection.credential is None:
        return {}
    try:
        made = _kinds[kind](auth, _opened(connection.credential))
    except (KeyError, AttributeError, secrets.CannotOpen) as problem:
        raise contract.Unauthorised(f"the stored credentials cannot be used: {type(problem).__name__}", mend=mend) from problem
    if not all(value.isascii() and value.isprintable() for value in made.values()):
        raise contract.Unauthorised("the credentials contain characters that no header takes", mend=mend)
    return made


def further_secrets(connection: Connection) -> list[str]:
    """What the peer knows besides our log-in and must not repeat to us: the webhook's keys; and the credentials as they were entered."""
    out: list[str] = []
    for sealed in (connection.credential, connection.webhook_secret, connection.webhook_secret_before):
        if sealed is None:
            continue
        try:
            out += scrub.secrets_in(secrets.open_secret(sealed).reveal())
        except secrets.CannotOpen:
            continue  # what nobody can open was not sent either
    return out


def _opened(secret: Secret) -> dict[str, str]:
    revealed = secrets.open_secret(secret).reveal()
    value = json.loads(revealed) if isinstance(revealed, str) else revealed
    assert isinstance(value, dict)
    return value


def is_somebody(connection: Connection, check: Check) -> bool:
    """Whether a check passed as the one we log in as: a peer that shows public things to nobody in particular proves nothing."""
    auth = catalogue.manifest(connection.system.connector).get("auth", {})
    return check.ok and (auth.get("kind", "none") == "none" or bool(check.account.strip() and not _nobody.search(check.account)))


def hold(connection: Connection, reason: str) -> None:
    """The peer refuses us: nothing is sent any more until a check passes. A hold that stands keeps its beginning."""
    standing.note(connection, _hold, {"id": connection.pk, "reason": reason[:2000].replace("\0", "")})


def release(connection: Connection, account: str) -> None:
    """A check has passed."""
    standing.note(connection, _release, {"id": connection.pk, "account": account[:200].replace("\0", "")})

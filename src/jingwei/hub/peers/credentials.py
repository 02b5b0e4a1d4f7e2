"""What we show a peer to be let in: the opened secret as headers, and the hold on a connection whose credentials were refused."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from jingwei.frame import secrets
from jingwei.frame.models import Secret
from jingwei.frame.walls import egress, scrub
from jingwei.hub import contract
from jingwei.hub.contract import Check, Title
from jingwei.hub.models import Connection
from jingwei.hub.peers import catalogue, standing, tokens

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


@dataclass(frozen=True, slots=True)
class Login:
    """What lets us in: headers, parameters of the address, and the token among them where the peer gave one."""

    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    params: Mapping[str, str] = field(default_factory=dict, repr=False)
    token: tokens.Token | None = None

    @property
    def secrets(self) -> list[str]:
        """What must not come back of it beside its headers."""
        return [*self.params.values(), *([self.token.text] if self.token is not None else [])]


def login_of(connection: Connection, way: egress.Egress) -> Login:
    """What lets us in; Unauthorised when the credentials are missing or can be no header. A token is asked for where the manifest says so."""
    auth = catalogue.manifest(connection.system.connector).get("auth", {})
    kind = auth.get("kind", "none")
    if kind == "none" or (connection.credential is None and kind in (*_kinds, "query", "token")):
        return Login()
    try:
        opened = _opened(connection.credential) if connection.credential is not None else {}
        made = _login(kind, auth, opened, connection, way)
    except (KeyError, AttributeError, secrets.CannotOpen) as problem:
        raise contract.Unauthorised(f"the stored credentials cannot be used: {type(problem).__name__}", mend=mend) from problem
    if not all(value.isascii() and value.isprintable() for value in made.headers.values()):
        raise contract.Unauthorised("the credentials contain characters that no header takes", mend=mend)
    return made


def _login(kind: str, auth: Mapping[str, Any], opened: Mapping[str, str], connection: Connection, way: egress.Egress) -> Login:
    if kind in _kinds:
        return Login(_kinds[kind](auth, opened))
    if kind == "query":
        return Login(params={name: opened[secret].strip() for name, secret in auth["params"].items()})
    if kind != "token":
        raise contract.Unauthorised(f"unknown auth kind {kind!r} in the manifest")
    told = auth["token"]
    token = tokens.token_of(connection, told, opened, way)
    if "query" in told:
        return Login(params={told["query"]: token.text}, token=token)
    return Login({told["header"]: f"{told.get('prefix', '')}{token.text}"}, token=token)


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

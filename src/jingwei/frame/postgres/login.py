"""The embedded server's doors: the folder's owner comes in as superuser, the application with a password of its own, nobody else."""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
import pwd
import secrets
from pathlib import Path
from typing import TYPE_CHECKING

from jingwei.frame import filing

if TYPE_CHECKING:
    import psycopg

app_role = "jingwei_app"
superuser = "postgres"
_map = "jingwei"
_lock = 7_310_190  # one process at a time makes the role and its password

# There is no line for anybody else, so everybody else is turned away. No network: the server listens on a socket only.
_doors = f"""# Written by Jingwei at every start; changes are lost.
local all {superuser} peer map={_map}
local all {app_role} scram-sha-256
local replication {superuser} peer map={_map}
"""


def password_file() -> Path:
    """Where the application's password is kept, readable by its owner only; it is in no backup, each server has its own."""
    from jingwei.frame.postgres.installed import home

    return home() / "database-password"


def close_doors(folder: Path) -> bool:
    """Write who may log in how; True when that was not so before and a running server must read it again."""
    names = dict.fromkeys((_name(folder.stat().st_uid), _name(os.geteuid()), "root"))
    wanted = {"pg_hba.conf": _doors, "pg_ident.conf": "".join(f"{_map} {name} {superuser}\n" for name in names if name)}
    changed = False
    for name, text in wanted.items():
        file = folder / name
        if not file.exists() or file.read_text() != text:
            filing.put(file, text)
            if os.geteuid() == 0:
                os.chown(file, folder.stat().st_uid, folder.stat().st_gid)
            changed = True
    return changed


def _name(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:  # nobody the system knows: it can be mapped to nobody
        return ""


def admit_application(owner: psycopg.Connection[object]) -> None:
    """Make the application's role and password, or bring the role to the password that is kept; quiet when all is well."""
    owner.execute("SELECT pg_advisory_lock(%s)", (_lock,))
    try:
        if not owner.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", (app_role,)).fetchone():
            owner.execute(f"CREATE ROLE {app_role}")
        kept = _kept()
        if is_password_of(owner, kept):
            return
        # A random password of 256 bits is not guessed, however cheap a guess is: one round keeps connecting fast.
        owner.execute(
            f"ALTER ROLE {app_role} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS PASSWORD '{_verifier(kept, secrets.token_bytes(16), 1)}'"
        )
    finally:
        owner.execute("SELECT pg_advisory_unlock(%s)", (_lock,))


def password() -> str:
    """The application's password, or nothing while none is kept that could be one: a file cut off in its middle holds less than was made."""
    found = filing.read(password_file())
    return found if _is_password(found) else ""


def _is_password(text: str) -> bool:
    return len(text) >= 20 and text.isascii()


def _kept() -> str:
    """Nothing is lost with it: the role is brought to the one that is made anew."""
    return filing.keep(password_file(), _is_password, lambda: secrets.token_urlsafe(32))


def is_password_of(owner: psycopg.Connection[object], password: str) -> bool:
    """Whether the role may log in, is not mighty, and has this password."""
    row = owner.execute(
        "SELECT rolpassword FROM pg_authid WHERE rolname = %s AND rolcanlogin AND NOT (rolsuper OR rolcreatedb OR rolcreaterole OR rolreplication OR rolbypassrls)",
        (app_role,),
    ).fetchone()
    kept = str(row[0] or "") if isinstance(row, tuple) else ""
    try:
        rounds, _, salt = kept.removeprefix("SCRAM-SHA-256$").partition("$")[0].partition(":")
        return hmac.compare_digest(_verifier(password, base64.b64decode(salt), int(rounds)), kept)
    except ValueError:  # none, or of another kind
        return False


def _verifier(password: str, salt: bytes, rounds: int) -> str:
    """What PostgreSQL keeps of a password (RFC 5803), so that the password itself enters no statement and no log."""
    salted = hashlib.pbkdf2_hmac("sha256", password.encode(), salt, rounds)
    client, server = (hmac.digest(salted, name, "sha256") for name in (b"Client Key", b"Server Key"))
    stored, served = (base64.b64encode(each).decode() for each in (hashlib.sha256(client).digest(), server))
    return f"SCRAM-SHA-256${rounds}:{base64.b64encode(salt).decode()}${stored}:{served}"

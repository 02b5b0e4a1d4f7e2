"""One scrubber: known secrets are struck out of whatever is to be stored, logged or shown, however a peer spelled them.

A peer that repeats our key in its refusal must not put it into a column, a log or a page. Struck are the secret itself and the
forms that others make of it: URL-encoded, base64 (also as a part of something longer), JSON- and HTML-escaped, hexadecimal,
UTF-16, and broken over folded header lines. A secret of fewer than `shortest` characters cannot be told from ordinary text.
"""

from __future__ import annotations

import base64
import binascii
import html
import json
import re
import threading
from collections import OrderedDict
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any
from urllib.parse import quote, quote_plus

shortest = 6
struck = "***"
remembered = 1000  # secrets this process has opened, the latest last
_names_in_clear = frozenset({"username", "user", "login", "account", "email"})  # shown on pages anyway
_schemes = frozenset({"bearer", "basic", "token", "apikey", "key"})
_fold = r"(?:\r?\n[ \t]+)?"
_own = re.compile(r"jw_[A-Za-z0-9_-]{30,}|whsec_[A-Za-z0-9+/=_-]{16,}")
_known: OrderedDict[str, None] = OrderedDict()
_lock = threading.Lock()


class Scrubber:
    """Strikes these secrets out of text, bytes and JSON-able values."""

    def __init__(self, secrets: Iterable[str]) -> None:
        self.secrets = tuple(dict.fromkeys(s for s in secrets if len(s) >= shortest))

    def text(self, text: str) -> str:
        """The text without the secrets."""
        for secret in self.secrets:
            for form in _forms(secret):
                if form in text:
                    text = text.replace(form, struck)
            if "\n" in text:
                text = _folded(secret).sub(struck, text)
        return text

    def body(self, body: bytes) -> bytes:
        """The bytes without the secrets."""
        for secret in self.secrets:
            for form in _byte_forms(secret):
                if form in body:
                    body = body.replace(form, struck.encode())
            if b"\n " in body or b"\n\t" in body:
                body = _folded_bytes(secret).sub(struck.encode(), body)
        return body

    def value(self, value: Any) -> Any:
        """A JSON-able value, its names too, without the secrets."""
        match value:
            case str():
                return self.text(value)
            case bytes():
                return self.body(value)
            case Mapping():
                return {(self.text(name) if isinstance(name, str) else name): self.value(each) for name, each in value.items()}
            case list() | tuple():
                return [self.value(each) for each in value]
        return value


def know(*values: Any) -> None:
    """Remember what was opened or entered, so that the logs of this process never show it."""
    found = [each for value in values for each in secrets_in(value)]
    with _lock:
        for secret in found:
            _known[secret] = None
            _known.move_to_end(secret)
        while len(_known) > remembered:
            _known.popitem(last=False)


def known() -> Scrubber:
    """Everything this process remembers."""
    with _lock:
        return Scrubber(_known)


def clean(value: Any) -> Any:
    """A value without anything this process knows to be secret, nor anything that looks like one of our own tokens."""
    scrubbed = known().value(value)
    return _without_own(scrubbed)


def _without_own(value: Any) -> Any:
    match value:
        case str():
            return _own.sub(struck, value)
        case dict():
            return {name: _without_own(each) for name, each in value.items()}
        case list():
            return [_without_own(each) for each in value]
    return value


def secrets_in(value: Any, name: str = "") -> list[str]:
    """The secrets of what a sealed value opens to: text, JSON in text, or a mapping; a user name is none."""
    match value:
        case str() if value.startswith("{"):
            try:
                return secrets_in(json.loads(value))
            except ValueError:
                return [value]
        case str():
            return [] if name in _names_in_clear or len(value.strip()) < shortest else [value.strip()]
        case Mapping():
            return [each for key, part in value.items() for each in secrets_in(part, str(key))]
        case list() | tuple():
            return [each for part in value for each in secrets_in(part)]
    return []


def secrets_of_login(headers: Mapping[str, str]) -> list[str]:
    """What must not come back of the headers that log us in: their values, and the password inside a Basic one."""
    out: list[str] = []
    for value in headers.values():
        scheme, _, rest = value.partition(" ")
        shown = rest if scheme.lower() in _schemes and rest else value
        out.append(shown)
        if scheme.lower() == "basic":
            try:
                out.append(base64.b64decode(shown).decode("utf-8", "replace").partition(":")[2])
            except (ValueError, binascii.Error):
                pass
    return out


@lru_cache(maxsize=4096)
def _forms(secret: str) -> tuple[str, ...]:
    raw = secret.encode("utf-8", "surrogatepass")
    quoted = {quote(secret, safe="", errors="replace"), quote_plus(secret, errors="replace"), quote(secret, errors="replace")}
    every = "".join(f"%{byte:02X}" for byte in raw)
    escaped = {json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1], repr(secret)[1:-1]}
    escaped |= {each.replace("/", "\\/") for each in escaped}
    all_escaped = "".join(f"\\u{ord(c):04x}" for c in secret)
    forms = {secret, html.escape(secret), html.escape(secret).replace("&#x27;", "&#39;"), raw.hex(), raw.hex().upper()}
    forms |= quoted | {_lower_hex(each) for each in quoted} | {quote(each, safe="") for each in quoted}
    forms |= escaped | {all_escaped, all_escaped.upper().replace("\\U", "\\u"), every, every.lower()} | _base64_forms(raw)
    return tuple(sorted((f for f in forms if len(f) >= shortest), key=len, reverse=True))


def _lower_hex(text: str) -> str:
    return re.sub(r"%[0-9A-F]{2}", lambda found: found.group().lower(), text)


def _base64_forms(raw: bytes) -> set[str]:
    """The secret by itself, and what stays the same of it wherever it begins inside something longer (`user:secret`)."""
    out: set[str] = set()
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        whole = encode(raw).decode()
        out |= {whole, whole.rstrip("=")}
        for before in range(3):
            made = encode(b"\0" * before + raw).decode().rstrip("=")
            first = -(-before * 8 // 6)
            last = (before + len(raw)) * 8 // 6
            if last - first >= 8:
                out.add(made[first:last])
    return out


@lru_cache(maxsize=4096)
def _byte_forms(secret: str) -> tuple[bytes, ...]:
    made = [form.encode("utf-8", "surrogatepass") for form in _forms(secret)]
    return (*made, secret.encode("utf-16-le", "surrogatepass"), secret.encode("utf-16-be", "surrogatepass"))


@lru_cache(maxsize=4096)
def _folded(secret: str) -> re.Pattern[str]:
    return re.compile(_fold.join(map(re.escape, secret)))


@lru_cache(maxsize=4096)
def _folded_bytes(secret: str) -> re.Pattern[bytes]:
    return re.compile(_fold.encode().join(re.escape(c.encode("utf-8", "surrogatepass")) for c in secret))

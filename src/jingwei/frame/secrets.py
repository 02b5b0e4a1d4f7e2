"""Secrets by envelope encryption: each value has its own key, wrapped by a key that never enters the database."""

from __future__ import annotations

import base64
import json
import secrets as random
from pathlib import Path
from string import hexdigits
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.db import transaction

from jingwei.frame import environment, filing, scope
from jingwei.frame.models import Secret
from jingwei.frame.postgres.address import home
from jingwei.frame.walls import scrub

nonce_bytes = 12
key_bytes = 32
text_mark = "jw1"


class CannotOpen(Exception):
    """The key is missing, or the row was tampered with or moved."""


class Revealed:
    """An opened value that does not show itself in logs, reprs or tracebacks."""

    __slots__ = ("_value",)

    def __init__(self, value: Any) -> None:
        self._value = value

    def reveal(self) -> Any:
        """The value itself."""
        return self._value

    def __repr__(self) -> str:
        return "Revealed(***)"

    __str__ = __repr__


def key_folder() -> Path:
    """Where the keys lie."""
    return Path(environment.value("JINGWEI_KEY_FOLDER") or home() / "keys")


def _keys() -> dict[str, bytes]:
    """Key-encryption keys by id, the newest last. Looking makes none: where they are lost, that is to be seen."""
    folder = key_folder()
    files = sorted(folder.glob("*.key")) if folder.is_dir() else []
    return {file.stem: bytes.fromhex(text) for file in files if _is_key(text := filing.read(file))}


def _is_key(text: str) -> bool:
    return len(text) == 2 * key_bytes and all(letter in hexdigits for letter in text)


def damaged_keys() -> list[Path]:
    """Key files that hold no key (empty, cut off): what they have sealed does not open, and nothing new is sealed with them."""
    folder = key_folder()
    return [file for file in sorted(folder.glob("*.key")) if not _is_key(filing.read(file))] if folder.is_dir() else []


def _newest() -> tuple[str, bytes]:
    """The key that seals now; the first is made on first use, readable by its owner only."""
    if not _keys():
        new_key()
    return list(_keys().items())[-1]


def new_key() -> Path:
    """Make a further key; new secrets use it, `rotate` moves the old ones. No id is ever used twice: a lost key may come back."""
    folder = key_folder()
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    number = len(list(folder.glob("*.key"))) + 1
    path = folder / f"k{number:04d}-{random.token_hex(4)}.key"
    filing.put_new(path, random.token_hex(key_bytes))
    return path


def _bound(secret: Secret) -> bytes:
    return f"{secret.tenant_id}:{secret.pk}:{secret.purpose}".encode()


def _sealed(key: bytes, plain: bytes, bound: bytes) -> bytes:
    nonce = random.token_bytes(nonce_bytes)
    return nonce + AESGCM(key).encrypt(nonce, plain, bound)


def _opened(key: bytes, sealed: bytes, bound: bytes) -> bytes:
    try:
        return AESGCM(key).decrypt(sealed[:nonce_bytes], sealed[nonce_bytes:], bound)
    except InvalidTag as problem:
        raise CannotOpen("the secret does not open: wrong key, or the row was moved or changed") from problem


@transaction.atomic
def seal(purpose: str, value: Any) -> Secret:
    """Keep a value (text or anything JSON takes); what it is for becomes part of what it is bound to."""
    secret = Secret(tenant_id=scope.current().tenant_id, purpose=purpose, key_id="", wrapped_key=b"", ciphertext=b"")
    secret.save()
    _put(secret, json.dumps(value).encode())
    scrub.know(value)
    return secret


def _put(secret: Secret, plain: bytes) -> None:
    key_id, master = _newest()
    own = AESGCM.generate_key(256)
    secret.key_id = key_id
    secret.wrapped_key = _sealed(master, own, _bound(secret))
    secret.ciphertext = _sealed(own, plain, _bound(secret))
    secret.save()


def open_secret(secret: Secret) -> Revealed:
    """Open a value; CannotOpen when its key is gone or the row is not the one that was sealed."""
    master = _keys().get(secret.key_id)
    if master is None:
        raise CannotOpen(f"key {secret.key_id} is missing from the key folder, or damaged")
    own = _opened(master, bytes(secret.wrapped_key), _bound(secret))
    value = json.loads(_opened(own, bytes(secret.ciphertext), _bound(secret)))
    scrub.know(value)
    return Revealed(value)


def seal_text(purpose: str, text: str) -> str:
    """A text sealed into a text, for columns that are not ours to shape; `purpose` is what it is bound to."""
    key_id, master = _newest()
    own, bound = AESGCM.generate_key(256), f"text:{purpose}".encode()
    parts = (_sealed(master, own, bound), _sealed(own, text.encode(), bound))
    return ":".join((text_mark, key_id, *(base64.b64encode(part).decode() for part in parts)))


def open_text(purpose: str, sealed: str) -> str:
    """Open what `seal_text` made; CannotOpen when its key is gone, it was changed, or it is for something else."""
    mark, _, rest = sealed.partition(":")
    parts = rest.split(":")
    if mark != text_mark or len(parts) != 3:
        raise CannotOpen("this is not a sealed text")
    master = _keys().get(parts[0])
    if master is None:
        raise CannotOpen(f"key {parts[0]} is missing from the key folder, or damaged")
    try:
        wrapped, ciphertext = (base64.b64decode(part, validate=True) for part in parts[1:])
    except ValueError as problem:
        raise CannotOpen("the sealed text is damaged") from problem
    bound = f"text:{purpose}".encode()
    return _opened(_opened(master, wrapped, bound), ciphertext, bound).decode()


def seal_bytes(purpose: str, content: bytes) -> bytes:
    """Content sealed into bytes that go into a column as they are; `purpose` is what it is bound to."""
    key_id, master = _newest()
    own, bound = AESGCM.generate_key(256), f"bytes:{purpose}".encode()
    return b"\0".join((text_mark.encode(), key_id.encode(), base64.b64encode(_sealed(master, own, bound)), _sealed(own, content, bound)))


def open_bytes(purpose: str, sealed: bytes) -> bytes:
    """Open what `seal_bytes` made; CannotOpen when its key is gone, it was changed, or it is for something else."""
    mark, key_id, wrapped, ciphertext = (*sealed.split(b"\0", 3), b"", b"", b"")[:4]
    if mark != text_mark.encode():
        raise CannotOpen("this is nothing sealed")
    master, bound = _keys().get(key_id.decode("ascii", "replace")), f"bytes:{purpose}".encode()
    if master is None:
        raise CannotOpen("the key is missing from the key folder, or damaged")
    try:
        own = _opened(master, base64.b64decode(wrapped, validate=True), bound)
    except ValueError as problem:
        raise CannotOpen("what was sealed is damaged") from problem
    return _opened(own, ciphertext, bound)


def rotate() -> int:
    """Seal every secret of the scope's tenant under the newest key; each in its own commit, so it can be cut off anywhere."""
    newest, _key = _newest()
    moved = 0
    for secret in Secret.objects.exclude(key_id=newest):
        with transaction.atomic():
            row = Secret.objects.select_for_update().get(pk=secret.pk)
            _put(row, json.dumps(open_secret(row).reveal()).encode())
            moved += 1
    return moved

"""A file that only the holder of its key can read or change: AES-256-GCM over numbered pieces, the last one marked.

Layout: magic, length and JSON of the head (readable by anybody: nothing secret stands in it), then pieces of 1 MiB, each with its tag. The
head is bound to every piece, its number and whether it is the last are its nonce: pieces cannot be changed, swapped, repeated or cut off.
"""

from __future__ import annotations

import io
import json
import os
import struct
from collections.abc import Mapping
from pathlib import Path
from typing import Any, BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

magic = b"JINGWEI-BACKUP\x01"
piece_bytes = 1024 * 1024
tag_bytes = 16
head_limit = 1024 * 1024


class NotABackup(Exception):
    """The file does not begin like a backup of ours."""


class Damaged(Exception):
    """The file is cut short or was changed, or the key is not the one that sealed it."""


def _cipher(key: bytes, salt: bytes) -> AESGCM:
    return AESGCM(HKDF(hashes.SHA256(), 32, salt, b"jingwei backup").derive(key))


def _nonce(number: int, is_last: bool) -> bytes:
    return struct.pack(">xxxQ?", number, is_last)


class Writer(io.RawIOBase):
    """Seals what is written to it. It must be closed; what was never closed cannot be read."""

    def __init__(self, file: BinaryIO, key: bytes, head: Mapping[str, Any]) -> None:
        super().__init__()
        salt = os.urandom(32)
        self._bound = json.dumps({**head, "salt": salt.hex()}).encode()
        file.write(magic + struct.pack(">I", len(self._bound)) + self._bound)
        self._file, self._cipher, self._waiting, self._number = file, _cipher(key, salt), bytearray(), 0

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self._waiting += data
        while len(self._waiting) > piece_bytes:
            self._put(bytes(self._waiting[:piece_bytes]), is_last=False)
            del self._waiting[:piece_bytes]
        return len(data)

    def _put(self, piece: bytes, *, is_last: bool) -> None:
        self._file.write(self._cipher.encrypt(_nonce(self._number, is_last), piece, self._bound))
        self._number += 1

    def close(self) -> None:
        if not self.closed:
            self._put(bytes(self._waiting), is_last=True)
        super().close()


class Reader(io.RawIOBase):
    """Opens a sealed file piece by piece; Damaged as soon as a piece is not what was written."""

    def __init__(self, file: BinaryIO, key: bytes) -> None:
        super().__init__()
        head, self._bound = _head(file)
        self._file, self._cipher = file, _cipher(key, bytes.fromhex(str(head["salt"])))
        self._left, self._number, self._is_over = b"", 0, False
        self._next = file.read(piece_bytes + tag_bytes)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while not self._left and not self._is_over:
            self._left = self._piece()
        count = min(len(buffer), len(self._left))
        buffer[:count] = self._left[:count]
        self._left = self._left[count:]
        return count

    def _piece(self) -> bytes:
        now, self._next = self._next, self._file.read(piece_bytes + tag_bytes)
        self._is_over = not self._next
        try:
            piece = self._cipher.decrypt(_nonce(self._number, self._is_over), now, self._bound)
        except InvalidTag as problem:
            raise Damaged(f"piece {self._number} does not open") from problem
        self._number += 1
        return piece


def _head(file: BinaryIO) -> tuple[dict[str, Any], bytes]:
    if file.read(len(magic)) != magic:
        raise NotABackup
    try:
        (length,) = struct.unpack(">I", file.read(4))
        if length > head_limit:
            raise Damaged("the head is too long")
        bound = file.read(length)
        head = json.loads(bound)
        bytes.fromhex(str(head["salt"]))
        return head, bound
    except (struct.error, ValueError, KeyError, TypeError, UnicodeDecodeError) as problem:
        raise Damaged("the head cannot be read") from problem


def head_of(path: Path) -> dict[str, Any]:
    """What a backup says of itself without its key. It is only believed once the pieces open, as it is bound to each of them."""
    with path.open("rb") as file:
        return _head(file)[0]

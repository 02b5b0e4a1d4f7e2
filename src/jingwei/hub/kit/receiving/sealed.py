"""Schemes that encrypt what they tell: Feishu, DingTalk, WeCom. AES-256-CBC, each in its own way."""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import os
import struct
import time
from collections.abc import Mapping, Sequence
from typing import Any
from xml.etree.ElementTree import Element, ParseError

import defusedxml.ElementTree
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from defusedxml.common import DefusedXmlException

from jingwei.hub.kit.receiving.call import Answered, Call, Outcome, Posted, Taken, is_near, named, same
from jingwei.kernels.bounds import whole

_broken = (ValueError, binascii.Error, UnicodeDecodeError, struct.error, LookupError, TypeError, RecursionError)


def _opened(key: bytes, start: bytes, text: bytes, block: int) -> bytes:
    """Decrypted, its filling taken off. ValueError when it is none of ours."""
    decryptor = Cipher(algorithms.AES(key), modes.CBC(start)).decryptor()
    found = decryptor.update(text) + decryptor.finalize()
    size = found[-1] if found else 0
    if not 1 <= size <= block or found[-size:] != bytes([size]) * size:
        raise ValueError("not encrypted with this key")
    return found[:-size]


def _closed(key: bytes, start: bytes, text: bytes, block: int) -> bytes:
    size = block - len(text) % block
    encryptor = Cipher(algorithms.AES(key), modes.CBC(start)).encryptor()
    return encryptor.update(text + bytes([size]) * size) + encryptor.finalize()


class Feishu(Posted):
    """Feishu (Lark): the secret is the Encrypt Key. A hex SHA-256 of time, nonce, key and body; the body holds `encrypt`. The first call asks for its `challenge`."""

    def __init__(self, told: Mapping[str, Any]) -> None:
        del told

    def is_signed(self, call: Call) -> bool:
        return True  # the question for the challenge need not be

    def read(self, call: Call, keys: Sequence[bytes], now: float) -> Outcome:
        for key in keys:
            try:
                told = json.loads(self._opened(key, json.loads(call.body)["encrypt"]))
                if told.get("type") == "url_verification":
                    return Answered(json.dumps({"challenge": str(told["challenge"])}).encode(), kind="application/json")
            except _broken:
                continue
            if self._is_signed_with(key, call, now):
                head = told.get("header")
                return Taken(
                    named(head.get("event_id") if isinstance(head, dict) else told.get("uuid"), call.body), json.dumps(told, ensure_ascii=False).encode()
                )
        return None

    @staticmethod
    def _opened(key: bytes, text: str) -> bytes:
        sealed = base64.b64decode(text, validate=True)
        return _opened(hashlib.sha256(key).digest(), sealed[:16], sealed[16:], 16)

    @staticmethod
    def _is_signed_with(key: bytes, call: Call, now: float) -> bool:
        stamp, nonce = call.header("x-lark-request-timestamp"), call.header("x-lark-request-nonce")
        mark = hashlib.sha256(f"{stamp}{nonce}".encode() + key + call.body).hexdigest()
        return is_near(whole(stamp), now) and same([call.header("x-lark-signature")], [mark])


class _Callback:
    """What DingTalk and WeCom have alike. The secret is Token:EncodingAESKey or Token:EncodingAESKey:owner (the AppKey or corporation that a message must be for)."""

    def __init__(self, secret: bytes) -> None:
        self.token, coded, *owner = secret.decode().split(":", 2)
        self.key = base64.b64decode(coded + "=", validate=True)
        if len(self.key) != 32:
            raise ValueError("an EncodingAESKey has 43 characters")
        self.owner = owner[0] if owner else ""

    def mark(self, stamp: str, nonce: str, sealed: str) -> str:
        """A hex SHA-1 over token, time, nonce and what is sealed, in the order of their characters."""
        return hashlib.sha1("".join(sorted((self.token, stamp, nonce, sealed))).encode(), usedforsecurity=False).hexdigest()

    def opened(self, sealed: str) -> tuple[str, str]:
        """The message, and whom it is for: sixteen bytes drawn by lot, its length, itself, the owner."""
        plain = _opened(self.key, self.key[:16], base64.b64decode(sealed, validate=True), 32)
        (size,) = struct.unpack(">I", plain[16:20])
        message, owner = plain[20 : 20 + size].decode(), plain[20 + size :].decode()
        if self.owner and owner != self.owner:
            raise ValueError("for somebody else")
        return message, owner

    def closed(self, message: str, owner: str) -> str:
        """The way back."""
        text = message.encode()
        return base64.b64encode(_closed(self.key, self.key[:16], os.urandom(16) + struct.pack(">I", len(text)) + text + owner.encode(), 32)).decode()

    def checked(self, call: Call, sealed: str, now: float, names: Sequence[str]) -> tuple[str, str]:
        """The message of a call that is signed and of these minutes. ValueError otherwise."""
        stamp, nonce = call.query.get("timestamp") or call.query.get("timeStamp", ""), call.query.get("nonce", "")
        at = whole(stamp)
        seconds = at / 1000 if at is not None and at > 10**11 else at  # DingTalk counts milliseconds
        if not is_near(seconds, now) or not same([call.query.get(name, "") for name in names], [self.mark(stamp, nonce, sealed)]):
            raise ValueError("not signed, or not now")
        return self.opened(sealed)


def _callbacks(keys: Sequence[bytes]) -> list[_Callback]:
    out = []
    for key in keys:
        try:
            out.append(_Callback(key))
        except _broken:
            continue
    return out


class DingTalk(Posted):
    """DingTalk: signature, time and nonce in the address, `encrypt` in the body; it wants to hear “success”, encrypted and signed."""

    def __init__(self, told: Mapping[str, Any]) -> None:
        del told

    def is_signed(self, call: Call) -> bool:
        return bool(call.query.get("msg_signature") or call.query.get("signature"))

    def read(self, call: Call, keys: Sequence[bytes], now: float) -> Outcome:
        for each in _callbacks(keys):
            try:
                message, owner = each.checked(call, str(json.loads(call.body)["encrypt"]), now, ("msg_signature", "signature"))
                told = json.loads(message)
            except _broken:
                continue
            answer = self._success(each, owner, call)
            if isinstance(told, dict) and told.get("EventType") == "check_url":
                return Answered(answer, kind="application/json")
            return Taken(named("", message.encode()), message.encode(), answer)
        return None

    @staticmethod
    def _success(each: _Callback, owner: str, call: Call) -> bytes:
        stamp, nonce = str(int(time.time() * 1000)), call.query.get("nonce", "")
        sealed = each.closed("success", owner)
        return json.dumps({"msg_signature": each.mark(stamp, nonce, sealed), "timeStamp": stamp, "nonce": nonce, "encrypt": sealed}).encode()


class WeCom(Posted):
    """WeCom: as DingTalk, but XML, and GET with `echostr` asks whether the address is ours. What is taken is told as JSON; it wants an empty answer."""

    methods = ("POST", "GET")

    def __init__(self, told: Mapping[str, Any]) -> None:
        del told

    def is_signed(self, call: Call) -> bool:
        return bool(call.query.get("msg_signature"))

    def read(self, call: Call, keys: Sequence[bytes], now: float) -> Outcome:
        for each in _callbacks(keys):
            try:
                if call.method == "GET":
                    return Answered(each.checked(call, call.query.get("echostr", ""), now, ("msg_signature",))[0].encode())
                sealed = str(_tree(call.body).findtext("Encrypt", ""))
                message = each.checked(call, sealed, now, ("msg_signature",))[0].encode()
                told = json.dumps(_plain(_tree(message)), ensure_ascii=False).encode()
            except _broken:
                continue
            return Taken(named("", message), told, b"")
        return None


def _tree(text: bytes) -> Element:
    try:
        return defusedxml.ElementTree.fromstring(text)  # type: ignore[no-any-return]
    except (ParseError, DefusedXmlException) as problem:
        raise ValueError("no XML") from problem


def _plain(node: Element) -> Any:
    """Elements as names of an object, those of one name as a list, texts as they are."""
    if not len(node):
        return node.text or ""
    out: dict[str, Any] = {}
    for child in node:
        value = _plain(child)
        out[child.tag] = value if child.tag not in out else [*(out[child.tag] if isinstance(out[child.tag], list) else [out[child.tag]]), value]
    return out

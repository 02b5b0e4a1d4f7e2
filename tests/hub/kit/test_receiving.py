"""How peers sign what they send, by samples that the vendors published and by properties: no byte may differ, no minute, no key."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jingwei.hub.kit.receiving import Answered, Call, Taken, scheme_of, schemes, tolerance_seconds
from jingwei.hub.kit.receiving.sealed import _Callback, _closed

now = 1_795_000_000
body = '{"action": {"id": "act-1"}, "text": "改了"}'.encode()
aes_key = "jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C"


def _hex(key: bytes, text: bytes) -> str:
    return hmac.new(key, text, hashlib.sha256).hexdigest()


def standard(text: bytes, key: bytes, at: int) -> Call:
    mark = base64.b64encode(hmac.new(key, f"evt-1.{at}.".encode() + text, hashlib.sha256).digest()).decode()
    return Call("POST", "/hooks/x", {"webhook-id": "evt-1", "webhook-timestamp": str(at), "webhook-signature": f"v1,{mark}"}, body=text)


def github(text: bytes, key: bytes, at: int) -> Call:
    return Call("POST", "/hooks/x", {"x-hub-signature-256": f"sha256={_hex(key, text)}", "x-github-delivery": "d-1"}, body=text)


def jira(text: bytes, key: bytes, at: int) -> Call:
    return Call("POST", "/hooks/x", {"x-hub-signature": f"sha256={_hex(key, text)}", "x-atlassian-webhook-identifier": "j-1"}, body=text)


def asana(text: bytes, key: bytes, at: int) -> Call:
    return Call("POST", "/hooks/x", {"x-hook-signature": _hex(key, text)}, body=text)


def trello(text: bytes, key: bytes, at: int) -> Call:
    mark = base64.b64encode(hmac.new(key, text + b"https://jingwei.example/hooks/x", "sha1").digest()).decode()
    return Call("POST", "/hooks/x", {"x-trello-webhook": mark, "host": "jingwei.example"}, body=text)


def gitee(text: bytes, key: bytes, at: int) -> Call:
    stamp = str(at * 1000)
    mark = base64.b64encode(hmac.new(key, f"{stamp}\n".encode() + key, hashlib.sha256).digest()).decode()
    return Call("POST", "/hooks/x", {"x-gitee-token": quote(mark, safe=""), "x-gitee-timestamp": stamp}, body=text)


def gitlab(text: bytes, key: bytes, at: int) -> Call:
    return Call("POST", "/hooks/x", {"x-gitlab-token": key.decode(), "idempotency-key": "g-1"}, body=text)


def basic(text: bytes, key: bytes, at: int) -> Call:
    return Call("POST", "/hooks/x", {"authorization": "Basic " + base64.b64encode(key).decode()}, body=text)


def tapd(text: bytes, key: bytes, at: int) -> Call:
    return Call("POST", "/hooks/x", {}, body=json.dumps({"event": "story::update", "event_id": "7", "secret": key.decode(), "said": text.hex()}).encode())


def feishu(text: bytes, key: bytes, at: int) -> Call:
    start = bytes(16)
    told = json.dumps({"schema": "2.0", "header": {"event_id": "f-1"}, "event": {"said": text.hex()}}).encode()
    sealed = base64.b64encode(start + _closed(hashlib.sha256(key).digest(), start, told, 16)).decode()
    raw = json.dumps({"encrypt": sealed}).encode()
    mark = hashlib.sha256(f"{at}nonce".encode() + key + raw).hexdigest()
    return Call("POST", "/hooks/x", {"x-lark-request-timestamp": str(at), "x-lark-request-nonce": "nonce", "x-lark-signature": mark}, body=raw)


def dingtalk(text: bytes, key: bytes, at: int) -> Call:
    each = _Callback(key)
    sealed = each.closed(json.dumps({"EventType": "bpms_task_change", "said": text.hex()}), "suite")
    query = {"timestamp": str(at * 1000), "nonce": "n", "signature": each.mark(str(at * 1000), "n", sealed)}
    return Call("POST", "/hooks/x", {}, query, json.dumps({"encrypt": sealed}).encode())


def wecom(text: bytes, key: bytes, at: int) -> Call:
    each = _Callback(key)
    sealed = each.closed(f"<xml><Event>change</Event><Said>{text.hex()}</Said></xml>", "corp")
    query = {"timestamp": str(at), "nonce": "n", "msg_signature": each.mark(str(at), "n", sealed)}
    return Call("POST", "/hooks/x", {}, query, f"<xml><ToUserName>corp</ToUserName><Encrypt>{sealed}</Encrypt></xml>".encode())


Sender = Callable[[bytes, bytes, int], Call]
senders: dict[str, Sender] = {
    "standard": standard, "github": github, "jira": jira, "asana": asana, "trello": trello, "gitee": gitee, "gitlab": gitlab, "basic": basic, "tapd": tapd,
    "feishu": feishu, "dingtalk": dingtalk, "wecom": wecom,
}  # fmt: skip
timed = ("standard", "gitee", "feishu", "dingtalk", "wecom")  # the others carry no time
over_body = tuple(name for name in senders if name not in ("gitee", "gitlab", "basic", "tapd"))  # the others show a password only
keys = {name: (b"name:pass word" if name == "basic" else b"a key of twelve") for name in senders} | {
    "dingtalk": f"token:{aes_key}".encode(), "wecom": f"token:{aes_key}:corp".encode(),
}  # fmt: skip
others = dict.fromkeys(senders, b"another:key") | {name: f"token:{aes_key[:-2]}3C".encode() for name in ("dingtalk", "wecom")}


def read(name: str, call: Call, *used: bytes, at: float = now) -> Any:
    return scheme_of({"scheme": name}).read(call, used or (keys[name],), at)


def test_every_scheme_has_its_sender_here() -> None:
    assert set(schemes) - set(senders) == {"hub_sha256", "token"}, "github and gitlab are those with the names of their headers"


@pytest.mark.parametrize("name", senders)
def test_what_is_signed_well_is_taken_with_the_key_of_now_or_before(name: str) -> None:
    call = senders[name](body, keys[name], now)
    scheme = scheme_of({"scheme": name})
    assert call.method in scheme.methods and scheme.is_signed(call)
    taken = read(name, call)
    assert isinstance(taken, Taken) and 0 < len(taken.event_id) <= 200
    assert body.hex() in taken.body.decode() or taken.body == body
    assert keys[name].decode() not in taken.body.decode()
    assert read(name, call, others[name], keys[name]).event_id == taken.event_id
    assert read(name, call).event_id == taken.event_id, "the same delivery is known by the same id"


@pytest.mark.parametrize("name", senders)
def test_another_key_none_and_no_mark_at_all_are_refused(name: str) -> None:
    call = senders[name](body, keys[name], now)
    assert read(name, call, others[name]) is None
    assert scheme_of({"scheme": name}).read(call, (), now) is None
    bare = Call("POST", "/hooks/x", {}, body=body)
    assert read(name, bare) is None
    for header in call.headers:
        if header not in ("idempotency-key", "x-github-delivery", "x-atlassian-webhook-identifier"):
            assert read(name, replace(call, headers={k: v for k, v in call.headers.items() if k != header})) is None, header
    for asked in call.query:
        assert read(name, replace(call, query={k: v for k, v in call.query.items() if k != asked})) is None, asked


@pytest.mark.parametrize("name", timed)
def test_what_is_old_or_of_the_future_is_refused(name: str) -> None:
    for at in (now - tolerance_seconds - 1, now + tolerance_seconds + 1):
        assert read(name, senders[name](body, keys[name], at)) is None
    assert read(name, senders[name](body, keys[name], now - tolerance_seconds)) is not None
    call = senders[name](body, keys[name], now)
    for field in ("headers", "query"):
        for key, value in getattr(call, field).items():
            if value in (str(now), str(now * 1000)):
                assert read(name, replace(call, **{field: {**getattr(call, field), key: str(int(value) + 1)}})) is None, "the time is signed too"


@settings(max_examples=60)
@given(st.sampled_from(over_body), st.binary(min_size=1, max_size=200), st.integers(min_value=0), st.integers(min_value=1, max_value=255))
def test_one_flipped_bit_is_refused(name: str, text: bytes, place: int, change: int) -> None:
    call = senders[name](text, keys[name], now)
    bad = bytearray(call.body)
    bad[place % len(bad)] ^= change
    outcome = read(name, replace(call, body=bytes(bad)))
    # what is sealed is signed as a text inside of the body: white space around it is nobody's
    assert outcome is None or (name in ("dingtalk", "wecom") and outcome.body == read(name, call).body)


@settings(max_examples=150)
@given(
    st.sampled_from(sorted(schemes)), st.sampled_from(["POST", "GET", "HEAD"]), st.binary(max_size=300),
    st.dictionaries(st.sampled_from(["webhook-id", "webhook-signature", "webhook-timestamp", "authorization", "x-gitlab-token", "x-gitee-token", "x-gitee-timestamp",
                                     "x-hook-secret", "x-trello-webhook", "host", "x-lark-signature", "x-lark-request-timestamp"]), st.text(max_size=60)),
    st.dictionaries(st.sampled_from(["timestamp", "nonce", "msg_signature", "signature", "echostr"]), st.text(max_size=60)),
)  # fmt: skip
def test_whatever_comes_is_refused_and_never_a_failure(name: str, method: str, text: bytes, headers: dict[str, str], query: dict[str, str]) -> None:
    scheme = scheme_of({"scheme": name})
    call = Call(method, "/hooks/x", headers, query, text)
    for raw in (
        text,
        b'{"encrypt": "' + base64.b64encode(text) + b'"}',
        b"<xml><Encrypt>" + base64.b64encode(text) + b"</Encrypt></xml>",
        b"[" * 5000,
        b'{"encrypt": 7}',
    ):
        scheme.is_signed(call)
        outcome = scheme.read(replace(call, body=raw), (b"k", b"t:k", b"\xff", f"token:{aes_key}".encode()), now)
        assert outcome is None or isinstance(outcome, Answered)


# Samples that vendors have published


def test_githubs_sample() -> None:
    mark = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"
    call = Call("POST", "/", {"x-hub-signature-256": mark, "x-github-delivery": "72d3162e"}, body=b"Hello, World!")
    assert read("github", call, b"It's a Secret to Everybody") == Taken("72d3162e", b"Hello, World!")


def test_feishus_sample_of_encryption() -> None:
    from jingwei.hub.kit.receiving.sealed import Feishu

    assert Feishu._opened(b"test key", "P37w+VZImNgPEO1RBhJ6RtKl7n6zymIbEG1pReEzghk=") == b"hello world"


def test_wecoms_sample_of_a_question() -> None:
    """Given the sample in WeCom's description of callbacks, when its address is asked for, then the number in it is answered."""
    query = {
        "msg_signature": "5c45ff5e21c57e6ad56bac8758b79b1d9ac89fd3", "timestamp": "1409659589", "nonce": "263014780",
        "echostr": "P9nAzCzyDtyTWESHep1vC5X9xho/qYX3Zpb4yKa9SKld1DsH3Iyt3tP3zNdtp+4RPcs8TgAE7OaBO+FZXvnaqQ==",
    }  # fmt: skip
    call = Call("GET", "/hooks/x", {}, query)
    secret = f"QDG6eK:{aes_key}".encode()
    assert read("wecom", call, secret, at=1409659589) == Answered(b"1616140317555161061")
    assert read("wecom", call, secret + b":wx5823bf96d3bd56c7", at=1409659589) == Answered(b"1616140317555161061")
    assert read("wecom", call, secret + b":another", at=1409659589) is None
    assert read("wecom", call, secret, at=now) is None, "a question of years ago is none of now"


# Introductions


def test_asana_tells_its_secret_once() -> None:
    told = Call("POST", "/hooks/x", {"x-hook-secret": "b537207f20cbfa02357cf448134da559"})
    asana_scheme = scheme_of({"scheme": "asana"})
    assert asana_scheme.tells_its_secret
    assert asana_scheme.read(told, (), now) == Answered(
        headers={"x-hook-secret": "b537207f20cbfa02357cf448134da559"}, secret="b537207f20cbfa02357cf448134da559"
    )
    again = asana_scheme.read(told, (b"b537207f20cbfa02357cf448134da559",), now)
    assert isinstance(again, Answered) and again.secret == "", "it is known already"
    assert asana_scheme.read(replace(told, headers={"x-hook-secret": "mine"}), (b"b537207f20cbfa02357cf448134da559",), now) is None


def test_trello_feishu_and_dingtalk_ask_first() -> None:
    assert read("trello", Call("HEAD", "/hooks/x", {})) == Answered()
    key = keys["feishu"]
    sealed = base64.b64encode(
        bytes(16) + _closed(hashlib.sha256(key).digest(), bytes(16), b'{"challenge": "c-1", "token": "t", "type": "url_verification"}', 16)
    )
    asked = read("feishu", Call("POST", "/hooks/x", {}, body=b'{"encrypt": "' + sealed + b'"}'))
    assert json.loads(asked.body) == {"challenge": "c-1"}
    assert read("feishu", Call("POST", "/hooks/x", {}, body=b'{"challenge": "c-1", "token": "t", "type": "url_verification"}')) is None, "anybody could ask so"
    each = _Callback(keys["dingtalk"])
    question = each.closed('{"EventType": "check_url"}', "suite")
    query = {"timeStamp": str(now * 1000), "nonce": "n", "msg_signature": each.mark(str(now * 1000), "n", question)}
    answer = json.loads(read("dingtalk", Call("POST", "/hooks/x", {}, query, json.dumps({"encrypt": question}).encode())).body)
    assert each.opened(answer["encrypt"]) == ("success", "suite")
    assert answer["msg_signature"] == each.mark(answer["timeStamp"], answer["nonce"], answer["encrypt"])


def test_wecoms_xml_is_told_as_json() -> None:
    each = _Callback(keys["wecom"])
    sealed = each.closed("<xml><Event><![CDATA[change]]></Event><User><Id>1</Id><Id>2</Id></User><None/></xml>", "corp")
    query = {"timestamp": str(now), "nonce": "n", "msg_signature": each.mark(str(now), "n", sealed)}
    taken = read("wecom", Call("POST", "/", {}, query, f"<xml><Encrypt>{sealed}</Encrypt></xml>".encode()))
    assert json.loads(taken.body) == {"Event": "change", "User": {"Id": ["1", "2"]}, "None": ""}
    assert taken.answer == b""

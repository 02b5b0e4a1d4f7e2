"""Secrets are struck out however a peer spells them; what merely looks alike stays."""

from __future__ import annotations

import base64
import html
import json
import logging
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jingwei.frame.walls import logs, scrub

secret = "k3y/+ä&'\"=?§42"
plain = "canary-0123456789abcdef"

spelled = {
    "raw": lambda s: s,
    "quoted": lambda s: quote(s, safe=""),
    "quoted lower": lambda s: quote(s, safe="").lower() if s == plain else scrub._lower_hex(quote(s, safe="")),
    "plus": quote_plus,
    "quoted twice": lambda s: quote(quote(s, safe=""), safe=""),
    "base64": lambda s: base64.b64encode(s.encode()).decode(),
    "base64 urlsafe": lambda s: base64.urlsafe_b64encode(s.encode()).decode(),
    "json": json.dumps,
    "json slashes": lambda s: json.dumps(s).replace("/", "\\/"),
    "json all": lambda s: "".join(f"\\u{ord(c):04x}" for c in s),
    "html": html.escape,
    "hex": lambda s: s.encode().hex(),
    "repr": repr,
    "folded": lambda s: s[:5] + "\r\n  " + s[5:9] + "\n\t" + s[9:],
}


@pytest.mark.parametrize("name", spelled)
@pytest.mark.parametrize("each", [secret, plain])
def test_every_spelling_is_struck_from_text_bytes_and_values(name: str, each: str) -> None:
    scrubber = scrub.Scrubber([each])
    text = f"refused: [{spelled[name](each)}] end"
    assert scrubber.text(text) in ("refused: [***] end", 'refused: ["***"] end', "refused: ['***'] end")
    assert scrubber.body(text.encode()) == scrubber.text(text).encode()
    assert scrubber.value({text: [text, 1, None]}) == {scrubber.text(text): [scrubber.text(text), 1, None]}


@pytest.mark.parametrize("user", ["a", "ab", "abc", "robot"])
def test_a_password_inside_a_basic_header_is_struck(user: str) -> None:
    header = base64.b64encode(f"{user}:{plain}:x".encode()).decode()
    left = scrub.Scrubber([plain]).text(header)
    assert scrub.struck in left
    assert len(left) < len(header) - len(plain), "of the password at most a letter at either end is left"


def test_what_logs_us_in_is_told_from_its_headers() -> None:
    basic = base64.b64encode(f"robot:{plain}".encode()).decode()
    found = scrub.secrets_of_login({"Authorization": f"Basic {basic}", "X-API-Key": secret, "Other": f"Bearer {plain}"})
    assert found == [basic, plain, secret, plain]


def test_user_names_and_short_words_are_no_secrets() -> None:
    assert scrub.secrets_in(json.dumps({"username": "administrator", "password": plain, "pin": "12"})) == [plain]
    assert scrub.Scrubber(["k"]).text("a key") == "a key"


@given(st.text(min_size=6, max_size=30), st.text(max_size=60))
def test_any_secret_is_gone_and_other_text_stays(word: str, other: str) -> None:
    scrubber = scrub.Scrubber([word])
    assert word not in scrubber.text(f"{other}{word}{other}") or word in scrub.struck * 4
    if not any(form in other for form in scrub._forms(word)):
        assert scrubber.text(other.replace("\n", " ")) == other.replace("\n", " ") or word in other


def test_logs_show_nothing_known_wherever_it_hides(capsys: pytest.CaptureFixture[str]) -> None:
    scrub.know({"api_key": plain})
    event = logs.strike_secrets(
        None, "info", {"event": f"peer said {quote(plain)}", "more": {"list": [f"x {plain}"]}, "token_name": "x-y-z-1", "jw": "jw_" + "a" * 40}
    )
    assert plain not in json.dumps(event) and "jw_" not in json.dumps(event)
    try:
        raise ValueError(f"header {plain}")
    except ValueError:
        told = logging.getLogger("test.scrub")
        record = told.makeRecord("test.scrub", logging.ERROR, __file__, 1, "failed %s", (plain,), None)
    assert plain in record.getMessage()
    event = logs.strike_secrets(None, "error", {"event": record.getMessage(), "exception": f"ValueError: header {plain}"})
    assert plain not in json.dumps(event)


def test_links_that_open_are_not_logged() -> None:
    event = logs.strike_secrets(None, "info", {"event": "request", "path": "/setup/abcDEF123456_-xyz/"})
    assert event["path"] == "/setup/***/"
    event = logs.strike_secrets(None, "info", {"event": "request", "path": "/accounts/password/reset/key/1-abc123-def456/"})
    assert "abc123" not in event["path"] and "def456" not in event["path"]
    event = logs.strike_secrets(None, "info", {"event": "Not Found: /hooks/AbCdEf123456789012345678"})
    assert "AbCdEf" not in event["event"]

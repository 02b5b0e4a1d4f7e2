"""Settings from the environment: an empty one is not set, one that cannot be meant is refused by name, and none is read anywhere else."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from jingwei.frame import environment

source = Path(environment.__file__).resolve().parents[1]


@pytest.mark.parametrize("name", environment.settings)
def test_an_empty_one_is_not_set(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for text in ("", "  "):
        monkeypatch.setenv(name, text)
        assert environment.value(name) == environment.settings[name].default


@pytest.mark.parametrize(
    ("name", "texts"),
    [
        ("JINGWEI_PORT", ("abc", "0", "65536", "-1", "8000.5", "８０００")),
        ("JINGWEI_REQUIRE_TOTP", ("maybe", "2", "ja")),
        ("JINGWEI_HTTPS", ("maybe", "https")),
        ("JINGWEI_HOSTS", ("https://pm.example.com", "pm.example.com/app", "a b")),
        ("JINGWEI_HOST", ("a b",)),
        ("JINGWEI_CLAMD", ("clamd", "clamd:0", "tcp://clamd:3310", "clamd:3310/x")),
        ("JINGWEI_FILE_MB", ("0", "51", "much")),
        ("JINGWEI_EGRESS_ALLOW", ("10.1.0.0", "10.1.0.0/99", "erp.local:80", "127.0.0.1:99999", "10.1.0.0/16;127.0.0.1:80")),
        ("JINGWEI_TRUSTED_PROXIES", ("proxy", "10.0.0.5/8", "10.0.0.300")),
        ("JINGWEI_MAIL_URL", ("mail.example.com", "smtp://:25", "smtp://host:port")),
        ("JINGWEI_KEEP_HISTORY_DAYS", ("a year", "30")),
        ("JINGWEI_HANG_SECONDS", ("soon", "nan", "inf", "0")),
        ("JINGWEI_LOG_LEVEL", ("LOUD",)),
        ("JINGWEI_LOG_FORMAT", ("xml",)),
        ("JINGWEI_BACKUP_KEY", ("ab", "x" * 64)),
        ("DATABASE_URL", ("mysql://u:p@h/x", "host=h dbname=x", "postgresql://u:p@h:99999/x")),
    ],
)
def test_what_cannot_be_meant_is_refused(name: str, texts: tuple[str, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    for text in texts:
        monkeypatch.setenv(name, text)
        (problem,) = environment.wrong()
        assert name in problem.zh and name in problem.en and "allowed" in problem.en
        assert (text in problem.en) != environment.settings[name].is_secret


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("JINGWEI_REQUIRE_TOTP", "false", False),
        ("JINGWEI_HTTPS", " TRUE ", True),
        ("JINGWEI_HOSTS", "pm.example.com, *, .example.com,[::1]", ["pm.example.com", "*", ".example.com", "[::1]"]),
        ("JINGWEI_EGRESS_ALLOW", "10.1.2.3/16, 127.0.0.1:80,[::1]:80,", ["10.1.2.3/16", "127.0.0.1:80", "[::1]:80"]),
        ("JINGWEI_TRUSTED_PROXIES", "10.0.0.5,fd00::/8,*", ["10.0.0.5", "fd00::/8", "*"]),
        ("JINGWEI_LOG_LEVEL", "debug", "DEBUG"),
        ("JINGWEI_HANG_SECONDS", "2.5", 2.5),
    ],
)
def test_what_can_be_meant_is_taken(name: str, text: str, value: object, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, text)
    assert environment.value(name) == value and not environment.wrong()


def test_every_setting_is_declared() -> None:
    """A law: what the program reads is declared here, or is no setting of a person's: told by one of our processes to another, or any text will do."""
    inner = {
        "JINGWEI_ACCEPT_LOST_KEYS",
        "JINGWEI_ACCEPT_NOBODY",
        "JINGWEI_LISTEN_FD",
        "JINGWEI_PROCESS",
        "JINGWEI_PULSE",
        "JINGWEI_STANDBY",
        "JINGWEI_SUPERVISED",
    }
    any_text = {"JINGWEI_HOME", "JINGWEI_METRICS_TOKEN", "JINGWEI_PDF_FONT", "JINGWEI_SECRET_KEY"}
    found = {name for path in source.rglob("*.py") for name in re.findall(r"JINGWEI_[A-Z_]+[A-Z]", path.read_text(encoding="utf-8"))}
    assert found - inner - any_text == {name for name in environment.settings if name.startswith("JINGWEI_")}

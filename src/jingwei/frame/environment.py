"""The settings that come from the environment: their names, what is allowed, what holds without them. An empty one counts as not set.
Where the home is (JINGWEI_HOME) and secrets that others hand over (JINGWEI_SECRET_KEY, JINGWEI_METRICS_TOKEN) are read where they are needed.

A value that cannot be meant is refused rather than guessed: some of these settings guard something.
"""

from __future__ import annotations

import ipaddress
import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit


@dataclass(frozen=True, slots=True)
class Setting:
    """`read` gives the value of a text, ValueError when it is none; `zh` and `en` say what is allowed."""

    read: Callable[[str], Any]
    default: Any
    zh: str
    en: str
    is_secret: bool = False


class BadSetting(Exception):
    """A value that cannot be meant, said in both languages."""

    def __init__(self, name: str, text: str, setting: Setting) -> None:
        shown = "***" if setting.is_secret else text[:80]
        self.name = name
        self.zh = f"{name}={shown} 看不懂；应为{setting.zh}"
        self.en = f"{name}={shown} cannot be understood; allowed: {setting.en}"
        super().__init__(self.en)


class BadSettings(Exception):
    """All that cannot be meant."""

    def __init__(self, wrong: list[BadSetting]) -> None:
        super().__init__("; ".join(each.en for each in wrong))
        self.wrong = wrong


def _flag(default: bool) -> Setting:
    words = {"1": True, "true": True, "yes": True, "on": True, "0": False, "false": False, "no": False, "off": False}

    def read(text: str) -> bool:
        if text.lower() not in words:
            raise ValueError
        return words[text.lower()]

    return Setting(read, default, " 1 或 0", "1 or 0")


def _number(default: float, least: int, most: int, kind: Callable[[str], float] = int) -> Setting:
    def read(text: str) -> float:
        found = kind(text)
        if not text.isascii() or not least <= found <= most:
            raise ValueError
        return found

    return Setting(read, default, f" {least} 到 {most} 的数", f"a number from {least} to {most}")


def _one_of(default: str, *words: str) -> Setting:
    def read(text: str) -> str:
        found = next((word for word in words if word.lower() == text.lower()), "")
        return found or str(_no())

    return Setting(read, default, "、".join(words) + " 之一", "one of " + ", ".join(words))


def _list(check: Callable[[str], Any], default: str, zh: str, en: str) -> Setting:
    def read(text: str) -> list[str]:
        entries = [entry.strip() for entry in text.split(",") if entry.strip()]
        for entry in entries:
            check(entry)
        return entries

    return Setting(read, read(default), zh, en)


def _no() -> Any:
    raise ValueError


def _host(text: str) -> str:
    return text if re.fullmatch(r"\*|[\w.:%\[\]-]+", text) else _no()


def _place(text: str) -> str:
    parts = urlsplit(f"//{text}")
    return text if parts.hostname and parts.port and not parts.path else _no()


def _way_out(text: str) -> None:
    if "/" in text:
        ipaddress.ip_network(text, strict=False)
        return
    parts = urlsplit(f"//{text}")
    if not parts.port or not parts.hostname:
        raise ValueError
    ipaddress.ip_address(parts.hostname)


def _proxy(text: str) -> None:
    if text != "*":
        ipaddress.ip_network(text)


def _url(*schemes: str) -> Callable[[str], str]:
    def read(text: str) -> str:
        parts = urlsplit(text)
        if parts.scheme not in schemes or (parts.port is not None and not parts.port):
            raise ValueError
        return text

    return read


def _mail(text: str) -> str:
    return text if urlsplit(_url("smtp", "smtp+tls", "smtps")(text)).hostname else _no()


def _key(text: str) -> str:
    return text if re.fullmatch("[0-9a-fA-F]{64}", text) else _no()


def _token(text: str) -> str:
    return text if text.startswith("jw_") else _no()


def _folder(text: str) -> str:
    return _no() if Path(text).is_file() else text


_database = Setting(_url("postgresql", "postgres"), "", " postgresql://用户:密码@主机:端口/库名", "postgresql://user:password@host:port/name", is_secret=True)
settings: dict[str, Setting] = {
    "DATABASE_OWNER_URL": _database,
    "DATABASE_URL": _database,
    "JINGWEI_BACKUP_KEY": Setting(_key, "", " 64 位十六进制", "64 hexadecimal digits", is_secret=True),
    "JINGWEI_CLAMD": Setting(_place, "", "扫描器 clamd 的 主机:端口，如 127.0.0.1:3310", "host:port of the scanner clamd, such as 127.0.0.1:3310"),
    "JINGWEI_DEBUG": _flag(default=False),
    "JINGWEI_DISK_MIN_MB": _number(200, 0, 100_000_000),
    "JINGWEI_EGRESS_ALLOW": _list(
        _way_out, "", "逗号分隔的网段或 地址:端口，如 10.1.0.0/16,127.0.0.1:8080", "networks and address:port pairs with commas, as in 10.1.0.0/16,127.0.0.1:8080"
    ),
    "JINGWEI_FILE_MB": _number(25, 1, 50),
    "JINGWEI_FILES_MB": _number(20_000, 1, 100_000_000),
    "JINGWEI_HANG_SECONDS": _number(30.0, 1, 86_400, float),
    "JINGWEI_HOST": Setting(_host, "127.0.0.1", "监听的地址，如 127.0.0.1 或 0.0.0.0", "an address to listen on, such as 127.0.0.1 or 0.0.0.0"),
    "JINGWEI_HOSTS": _list(
        _host, "localhost,127.0.0.1,[::1]", "逗号分隔的主机名，不带 https:// 与路径", "names of hosts with commas, without https:// and without a path"
    ),
    "JINGWEI_HTTPS": _flag(default=False),
    "JINGWEI_KEEP_HISTORY_DAYS": _number(3 * 365, 183, 36_500),
    "JINGWEI_KEY_FOLDER": Setting(_folder, "", "目录", "a folder"),
    "JINGWEI_LOG_FORMAT": _one_of("json", "json", "text"),
    "JINGWEI_LOG_LEVEL": _one_of("INFO", "NOTSET", "DEBUG", "INFO", "WARN", "WARNING", "ERROR", "FATAL", "CRITICAL"),
    "JINGWEI_MAIL_URL": Setting(_mail, "", " smtp+tls://用户:密码@主机:587（或 smtps://、smtp://）", "smtp+tls://user:password@host:587 (or smtps://, smtp://)", is_secret=True),
    "JINGWEI_MEMORY_MB": _number(500, 1, 100_000_000),
    "JINGWEI_NO_NUMBA": _flag(default=False),
    "JINGWEI_PORT": _number(8000, 1, 65_535),
    "JINGWEI_REQUIRE_TOTP": _flag(default=True),
    "JINGWEI_SANDBOX_PORT": _number(4801, 1, 65_533),
    "JINGWEI_SPARE": _flag(default=True),
    "JINGWEI_TOKEN": Setting(_token, "", "一个以 jw_ 开头的 API 令牌", "an API token, which begins with jw_", is_secret=True),
    "JINGWEI_TRUSTED_PROXIES": _list(_proxy, "", "逗号分隔的代理地址或网段，如 10.0.0.5,10.1.0.0/16", "addresses and networks of proxies with commas, as in 10.0.0.5,10.1.0.0/16"),
    "JINGWEI_WORKER_CONCURRENCY": _number(4, 1, 100),
}  # fmt: skip


def value(name: str) -> Any:
    """What a setting says, or what holds without it. BadSetting when that cannot be meant."""
    setting = settings[name]
    text = os.environ.get(name, "").strip()
    if not text:
        return setting.default
    try:
        return setting.read(text)
    except ValueError:
        raise BadSetting(name, text, setting) from None


def flag(name: str) -> bool:
    """A setting that is on or off."""
    return bool(value(name))


def number(name: str) -> int:
    """A whole number."""
    return int(value(name))


def wrong() -> list[BadSetting]:
    """Every setting that cannot be meant."""
    found = []
    for name in settings:
        try:
            value(name)
        except BadSetting as problem:
            found.append(problem)
    return found


def check() -> None:
    """BadSettings with all of them, when there are any."""
    if found := wrong():
        raise BadSettings(found)

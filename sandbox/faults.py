"""Faults that can be switched on: outage, latency, errors, rate limit, lost and cut answers, doubled webhooks."""

from __future__ import annotations

import math
import random
import time
from collections import deque
from dataclasses import asdict, dataclass, fields
from typing import Any

from sandbox.columns import Pair


@dataclass
class Faults:
    """Which faults are on. Rates are probabilities from 0 to 1; `rate_limit_per_minute` 0 means no limit."""

    outage: bool = False
    latency_ms: int = 0
    error_rate: float = 0.0
    rate_limit_per_minute: int = 0
    drop_connection_rate: float = 0.0
    truncate_rate: float = 0.0
    lose_answer_rate: float = 0.0
    duplicate_webhooks: bool = False

    def as_dict(self) -> dict[str, Any]:
        """As JSON."""
        return asdict(self)


titles: dict[str, tuple[Pair, Pair]] = {
    "outage": (
        ("停机", "Outage"),
        ("接口一律返回 503，网页仍可用；期间不推送", "Every API call answers 503; the pages keep working; webhooks wait"),
    ),
    "latency_ms": (("延迟（毫秒）", "Latency (ms)"), ("每次接口调用多等这么久", "Each API call waits this long")),
    "error_rate": (("错误率", "Error rate"), ("0–1：什么也不做，返回 500", "0–1: does nothing and answers 500")),
    "rate_limit_per_minute": (
        ("每分钟限流", "Rate limit per minute"),
        ("0 为不限；超出返回 429", "0 = none; beyond it 429 with Retry-After"),
    ),
    "drop_connection_rate": (("断连率", "Dropped connections"), ("0–1：什么也不做就断开", "0–1: does nothing and hangs up")),
    "truncate_rate": (("截断率", "Truncated answers"), ("0–1：只返回半截内容", "0–1: sends half of the answer")),
    "lose_answer_rate": (
        ("丢失应答率", "Lost answers"),
        ("0–1：已写入，但不应答就断开", "0–1: does the write, then hangs up without answering"),
    ),
    "duplicate_webhooks": (("重复推送", "Doubled webhooks"), ("每条推送送两次", "Each webhook is delivered twice")),
}


class BadFault(ValueError):
    """An unknown fault or a value outside its range."""


def switched(faults: Faults, given: dict[str, Any]) -> Faults:
    """The faults with the given ones changed; raises BadFault."""
    kinds = {each.name: type(each.default) for each in fields(Faults)}
    values = faults.as_dict()
    for name, value in given.items():
        if name not in kinds:
            raise BadFault(f"unknown fault {name}")
        values[name] = _checked(name, kinds[name], value)
    return Faults(**values)


def _checked(name: str, kind: type, value: Any) -> Any:
    if kind is bool:
        if not isinstance(value, bool):
            raise BadFault(f"{name} is true or false")
        return value
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value) or value < 0:
        raise BadFault(f"{name} is a number from 0")
    if kind is float and value > 1:
        raise BadFault(f"{name} is a rate from 0 to 1")
    if name == "latency_ms" and value > 120_000:
        raise BadFault(f"{name} is at most 120000")
    return kind(value)


class Dice:
    """Decides call by call which fault strikes; a seed makes it repeatable."""

    def __init__(self, seed: int | None = None) -> None:
        self._random = random.Random(seed)
        self._calls: deque[float] = deque()

    def falls(self, rate: float) -> bool:
        """Whether something of that probability happens now."""
        return rate > 0 and self._random.random() < rate

    def wait_seconds(self, limit_per_minute: int) -> int:
        """0 when a call may pass (and counts it), else whole seconds to wait. The window is any 60 seconds."""
        now = time.monotonic()
        while self._calls and now - self._calls[0] >= 60:
            self._calls.popleft()
        if limit_per_minute and len(self._calls) >= limit_per_minute:
            return max(1, math.ceil(60 - (now - self._calls[-limit_per_minute])))
        self._calls.append(now)
        return 0

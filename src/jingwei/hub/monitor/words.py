"""How health is put into words: a reason with what it endangers, what mends it, and the one button that leads there."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, NamedTuple

from django.urls import reverse

from jingwei.hub.models import Interface


class Words(NamedTuple):
    """One sentence in both languages."""

    zh: str
    en: str


class Level(StrEnum):
    """How bad a reason is; a notice leaves the interface healthy."""

    DOWN = "down"
    DEGRADED = "degraded"
    NOTICE = "notice"


order = {Level.DOWN: 0, Level.DEGRADED: 1, Level.NOTICE: 2}


@dataclass(frozen=True, slots=True)
class Act:
    """One button: where it leads, or what it posts to."""

    url: str
    label: Words
    method: str = "get"

    def as_plain(self) -> dict[str, str]:
        """As it is kept and shown."""
        return {"url": self.url, "label_zh": self.label.zh, "label_en": self.label.en, "method": self.method}


@dataclass(frozen=True, slots=True)
class Reason:
    """Why an interface is not (quite) healthy. `endangers`: what is at stake; `mend`: what to do; `detail`: what was said over there, as it was."""

    code: str
    level: Level
    zh: str
    en: str
    since: datetime | None
    count: int
    endangers: Words
    mend: Words
    act: Act | None
    detail: str = ""

    def as_plain(self) -> dict[str, Any]:
        """As it is kept in `Interface.state_detail`."""
        return {
            "code": self.code, "level": str(self.level), "zh": self.zh, "en": self.en, "since": self.since.isoformat() if self.since else None,
            "count": self.count, "endangers": self.endangers._asdict(), "mend": self.mend._asdict(), "act": self.act.as_plain() if self.act else None,
            "detail": self.detail,
        }  # fmt: skip


def lasted(since: datetime | None, now: datetime) -> Words:
    """How long something has lasted, in its largest unit."""
    seconds = max(0, int(((now - since) if since else timedelta()).total_seconds()))
    for size, zh, en in ((86400, "天", "day"), (3600, "小时", "hour"), (60, "分钟", "minute")):
        if seconds >= 2 * size or (seconds >= size and size == 60):
            count = seconds // size
            return Words(f"{count} {zh}", f"{count} {en}{'s' if count != 1 else ''}")
    return Words(f"{seconds} 秒", f"{seconds} second{'s' if seconds != 1 else ''}")


def counted(count: int, singular: str, plural: str = "") -> str:
    """1 record, 2 records."""
    return f"{count} {singular if count == 1 else plural or singular + 's'}"


def look_at(interface: Interface, anchor: str = "") -> Act:
    """The interface's own page."""
    return Act(reverse("hub:interface", args=[interface.key]) + (f"#{anchor}" if anchor else ""), Words("查看接口", "Look at the interface"))


def parked_records(interface: Interface) -> Act:
    """Where parked records are replayed or discarded."""
    return Act(reverse("hub:interface", args=[interface.key]) + "#parked", Words("处理搁置的记录", "See to the parked records"))


def decide() -> Act:
    """Where conflicts are decided."""
    return Act(reverse("hub:conflicts"), Words("裁定冲突", "Decide the conflicts"))


def log_in(system_key: str) -> Act:
    """Where a system's address and credentials are entered."""
    return Act(reverse("hub:connection", args=[system_key]), Words("检查连接", "Check the connection"))


def compare_now(interface: Interface) -> Act:
    """Have a worker compare both sides; the result is kept."""
    return Act(reverse("hub:verify", args=[interface.key]), Words("立即核对", "Compare now"), "post")


def differences(interface: Interface) -> Act:
    """Where the differences are shown."""
    return Act(reverse("hub:verify", args=[interface.key]), Words("查看差异", "See the differences"))


def run_now(interface: Interface) -> Act:
    """Have a worker look at it."""
    return Act(reverse("hub:run", args=[interface.key]), Words("立即运行", "Run now"), "post")


def watch() -> Act:
    """The monitor."""
    return Act(reverse("hub:monitor"), Words("打开监控", "Open the monitor"))

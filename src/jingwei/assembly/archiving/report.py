"""How the archive fares, in words and for programs: which moments can be brought back, and how much would be lost now (RPO)."""

from __future__ import annotations

import errno
import os
from datetime import UTC, datetime
from typing import Any

from jingwei.assembly.archiving import keeping, state, switch
from jingwei.assembly.archiving.choosing import told
from jingwei.assembly.archiving.places import Archive
from jingwei.assembly.archiving.state import Trouble
from jingwei.assembly.commands import Refused, say
from jingwei.frame.postgres import address


def trouble() -> Trouble | None:
    """What is wrong with the archive, or None: all is well, or it is off."""
    if not address.is_embedded() or switch.read() is None:
        return None
    found = state.read()
    if found is None or found.is_silent:
        since = datetime.fromtimestamp(found.at, UTC).isoformat(timespec="seconds") if found else ""
        return Trouble(
            "silent",
            "没有进程在守护归档",
            "nobody keeps the archive",
            "运行 jingwei up，或 jingwei archive keep",
            "run: jingwei up, or: jingwei archive keep",
            since,
        )
    return found.trouble


def healthy() -> dict[str, Any]:
    """For the health check, which anybody may ask: a word, no place; nothing while it is off."""
    try:
        if not address.is_embedded() or switch.read() is None:
            return {}
        wrong = trouble()
    except Refused:
        return {"archive": "switch"}
    return {"archive": "ok"} if wrong is None else {"archive": wrong.key, "archive_since": wrong.since}


def status() -> dict[str, Any]:
    """Everything, as JSON takes it."""
    on = switch.read() if address.is_embedded() else None
    out: dict[str, Any] = {"on": on is not None, "folder": on.folder if on else None, "days": on.days if on else None, "since": on.since if on else None,
        "last_base": None, "last_segment": None, "spans": [], "rpo_seconds": None, "waiting": 0, "waiting_bytes": 0, "trouble": None}  # fmt: skip
    if on is None:
        return out
    wrong = trouble()
    kept = state.read() or state.State()
    out |= {"waiting": kept.waiting, "waiting_bytes": kept.waiting_bytes, "last_segment": kept.sealed or None, "last_base": kept.base or None}
    try:
        archive = Archive(on.path)
        if not archive.is_there():
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), on.folder)
        spans = archive.spans()
        out |= {"last_base": archive.bases[-1].path.name if archive.bases else None, "last_segment": archive.segments[-1] if archive.segments else None}
        out["spans"] = [{"from": told(each.start), "to": told(each.end)} for each in spans]
        end = spans[-1].end if spans else None
    except OSError as problem:
        wrong = wrong or keeping.unwritable(on, problem)
        end = datetime.fromisoformat(kept.covered) if kept.covered else None
    if end is not None:
        out["rpo_seconds"] = max(0.0, round((datetime.now(UTC) - end).total_seconds(), 1))
    if wrong is not None:
        out["trouble"] = {"key": wrong.key, "zh": wrong.zh, "en": wrong.en, "mend_zh": wrong.mend_zh, "mend_en": wrong.mend_en, "since": wrong.since}
    return out


def tell(found: dict[str, Any]) -> None:
    """The same for people."""
    if not found["on"]:
        say("归档没有开启；jingwei archive on 目录", "the archive is off; jingwei archive on FOLDER")
        return
    say(f"归档目录 {found['folder']}，保留 {found['days']} 天", f"on since {found['since']}", mark="✓")
    say(f"最近基准 {found['last_base'] or '–'}，最近日志段 {found['last_segment'] or '–'}", "last base and last sealed segment")
    for each in found["spans"]:
        say(f"可恢复 {each['from']} 至 {each['to']}", "any moment of this span can be brought back", mark="✓")
    rpo = "–" if found["rpo_seconds"] is None else f"{found['rpo_seconds']:.0f} s"
    say(f"此刻若丢失本机，最多丢 {rpo}（RPO）", "what would be lost now with this machine")
    if found["waiting"]:
        say(f"{found['waiting']} 个日志段在本机等待（{found['waiting_bytes'] / 1e6:.0f} MB）", "segments wait on this machine")
    if wrong := found["trouble"]:
        say(f"{wrong['zh']}（自 {wrong['since'] or '–'}）", wrong["en"], mark="✗")
        say(wrong["mend_zh"], wrong["mend_en"], mark="→")

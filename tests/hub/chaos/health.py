"""Does health tell the truth? Each second what the product says of an interface is held against what is seen past the product."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg

from tests.hub.chaos.installation import Installation
from tests.hub.chaos.persons import Journal

freshness = 10  # what the interfaces promise here, in seconds
judging = 6.0  # one judging interval is part of the promise
down_grace = 30.0
_state = "SELECT id, key, stage, state, state_detail, judged_at, now() AS now FROM hub_interface ORDER BY id"
_waiting = """
SELECT interface_id, count(*) AS n FROM (
  SELECT interface_id FROM hub_delivery WHERE state = 'waiting' AND received_at < now() - make_interval(secs => %s)
  UNION ALL SELECT interface_id FROM hub_outboxentry WHERE state IN ('waiting', 'sending', 'unknown') AND created_at < now() - make_interval(secs => %s)
) late GROUP BY 1
"""
_open = """
SELECT interface_id, count(*) AS n FROM (
  SELECT interface_id FROM hub_conflict WHERE resolved_at IS NULL UNION ALL SELECT interface_id FROM hub_quarantine WHERE released_at IS NULL
  UNION ALL SELECT interface_id FROM hub_deadletter WHERE settled_at IS NULL UNION ALL SELECT interface_id FROM hub_outboxentry WHERE state = 'held'
) found GROUP BY 1
"""
_ours = """
SELECT l.key_a, t.name, t.description, l.state, l.left_a FROM hub_link l JOIN work_task t ON t.id = l.key_b::bigint
WHERE l.interface_id = %s AND l.key_a = ANY(%s)
"""
_answers = """
SELECT l.key_a, c.field, extract(epoch FROM max(c.resolved_at))::float AS at FROM hub_conflict c JOIN hub_link l ON l.id = c.link_id
WHERE c.interface_id = %s AND l.key_a = ANY(%s) AND c.resolved_at IS NOT NULL GROUP BY 1, 2
"""
_replaced = """
SELECT l.key_a, o.before FROM hub_outboxentry o JOIN hub_link l ON l.id = o.link_id
WHERE o.interface_id = %s AND l.key_a = ANY(%s) AND o.side = 'a' AND o.state = 'done' AND o.done_at IS NOT NULL
"""


@dataclass
class Watched:
    """One interface under watch. `answers` tells how its peer answers the product's key now."""

    key: str
    answers: Callable[[], int]
    trouble_since: dict[str, float] = field(default_factory=dict)
    well_since: float | None = None
    status: int = 200


class Watch(threading.Thread):
    """Samples each second; `lies` are sentences."""

    def __init__(self, installation: Installation, watched: list[Watched], journal: Journal, folder: Path) -> None:
        super().__init__(daemon=True, name="watch")
        self.installation, self.watched, self.journal = installation, {each.key: each for each in watched}, journal
        self.file = folder / "health.jsonl"
        self.lies: list[str] = []
        self.samples = 0
        self.states: dict[str, dict[str, int]] = {}
        self.ending = threading.Event()
        self._probes = [threading.Thread(target=self._probe, args=(each,), daemon=True) for each in watched]

    def _probe(self, watched: Watched) -> None:
        while not self.ending.wait(2.0):
            watched.status = watched.answers()

    def run(self) -> None:
        for each in self._probes:
            each.start()
        while not self.ending.wait(1.0):
            try:
                self._sample(time.monotonic())
            except psycopg.Error:
                for each in self.watched.values():  # nobody can judge nor read without the database: the promise begins anew
                    each.trouble_since.clear()
                    each.well_since = None

    def _sample(self, now: float) -> None:
        rows = self.installation.rows(_state)
        waiting = {row["interface_id"]: row["n"] for row in self.installation.rows(_waiting, (freshness, freshness))}
        asked = {row["interface_id"]: row["n"] for row in self.installation.rows(_open)}
        self.samples += 1
        for row in rows:
            watched = self.watched[row["key"]]
            if row["stage"] != "live":
                watched.trouble_since.clear()
                watched.well_since = None
                continue
            found = {}
            if not 200 <= watched.status < 300:
                found["peer"] = f"the peer answers {watched.status}"
            if waiting.get(row["id"]):
                found["waiting"] = f"{waiting[row['id']]} wait longer than {freshness} s"
            if asked.get(row["id"]):
                found["asked"] = f"{asked[row['id']]} conflicts, parked, dead or held"
            if differ := self._late_edit(row):
                found["differ"] = differ
            self._judge(watched, row, found, now)

    def _late_edit(self, row: dict[str, Any]) -> str:
        """An edit over there, older than promised, that our side does not show; not looked for where anybody has edited the pair since, a person was
        asked about this field after the edit and has answered, or our write has replaced the edit since and says so (whether it might is judged at the end)."""
        at = time.time()
        with self.journal.lock:
            deeds = [each for each in self.journal.deeds[-400:] if each.interface == row["key"]]
        last = {(d.key, d.field): d for d in deeds if d.side == "a" and d.what == "edit" and d.field in ("name", "description")}
        due = {place: d for place, d in last.items() if freshness < at - d.ended < 60}
        if not due:
            return ""
        touched = {d.key for d in deeds if d.side == "a" and (d.what in ("delete", "move") or at - d.ended <= freshness)}
        ours_lately = {d.key for d in deeds if d.side == "b"}
        found = {each["key_a"]: each for each in self.installation.rows(_ours, (row["id"], [key for key, _ in due]))}
        mates = self.installation.rows("SELECT key_a FROM hub_link WHERE interface_id = %s AND key_b = ANY(%s)", (row["id"], list(ours_lately)))
        touched |= {each["key_a"] for each in mates}
        answered = {(each["key_a"], each["field"]): each["at"] for each in self.installation.rows(_answers, (row["id"], [key for key, _ in due]))}
        replaced = self.installation.rows(_replaced, (row["id"], [key for key, _ in due]))
        gone = {(each["key_a"], name, value) for each in replaced for name, value in (each["before"] or {}).items() if isinstance(value, str)}
        for (key, name), deed in due.items():
            mine = found.get(key)
            if (key, name, deed.value) in gone:
                continue
            if max(answered.get((key, each), 0.0) for each in (name, "")) >= deed.ended:
                continue
            if mine is not None and key not in touched and not mine["left_a"] and mine[name] != deed.value:
                return f"{name} of {key} was set to {deed.value!r} {at - deed.ended:.0f} s ago, ours is {mine[name]!r}"
        return ""

    def _judge(self, watched: Watched, row: dict[str, Any], found: dict[str, str], now: float) -> None:
        state = row["state"]
        tally = self.states.setdefault(watched.key, {})
        tally[state] = tally.get(state, 0) + 1
        for kind in ("peer", "waiting", "asked", "differ"):
            if kind in found:
                watched.trouble_since.setdefault(kind, now)
            else:
                watched.trouble_since.pop(kind, None)
        watched.well_since = None if found else (watched.well_since or now)
        codes = [each["code"] for each in row["state_detail"] or ()]
        with self.file.open("a") as file:
            line = {"at": datetime.now(UTC).isoformat(), "key": watched.key, "state": state, "codes": codes, "oracle": found}
            file.write(json.dumps(line, ensure_ascii=False) + "\n")
        for kind, since in watched.trouble_since.items():
            if state == "ok" and now - since > freshness + judging:
                self._lie(f"{watched.key} says ok, but for {now - since:.0f} s {found[kind]}")
        if state == "down" and watched.well_since is not None and now - watched.well_since > down_grace + judging:
            self._lie(f"{watched.key} says down ({', '.join(codes)}), but all is well for {now - watched.well_since:.0f} s")

    def _lie(self, text: str) -> None:
        if not self.lies or self.lies[-1].split(" for ")[0] != text.split(" for ")[0]:
            self.lies.append(text)
            print(f"LIE at {datetime.now(UTC):%H:%M:%S}: {text}", flush=True)

    def stop(self) -> None:
        """End the watch."""
        self.ending.set()
        self.join(20)

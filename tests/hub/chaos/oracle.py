"""What must hold when all is quiet again, judged from both sides' own records and what persons did; the product's words are only asked what it shows."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from tests.hub.chaos.installation import Installation
from tests.hub.chaos.peers import Redmine, Row, Tracker
from tests.hub.chaos.persons import Deed, Journal, texts

fields = ("name", "description", "percent", "work_hours")
doubt_seconds = 4.0  # stamps over there end at the second; a margin for theirs and ours


def plain(name: str, value: Any) -> Any:
    """A value as both sides would write it."""
    if name == "work_hours":
        return None if value in (None, "") else float(Decimal(str(value)))
    if name == "percent":
        return int(value or 0)
    return (value or "").strip()


@dataclass
class Scene:
    """Everything there is, read past the product."""

    theirs: dict[str, Row]
    ours: dict[str, Row]
    links: list[dict[str, Any]]
    conflicts: list[dict[str, Any]]
    entries: dict[int, list[dict[str, Any]]]
    parked: set[tuple[str, str]]
    dead: set[int]
    held: set[int]


@dataclass
class Judge:
    """One interface; `policies` are all that were in force of each field."""

    key: str
    peer: Redmine | Tracker
    project_id: int
    installation: Installation
    journal: Journal
    policies: dict[str, set[str]]
    first: dict[str, set[Any]] = field(default_factory=dict)  # values that were there before anybody acted
    found: list[str] = field(default_factory=list)

    def look(self) -> Scene:
        """Read all of it."""
        sql = self.installation.patiently
        interface = sql("SELECT id FROM hub_interface WHERE key = %s", (self.key,))[0]["id"]
        tasks = sql("SELECT id, name, description, percent, work_hours FROM work_task WHERE project_id = %s", (self.project_id,))
        entries: dict[int, list[dict[str, Any]]] = defaultdict(list)
        for each in sql(
            'SELECT link_id, side, action, "values", before, state, created_at, extract(epoch FROM done_at) AS done FROM hub_outboxentry '
            "WHERE interface_id = %s ORDER BY id", (interface,),
        ):  # fmt: skip
            entries[each["link_id"]].append(each)
        return Scene(
            theirs=self.peer.rows(),
            ours={str(each["id"]): each for each in tasks},
            links=sql("SELECT * FROM hub_link WHERE interface_id = %s ORDER BY id", (interface,)),
            conflicts=sql("SELECT * FROM hub_conflict WHERE interface_id = %s", (interface,)),
            entries=entries,
            parked={
                (each["side"], each["record_key"])
                for each in sql("SELECT side, record_key FROM hub_quarantine WHERE interface_id = %s AND released_at IS NULL", (interface,))
            },
            dead={
                each["link_id"]
                for each in sql(
                    "SELECT e.link_id FROM hub_deadletter d JOIN hub_outboxentry e ON e.id = d.entry_id WHERE d.interface_id = %s AND d.settled_at IS NULL",
                    (interface,),
                )
            },
            held={link for link, mine in entries.items() if any(each["state"] == "held" for each in mine)},
        )

    def judge(self, scene: Scene) -> list[str]:
        """Everything that is broken, as sentences."""
        self.found = []
        self._doubles(scene)
        self._pairs(scene)
        self._deletes(scene)
        self._values(scene)
        return self.found

    def _say(self, what: str, text: str) -> None:
        self.found.append(f"{self.key} {what}: {text}")

    # -- nothing doubled

    def _doubles(self, scene: Scene) -> None:
        for side, rows in (("theirs", scene.theirs), ("ours", scene.ours)):
            names = Counter(row["name"].strip() for row in rows.values())
            for name, count in names.items():
                if count > 1:
                    self._say("DOUBLED", f"{count} records of {side} are called {name!r}: {[k for k, r in rows.items() if r['name'].strip() == name]}")
        for ref, count in Counter(row["ref"] for row in scene.theirs.values() if row["ref"]).items():
            if count > 1:
                self._say("DOUBLED", f"{count} of theirs carry our reference {ref}")

    # -- both sides, base and rows agree, or it is shown why not

    def _shown(self, scene: Scene, link: dict[str, Any]) -> bool:
        keys = {("a", link["key_a"]), ("b", link["key_b"])}
        return bool(keys & scene.parked) or link["id"] in scene.dead or link["id"] in scene.held

    def _pairs(self, scene: Scene) -> None:
        open_: dict[int, dict[str, dict[str, Any]]] = defaultdict(dict)
        for each in scene.conflicts:
            if each["resolved_at"] is None:
                open_[each["link_id"]][each["field"]] = each
        seen_a, seen_b = set[str](), set[str]()
        for link in scene.links:
            a, b = scene.theirs.get(link["key_a"] or ""), scene.ours.get(link["key_b"] or "")
            seen_a |= {link["key_a"]} if a else set()
            seen_b |= {link["key_b"]} if b else set()
            asked = open_[link["id"]]
            if self._shown(scene, link) or "" in asked:
                continue
            if (a is None) != (b is None):
                self._half(link, a, b)
            elif a is not None and b is not None:
                self._same(link, a, b, asked)
        for side, rows, known in (("a", scene.theirs, seen_a), ("b", scene.ours, seen_b)):
            for key in rows.keys() - known:
                if (side, key) not in scene.parked:
                    self._say("UNLINKED", f"{side} {key} {rows[key]['name']!r} has no pair and nobody is told")

    def _half(self, link: dict[str, Any], a: Row | None, b: Row | None) -> None:
        if (a is None and link["left_a"]) or (b is None and link["left_b"]):
            return
        self._say(
            "HALF", f"link {link['id']} ({link['key_a']}/{link['key_b']}, {link['state']}, apart {link['apart']}) lacks its {'theirs' if a is None else 'ours'}"
        )

    def _same(self, link: dict[str, Any], a: Row, b: Row, asked: dict[str, dict[str, Any]]) -> None:
        base = link["base"] or {}
        for name in fields:
            mine, own = plain(name, a[name]), plain(name, b[name])
            mark = (link["apart"] or {}).get(name)
            if name in asked:
                shown = {plain(name, asked[name]["value_a"]), plain(name, asked[name]["value_b"])}
                if asked[name]["reason"] != "overwritten" and shown != {mine, own}:
                    self._say("SHOWN", f"link {link['id']} {name}: the question shows {shown}, there stand {mine!r} and {own!r}")
            elif mark and mark.get("why") == "accepted" and {plain(name, mark["a"]), plain(name, mark["b"])} == {mine, own}:
                continue
            elif mine != own:
                self._say(
                    "DIFFERS",
                    f"link {link['id']} ({link['key_a']}/{link['key_b']}) {name}: theirs {mine!r}, ours {own!r}, base {base.get(name)!r}, mark {mark}",
                )
            elif name in base and plain(name, base[name]) != mine:
                self._say("BASE", f"link {link['id']} {name}: both hold {mine!r}, the base {base[name]!r}")

    # -- nothing deleted that nobody deleted

    def _deletes(self, scene: Scene) -> None:
        deleted = {(each.side, each.key) for each in self.journal.deeds if each.interface == self.key and each.what == "delete"}
        for link in scene.links:
            was_deleted = {("a", link["key_a"]), ("b", link["key_b"])} & deleted
            gone = [("a", link["key_a"])] if link["key_a"] and link["key_a"] not in scene.theirs else []
            gone += [("b", link["key_b"])] if link["key_b"] and link["key_b"] not in scene.ours else []
            if gone and not was_deleted and not self._was_replaced(scene, link) and not link["left_a"]:
                self._say("DELETED", f"{gone} of link {link['id']} is gone, and no person deleted either half")
        for each in self.journal.deeds:
            if each.interface == self.key and each.what == "new" and (each.side, each.key) not in deleted:
                rows = scene.theirs if each.side == "a" else scene.ours
                if each.key not in rows and not any(link[f"key_{each.side}"] == each.key for link in scene.links):
                    self._say("LOST", f"{each.side} {each.key} {each.value!r} was made by a person and is gone without a trace")

    @staticmethod
    def _was_replaced(scene: Scene, link: dict[str, Any]) -> bool:
        """An answer had the record made anew."""
        return any(each["link_id"] == link["id"] and each["field"] == "" and each["choice"] in ("a", "b") for each in scene.conflicts)

    # -- no value vanished

    def _values(self, scene: Scene) -> None:
        by_key = {(side, link[f"key_{side}"]): link for link in scene.links for side in ("a", "b") if link[f"key_{side}"]}
        written: dict[int, dict[str, set[Any]]] = defaultdict(lambda: defaultdict(set))
        last: dict[tuple[str, str, str], Deed] = {}
        deleted = {(each.side, each.key) for each in self.journal.deeds if each.interface == self.key and each.what == "delete"}
        for each in self.journal.deeds:
            if each.interface != self.key or each.what not in ("edit", "new"):
                continue
            last[each.side, each.key, each.field] = each
            if link := by_key.get((each.side, each.key)):
                written[link["id"]][each.field].add(plain(each.field, each.value))
        for each in last.values():
            if each.field in texts:
                self._value(scene, each, by_key.get((each.side, each.key)), deleted)
        self._provenance(scene, written)

    def _value(self, scene: Scene, deed: Deed, link: dict[str, Any] | None, deleted: set[tuple[str, str]]) -> None:
        rows, name = scene.theirs if deed.side == "a" else scene.ours, deed.field
        row, value = rows.get(deed.key), plain(deed.field, deed.value)
        if (row is not None and plain(name, row[name]) == value) or (deed.side, deed.key) in deleted:
            return
        if link is None:
            self._say("LOST", f"{deed.side} {deed.key} {name} {value!r}: the record has no link")
            return
        there = "b" if deed.side == "a" else "a"
        shown = [each for each in scene.conflicts if each["link_id"] == link["id"]]
        if any(each["field"] == name and value in (plain(name, each["value_a"]), plain(name, each["value_b"])) for each in shown):
            return
        if any(each["field"] == "" and value in (plain(name, (each[f"value_{s}"] or {}).get(name)) for s in "ab") for each in shown):
            return
        entries = scene.entries[link["id"]]
        if any(each["side"] == there and name in each["values"] and plain(name, each["values"][name]) == value and each["state"] == "done" for each in entries):
            return  # the other side has held it; what stands now was written by somebody who could see it
        before = [each for each in entries if each["side"] == deed.side and plain(name, (each["before"] or {}).get(name)) == value and name in each["values"]]
        if before and self._may_overwrite(deed, link):
            return
        also = " (seen before it was overwritten, which its policy does not allow)" if before else ""
        now = None if row is None else row[name]
        self._say("VANISHED", f"{deed.side} {deed.key} {name} {value!r} of {deed.ended:.1f}: now {now!r}, link {link['id']}, and it is shown nowhere{also}")

    def _may_overwrite(self, deed: Deed, link: dict[str, Any]) -> bool:
        policies = self.policies[deed.field]
        if ("b" if deed.side == "a" else "a") in policies:
            return True
        if "newest" not in policies:
            return False
        # the peers stamp records, not fields: whose record was touched last wins, whichever of its fields that was
        there = "b" if deed.side == "a" else "a"
        touched = [d.ended for d in self.journal.deeds if (d.side, d.key, d.interface) == (there, link[f"key_{there}"], self.key)]
        return not touched or max(touched) > deed.began - doubt_seconds

    def _provenance(self, scene: Scene, written: dict[int, dict[str, set[Any]]]) -> None:
        """No text stands anywhere that nobody wrote."""
        answers: dict[int, set[Any]] = defaultdict(set)
        for each in scene.conflicts:
            answers[each["link_id"]].add(plain("name", each["chosen"]) if isinstance(each["chosen"], str) else None)
            for shown in (each["value_a"], each["value_b"]):  # a half made anew has another key than the one that persons wrote to
                answers[each["link_id"]] |= {plain(name, shown.get(name)) for name in texts} if each["field"] == "" and isinstance(shown, dict) else set()
        for link in scene.links:
            for side, rows in (("a", scene.theirs), ("b", scene.ours)):
                row = rows.get(link[f"key_{side}"] or "")
                for name in texts if row is not None else ():
                    value = plain(name, row[name])
                    known = written[link["id"]][name] | answers[link["id"]] | self.first.get(f"{side}:{link[f'key_{side}']}:{name}", set())
                    if (
                        value
                        and value not in known
                        and not value.startswith(("工单", "第一行", "事项"))
                        and "ours description" not in value
                        and "theirs description" not in value
                    ):
                        self._say("NOBODY", f"link {link['id']} {side} {name}: {value!r} was written by nobody ({sorted(map(str, known))[:4]})")

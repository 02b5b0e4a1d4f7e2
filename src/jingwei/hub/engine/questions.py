"""A conflict as a question to a person: what happened in people's words, both values, what was agreed, who changed it when, and the answers that fit."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from jingwei.frame.models import History, User
from jingwei.frame.rights.access import Access
from jingwei.frame.words import in_words
from jingwei.hub.contract import Title
from jingwei.hub.engine.fitting import obstacle
from jingwei.hub.engine.worklist import label
from jingwei.hub.models import Conflict, Interface
from jingwei.hub.monitor.search import local_resource, may_see_values
from jingwei.hub.peers.known import field_as_plain
from jingwei.hub.peers.offered import stream_of
from jingwei.hub.register.versions import ready
from jingwei.hub.sync.terms import terms_of, wording_of
from jingwei.kernels import bounds
from jingwei.kernels.merge import SideName, Terms, sides, whole

history_at_most = 4000


@dataclass(frozen=True, slots=True)
class Answer:
    """One button. `needs`: "" nothing, "value" a value typed in, "key" one of the candidates."""

    choice: str
    label: Title
    needs: str = ""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A record on the other side that may be the counterpart."""

    key: str
    name: str
    values: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Touched:
    """When a side was last changed, and by whom, as far as that is known."""

    at: datetime | None = None
    who: str = ""


@dataclass(slots=True)
class Question:
    """See the module. `rows`: (field's title, agreed, A, B) to be shown; empty when the values are not for these eyes."""

    conflict: Conflict
    name: str
    title: Title
    text: Title
    said: Title | None
    answers: list[Answer]
    rows: list[tuple[Title, Any, Any, Any]]
    touched: dict[str, Touched]
    candidates: list[Candidate] = field(default_factory=list)
    choices: list[tuple[str, str]] = field(default_factory=list)
    hidden: bool = False

    @property
    def interface(self) -> Interface:
        """The interface asked about."""
        return self.conflict.interface

    def as_plain(self) -> dict[str, Any]:
        """For programs."""
        c, shown = self.conflict, not self.hidden
        return {
            "id": c.pk, "interface": c.interface.key, "field": c.field, "reason": c.reason, "zh": self.text.zh, "en": self.text.en,
            "peer_zh": self.said.zh if self.said else "", "peer_en": self.said.en if self.said else "",
            "key_a": c.link.key_a, "key_b": c.link.key_b, "name": self.name, "a": c.value_a if shown else None, "b": c.value_b if shown else None,
            "agreed": c.base if shown and c.reason != "ambiguous" else None, "values_hidden": self.hidden, "at": c.created_at.isoformat(),
            "candidates": [{"key": each.key, "name": each.name, "values": each.values} for each in self.candidates],
            "answers": [each.choice for each in self.answers],
            **{f"changed_{side}": {"at": t.at.isoformat() if t.at else None, "who": t.who} for side, t in self.touched.items()},
        }  # fmt: skip


_texts: dict[str, Title] = {
    "differ": Title("两边都改了这个字段，改得不一样。", "Both sides changed this field, each in its own way."),
    "coerced": Title("写过去的值被收下了，但对方存成了别的值。", "The value was taken over there, but something else was made of it."),
    "refused": Title("对方不接受这个值。", "The other side will not take this value."),
    "untranslatable": Title("这个值在另一侧没有对应的说法。", "This value cannot be said in the other side's words."),
    "overwritten": Title("我们写入时，对方刚好有人改过，那个值被覆盖了。", "Somebody had just edited it over there, and our write replaced that value."),
    "ambiguous": Title("两侧有几条记录的匹配键相同，不知道哪条对应哪条。", "Several records carry the same matching key; nobody knows which belong together."),
    "circle": Title("这条记录在接口之间打转：一方写入又引起另一方写入。", "This record goes in circles between interfaces: each write causes another."),
}
_accept = Answer("accept", Title("两边保持现状", "Leave both as they are"))

Choices = dict[str, list[tuple[str, str]]]


def questions(rows: Iterable[Conflict], access: Access | None) -> list[Question]:
    """Open conflicts as questions, in the order given. `rows` carry their link and interface with its systems and version."""
    found = list(rows)
    shown = {c.interface_id: may_see_values(access, c.interface) for c in found}
    touched = _touched([c for c in found if shown[c.interface_id]])
    interfaces = {c.interface_id: c.interface for c in found}
    terms = {pk: terms_of(each, wording_of(each)) for pk, each in interfaces.items() if each.published is not None}
    known = {pk: _field_titles(each) for pk, each in interfaces.items()}
    return [_question(c, shown[c.interface_id], touched.get(c.pk, {}), terms.get(c.interface_id), *known[c.interface_id]) for c in found]


def title_of(conflict: Conflict) -> Title:
    """What people call the field that is asked about."""
    return _called(conflict.field, _field_titles(conflict.interface)[0])


def _called(name: str, names: dict[str, Title]) -> Title:
    return Title("整条记录", "The whole record") if name == whole else names.get(name, Title(name, name))


def _question(conflict: Conflict, shown: bool, local: dict[str, Touched], terms: Terms | None, names: dict[str, Title], offered: Choices) -> Question:
    said = Title(conflict.message_zh, conflict.message_en or conflict.message_zh) if conflict.message_zh and shown else None
    times = {side: local.get(side) or Touched(getattr(conflict.link, f"changed_{side}_at")) for side in ("a", "b")}
    return Question(
        conflict=conflict, name=label(conflict.link) if shown else "", title=_called(conflict.field, names), text=text_of(conflict), said=said, answers=_answers(conflict, terms),
        rows=_rows(conflict, names, offered) if shown else [], touched=times, candidates=_candidates(conflict) if shown else [],
        choices=offered.get(conflict.field, []), hidden=not shown,
    )  # fmt: skip


def _field_titles(interface: Interface) -> tuple[dict[str, Title], Choices]:
    """Titles and choices of the fields that take part (side B's)."""
    fields = interface.published.spec["streams"]["b"] if interface.published else []
    if (local := local_resource(interface, "b")) is not None:  # our own fields are called what they are called now
        fields = [field_as_plain(each) for each in stream_of(local, interface.project_id).fields]
    titles = {f["name"]: Title(f.get("zh") or f["name"], f.get("en") or f["name"]) for f in fields}
    return titles, {f["name"]: [(str(v), str(text)) for v, text in f.get("choices", ())] for f in fields}


def _lost(conflict: Conflict) -> str:
    """The side that is gone or has left, for a question about the whole record; empty when both are there."""
    link = conflict.link
    return next((side for side in ("a", "b") if getattr(link, f"gone_{side}") or getattr(link, f"left_{side}")), "")


def text_of(conflict: Conflict) -> Title:
    """What happened, in people's words."""
    if conflict.field != whole or conflict.reason in ("ambiguous", "circle"):
        return _texts.get(conflict.reason, _texts["differ"])
    lost = _lost(conflict)
    here, there = (conflict.interface.system(side).name for side in (("a", "b") if lost != "b" else ("b", "a")))
    if conflict.reason == "refused" and not lost:
        return Title("对方不接受这条新记录。", "The other side will not take this new record.")
    if conflict.reason == "refused":
        return Title(f"“{here}”中已删除，但“{there}”不接受删除。", f"Deleted in “{here}”, but “{there}” will not delete it.")
    if lost and not getattr(conflict.link, f"gone_{lost}"):
        return Title(
            f"这条记录在“{here}”中已不属于本接口的范围，“{there}”中还在。",
            f"In “{here}” this record is no longer within the interface's filter; “{there}” still has it.",
        )
    return Title(f"“{here}”中已删除，“{there}”中还在。", f"Deleted in “{here}”; “{there}” still has it.")


def _answers(conflict: Conflict, terms: Terms | None) -> list[Answer]:
    if conflict.reason == "ambiguous":
        return [
            Answer("pair", Title("就是选中的这条", "It is the chosen one"), "key"),
            Answer("create", Title("都不是，另建一条", "None of them: create a new one")),
            _accept,
        ]
    if conflict.reason == "circle":
        return [Answer("create", Title("继续同步这条", "Let it go on")), _accept]
    if conflict.field == whole:
        return _whole_answers(conflict)
    goes = [side for side in sides if _goes_over(conflict, side, terms)]
    out = [_take(conflict, side, is_again=conflict.reason == "refused" and len(goes) == 1) for side in goes]
    if terms is None or terms.direction(conflict.field) == "both":
        out.append(Answer("value", Title("用这个值", "Take this value"), "value"))
    return [*out, _accept]


def _take(conflict: Conflict, side: SideName, *, is_again: bool) -> Answer:
    letter, system = side.upper(), conflict.interface.system(side).name
    if is_again:
        return Answer(side, Title(f"用 {letter} 的值再试一次（{system}）", f"Try {letter}'s once more ({system})"))
    return Answer(side, Title(f"用 {letter} 的值（{system}）", f"Take {letter}'s ({system})"))


def _goes_over(conflict: Conflict, side: SideName, terms: Terms | None) -> bool:
    """Whether the other side can be told this side's value at all."""
    seen: dict[SideName, dict[str, Any]] = {"a": conflict.link.seen_a or {}, "b": conflict.link.seen_b or {}}
    asked: dict[SideName, Any] = {"a": conflict.value_a, "b": conflict.value_b}
    now = {each: seen[each].get(conflict.field, asked[each]) for each in sides}
    return terms is None or obstacle(terms, conflict.field, now, asked[side]) is None


def _whole_answers(conflict: Conflict) -> list[Answer]:
    lost = _lost(conflict)
    if not lost:  # a create that was refused: the side that has the record is right
        present = "a" if conflict.link.key_a is not None else "b"
        return [Answer(present, Title("再试着创建一次", "Try to create it once more")), _accept]
    other = "b" if lost == "a" else "a"
    here, there = conflict.interface.system(lost).name, conflict.interface.system(other).name
    out = [Answer(lost, Title(f"“{there}”中也删除", f"Delete it in “{there}” too"))]
    if getattr(conflict.link, f"gone_{lost}"):  # what is elsewhere cannot be made anew
        out.append(Answer(other, Title(f"在“{here}”中重新建立", f"Make it anew in “{here}”")))
    return [*out, _accept]


def _rows(conflict: Conflict, names: dict[str, Title], offered: Choices) -> list[tuple[Title, Any, Any, Any]]:
    """Each field that is asked about, with what was agreed and both values: a choice by its words."""

    def row(name: str, *values: Any) -> tuple[Title, Any, Any, Any]:
        words = dict(offered.get(name, ()))
        base, a, b = (words.get(each, each) if isinstance(each, str) else each for each in values)
        return names.get(name, Title(name, name)), base, a, b

    if conflict.field != whole:
        return [row(conflict.field, conflict.base, conflict.value_a, conflict.value_b)]
    a, b = (value if isinstance(value, dict) else {} for value in (conflict.value_a, conflict.value_b))
    base = conflict.base if isinstance(conflict.base, dict) else {}
    order = [*names, *(n for n in (*a, *b) if n not in names)]
    fields = [n for n in order if n in a or n in b]
    return [row(n, base.get(n), a.get(n), b.get(n)) for n in dict.fromkeys(fields)]


def _candidates(conflict: Conflict) -> list[Candidate]:
    if conflict.reason != "ambiguous":
        return []
    mark = (conflict.link.apart or {}).get(whole) or {}
    listed = mark.get("value") if isinstance(mark.get("value"), list) else conflict.base
    out = []
    for each in listed if isinstance(listed, list) else ():
        values = each.get("values") if isinstance(each.get("values"), dict) else {}
        name = next((str(values[n]) for n in ("name", "subject", "title", "code") if values.get(n)), "")
        out.append(Candidate(str(each.get("key")), name, values))
    return out


def _touched(rows: Sequence[Conflict]) -> dict[int, dict[str, Touched]]:
    """Who last changed the field on our own side, from our history: one query for each interface's side."""
    out: dict[int, dict[str, Touched]] = defaultdict(dict)
    for interface in {c.interface_id: c.interface for c in rows}.values():
        for side in ("a", "b"):
            if local_resource(interface, side) is None:
                continue
            mine = [c for c in rows if c.interface_id == interface.pk and bounds.whole(getattr(c.link, f"key_{side}")) is not None]
            for conflict, line in _lines(interface, side, mine):
                out[conflict.pk][side] = Touched(line.at, line.who)
    return out


def _lines(interface: Interface, side: str, rows: list[Conflict]) -> Iterable[tuple[Conflict, Touched]]:
    lines: dict[int, list[History]] = defaultdict(list)
    ids = {int(getattr(c.link, f"key_{side}")) for c in rows}
    known, local = History.objects.filter(resource=interface.stream(side), object_id__in=ids), local_resource(interface, side)
    if local is not None and local.model.project_path:  # what happened to it in another project is not told here
        known = known.filter(project_id=interface.project_id)
    for line in known.order_by("-id")[:history_at_most]:
        lines[line.object_id].append(line)
    people = User.objects.in_bulk({line.actor_id for many in lines.values() for line in many if line.actor_id})
    for conflict in rows:
        own = _own_name(interface, side, conflict.field)
        for line in lines[int(getattr(conflict.link, f"key_{side}"))]:
            if conflict.field == whole or _changed(line, own):
                person = people.get(line.actor_id or 0)
                yield conflict, Touched(line.at, str(person) if person else "")
                break


def _own_name(interface: Interface, side: str, name: str) -> str:
    if side == "b" or interface.published is None:
        return name
    return next((pair.a[0] for pair in ready(interface.published).mapping.pairs if pair.b == name), name)


def _changed(line: History, name: str) -> bool:
    before, after = line.before or {}, line.after or {}
    return name in after and before.get(name) != after.get(name)


def value_text(value: Any) -> str:
    """A value as people read it."""
    if value is None or value == "" or value == []:
        return "∅"
    if isinstance(value, bool):
        return in_words(Title("是", "yes") if value else Title("否", "no"))
    if isinstance(value, list):
        return ", ".join(map(value_text, value))
    return str(value)

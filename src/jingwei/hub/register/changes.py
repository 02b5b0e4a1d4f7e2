"""What is different between two versions of an interface, part by part: pairs, steps, code tables, filters, fixed values, offered fields."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from jingwei.hub.contract import Title
from jingwei.hub.register.places import arrows
from jingwei.kernels.mapping.operations import operations

Spec = Mapping[str, Any]
_aspects: dict[str, Title] = {
    "pair": Title("字段对", "pair of fields"),
    "a": Title("来源字段", "source field"),
    "direction": Title("方向", "direction"),
    "policy": Title("双方都改时", "when both changed"),
    "steps": Title("转换步骤", "steps"),
    "required": Title("不可为空", "must not be empty"),
    "rules": Title("质量规则", "quality rules"),
    "joiner": Title("连接符", "joiner"),
    "code": Title("代码", "code"),
    "filter": Title("过滤", "filter"),
    "constant": Title("固定值", "fixed value"),
    "key": Title("匹配键", "matching key"),
    "field": Title("数据流提供的字段", "field the stream offers"),
    "left": Title("有意不对应的值", "values deliberately left"),
    "cannot": Title("不允许的动作", "actions that are not allowed"),
}
_policies = {
    "ask": Title("由人裁决", "ask a person"), "a": Title("A 优先", "A wins"), "b": Title("B 优先", "B wins"),
    "newest": Title("较新者", "the newest wins"), "union": Title("列表合并", "keep all"),
}  # fmt: skip
_defaults: dict[str, Any] = {"direction": "both", "policy": "ask", "steps": [], "required": False, "rules": [], "joiner": " "}


class Names(Protocol):
    """What fields and their values are called."""

    def title(self, side: str, name: str) -> str:
        """A field of that side."""
        ...

    def told(self, side: str, name: str, value: Any) -> str:
        """A value of it."""
        ...


class Keys:
    """Everything by its key, as programs read it."""

    def title(self, side: str, name: str) -> str:
        """The field's name."""
        return name

    def told(self, side: str, name: str, value: Any) -> str:
        """The value as it is."""
        return str(value)


@dataclass(frozen=True, slots=True)
class Change:
    """One difference. `part`: pair, table, left, filter, constant, key, stream or cannot; `where` names it; None means: not there."""

    part: str
    where: str
    aspect: Title
    before: Title | None
    after: Title | None

    def as_plain(self) -> dict[str, Any]:
        """For programs."""
        return {
            "part": self.part, "where": self.where, "what": {"zh": self.aspect.zh, "en": self.aspect.en},
            "before": self.before and {"zh": self.before.zh, "en": self.before.en}, "after": self.after and {"zh": self.after.zh, "en": self.after.en},
        }  # fmt: skip


def changes(old: Spec, new: Spec, names: Names | None = None) -> list[Change]:
    """Everything that differs, in the order of the editor: pairs, key, code tables, filters, fixed values, streams; by keys, or by `names` for people."""
    before, after, said = old.get("mapping", {}), new.get("mapping", {}), names or Keys()
    return [
        *_pairs(before.get("pairs", ()), after.get("pairs", ()), said),
        *_one("key", "", "key", _listed(_keys(before, said)), _listed(_keys(after, said))),
        *_tables(old, new, said),
        *_flat("left", "left", _left(before, said), _left(after, said)),
        *_flat("filter", "filter", _filters(before, said), _filters(after, said)),
        *_flat("constant", "constant", _constants(before, said), _constants(after, said)),
        *_streams(old.get("streams", {}), new.get("streams", {}), said),
        *_flat("cannot", "cannot", _cannot(old), _cannot(new)),
    ]


def _sources(pair: Mapping[str, Any]) -> list[str]:
    """The fields of A that a pair takes."""
    source = pair.get("a")
    return [str(each) for each in source] if isinstance(source, list) else [str(source)] if source else []


def _pair(pair: Mapping[str, Any], names: Names, arrow: str = "→") -> str:
    target = str(pair.get("b") or "")
    return f"{_joined(_sources(pair), names)} {arrow} {names.title('b', target) if target else '?'}"


def _joined(sources: list[str], names: Names) -> str:
    return "+".join(names.title("a", each) for each in sources) or "?"


def _pairs(old: Any, new: Any, names: Names) -> Iterator[Change]:
    before, after = _by_target(old), _by_target(new)
    for target in [*before, *(t for t in after if t not in before)]:
        was, now = before.get(target), after.get(target)
        if was is None or now is None:
            whole = now or was or {}
            text = _plain(_pair(whole, names, arrows.get(whole.get("direction", "both"), "→")))
            yield Change("pair", _pair(whole, names), _aspects["pair"], text if was is not None else None, text if now is not None else None)
            continue
        for aspect in ("a", *_defaults):
            one, two = (_as_meant(aspect, pair.get(aspect, _defaults.get(aspect))) for pair in (was, now))
            if one != two:
                texts = [_plain(_joined(_sources(pair), names)) if aspect == "a" else _said(aspect, value) for pair, value in ((was, one), (now, two))]
                yield Change("pair", _pair(now, names), _aspects[aspect], *texts)


def _as_meant(aspect: str, value: Any) -> Any:
    """Steps without the parameters that say what would be so anyway."""
    return [_without_defaults(step) for step in value or ()] if aspect == "steps" else value


def _without_defaults(step: Mapping[str, Any]) -> dict[str, Any]:
    operation = operations.get(str(step.get("op")))
    usual = {name: str(default) for name, _kind, default in operation.parameters if default is not None} if operation else {}
    return {name: value for name, value in step.items() if name == "op" or str(value) != usual.get(name)}


def _by_target(pairs: Any) -> dict[str, Mapping[str, Any]]:
    out: dict[str, Mapping[str, Any]] = {}
    for pair in pairs or ():
        name = str(pair.get("b"))
        out[name if name not in out else f"{name} ({pair.get('a')})"] = pair
    return out


def _said(aspect: str, value: Any) -> Title:
    match aspect:
        case "direction":
            return _plain({"both": "A ⇄ B", "a_to_b": "A → B", "b_to_a": "A ← B"}.get(value, value))
        case "policy":
            return _policies.get(value, _plain(value))
        case "required":
            return Title("是", "yes") if value else Title("否", "no")
        case "steps":
            return _steps(value)
        case "rules":
            return _plain("; ".join(map(_rule, value)) or "–" if isinstance(value, list) else value)
    return _plain(value)


def _rule(rule: Any) -> str:
    return f"{rule.get('rule')} {rule.get('value', '')}".strip() if isinstance(rule, Mapping) else str(rule)


def _steps(steps: Any) -> Title:
    zh, en = [], []
    for step in steps or ():
        operation = operations.get(step.get("op"))
        more = ", ".join(f"{name}={value}" for name, value in step.items() if name != "op")
        tail = f" ({more})" if more else ""
        zh.append((operation.title.zh if operation else str(step.get("op"))) + tail)
        en.append((operation.title.en if operation else str(step.get("op"))) + tail)
    return Title(" › ".join(zh) or "–", " › ".join(en) or "–")


def _keys(mapping: Mapping[str, Any], names: Names) -> list[str]:
    keys = [each.get("b", "") if isinstance(each, Mapping) else str(each) for each in mapping.get("key", ()) or ()]
    return [names.title("b", each) for each in keys]


def _tables(old: Spec, new: Spec, names: Names) -> Iterator[Change]:
    was, now = old.get("code_tables", {}), new.get("code_tables", {})
    users = _users(old) | _users(new)
    for name in [*was, *(n for n in now if n not in was)]:
        pair = users.get(name, {})
        before, after = _codes(was.get(name), pair, names), _codes(now.get(name), pair, names)
        source, target = next(iter(_sources(pair)), ""), str(pair.get("b") or "")
        for code in [*before, *(c for c in after if c not in before)]:
            where = f"{names.title('b', target) if target == name else name}: {names.told('a', source, code)}"
            yield from _one("table", where, "code", before.get(code), after.get(code))


def _users(spec: Spec) -> dict[str, Mapping[str, Any]]:
    """The pair that looks things up in each code table."""
    pairs = spec.get("mapping", {}).get("pairs") or ()
    return {str(step.get("table")): pair for pair in pairs for step in pair.get("steps") or () if isinstance(step, Mapping) and step.get("op") == "code"}


def _codes(rows: Any, pair: Mapping[str, Any], names: Names) -> dict[str, str]:
    """B's value of each value of A; the one that is used on the way back is marked."""
    out: dict[str, list[str]] = {}
    for row in rows or ():
        value = names.told("b", str(pair.get("b") or ""), row.get("b"))
        out.setdefault(str(row.get("a")), []).append(f"{value}{' ⇠' if row.get('prefer') else ''}")
    return {code: ", ".join(values) for code, values in out.items()}


def _at(side: Any, name: Any, names: Names) -> str:
    return f"{str(side).upper()} · {names.title(str(side), str(name))}"


def _filters(mapping: Mapping[str, Any], names: Names) -> dict[str, str]:
    return {
        _at(side, name, names): _listed(names.told(side, name, each) for each in (wanted if isinstance(wanted, list) else [wanted])) or "–"
        for side, rules in (mapping.get("filters") or {}).items()
        for name, wanted in rules.items()
    }


def _left(mapping: Mapping[str, Any], names: Names) -> dict[str, str]:
    sources = {str(pair.get("b")): next(iter(_sources(pair)), "") for pair in mapping.get("pairs") or ()}
    return {
        f"{side.upper()} · {names.title('b', target)}": ", ".join(names.told(side, sources.get(target, "") if side == "a" else target, each) for each in values)
        for target, sides in (mapping.get("left") or {}).items()
        for side, values in sides.items()
        if values
    }


def _constants(mapping: Mapping[str, Any], names: Names) -> dict[str, str]:
    rows = [(str(each.get("side")), str(each.get("field")), each.get("value")) for each in mapping.get("constants") or ()]
    return {_at(side, name, names): names.told(side, name, value) for side, name, value in rows}


def _cannot(spec: Spec) -> dict[str, str]:
    return {side.upper(): _listed(actions) or "–" for side, actions in (spec.get("cannot") or {}).items()}


def _streams(old: Mapping[str, Any], new: Mapping[str, Any], names: Names) -> Iterator[Change]:
    if not old or not new:
        return
    for side in ("a", "b"):
        before, after = ({str(f["name"]): str(f.get("type", "")) for f in streams.get(side, ())} for streams in (old, new))
        for name in [*before, *(n for n in after if n not in before)]:
            yield from _one("stream", _at(side, name, names), "field", before.get(name), after.get(name))


def _flat(part: str, aspect: str, old: Mapping[str, str], new: Mapping[str, str]) -> Iterator[Change]:
    for where in [*old, *(w for w in new if w not in old)]:
        yield from _one(part, where, aspect, old.get(where), new.get(where))


def _one(part: str, where: str, aspect: str, before: str | None, after: str | None) -> Iterator[Change]:
    if before != after and (before or after):
        yield Change(part, where, _aspects[aspect], _plain(before) if before is not None else None, _plain(after) if after is not None else None)


def _listed(values: Any) -> str | None:
    return ", ".join(map(str, values)) or None


def _plain(value: Any) -> Title:
    return Title(str(value), str(value))

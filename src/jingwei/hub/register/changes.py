"""What is different between two versions of an interface, part by part: pairs, steps, code tables, filters, fixed values, offered fields."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from jingwei.hub.contract import Title
from jingwei.hub.register.places import arrows, pair_name
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


def changes(old: Spec, new: Spec) -> list[Change]:
    """Everything that differs, in the order of the editor: pairs, key, code tables, filters, fixed values, streams."""
    before, after = old.get("mapping", {}), new.get("mapping", {})
    return [
        *_pairs(before.get("pairs", ()), after.get("pairs", ())),
        *_one("key", "", "key", _listed(_keys(before)), _listed(_keys(after))),
        *_tables(old.get("code_tables", {}), new.get("code_tables", {})),
        *_flat("left", "left", _left(before), _left(after)),
        *_flat("filter", "filter", _filters(before), _filters(after)),
        *_flat("constant", "constant", _constants(before), _constants(after)),
        *_streams(old.get("streams", {}), new.get("streams", {})),
        *_flat("cannot", "cannot", _cannot(old), _cannot(new)),
    ]


def _pairs(old: Any, new: Any) -> Iterator[Change]:
    before, after = _by_target(old), _by_target(new)
    for target in [*before, *(t for t in after if t not in before)]:
        was, now = before.get(target), after.get(target)
        if was is None or now is None:
            whole = now or was or {}
            text = _plain(f"{pair_name(whole, arrows.get(whole.get('direction', 'both'), '→'))}")
            yield Change("pair", pair_name(whole), _aspects["pair"], text if was is not None else None, text if now is not None else None)
            continue
        for aspect in ("a", *_defaults):
            one, two = (_as_meant(aspect, pair.get(aspect, _defaults.get(aspect))) for pair in (was, now))
            if one != two:
                yield Change("pair", pair_name(now), _aspects[aspect], _said(aspect, one), _said(aspect, two))


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
    return _plain("+".join(map(str, value)) if isinstance(value, list) else value)


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


def _keys(mapping: Mapping[str, Any]) -> list[str]:
    return [each.get("b", "") if isinstance(each, Mapping) else str(each) for each in mapping.get("key", ()) or ()]


def _tables(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Change]:
    for name in [*old, *(n for n in new if n not in old)]:
        before, after = _codes(old.get(name)), _codes(new.get(name))
        for code in [*before, *(c for c in after if c not in before)]:
            yield from _one("table", f"{name}: {code}", "code", before.get(code), after.get(code))


def _codes(rows: Any) -> dict[str, str]:
    """B's value of each value of A; the one that is used on the way back is marked."""
    out: dict[str, list[str]] = {}
    for row in rows or ():
        out.setdefault(str(row.get("a")), []).append(f"{row.get('b')}{' ⇠' if row.get('prefer') else ''}")
    return {code: ", ".join(values) for code, values in out.items()}


def _filters(mapping: Mapping[str, Any]) -> dict[str, str]:
    return {
        f"{side.upper()} · {name}": _listed(wanted if isinstance(wanted, list) else [wanted]) or "–"
        for side, rules in (mapping.get("filters") or {}).items()
        for name, wanted in rules.items()
    }


def _left(mapping: Mapping[str, Any]) -> dict[str, str]:
    return {
        f"{side.upper()} · {target}": ", ".join(map(str, values))
        for target, sides in (mapping.get("left") or {}).items()
        for side, values in sides.items()
        if values
    }


def _constants(mapping: Mapping[str, Any]) -> dict[str, str]:
    return {f"{str(each.get('side')).upper()} · {each.get('field')}": str(each.get("value")) for each in mapping.get("constants") or ()}


def _cannot(spec: Spec) -> dict[str, str]:
    return {side.upper(): _listed(actions) or "–" for side, actions in (spec.get("cannot") or {}).items()}


def _streams(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Change]:
    if not old or not new:
        return
    for side in ("a", "b"):
        before, after = ({str(f["name"]): str(f.get("type", "")) for f in streams.get(side, ())} for streams in (old, new))
        for name in [*before, *(n for n in after if n not in before)]:
            yield from _one("stream", f"{side.upper()} · {name}", "field", before.get(name), after.get(name))


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

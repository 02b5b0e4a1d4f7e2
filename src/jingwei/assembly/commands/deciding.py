"""Commands on what waits for a person: conflicts, quarantine, dead letters, held deletes."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from jingwei.assembly.commands import Refused, print_json, print_table, say
from jingwei.assembly.commands.acting import common, interface_of
from jingwei.kernels import bounds


def add(families: Any) -> None:
    """Declare the commands."""
    _conflicts(families)
    _quarantine(families)
    dead = families.add_parser("dead", help="死信 / dead letters")
    parts = dead.add_subparsers(dest="part", required=True, metavar="PART")
    _listing(parts, list_letters)
    _ids(parts.add_parser("discard", help="放弃 / leave it at that"), discard_letters)
    _ids(families.add_parser("replay", help="重试死信 / try dead letters again"), replay)
    deletes = families.add_parser("deletes", help="被拦下的删除 / held deletes")
    parts = deletes.add_subparsers(dest="part", required=True, metavar="PART")
    for name, work, help_ in (
        ("list", list_deletes, "列出 / list them"),
        ("allow", allow, "允许删除 / let them pass"),
        ("refuse", keep, "保留记录，重建已删的 / keep the records, make anew what was deleted"),
    ):
        one = parts.add_parser(name, help=help_)
        one.add_argument("key")
        common(one, work)


def _conflicts(families: Any) -> None:
    conflict = families.add_parser("conflict", help="冲突：列出、裁决 / conflicts: list, decide")
    parts = conflict.add_subparsers(dest="part", required=True, metavar="PART")
    _listing(parts, list_conflicts)
    one = parts.add_parser("resolve", help="裁决 / decide")
    one.add_argument("--choose", required=True, choices=("a", "b", "accept", "create", "value", "pair"),
        help="A 的值、B 的值、保持现状、新建、另一个值、指定配对 / A's, B's, leave both, create, another value, the counterpart")  # fmt: skip
    one.add_argument("--value", help="值，或配对记录的编号 / the value, or the counterpart's key")
    _ids(one, resolve)


def _quarantine(families: Any) -> None:
    quarantine = families.add_parser("quarantine", help="隔离的记录 / parked records")
    parts = quarantine.add_subparsers(dest="part", required=True, metavar="PART")
    _listing(parts, list_parked)
    one = parts.add_parser("show", help="一条记录的内容与原因 / one record, as it came and why it is parked")
    one.add_argument("id", type=int)
    common(one, show_parked)
    one = parts.add_parser("release", help="重放 / let them in again")
    one.add_argument("--record", metavar="FILE.json", help="以此文件中的值代替（只限一条）/ with the values of this file, for one record only")
    _ids(one, release)
    _ids(parts.add_parser("discard", help="不再处理 / leave them out"), discard_parked)


def _listing(parts: Any, work: Any) -> None:
    one = parts.add_parser("list", help="列出 / list them")
    one.add_argument("--interface", metavar="KEY", help="只看一个接口 / of one interface only")
    one.add_argument("--limit", type=int, default=200, help="最多几条 / at most so many")
    common(one, work)


def _ids(parser: argparse.ArgumentParser, work: Any) -> None:
    parser.add_argument("ids", type=int, nargs="+", metavar="ID")
    common(parser, work)


def _wanted(options: argparse.Namespace, access: Any) -> Any:
    access.require_anywhere("hub.interface.view")
    return interface_of(access, options.interface) if options.interface else None


def _done(options: argparse.Namespace, count: int, zh: str, en: str) -> int:
    print_json({"count": count}) if options.json else say(f"{count} 条{zh}", f"{count} {en}", mark="✓")
    return 0


def list_conflicts(options: argparse.Namespace, access: Any) -> int:
    """Open conflicts with both values and the answers that fit."""
    from jingwei.hub.engine import worklist
    from jingwei.hub.engine.questions import questions

    asked = questions(worklist.conflicts(access, _wanted(options, access))[: max(options.limit, 0)], access)
    if options.json:
        print_json([each.as_plain() for each in asked])
        return 0
    for each in asked:
        c = each.conflict
        print(f"#{c.pk}  {c.interface.key}  {c.link.key_a or '–'} ↔ {c.link.key_b or '–'}  {each.name}  {c.field or '（整条 whole）'}")
        print(f"    {each.text.zh}  {each.text.en}" + (f"\n    {each.said.zh}  {each.said.en}" if each.said else ""))
        if c.field and not each.hidden:
            print(f"    A={c.value_a!r}  B={c.value_b!r}  约定 agreed={c.base!r}")
        for candidate in each.candidates:
            print(f"    ? {candidate.key}  {candidate.name}")
        print("    " + "  ".join(f"--choose {a.choice}: {a.label.zh} / {a.label.en}" for a in each.answers))
    if not asked:
        say("没有冲突", "no conflicts", mark="✓")
    return 0


def resolve(options: argparse.Namespace, access: Any) -> int:
    """Decide; exit code 1 when something has changed since, with what is there now."""
    from jingwei.hub.engine import decisions, worklist
    from jingwei.hub.rights import require_writing

    if options.choose in ("value", "pair") and options.value is None:
        raise Refused(f"--choose {options.choose} 需要 --value", f"--choose {options.choose} needs --value")
    if options.choose not in ("value", "pair") and options.value is not None:
        raise Refused(f"--value 不能与 --choose {options.choose} 同用", f"--value does not go with --choose {options.choose}")
    rows = worklist.chosen(worklist.conflicts(access), options.ids, access, seeing=True)
    if options.choose == "value":
        for interface in {row.interface_id: row.interface for row in rows}.values():
            require_writing(access, interface)
    count = decisions.conflict_resolve(conflicts=rows, choice=options.choose, value=options.value)
    return _done(options, count, "已裁决", "decided")


def list_parked(options: argparse.Namespace, access: Any) -> int:
    """Parked records and why."""
    from jingwei.hub.engine import worklist

    rows = [worklist.parked_as_plain(row, access) for row in worklist.quarantine(access, _wanted(options, access))[: max(options.limit, 0)]]
    if options.json:
        print_json(rows)
    else:
        print_table(("id", "interface", "side", "record", "why"), [[r["id"], r["interface"], r["side"], r["record_key"], _why(r["problems"])] for r in rows])
    return 0


def _why(problems: list[dict[str, Any]]) -> str:
    return "; ".join(f"{p.get('field') or ''} {p.get('zh', '')}".strip() for p in problems)


def show_parked(options: argparse.Namespace, access: Any) -> int:
    """One parked record: why, its values, and what came in."""
    from jingwei.hub.engine import worklist

    access.require_anywhere("hub.interface.view")
    row = worklist.quarantine(access).filter(pk=options.id).first()
    if row is None:
        raise Refused(f"没有隔离记录 {options.id}", f"no parked record has the number {options.id}")
    shown = worklist.parked_as_plain(row, access, whole=True)
    if options.json:
        print_json(shown)
        return 0
    print(f"#{row.pk}  {row.interface.key}  {row.side.upper()} {row.record_key}")
    for problem in row.problems:
        print(f"! {problem.get('field') or '–'}: {problem.get('zh')}  {problem.get('en')}")
    print(shown["raw"] if not shown["values_hidden"] else "（无权查看值 the values take the right to view these records）")
    return 0


def release(options: argparse.Namespace, access: Any) -> int:
    """Let parked records in again, as they are now or with mended values."""
    from jingwei.hub.engine import decisions, worklist
    from jingwei.hub.rights import require_writing

    record = None
    if options.record is not None:
        if len(options.ids) != 1:
            raise Refused("--record 只能用于一条记录", "--record goes with one record only")
        record = _record(options.record)
    rows = worklist.chosen(worklist.quarantine(access), options.ids, access, seeing=record is not None)
    if record is not None:
        require_writing(access, rows[0].interface)
    return _done(options, decisions.quarantine_release(rows=rows, record=record), "已重放", "let in again")


def _record(name: str) -> dict[str, Any]:
    try:
        found = json.loads(Path(name).read_text(encoding="utf-8"), parse_float=bounds.exact)
    except OSError as problem:
        raise Refused(f"无法读取 {name}：{problem.strerror}", f"cannot read {name}: {problem.strerror}") from problem
    except (ValueError, RecursionError) as problem:
        raise Refused(f"{name} 不是 JSON：{problem}", f"{name} is not JSON: {problem}") from problem
    if not isinstance(found, dict):
        raise Refused(f"{name} 应是一个对象：{{字段: 值}}", f"{name} must be an object: {{field: value}}")
    return found


def discard_parked(options: argparse.Namespace, access: Any) -> int:
    """Leave parked records out; what came in is kept."""
    from jingwei.hub.engine import decisions, worklist

    rows = worklist.chosen(worklist.quarantine(access), options.ids, access)
    return _done(options, decisions.quarantine_discard(rows=rows), "不再处理", "left out")


def list_letters(options: argparse.Namespace, access: Any) -> int:
    """Dead letters and why."""
    from jingwei.hub.engine import worklist

    rows = [worklist.letter_as_plain(row, access) for row in worklist.dead_letters(access, _wanted(options, access))[: max(options.limit, 0)]]
    if options.json:
        print_json(rows)
    else:
        print_table(
            ("id", "interface", "record", "code", "why"),
            [[r["id"], r["interface"], f"{r['key_a'] or '–'} ↔ {r['key_b'] or '–'}", r["code"], r["zh"]] for r in rows],
        )
    return 0


def replay(options: argparse.Namespace, access: Any) -> int:
    """Try dead letters again from the present state of both sides."""
    return _settle(options, access, "replay", "将重试", "tried again")


def discard_letters(options: argparse.Namespace, access: Any) -> int:
    """Leave dead letters at that."""
    return _settle(options, access, "discard", "已放弃", "discarded")


def _settle(options: argparse.Namespace, access: Any, settlement: str, zh: str, en: str) -> int:
    from jingwei.hub.engine import decisions, worklist

    letters = worklist.chosen(worklist.dead_letters(access), options.ids, access)
    return _done(options, decisions.dead_letter_settle(letters=letters, settlement=settlement), zh, en)


def list_deletes(options: argparse.Namespace, access: Any) -> int:
    """Deletes that are held until somebody decides."""
    from jingwei.hub.engine import worklist
    from jingwei.hub.rights import may_see_values

    interface = interface_of(access, options.key)
    rows = worklist.deletes_as_plain(worklist.held_deletes(interface), may_see_values(access, interface))
    if options.json:
        print_json(rows)
    else:
        print_table(("id", "on side", "record", "name"), [[r["id"], r["side"].upper(), r["key"], r["name"]] for r in rows])
    return 0


def allow(options: argparse.Namespace, access: Any) -> int:
    """Let the held deletes pass."""
    from jingwei.hub.engine import decisions

    return _done(options, decisions.deletes_allow(interface=_holding(options, access)), "将删除", "deletes go on")


def keep(options: argparse.Namespace, access: Any) -> int:
    """Keep the records; what was deleted is made anew from them."""
    from jingwei.hub.engine import decisions

    return _done(options, decisions.deletes_refuse(interface=_holding(options, access)), "保留，已删的将重建", "records stay")


def _holding(options: argparse.Namespace, access: Any) -> Any:
    from jingwei.hub.engine import worklist

    interface = interface_of(access, options.key, "change")
    if not worklist.held_deletes(interface).exists():
        raise Refused(f"{interface.key} 没有被拦下的删除", f"{interface.key} holds no deletes")
    return interface

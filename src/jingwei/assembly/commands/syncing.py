"""Commands that move or compare records: sync, reconcile, compare, verify, trace."""

from __future__ import annotations

import argparse
from typing import Any

from jingwei.assembly.commands import Refused, fail, print_json, say
from jingwei.assembly.commands.acting import common, interface_of


def add(families: Any) -> None:
    """Declare the commands."""
    sync = families.add_parser("sync", help="立即同步 / synchronise now")
    sync.add_argument("key")
    sync.add_argument("--once", action="store_true", help="一轮即止 / one round, then stop")
    common(sync, run_sync)
    for name, work, help_ in (
        ("reconcile", run_reconcile, "比较两侧全部编号，补上漏掉的 / compare all keys, ask after what was missed"),
        ("compare", run_compare, "逐值比较两侧，有疑问的重新读取 / compare all values, look doubtful ones up again"),
        ("verify", run_verify, "两侧与基准逐条核对，不写任何数据 / compare both sides with the base, write nothing"),
    ):
        one = families.add_parser(name, help=help_)
        one.add_argument("key")
        common(one, work)
    trace = families.add_parser("trace", help="我的记录在哪 / where is my record")
    trace.add_argument("id")
    common(trace, run_trace)


def _published(access: Any, key: str, verb: str = "view") -> Any:
    interface = interface_of(access, key, verb)
    if interface.published is None:
        raise Refused("尚未发布任何版本", "no version is published yet")
    return interface


def run_sync(options: argparse.Namespace, access: Any) -> int:
    """One cycle (or cycles until quiet) in this process."""
    from jingwei.hub.engine import cycle as engine
    from jingwei.hub.sync.counts import Counts

    interface = interface_of(access, options.key, "change")
    total = Counts()
    while True:
        counts = engine.cycle(interface.pk, seconds=600)
        if counts is None:
            return fail("接口未启用、已自行停止，或另一进程正在处理它", "the interface is not live, has stopped itself, or another process is at it")
        total.add(counts)
        if options.once or not engine.has_work(interface.pk):
            break
    result = total.as_plain()
    if options.json:
        print_json(result)
    else:
        print("  ".join(f"{name}={value}" for name, value in result.items()))
    return 0


def run_reconcile(options: argparse.Namespace, access: Any) -> int:
    """Compare all keys; what is missing is looked up and goes the ordinary way."""
    from jingwei.hub.engine import reconcile
    from jingwei.hub.register.services import wake

    interface = _published(access, options.key, "change")
    found = reconcile.reconcile(interface.pk)
    wake([interface.pk])
    if problem := reconcile.unread(interface):
        raise Refused(f"有一侧没有读完：{problem}", f"a side could not be read to its end: {problem}")
    if options.json:
        print_json(found)
    else:
        say(
            f"不见了 {found['gone']} 条，漏掉 {found['missed']} 条；正在逐条查证",
            f"{found['gone']} gone, {found['missed']} missed; each is being looked up",
            mark="✓",
        )
    return 0


def run_compare(options: argparse.Namespace, access: Any) -> int:
    """Compare all values and keep the outcome with the interface; exit code 1 when something differs that nothing explains."""
    from jingwei.hub.register.services import wake
    from jingwei.hub.rights import require_values
    from jingwei.hub.sync import compare

    interface = _published(access, options.key, "change")
    require_values(access, interface)
    result = compare.compare(interface)
    wake([interface.pk])
    if options.json:
        print_json(interface.compared)
    else:
        print(
            f"A {result.records['a']}  B {result.records['b']}  agree {result.agree}/{result.links}  explained {result.explained_pairs}  differ {result.differing_pairs}"
        )
        for each in result.differences[:50]:
            print("≠", each)
    return 0 if result.is_clean else 1


def run_verify(options: argparse.Namespace, access: Any) -> int:
    """Compare both sides with the base; exit code 1 when they differ."""
    from jingwei.hub.rights import require_values
    from jingwei.hub.sync import compare

    interface = _published(access, options.key)
    require_values(access, interface)
    report = compare.verify(interface)
    if options.json:
        print_json(report)
    else:
        print(f"A {report['records_a']}  B {report['records_b']}  links {report['links']}  agree {report['agree']}  differ {len(report['differences'])}")
        for each in report["differences"][:50]:
            print("≠", each)
        for side in ("a", "b"):
            for name, zh in (("unlinked", "没有配对"), ("doubled", "重复配对")):
                if report[f"{name}_{side}"]:
                    print(f"{side.upper()} {zh} {name}: {', '.join(report[f'{name}_{side}'][:50])}")
    clean = not (report["differences"] or report["unlinked_a"] or report["unlinked_b"] or report["doubled_a"] or report["doubled_b"])
    return 0 if clean else 1


def run_trace(options: argparse.Namespace, access: Any) -> int:
    """Everything known about one record."""
    from jingwei.hub.monitor import trace as tracing

    access.require_anywhere("hub.interface.view")
    found = tracing.trace(options.id, access=access)
    if options.json:
        print_json(found)
    else:
        for link in found["links"]:
            print(f"{link['interface']}: {link['system_a']} {link['key_a']} ↔ {link['system_b']} {link['key_b']} [{link['state']}]")
        for step in found["steps"]:
            what = step.get("action") or step.get("source") or ""
            print(f"{step['at']}  {step['kind']:14} {step.get('side', ''):2} {what} {step.get('values') or step.get('record') or ''}")
        for each in found["open"]:
            print("! ", each)
    return 0 if found["links"] or found["steps"] else fail(f"没有找到 {options.id}", "nothing is known of it")

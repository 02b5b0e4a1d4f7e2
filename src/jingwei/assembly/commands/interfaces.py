"""Commands for interfaces: export, apply, dry-run, sync, trace, verify."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from jingwei.assembly.commands import fail, print_json, say, setup


def add(families: Any) -> None:
    """Declare the commands."""
    interface = families.add_parser("interface", help="接口配置文件 / interfaces as files")
    parts = interface.add_subparsers(dest="part", required=True)
    for name, run, help_ in (("export", export, "导出 TOML / print as TOML"), ("dry-run", dry_run, "试运行：将写什么 / what would be written")):
        one = parts.add_parser(name, help=help_)
        one.add_argument("key")
        _common(one, run)
    one = parts.add_parser("apply", help="应用 TOML（先显示差异）/ apply a file (diff first)")
    one.add_argument("file")
    one.add_argument("--yes", action="store_true", help="不再询问 / do not ask")
    _common(one, apply)
    sync = families.add_parser("sync", help="立即同步 / synchronise now")
    sync.add_argument("key")
    sync.add_argument("--once", action="store_true", help="一轮即止 / one round, then stop")
    _common(sync, run_sync)
    trace = families.add_parser("trace", help="我的记录在哪 / where is my record")
    trace.add_argument("id")
    _common(trace, run_trace)
    verify = families.add_parser("verify", help="两侧与基准逐条核对 / compare both sides with the base")
    verify.add_argument("key")
    _common(verify, run_verify)


def _common(parser: argparse.ArgumentParser, run: Any) -> None:
    parser.add_argument("--json", action="store_true", help="机器可读 / for programs")
    parser.add_argument("--tenant", help="组织代码 / organisation code")
    parser.set_defaults(run=run)


@contextmanager
def _scoped(options: argparse.Namespace) -> Iterator[None]:
    setup()
    from jingwei.frame import scope
    from jingwei.frame.models import Tenant

    tenants = Tenant.objects.filter(code=options.tenant) if options.tenant else Tenant.objects.order_by("pk")
    tenant = tenants.first()
    if tenant is None:
        raise SystemExit(fail("没有这个组织", "no such organisation"))
    with scope.within(scope.Scope(tenant.pk, origin="command line")):
        yield


def _interface(key: str) -> Any:
    from jingwei.hub.models import Interface

    found = Interface.objects.select_related("system_a", "system_b", "published", "project").filter(key=key).first()
    if found is None:
        known = ", ".join(Interface.objects.values_list("key", flat=True)) or "-"
        raise SystemExit(fail(f"没有接口 {key}；现有：{known}", f"no interface {key}"))
    return found


def export(options: argparse.Namespace) -> int:
    """Print an interface as TOML."""
    with _scoped(options):
        from jingwei.hub.register import files

        sys.stdout.write(files.export(_interface(options.key)))
    return 0


def apply(options: argparse.Namespace) -> int:
    """Show what a file changes, then do it."""
    from django.core.exceptions import ValidationError

    with _scoped(options):
        from jingwei.hub.register import files

        try:
            wanted = files.read(Path(options.file).read_text(encoding="utf-8"))
            lines = files.difference(wanted)
            print("\n".join(lines) or "= 无变化 / no change")
            if not lines:
                return 0
            if not options.yes and input("应用？ Apply? (yes) ") != "yes":
                return fail("已取消", "cancelled")
            interface = files.apply(wanted)
        except ValidationError as problem:
            return fail("；".join(problem.messages), "")
        say(f"已应用 {interface.key}", f"applied, version {interface.published.number if interface.published else '-'}", mark="✓")
    return 0


def dry_run(options: argparse.Namespace) -> int:
    """Read for real, write nothing, say what would be written."""
    with _scoped(options):
        from jingwei.hub import contract
        from jingwei.hub.sync import rehearse as rehearsal

        try:
            report = rehearsal.dry_run(_interface(options.key).pk)
        except contract.ConnectorError as problem:
            return fail(problem.message, problem.code)
        if options.json:
            print_json(report)
            return 0
        for write in report["writes"]:
            print(f"{write['side'].upper()} {write['action']:6} {write['key'] or '(new)'} ← {write['from_key']}")
            for name, change in write["fields"].items():
                print(f"    {name}: {change['before']!r} → {change['after']!r}")
        for each in report["conflicts"]:
            print(f"? {each['key_a']} / {each['key_b']} {each['field']}: A={each['a']!r} B={each['b']!r}")
        for each in report["quarantine"]:
            print(f"! {each['key']}: " + "; ".join(p["zh"] for p in each["problems"]))
        print({**report["counts"], "calls": report["calls"]})
    return 0


def run_sync(options: argparse.Namespace) -> int:
    """One cycle (or cycles until quiet) in this process."""
    with _scoped(options):
        from jingwei.hub.sync import cycle as engine
        from jingwei.hub.sync import planning

        interface = _interface(options.key)
        total = planning.Counts()
        while True:
            counts = engine.cycle(interface.pk, seconds=600)
            if counts is None:
                return fail("接口未启用，或另一进程正在处理它", "the interface is not live, or another process is at it")
            total.add(counts)
            if options.once or not engine.has_work(interface.pk):
                break
        result = total.as_plain()
        if options.json:
            print_json(result)
        else:
            print("  ".join(f"{name}={value}" for name, value in result.items()))
    return 0


def run_trace(options: argparse.Namespace) -> int:
    """Everything known about one record."""
    with _scoped(options):
        from jingwei.hub.monitor import trace as tracing

        found = tracing.trace(options.id)
        if options.json:
            print_json(found)
        else:
            for link in found["links"]:
                print(f"{link['interface']}: {link['system_a']} {link['key_a']} ↔ {link['system_b']} {link['key_b']} [{link['state']}]")
            for step in found["steps"]:
                print(
                    f"{step['at']}  {step['kind']:14} {step.get('side', ''):2} {step.get('action') or step.get('source') or ''} {step.get('values') or step.get('record') or ''}"
                )
            for each in found["open"]:
                print("! ", each)
        return 0 if found["links"] or found["steps"] else fail(f"没有找到 {options.id}", "nothing is known of it")


def run_verify(options: argparse.Namespace) -> int:
    """Compare both sides with the base; exit code 1 when they differ."""
    with _scoped(options):
        from jingwei.hub import contract
        from jingwei.hub.sync import compare as comparing

        try:
            report = comparing.verify(_interface(options.key))
        except contract.ConnectorError as problem:
            return fail(problem.message, problem.code)
        if options.json:
            print_json(report)
        else:
            print(f"A {report['records_a']}  B {report['records_b']}  links {report['links']}  agree {report['agree']}  differ {len(report['differences'])}")
            for each in report["differences"][:50]:
                print("≠", each)
            for each in report["explained"][:50]:
                print("≈", each)
        clean = not (report["differences"] or report["unlinked_a"] or report["unlinked_b"] or report["doubled_a"] or report["doubled_b"])
        return 0 if clean else 1

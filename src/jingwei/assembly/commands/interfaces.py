"""Commands for interfaces: list, export, apply, diff, rollback, switch, grant, dry-run."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from jingwei.assembly.commands import Refused, fail, local, print_json, print_table, say
from jingwei.assembly.commands.acting import common, interface_of


def add(families: Any) -> None:
    """Declare the commands."""
    interface = families.add_parser("interface", help="接口：文件、版本、启停、授权 / interfaces: files, versions, stages, grants")
    parts = interface.add_subparsers(dest="part", required=True, metavar="PART")
    common(parts.add_parser("list", help="所有接口 / all interfaces"), show_all)
    for name, work, help_ in (
        ("export", export, "导出 TOML / print as TOML"),
        ("dry-run", dry_run, "试运行：将写什么 / what would be written"),
        ("release", release, "自行停止后放行 / go on after it stopped itself"),
    ):
        one = parts.add_parser(name, help=help_)
        one.add_argument("key")
        if name == "dry-run":
            one.add_argument("--version", type=int, help="以某个旧版本试运行 / as that version would")
        common(one, work)
    one = parts.add_parser("apply", help="应用 TOML（先显示差异）/ apply a file (diff first)")
    one.add_argument("file")
    one.add_argument("--yes", action="store_true", help="不再询问 / do not ask")
    _upon(one)
    common(one, apply)
    one = parts.add_parser("diff", help="比较版本，或文件与现状 / compare versions, or a file with what is there")
    one.add_argument("what", metavar="KEY|FILE")
    one.add_argument("old", type=int, nargs="?", help="旧版本；缺省为上一版 / old version, the one before by default")
    one.add_argument("new", type=int, nargs="?", help="新版本；缺省为当前版 / new version, the present one by default")
    common(one, diff)
    one = parts.add_parser("rollback", help="退回某版本的内容 / go back to the content of a version")
    one.add_argument("key")
    one.add_argument("number", type=int)
    one.add_argument("--note", default="", help="说明 / why")
    _upon(one)
    common(one, rollback)
    one = parts.add_parser("switch", help="启用、暂停、停用 / switch on, pause, retire")
    one.add_argument("key")
    one.add_argument("stage", choices=("live", "paused", "retired"))
    common(one, switch)
    one = parts.add_parser("grant", help="接口对本系统记录的授权 / what it may do with our records")
    one.add_argument("key")
    way = one.add_mutually_exclusive_group()
    way.add_argument("--revoke", action="store_true", help="收回 / take it back")
    way.add_argument("--restore", action="store_true", help="重新授予 / grant it again")
    common(one, grant)


def _upon(parser: argparse.ArgumentParser) -> None:
    told = "所依据的生效版本号；此后他人另发布了版本则拒绝 / number of the version in use that it was made from; refused when another was published since"
    parser.add_argument("--upon", type=int, metavar="NUMBER", help=told)


def _stands_on(options: argparse.Namespace, interface: Any) -> int | None:
    """The version in use that this was made from: the one stated, else the one in use now (0: none yet); None while there is no interface."""
    from jingwei.hub.register import services

    if interface is None:
        return None
    return services.version_named(interface, options.upon, "upon").pk if options.upon is not None else interface.published_id or 0


def show_all(options: argparse.Namespace, access: Any) -> int:
    """Every interface that may be seen, with its stage, health and what is open."""
    from jingwei.hub import queries
    from jingwei.hub.rights import visible

    access.require_anywhere("hub.interface.view")
    rows = list(visible(access).select_related("project").order_by("key"))
    counts = queries.open_counts([each.pk for each in rows])
    listed = [
        {
            "key": i.key, "name": i.name, "project": i.project.code, "a": f"{i.system_a.key}/{i.stream_a}", "b": f"{i.system_b.key}/{i.stream_b}",
            "stage": i.stage, "health": i.state, "version": i.published.number if i.published else None, **counts[i.pk],
        }
        for i in rows
    ]  # fmt: skip
    if options.json:
        print_json(listed)
    else:
        names = ("key", "project", "a", "b", "stage", "health", "version", "conflicts", "quarantine", "dead")
        print_table(names, [["–" if each[name] is None else each[name] for name in names] for each in listed])
    return 0


def export(options: argparse.Namespace, access: Any) -> int:
    """Print an interface as TOML."""
    from jingwei.hub.register import files

    text = files.export(interface_of(access, options.key))
    if options.json:
        print_json(files.read(text))
    else:
        sys.stdout.write(text)
    return 0


def _file(name: str) -> dict[str, Any]:
    from jingwei.hub.register import files

    path = Path(name)
    try:
        return files.read(path.read_text(encoding="utf-8"))
    except OSError as problem:
        raise Refused(f"无法读取 {path}：{problem.strerror}", f"cannot read {path}: {problem.strerror}") from problem
    except UnicodeDecodeError as problem:
        raise Refused(f"{path} 不是 UTF-8 文本", f"{path} is not UTF-8 text") from problem


def apply(options: argparse.Namespace, access: Any) -> int:
    """Show what a file changes, then do it: systems, interface, mapping."""
    from jingwei.frame.models import Project
    from jingwei.frame.records.commands import authorise
    from jingwei.frame.records.resource import resource
    from jingwei.hub.models import Interface
    from jingwei.hub.register import files

    wanted = _file(options.file)
    project = Project.objects.filter(code=wanted["interface"]["project"]).first()
    present = Interface.objects.filter(key=wanted["interface"]["key"]).first()
    places = [project.pk if project else None, *([present.project_id] if present else [])]
    access.require(f"hub.interface.{'change' if present else 'add'}", *places)
    owner = None if access.allows("hub.system.add") else project
    for system, verbs in files.touched_systems(wanted, owner):
        for verb in verbs:
            authorise(access, resource("hub.system"), verb, system)
    upon, lines = _stands_on(options, present), files.difference(wanted)
    if not options.json:
        print("\n".join(lines) or "= 无变化 / no change")
    if not lines:
        if options.json:
            print_json({"changes": [], "applied": False})
        return 0
    if not options.yes and not _agreed(options):
        return fail("已取消；加 --yes 不再询问", "cancelled; --yes asks nothing")
    _register(files.register_systems(wanted, owner))
    interface = files.apply(wanted, upon)
    version = interface.published.number if interface.published else None
    if options.json:
        print_json({"changes": lines, "applied": True, "interface": interface.key, "version": version})
    else:
        say(f"已应用 {interface.key}", f"applied, version {version or '–'}", mark="✓")
    return 0


def _register(systems: list[Any]) -> None:
    """Systems are kept as they are registered; without their credentials nothing can be asked of them."""
    from jingwei.hub.register import services

    lacking = [each.key for each in systems if services.secrets_missing(each)]
    if lacking:
        commands = "; ".join(f"jingwei credential set {key}" for key in lacking)
        raise Refused(
            f"系统已登记，但还没有凭据：先运行 {commands}，再应用一次", f"the systems are registered but lack credentials: run {commands}, then apply again"
        )


def _agreed(options: argparse.Namespace) -> bool:
    if options.json or not sys.stdin.isatty():
        return False
    return input("应用？ Apply? (yes) ").strip() == "yes"


def diff(options: argparse.Namespace, access: Any) -> int:
    """Between two versions of an interface, or between a file and what is there."""
    if options.what.endswith(".toml") or Path(options.what).is_file():
        from jingwei.hub.models import Interface
        from jingwei.hub.register import files

        wanted = _file(options.what)
        found = Interface.objects.filter(key=wanted["interface"]["key"]).first()
        access.require("hub.interface.view", found.project_id) if found else access.require_anywhere("hub.interface.view")
        lines = files.difference(wanted)
        print_json({"changes": lines}) if options.json else print("\n".join(lines) or "= 无变化 / no change")
        return 0
    from jingwei.hub.register import changes, services

    interface = interface_of(access, options.what)
    if interface.published is None:
        raise Refused("尚未发布任何版本", "no version is published yet")
    new = options.new or interface.published.number
    old = options.old or max(new - 1, 1)
    found = changes.changes(services.version_named(interface, old, "old").spec, services.version_named(interface, new, "new").spec)
    if options.json:
        print_json({"old": old, "new": new, "changes": [each.as_plain() for each in found]})
        return 0
    print(f"v{old} → v{new}" + ("" if found else "  = 无变化 / no change"))
    for each in found:
        print(f"{each.where or '–'}  [{each.aspect.zh} / {each.aspect.en}]")
        for mark, side in (("-", each.before), ("+", each.after)):
            if side is not None:
                print(f"  {mark} {side.zh}" + (f"  {side.en}" if side.en != side.zh else ""))
    return 0


def rollback(options: argparse.Namespace, access: Any) -> int:
    """Publish the content of an earlier version as a new one."""
    from jingwei.hub.register import services

    interface = interface_of(access, options.key, "change")
    upon = _stands_on(options, interface)
    version = services.version_switch(interface=interface, number=options.number, note=options.note, upon=upon)
    if options.json:
        print_json({"interface": interface.key, "version": version.number, "content_of": options.number})
    else:
        say(
            f"已发布版本 {version.number}，内容同版本 {options.number}", f"version {version.number} is published with the content of {options.number}", mark="✓"
        )
    return 0


def switch(options: argparse.Namespace, access: Any) -> int:
    """Switch on, pause or retire."""
    from jingwei.hub.register import services
    from jingwei.hub.rights import switching

    interface = interface_of(access, options.key, switching[options.stage])
    services.interface_switch(instance=interface, stage=options.stage)
    if options.json:
        print_json({"interface": interface.key, "stage": options.stage})
    else:
        said = {"live": "已启用", "paused": "已暂停", "retired": "已停用"}[options.stage]
        say(f"{interface.key} {said}", f"is {options.stage}", mark="✓")
    return 0


def release(options: argparse.Namespace, access: Any) -> int:
    """Go on after the machinery had stopped itself."""
    from jingwei.hub.engine import decisions

    interface = interface_of(access, options.key, "change")
    if interface.held_since is None:
        raise Refused(f"{interface.key} 没有停止", f"{interface.key} has not stopped itself")
    decisions.interface_release(interface=interface)
    print_json({"interface": interface.key, "released": True}) if options.json else say(f"{interface.key} 已放行", "goes on", mark="✓")
    return 0


def grant(options: argparse.Namespace, access: Any) -> int:
    """Show, take back or give again what an interface may do with our own records."""
    from jingwei.hub.peers import grants

    interface = interface_of(access, options.key, "change" if options.revoke or options.restore else "view")
    if options.revoke and not grants.revoke(interface=interface):
        raise Refused(f"{interface.key} 没有生效的授权", f"{interface.key} has no grant in force")
    if options.restore:
        if interface.published is None:
            raise Refused("尚未发布任何版本", "no version is published yet")
        grants.restore(interface=interface)
    now = grants.in_force(interface)
    needed = grants.permissions_of(interface, interface.published.spec) if interface.published else []
    if options.json:
        who = str(now.granted_by) if now and now.granted_by else None
        print_json({"permissions": now.permissions if now else [], "granted_by": who, "granted_at": now.granted_at if now else None, "needed": needed})
    elif now is None:
        say(
            "没有生效的授权：不读写本系统的任何记录", f"no grant in force; the published version needs: {', '.join(needed) or '–'}", mark="!" if needed else "·"
        )
    else:
        by = str(now.granted_by) if now.granted_by else "系统 the machinery"
        say(f"{', '.join(now.permissions)}", f"← {by}, {local(now.granted_at)}")
    return 0


def dry_run(options: argparse.Namespace, access: Any) -> int:
    """Read for real, write nothing, say what would be written."""
    from jingwei.hub.engine import rehearse as rehearsal
    from jingwei.hub.register import services
    from jingwei.hub.rights import require_values

    interface = interface_of(access, options.key)
    require_values(access, interface)
    if interface.published is None:
        raise Refused("尚未发布任何版本", "no version is published yet")
    version = services.version_named(interface, options.version) if options.version is not None else None
    report = rehearsal.dry_run(interface.pk, version=version)
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

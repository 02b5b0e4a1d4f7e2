"""Commands for systems and their credentials. A secret comes by standard input or the environment, never as an argument, and is never shown."""

from __future__ import annotations

import argparse
import getpass
import os
import sys
from typing import Any

from jingwei.assembly.commands import Refused, print_json, print_table, say
from jingwei.assembly.commands.acting import common, refuse, system_of


def add(families: Any) -> None:
    """Declare the commands."""
    system = families.add_parser("system", help="系统：登记、列出、测试 / systems: register, list, test")
    parts = system.add_subparsers(dest="part", required=True, metavar="PART")
    one = parts.add_parser("add", help="登记一个系统 / register a system")
    one.add_argument("key")
    one.add_argument("--connector", required=True, help="连接器，如 redmine / the connector, such as redmine")
    one.add_argument("--name", help="名称 / its name")
    one.add_argument("--description", default="", help="说明 / what it is")
    one.add_argument("--project", metavar="CODE", help="归属项目；不写则归组织 / the project it belongs to; the organisation without it")
    one.add_argument("--set", action="append", default=[], metavar="NAME=VALUE", dest="settings", help="设置项，如 base_url=… / a setting")
    common(one, register)
    common(parts.add_parser("list", help="所有系统 / all systems"), show_all)
    one = parts.add_parser("test", help="用现有凭据登录一次 / log in once with what is there")
    one.add_argument("key")
    common(one, test)
    one = parts.add_parser("fields", help="它有哪些数据流与字段 / which streams and fields it offers")
    one.add_argument("key")
    one.add_argument("stream", nargs="?", help="只看这一个数据流 / only this stream")
    common(one, show_fields)
    one = parts.add_parser("grant", help="允许某项目的接口使用该系统的登录 / let a project's interfaces use its log-in")
    one.add_argument("key")
    one.add_argument("--project", required=True, metavar="CODE", help="项目代码 / project code")
    one.add_argument("--revoke", action="store_true", help="收回 / take it back")
    common(one, grant)
    credential = families.add_parser("credential", help="凭据 / credentials")
    parts = credential.add_subparsers(dest="part", required=True, metavar="PART")
    one = parts.add_parser("set", help="填写凭据（从标准输入或 --env 读取）/ put a secret in, from standard input or --env")
    one.add_argument("system")
    one.add_argument("--name", help="凭据项，如 api_key；只有一项时可省略 / which secret; not needed when there is only one")
    one.add_argument("--env", metavar="VARIABLE", help="从该环境变量读取 / read it from this environment variable")
    common(one, put)


def _settings(given: list[str]) -> dict[str, str]:
    out: dict[str, str] = {}
    for each in given:
        name, sign, value = each.partition("=")
        if not sign or not name.strip():
            raise Refused(f"--set 应写成 名称=值：{each}", f"--set takes NAME=VALUE: {each}")
        out[name.strip()] = value.strip()
    return out


def register(options: argparse.Namespace, access: Any) -> int:
    """Register a system with its settings; a system of that key is changed."""
    from django.db import transaction

    from jingwei.frame.records.commands import authorise
    from jingwei.frame.records.resource import resource
    from jingwei.hub.models import System
    from jingwei.hub.peers import catalogue
    from jingwei.hub.register import services

    system = System.objects.filter(key=options.key).first()
    owner = project_of(options.project) if options.project else system.project if system is not None else None
    for verb in ("add" if system is None else "change", "connect"):
        authorise(access, resource("hub.system"), verb, *filter(None, (system, System(project=owner))))
    given = _settings(options.settings)
    if options.connector in catalogue.entries():
        manifest = catalogue.manifest(options.connector)
        for name in given:
            if name in manifest.get("auth", {}).get("secrets", {}):
                raise Refused(
                    f"{name} 是凭据，不能写在命令行上：用 jingwei credential set {options.key}", f"{name} is a secret: use jingwei credential set {options.key}"
                )
        known = [*manifest.get("config", {}).get("fields", {}), "requests_per_minute"]
        unknown = [name for name in given if name not in known]
        if unknown:
            raise Refused(f"没有设置项 {unknown[0]}；可用：{', '.join(known)}", f"there is no setting {unknown[0]}; there are: {', '.join(known)}")
        for name, field in manifest.get("config", {}).get("fields", {}).items():
            if system is None and "default" in field:
                given.setdefault(name, field["default"])
    with transaction.atomic():
        name = options.name or (system.name if system else options.key)
        values = {"key": options.key, "name": name, "connector": options.connector, "description": options.description}
        made = services.system_save(instance=system, **services.cleaned_system(values), project=owner)
        if given or options.connector != "local":
            services.connection_change(system=made, config=given)
    if options.json:
        print_json(_plain(made))
    else:
        say(f"已登记 {made.key}（{made.connector}）", "registered; next: jingwei credential set " + made.key, mark="✓")
    return 0


def project_of(code: str) -> Any:
    """The project of a code; Refused when there is none."""
    from jingwei.frame.models import Project

    found = Project.objects.filter(code=code).first()
    if found is None:
        raise Refused(f"没有项目 {code}", f"there is no project {code}")
    return found


def grant(options: argparse.Namespace, access: Any) -> int:
    """Let a project's interfaces use a system, or take that back."""
    from jingwei.hub.peers import uses

    system, project = system_of(access, options.key, "connect"), project_of(options.project)
    (uses.withdraw if options.revoke else uses.give)(system=system, project=project)
    if options.json:
        print_json({"system": system.key, "project": project.code, "granted": not options.revoke})
    elif options.revoke:
        say(f"{project.code} 的接口不能再使用 {system.key}", f"interfaces of {project.code} may not use it any more", mark="✓")
    else:
        say(f"{project.code} 的接口可以使用 {system.key}", f"interfaces of {project.code} may use it", mark="✓")
    return 0


def _plain(system: Any) -> dict[str, Any]:
    connection = getattr(system, "connection", None)
    return {
        "key": system.key, "name": system.name, "connector": system.connector, "state": "ok" if system.connector == "local" else system.state,
        "config": connection.config if connection else {}, "account": connection.account if connection else "",
        "has_credentials": bool(connection and connection.credential_id), "held_since": connection.held_since if connection else None,
        "held_reason": connection.held_reason if connection else "", "last_ok_at": connection.last_ok_at if connection else None,
    }  # fmt: skip


def show_all(options: argparse.Namespace, access: Any) -> int:
    """Every system with its state."""
    from jingwei.hub.rights import systems

    access.require_anywhere("hub.system.view")
    rows = [_plain(each) for each in systems(access)]
    if options.json:
        print_json(rows)
    else:
        print_table(
            ("key", "name", "connector", "state", "account", "held"),
            [[each["key"], each["name"], each["connector"], each["state"], each["account"] or "–", "!" if each["held_since"] else ""] for each in rows],
        )
    return 0


def show_fields(options: argparse.Namespace, access: Any) -> int:
    """The streams of a system with their fields, as the mapping editor offers them."""
    from jingwei.hub.contract import ConnectorError
    from jingwei.hub.peers.session import streams_of

    system = system_of(access, options.key, "view")
    try:
        found = streams_of(system)
    except ConnectorError as problem:
        raise Refused(f"{system.key} 没有说出它的数据流：{problem.message}", f"{system.key} did not tell its streams: {problem.message}") from problem
    if options.stream is not None and options.stream not in found:
        raise Refused(f"没有数据流 {options.stream}；有：{', '.join(found)}", f"there is no stream {options.stream}; there are: {', '.join(found)}")
    rows = [
        {
            "stream": stream.name, "field": field.name, "title": {"zh": field.title.zh, "en": field.title.en}, "type": field.type, "required": field.required,
            "read_only": field.read_only, "choices": dict(field.choices),
        }
        for stream in found.values() if options.stream in (None, stream.name) for field in stream.fields
    ]  # fmt: skip
    if options.json:
        print_json(rows)
    else:
        heads = ("stream", "field", "type", "标题 title", "必填 required", "只读 read only", "取值 choices")
        print_table(heads, [[*(str(each[n]) for n in ("stream", "field", "type")), each["title"]["zh"], *("✓" if each[n] else "" for n in ("required", "read_only")),
            ", ".join(each["choices"])[:60]] for each in rows])  # fmt: skip
    return 0


def test(options: argparse.Namespace, access: Any) -> int:
    """Log in once; exit code 1 when that fails."""
    return _tested(options, system_of(access, options.key, "connect"))


def _tested(options: argparse.Namespace, system: Any) -> int:
    from jingwei.hub.register import services

    check = services.connection_test(system=system)
    if not check.ok:
        return refuse(options, Refused(check.message, check.message))
    if options.json:
        print_json({"system": system.key, "ok": True, "account": check.account, "message": check.message})
    else:
        say(f"{system.key} 可以登录：{check.account or '–'}", f"logs in. {check.message or ''}", mark="✓")
    return 0


def put(options: argparse.Namespace, access: Any) -> int:
    """Put a secret in and try it at once; what waited for it goes on."""
    from jingwei.hub.peers import catalogue
    from jingwei.hub.register import services

    system = system_of(access, options.system, "connect")
    known = list(catalogue.manifest(system.connector).get("auth", {}).get("secrets", {}))
    if not known:
        raise Refused(f"{system.key} 不需要凭据", f"{system.key} takes no credentials")
    if options.name is None and len(known) > 1:
        raise Refused(f"请用 --name 说明是哪一项：{', '.join(known)}", f"say which with --name: {', '.join(known)}")
    name = options.name or known[0]
    services.credentials_save(system=system, given={name: _secret(options.env, name)})
    missing = services.secrets_missing(system)
    if missing:
        say(f"已保存 {name}；还缺 {', '.join(missing)}", f"kept; still missing: {', '.join(missing)}", mark="✓")
        return 0
    return _tested(options, system_of(access, options.system))


def _secret(variable: str | None, name: str) -> str:
    if variable is not None:
        given = os.environ.get(variable)
        if given is None:
            raise Refused(f"没有环境变量 {variable}", f"there is no environment variable {variable}")
    elif sys.stdin.isatty():
        given = getpass.getpass(f"{name}: ")
    else:
        given = sys.stdin.read()
    given = given.strip("\r\n")
    if not given.strip():
        raise Refused("凭据为空", "the secret is empty")
    return given

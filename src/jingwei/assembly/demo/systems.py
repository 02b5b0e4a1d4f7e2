"""The demo's systems and five interfaces: tracker both ways, ERP vouchers to cost lines, MES orders to tasks, MES downtime to the tracker."""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Mapping
from typing import Any

from jingwei.assembly.ports import sandbox_ports
from jingwei.frame import environment, filing, scope
from jingwei.frame import secrets as sealing
from jingwei.frame.models import Project, Tenant
from jingwei.frame.postgres.address import home
from jingwei.hub.models import Interface, System
from jingwei.hub.peers.session import session_of
from jingwei.hub.register import services

telling = ("tracker", "mes")  # those that send webhooks
_own = re.compile(r"http://127\.0\.0\.1:\d+")


def sandbox_key() -> str:
    """The key that the demo's systems ask for, readable by its owner only; its connections follow one that had to be made anew (`move`)."""
    path = home() / "sandbox" / "key"
    path.parent.mkdir(exist_ok=True)
    return filing.keep(path, lambda text: len(text) >= 20, lambda: secrets.token_urlsafe(24))


def _table(**pairs: str) -> list[dict[str, Any]]:
    rows, seen = [], set[str]()
    for left, right in pairs.items():
        rows.append({"a": left, "b": right, **({} if right in seen else {"prefer": True})})
        seen.add(right)
    return rows


issue_states = [
    *_table(open="todo", in_progress="doing", resolved="done", closed="done"),
    {"a": "in_progress", "b": "blocked"},
    {"a": "closed", "b": "cancelled"},
]
voucher_accounts = {
    "5101.01": "software", "5101.02": "equipment", "5101.03": "subcontract", "5101.04": "labour", "5101.05": "travel", "5101.06": "other",
    "5101.07": "material", "5101.08": "software",
}  # fmt: skip


def _issues(project: str) -> tuple[dict[str, Any], dict[str, Any]]:
    return {
        "filters": {"a": {"project": [project]}, "b": {"is_summary": ["False"], "is_milestone": ["False"], "priority": ["500"]}},
        "constants": [{"side": "a", "field": "project", "value": project}],
        "key": ["name"],
        "pairs": [
            {"a": "subject", "b": "name", "policy": "ask", "steps": [{"op": "trim"}]},
            {"a": "description", "b": "description", "policy": "newest"},
            {"a": "done_ratio", "b": "percent", "policy": "newest"},
            {"a": "status", "b": "status", "policy": "newest", "steps": [{"op": "code", "table": "status"}]},
            {"a": "estimated_hours", "b": "work_hours", "policy": "newest"},
            {"a": "key", "b": "external_ref", "direction": "a_to_b"},
        ],
    }, {"status": issue_states}


def _vouchers(project: str) -> tuple[dict[str, Any], dict[str, Any]]:
    names = ("description", "amount", "currency", "period", "posted_on", "supplier")
    return {
        "filters": {"a": {"project_code": [project]}},
        "constants": [{"side": "b", "field": "kind", "value": "actual"}],
        "key": ["number"],
        "pairs": [
            {"a": "number", "b": "number", "direction": "a_to_b"},
            *({"a": name, "b": name, "direction": "a_to_b"} for name in names),
            {"a": "account", "b": "account", "direction": "a_to_b", "steps": [{"op": "code", "table": "account"}]},
            {"a": "status", "b": "status", "direction": "a_to_b", "steps": [{"op": "code", "table": "status"}]},
        ],
    }, {"account": _table(**voucher_accounts), "status": _table(draft="draft", posted="posted", reversed="reversed")}


def _work_orders(project: str) -> tuple[dict[str, Any], dict[str, Any]]:
    return {
        "filters": {"a": {"line": ["L1"], "status": ["planned", "released", "running", "blocked"]}},
        "constants": [{"side": "b", "field": "constraint", "value": "SNET"}],
        "key": ["code"],
        "pairs": [
            {"a": "number", "b": "code", "direction": "a_to_b"},
            {"a": ["number", "product"], "b": "name", "direction": "a_to_b", "joiner": " "},
            {"a": "percent", "b": "percent", "direction": "a_to_b"},
            {"a": "status", "b": "status", "direction": "a_to_b", "steps": [{"op": "code", "table": "status"}]},
            {"a": "planned_start", "b": "constraint_at", "direction": "a_to_b"},
            {"a": "planned_finish", "b": "deadline", "direction": "a_to_b"},
        ],
    }, {"status": _table(planned="todo", released="todo", running="doing", done="done", blocked="blocked")}


def _downtime(project: str) -> tuple[dict[str, Any], dict[str, Any]]:
    return {
        "filters": {"a": {"reason": ["system"]}},
        "constants": [{"side": "b", "field": "project", "value": project}, {"side": "b", "field": "priority", "value": "high"}],
        "pairs": [
            {"a": ["line", "note"], "b": "subject", "direction": "a_to_b", "joiner": " 停机："},
            {"a": "note", "b": "description", "direction": "a_to_b"},
            {"a": "started_at", "b": "start_date", "direction": "a_to_b", "steps": [{"op": "date_of"}]},
        ],
    }, {}


def load(projects: Mapping[str, Project]) -> dict[str, Interface]:
    """Register the systems, publish the mappings, switch on; interfaces by key. The demo's systems must be running."""
    made = {
        "jingwei": services.system_save(key="jingwei", name="经纬", connector="local"),
        "tracker": _system("tracker", "研发跟踪系统", "sandbox_tracker", _credentials("tracker")),
        "erp": _system("erp", "ERP", "sandbox_erp", _credentials("erp")),
        "mes": _system("mes", "MES", "sandbox_mes", _credentials("mes")),
    }
    plans = (
        ("tracker-mes", "事项 ↔ 任务（MES 推广）", "MES-ROLL", "tracker", "issues", "jingwei", "work.task", _issues, 5),
        ("tracker-erp", "事项 ↔ 任务（ERP 集成）", "ERP-JOIN", "tracker", "issues", "jingwei", "work.task", _issues, 5),
        ("erp-cost-vouchers", "成本凭证 → 成本行", "ERP-JOIN", "erp", "cost_vouchers", "jingwei", "cost.line", _vouchers, 5),
        ("mes-work-orders", "试运行工单 → 任务", "MES-ROLL", "mes", "work_orders", "jingwei", "work.task", _work_orders, 1),
        ("mes-downtime", "系统停机 → 事项", "WMS-PDA", "mes", "downtime_events", "tracker", "issues", _downtime, 2),
    )
    out = {}
    for name, title, project, a, stream_a, b, stream_b, spec, seconds in plans:
        interface = services.interface_save(
            key=name, name=title, project=projects[project], system_a=made[a], stream_a=stream_a, system_b=made[b], stream_b=stream_b, poll_seconds=seconds,
            requirement="由集成范围说明书第 3 章导出；验收标准：差异为零，延迟不超过 1 分钟。", restore_minutes=960,
        )  # fmt: skip
        mapping, tables = spec(project)
        services.version_publish(interface=interface, spec=services.spec_of(interface, mapping, tables), note="首个版本")
        services.interface_switch(instance=interface, stage=Interface.Stage.LIVE)
        out[name] = interface
    return out


def _system(name: str, title: str, connector: str, credentials: dict[str, str]) -> System:
    system = services.system_save(key=name, name=title, connector=connector)
    hook = "whsec_" + secrets.token_bytes(24).hex()
    services.connection_save(system=system, config={"base_url": f"http://127.0.0.1:{sandbox_ports[name]}"}, credentials=credentials, webhook_secret=hook)
    check = services.connection_test(system=system)
    if not check.ok:
        raise RuntimeError(f"the demo system {name} does not answer: {check.message}")
    _listen_to(system, hook)
    return system


def _our_address(system: System) -> str:
    return f"http://127.0.0.1:{environment.number('JINGWEI_PORT')}/hooks/{system.connection.endpoint}"


def _listen_to(system: System, hook: str) -> None:
    if system.key in telling:
        session_of(system).request("POST", "/api/webhooks", json={"url": _our_address(system), "secret": hook})


def move() -> dict[str, str]:
    """Have the demo's connections follow the ports that its systems and we ourselves have now; address by system, of those that moved.

    A connection that somebody has pointed elsewhere is left alone.
    """
    tenant = Tenant.objects.filter(code="demo").first()
    if tenant is None:
        return {}
    moved = {}
    with scope.within(scope.Scope(tenant.pk, origin="demo", reason="演示系统的端口")):
        for name, port in sandbox_ports.items():
            system = System.objects.select_related("connection").filter(key=name, connector=f"sandbox_{name}").first()
            address = f"http://127.0.0.1:{port}"
            if system is None or not _own.fullmatch(str(system.connection.config.get("base_url", ""))):
                continue
            if system.connection.config["base_url"] != address or not _has_our_key(system):
                services.connection_save(system=system, config={**system.connection.config, "base_url": address}, credentials=_credentials(name))
                moved[name] = address
            _told_anew(System.objects.select_related("connection").get(pk=system.pk))
    return moved


def _told_anew(system: System) -> None:
    """The system sends its webhooks to where we are now, and to no earlier address of ours."""
    if system.key not in telling:
        return
    session = session_of(system)
    ours, endpoint = _our_address(system), f"/hooks/{system.connection.endpoint}"
    known = session.request("GET", "/api/webhooks").json()["webhooks"]
    for old in known:
        if str(old["url"]).endswith(endpoint) and old["url"] != ours:
            session.request("DELETE", f"/api/webhooks/{old['id']}")
    if not any(each["url"] == ours for each in known):
        hook = "whsec_" + secrets.token_bytes(24).hex()
        services.connection_save(system=system, config=system.connection.config, webhook_secret=hook)
        _listen_to(system, hook)


def _has_our_key(system: System) -> bool:
    credential = system.connection.credential
    try:
        return credential is not None and json.loads(sealing.open_secret(credential).reveal()) == _credentials(system.key)
    except sealing.CannotOpen:
        return False


def _credentials(name: str) -> dict[str, str]:
    return {"token" if name == "mes" else "api_key": sandbox_key()}

"""How commands about the hub act: for an organisation, as the machinery or as a person; every refusal is a sentence in both languages."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from typing import Any

from jingwei.assembly.commands import Refused, print_json, setup

Work = Callable[[argparse.Namespace, Any], int]


def common(parser: argparse.ArgumentParser, work: Work) -> None:
    """`work(options, access)` gives the exit code; what it refuses is said and gives 1."""
    parser.add_argument("--json", action="store_true", help="机器可读 / for programs")
    parser.add_argument("--tenant", help="组织代码 / organisation code")
    parser.add_argument("--as", dest="actor", metavar="USER", help="以此人的权限执行；不写则由系统执行 / with this person's rights; the machinery without it")
    parser.set_defaults(run=lambda options: _run(options, work))


def _run(options: argparse.Namespace, work: Work) -> int:
    setup()
    from django.core.exceptions import PermissionDenied, ValidationError
    from django.http import Http404

    from jingwei.frame import scope
    from jingwei.frame.records.commands import Stale
    from jingwei.hub.contract import ConnectorError

    try:
        tenant, access = _whom(options)
        with scope.within(scope.Scope(tenant.pk, access.user_id, access.project_ids, origin="command line")):
            return work(options, access)
    except (ValidationError, PermissionDenied, Http404, ConnectorError, Refused, Stale) as problem:
        return refuse(options, problem)


def _whom(options: argparse.Namespace) -> tuple[Any, Any]:
    from jingwei.frame.models import Tenant, User
    from jingwei.frame.rights.access import access_of, system_access

    tenants = Tenant.objects.filter(code=options.tenant) if options.tenant else Tenant.objects.order_by("pk")
    tenant = tenants.first()
    if tenant is None:
        known = ", ".join(Tenant.objects.values_list("code", flat=True)) or "–"
        raise Refused(f"没有组织 {options.tenant or ''}；现有：{known}", f"there is no organisation {options.tenant or ''}; there are: {known}")
    if not options.actor:
        return tenant, system_access(tenant.pk)
    user = User.objects.filter(username=options.actor, is_active=True).first()
    if user is None:
        raise Refused(f"没有用户 {options.actor}", f"there is no user {options.actor}")
    return tenant, access_of(user, tenant)


def refuse(options: argparse.Namespace, problem: Exception) -> int:
    """Say why not, field by field, in both languages; as JSON too when that was asked for. The exit code is 1."""
    errors = [{"field": field, "zh": zh, "en": en} for field, zh, en in sentences(problem)]
    if getattr(options, "json", False):
        print_json({"errors": errors})
    for error in errors:
        place = f"{error['field']}: " if error["field"] else ""
        print(f"✗ {place}{error['zh']}" + (f"  {error['en']}" if error["en"] != error["zh"] else ""), file=sys.stderr, flush=True)
    return 1


def sentences(problem: Exception) -> list[tuple[str, str, str]]:
    """(field, Chinese, English) of everything a refusal says."""
    from django.core.exceptions import PermissionDenied, ValidationError
    from django.http import Http404

    from jingwei.frame.records.commands import Stale
    from jingwei.hub.contract import ConnectorError

    if isinstance(problem, Refused):
        return [("", problem.zh, problem.en)]
    if isinstance(problem, ConnectorError):
        mend = problem.mend
        return [("", problem.message + (f"。{mend.zh}" if mend else ""), problem.message + (f". {mend.en}" if mend else ""))]
    if isinstance(problem, Http404):
        return [("", f"没有这个接口：{problem}", f"there is no such interface: {problem}")]
    if isinstance(problem, PermissionDenied | Stale):
        return [("", *both(problem))]
    assert isinstance(problem, ValidationError)
    if hasattr(problem, "error_dict"):
        return [("" if name == "__all__" else name, *both(each)) for name, many in problem.error_dict.items() for each in many]
    return [("", *both(each)) for each in problem.error_list]


def both(text: Any) -> tuple[str, str]:
    """What is told in the reader's language, told in each."""
    from django.utils import translation

    out = []
    for language in ("zh-hans", "en"):
        with translation.override(language):
            out.append(" ".join(text.messages) if hasattr(text, "messages") else str(text))
    return out[0], out[1]


def interface_of(access: Any, key: str, verb: str = "view") -> Any:
    """The interface, when `verb` may be done to it; Refused names those there are."""
    from django.http import Http404

    from jingwei.hub.rights import interface_named, visible

    try:
        return interface_named(access, key, verb)
    except Http404:
        known = ", ".join(visible(access).order_by("key").values_list("key", flat=True)) or "–"
        raise Refused(f"没有接口 {key}；现有：{known}", f"there is no interface {key}; there are: {known}") from None


def system_of(access: Any, key: str, verb: str = "view") -> Any:
    """The system, when `verb` may be done to it; Refused names those there are."""
    from django.http import Http404

    from jingwei.hub.rights import system_named, systems

    try:
        return system_named(access, key, verb)
    except Http404:
        known = ", ".join(systems(access).values_list("key", flat=True)) or "–"
        raise Refused(f"没有系统 {key}；现有：{known}", f"there is no system {key}; there are: {known}") from None

"""Commands about organisations: what no organisation may do to another, and so only who runs the server can."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from jingwei.assembly.commands import Refused, print_json, said, say, setup
from jingwei.frame import environment

if TYPE_CHECKING:  # what plans from files is asked for needs no Django
    from django.core.exceptions import ValidationError


def add(families: Any) -> None:
    """Declare the commands."""
    family = families.add_parser("organisation", help="组织 / organisations").add_subparsers(dest="verb", required=True, metavar="VERB")
    one = family.add_parser("list", help="列出组织 / list them")
    one.set_defaults(run=lambda options: said(options, listed))
    two = family.add_parser("add", help="新建组织并给出首位管理员的一次性链接 / make one, with a one-time link for its first administrator")
    two.add_argument("code")
    two.add_argument("name")
    two.set_defaults(run=lambda options: said(options, made))
    three = family.add_parser("join", help="让已有账号加入另一个组织（须本人同意）/ let an account belong to it too; ask the person first")
    three.add_argument("code")
    three.add_argument("user", help="用户名 / user name")
    three.add_argument("--role", default="viewer", help="角色，默认 viewer / role, viewer unless told otherwise")
    three.set_defaults(run=lambda options: said(options, joined))
    for each in (one, two, three):
        each.add_argument("--json", action="store_true", help="机器可读 / for programs")


def listed(options: argparse.Namespace) -> int:
    """Every organisation and how many belong to it."""
    setup()
    from django.db.models import Count

    from jingwei.frame.models import Tenant

    rows = [
        {"code": each.code, "name": each.name, "people": each.people}
        for each in Tenant.objects.annotate(people=Count("memberships__user", distinct=True)).order_by("pk")
    ]
    if options.json:
        print_json(rows)
        return 0
    for row in rows:
        say(f"{row['code']}  {row['name']}", f"{row['people']} people")
    return 0


def made(options: argparse.Namespace) -> int:
    """A new organisation; nobody is in it until its link is opened."""
    setup()
    from django.core.exceptions import ValidationError

    from jingwei.frame.models import SetupLink, Tenant
    from jingwei.frame.rights.access import roles_of

    tenant = Tenant(code=options.code, name=options.name)
    try:
        tenant.full_clean()
    except ValidationError as problem:
        raise _refused(problem) from problem
    tenant.save()
    roles_of(tenant)
    link = f"http://localhost:{environment.number('JINGWEI_PORT')}/setup/{SetupLink.issue(tenant)}/"
    if options.json:
        print_json({"code": tenant.code, "link": link})
        return 0
    say(f"已新建组织 {tenant.name}", "the organisation is there", mark="✓")
    say(link, "for its first administrator: valid for 24 hours, once", mark="→")
    return 0


def joined(options: argparse.Namespace) -> int:
    """A person who is in one organisation gets a role in another as well, and may switch between them."""
    setup()
    from jingwei.frame.models import Membership, Tenant
    from jingwei.frame.rights.access import roles_of
    from jingwei.frame.rights.names import named

    tenant = Tenant.objects.filter(code=options.code).first()
    if tenant is None:
        raise Refused(f"没有组织 {options.code}；用 jingwei organisation list 查看", f"there is no organisation {options.code}; see: jingwei organisation list")
    user = named(options.user)
    if user is None or user.is_pending or not user.is_active:
        raise Refused(f"没有可登录的账号 {options.user}", f"nobody who can log in is called {options.user}")
    roles = roles_of(tenant)
    if options.role not in roles:
        raise Refused(f"没有角色 {options.role}；可用：{'、'.join(roles)}", f"there is no role {options.role}; there are {', '.join(roles)}")
    Membership.objects.get_or_create(tenant=tenant, user=user, role=roles[options.role], project=None)
    if options.json:
        print_json({"code": tenant.code, "user": user.username, "role": options.role})
        return 0
    say(f"{user.username} 现在也属于 {tenant.name}（{options.role}）", "he or she chooses between them in the head of every page", mark="✓")
    return 0


def _refused(problem: ValidationError) -> Refused:
    from django.utils import translation

    with translation.override("zh-hans"):
        zh = " ".join(problem.messages)
    with translation.override("en"):
        return Refused(f"组织没有新建：{zh}", f"the organisation was not made: {' '.join(problem.messages)}")

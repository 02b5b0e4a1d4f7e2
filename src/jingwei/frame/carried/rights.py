"""Who may add what to a row, and who of the members may see it: told by the row as it is now, wherever it has gone."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import models
from django.db.models import Q
from django.db.models.functions import Concat
from django.utils.translation import gettext as _

from jingwei.frame.lives.lifecycle import Everything
from jingwei.frame.models import Membership, User
from jingwei.frame.models.carried import CarriedModel
from jingwei.frame.models.spelt import spelt_with
from jingwei.frame.records import commands, parts, turns
from jingwei.frame.records.people import beginning
from jingwei.frame.records.resource import Resource
from jingwei.frame.rights.access import Access, grants_of_role, is_granted


class NotCarried(LookupError):
    """Rows of this resource do not carry that."""


def check_kind(resource: Resource, kind: str) -> None:
    """Raise NotCarried when rows of the resource do not carry files, talk, tags or followers."""
    if kind not in resource.carries:
        raise NotCarried(f"{resource.key} carries no {kind}")


def verb_of(kind: str) -> str:
    """What one needs on the row to add this to it: seeing alone adds nothing, so that a token that only reads writes nothing."""
    return "talk" if kind in ("talk", "watch") else "change"


def require(access: Access, resource: Resource, row: Any, kind: str) -> None:
    """Raise PermissionDenied naming the right that is missing for this on a row that may be seen, NotCarried when the row carries no such thing."""
    check_kind(resource, kind)
    if verb_of(kind) == "talk":
        access.require(resource.permission("talk"), resource.project_of(row))
    else:
        commands.authorise(access, resource, "change", row)


def may(access: Access, resource: Resource, row: Any) -> frozenset[str]:
    """What this person may add to the row: of files, talk, tags, watch."""
    out = set()
    for kind in resource.carries:
        try:
            require(access, resource, row, kind)
        except PermissionDenied:
            continue
        if kind != "files" or resource.life is None or resource.life.fixed(row) != Everything:
            out.add(kind)
    return frozenset(out)


def locked(resource: Resource, row: Any) -> Any:
    """The row as it is, held until the transaction ends. ValidationError when it is fixed as a whole, by its own life or that of its whole."""
    turns.stay(resource, row)
    wholes = parts.Wholes()
    wholes.lock(resource, [row])
    current = resource.model.objects.select_for_update(of=("self",), no_key=True).filter(pk=row.pk).first()
    if current is None:
        raise ValidationError(_("This was deleted in the meantime."))
    if resource.life is not None:
        resource.life.check_parts(current)
    wholes.check(resource, current)
    return current


def carried_by(model: type[CarriedModel], resource: Resource, row: Any) -> models.QuerySet[Any]:
    """The rows of a kind that this row carries."""
    return model.objects.filter(resource=resource.key, row_id=row.pk)


def seers(resource: Resource, row: Any, among: Collection[int]) -> list[User]:
    """Those of these users who may see the row, by their roles in its project or in the whole organisation. One query, two with custom roles."""
    place, permission = resource.project_of(row), resource.permission("view")
    held = Membership.objects.filter(tenant_id=row.tenant_id, user_id__in=among, user__is_active=True).filter(Q(project=None) | Q(project=place))
    found = {m.user_id: m.user for m in held.select_related("user", "role") if is_granted(grants_of_role(m.role), permission)}
    return sorted(found.values(), key=lambda user: user.pk)


def people(resource: Resource, row: Any, words: str, most: int = 8) -> list[User]:
    """Members whose user name or name holds each of these words, or whose name is spelled so, of those who may see the row: to be mentioned. A Chinese name is written without a blank."""
    here = Q(memberships__project=None) | Q(memberships__project=resource.project_of(row))
    spelt = spelt_with(User)[0]
    named = User.objects.filter(here, memberships__tenant_id=row.tenant_id, is_active=True).annotate(whole_name=Concat("last_name", "first_name"))
    for word in words.split()[:4]:
        written = Q(username__icontains=word) | Q(whole_name__icontains=word) | Q(first_name__icontains=word) | Q(last_name__icontains=word)
        named = named.filter(written | beginning(word, spelt))
    candidates = list(named.order_by("username").values_list("pk", flat=True).distinct()[:200])
    return sorted(seers(resource, row, candidates), key=lambda user: user.username)[:most]

"""Who may do what where: a permission is `resource.verb`, granted by a role in the organisation or in one project. Deny by default.

Where a row belongs is told by its resource (`Resource.places_of`): its project, several, or None for the organisation itself. `Access.require`
decides, and nothing else does. `anywhere` opens doors (a page exists for somebody) and never decides over a row.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from functools import lru_cache
from importlib import import_module
from typing import Any

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from jingwei.frame import narrowing, scope
from jingwei.frame.models import Membership, Role, Tenant, User
from jingwei.frame.postgres.prepared import Prepared, given

# The standard roles. What each may do beyond looking is declared by the resources themselves.
standard_roles: dict[str, tuple[object, tuple[str, ...]]] = {
    "owner": (gettext_lazy("Administrator"), ("*",)),
    "pmo": (gettext_lazy("PMO"), ("*.view", "*.talk", "*.export", "frame.project.*")),
    "manager": (gettext_lazy("Project manager"), ("*.view", "*.talk", "*.export")),
    "engineer": (gettext_lazy("Integration engineer"), ("*.view", "*.talk", "*.export")),
    "finance": (gettext_lazy("Finance"), ("*.view", "*.talk", "*.export")),
    "crew": (gettext_lazy("Site crew leader"), ()),
    "operations": (gettext_lazy("Operations"), ("*.view", "*.talk", "*.export")),
    "viewer": (gettext_lazy("Viewer"), ("*.view", "*.talk")),
}
declared: dict[str, set[str]] = defaultdict(set)  # role → grants, filled by resource declarations
called: dict[str, tuple[Any, Any]] = {  # permission → of what, and what is done; filled by resource declarations
    "frame.membership.change": (gettext_lazy("Members and roles"), gettext_lazy("Change")),
    "frame.approval.change": (gettext_lazy("Approvals"), gettext_lazy("Change")),
    "frame.installation.administer": (gettext_lazy("The installation"), gettext_lazy("Change")),
}
reserved: set[str] = set()  # resources for administrators: no wide pattern (`*.view`, `frame.*`) reaches them, only `*` and one that names them


def declare(role: str, *permissions: str) -> None:
    """Grant permissions to a standard role (called by resource declarations)."""
    if role not in standard_roles:
        raise LookupError(f"No standard role {role!r}; there are {sorted(standard_roles)}.")
    declared[role].update(permissions)
    grants_of.cache_clear()


@lru_cache(maxsize=64)
def grants_of(role: str) -> frozenset[str]:
    return frozenset((*standard_roles.get(role, ("", ()))[1], *declared.get(role, ())))


def in_words(permission: str) -> str:
    """A permission as people call it: of what, and what may be done; itself when nobody has said."""
    what, done = called.get(permission, (permission, ""))
    return f"{what}: {done}" if done else permission


class Lacking(PermissionDenied):
    """A right is missing, and which; told in the language of whoever reads it."""

    def __init__(self, permission: str) -> None:
        super().__init__(permission)
        self.permission = permission

    def __str__(self) -> str:
        words = {"right": in_words(self.permission), "permission": self.permission}
        return _("You lack the right “%(right)s” (%(permission)s) here. Ask the project manager for it.") % words


@dataclass(slots=True)
class Access:
    """One user's rights in one organisation. `everywhere` are grants for all projects, `by_project` for single ones."""

    tenant_id: int
    user_id: int | None
    everywhere: frozenset[str] = frozenset()
    by_project: dict[int, frozenset[str]] = field(default_factory=dict)
    roles: tuple[str, ...] = ()
    limits: tuple[narrowing.Limit, ...] = ()
    _seen: dict[str, frozenset[int] | None] = field(default_factory=dict)

    def projects(self, permission: str) -> frozenset[int] | None:
        """The projects where the permission holds; None means everywhere."""
        if permission not in self._seen:
            held: frozenset[int] | None = None
            if not is_granted(self.everywhere, permission):
                held = frozenset(p for p, grants in self.by_project.items() if is_granted(grants, permission))
            self._seen[permission] = narrowing.narrowed(permission, held, self.limits)
        return self._seen[permission]

    def allows(self, permission: str, *places: int | None) -> bool:
        """True when the permission holds in every one of these projects. None, or no place at all, is the organisation itself:
        only an organisation-wide grant reaches it."""
        projects = self.projects(permission)
        return projects is None or (bool(places) and all(place is not None and place in projects for place in places))

    def require(self, permission: str, *places: int | None) -> None:
        """Raise PermissionDenied, naming the missing right."""
        if not self.allows(permission, *places):
            raise Lacking(permission)

    def anywhere(self, permission: str) -> bool:
        """Whether the permission holds in any project at all. It opens a page or a list; what is on it is decided row by row."""
        projects = self.projects(permission)
        return projects is None or bool(projects)

    def require_anywhere(self, permission: str) -> None:
        """Raise PermissionDenied when the permission holds nowhere."""
        if not self.anywhere(permission):
            raise Lacking(permission)

    def grants_in(self, place: int | None) -> frozenset[str]:
        """Everything held in a project, or organisation-wide."""
        return self.everywhere if place is None else self.by_project.get(place, self.everywhere)

    def covers(self, grants: Iterable[str], place: int | None) -> bool:
        """Whether everything these grants allow is held there: nobody hands on what he has not."""
        held, asked = self.grants_in(place), tuple(grants)
        is_held = all(any(_implies(own, grant) for own in held) for grant in asked)
        # what a token was not given, it does not hand on either
        return is_held and all(limit.reaches(place) and all(any(_implies(own, grant) for own in limit.grants) for grant in asked) for limit in self.limits)

    @property
    def project_ids(self) -> frozenset[int] | None:
        """Projects of which anything may be seen; None means all of the organisation."""
        held = None if self.everywhere else frozenset(self.by_project)
        for limit in self.limits:
            held = narrowing.among(held, limit.projects)
        return held

    def narrowed(self, limits: tuple[narrowing.Limit, ...]) -> Access:
        """The same rights within these limits as well; limits add up and are never taken off."""
        return replace(self, limits=(*self.limits, *limits), _seen={}) if limits else self


def is_granted(grants: frozenset[str], permission: str) -> bool:
    return any(grant == permission or ("*" in grant and fnmatchcase(permission, grant) and _may_reach(grant, permission)) for grant in grants)


def _may_reach(grant: str, permission: str) -> bool:
    """Whether a pattern is meant to reach what is reserved, if that is."""
    key = permission.rpartition(".")[0]
    return key not in reserved or grant == "*" or grant.startswith(f"{key}.")


def _implies(own: str, grant: str) -> bool:
    """Whether a grant held allows all that another one (a pattern itself, perhaps) would."""
    return own == grant or ("*" in own and not {"?", "["} & set(own) and fnmatchcase(grant, own) and _may_reach(own, grant))


def access_of(user: User | int, tenant: Tenant | int) -> Access:
    """Load a user's rights in an organisation: one query. Who works through a token stays within its limits here too."""
    tenant_id = tenant if isinstance(tenant, int) else tenant.pk
    user_id = user if isinstance(user, int) else user.pk
    return _accesses([user_id], tenant_id, _held_by(user=user_id, tenant=tenant_id))[user_id]


def accesses_of(user_ids: Iterable[int], tenant_id: int) -> dict[int, Access]:
    """The same of many: one query."""
    ids = list(user_ids)
    return _accesses(ids, tenant_id, _held(Membership.objects.filter(user_id__in=ids, tenant_id=tenant_id)))


def _held(rows: QuerySet[Membership]) -> QuerySet[Any, Any]:
    return rows.filter(user__is_active=True).values_list("user_id", "project_id", "role__key", "role__grants", "role__is_standard")


_held_by = Prepared(lambda: _held(Membership.objects.filter(user_id=given("user"), tenant_id=given("tenant"))))


def _accesses(ids: list[int], tenant_id: int, held: Iterable[tuple[Any, ...]]) -> dict[int, Access]:
    everywhere: dict[int, set[str]] = {pk: set() for pk in ids}
    by_project: dict[int, dict[int, set[str]]] = {pk: defaultdict(set) for pk in ids}
    roles: dict[int, list[str]] = {pk: [] for pk in ids}
    for user_id, project_id, key, grants, is_standard in held:
        roles[user_id].append(key)
        granted = {*grants, *(grants_of(key) if is_standard else ())}
        (everywhere[user_id] if project_id is None else by_project[user_id][project_id]).update(granted)
    current, out = scope.peek(), {}
    for pk in ids:
        limits = current.limits if current is not None and current.user_id == pk else ()
        by = {p: frozenset(g | everywhere[pk]) for p, g in by_project[pk].items()}
        out[pk] = Access(tenant_id, pk, frozenset(everywhere[pk]), by, tuple(dict.fromkeys(roles[pk])), limits)
    return out


def system_access(tenant_id: int) -> Access:
    """Full rights for the machinery itself (jobs, demo, tests)."""
    return Access(tenant_id, None, frozenset({"*"}))


def access_still_holds(access: Access, session_key: str | None = None) -> bool:
    """Whether somebody who was let in with this access may stay: the person is active, the session (if one is named) lives, and the rights are
    what they were. Two small queries; asked by whatever stays open, such as a stream of events."""
    if access.user_id is None:
        return True
    if session_key is not None and not import_module(settings.SESSION_ENGINE).SessionStore().exists(session_key):
        return False
    now = access_of(access.user_id, access.tenant_id)
    return bool(now.roles) and (now.everywhere, now.by_project) == (access.everywhere, access.by_project)


def roles_of(tenant: Tenant) -> dict[str, Role]:
    """The standard roles of an organisation by their keys; made where they are not yet."""
    return {
        key: Role.objects.get_or_create(tenant=tenant, key=key, defaults={"name": str(name), "is_standard": True})[0]
        for key, (name, _grants) in standard_roles.items()
    }


def title_of_role(role: Role) -> str:
    """What a role is called in the language of now: a standard one by its own word, whatever the language was when the organisation began."""
    known = standard_roles.get(role.key) if role.is_standard else None
    return str(known[0]) if known is not None else str(role.name)


def grants_of_role(role: Role) -> frozenset[str]:
    """All that a role allows, what the resources declare for a standard role included."""
    return frozenset({*role.grants, *(grants_of(role.key) if role.is_standard else ())})

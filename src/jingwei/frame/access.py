"""Who may do what where: a permission is `resource.verb`, granted by a role in the organisation or in one project. Deny by default."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from functools import lru_cache

from django.core.exceptions import PermissionDenied
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from jingwei.frame import narrowing, scope
from jingwei.frame.models import Membership, Tenant, User

# The standard roles. What each may do beyond looking is declared by the resources themselves.
standard_roles: dict[str, tuple[object, tuple[str, ...]]] = {
    "owner": (gettext_lazy("Administrator"), ("*",)),
    "pmo": (gettext_lazy("PMO"), ("*.view", "*.export", "frame.project.*")),
    "manager": (gettext_lazy("Project manager"), ("*.view", "*.export")),
    "engineer": (gettext_lazy("Integration engineer"), ("*.view", "*.export")),
    "finance": (gettext_lazy("Finance"), ("*.view", "*.export")),
    "crew": (gettext_lazy("Site crew leader"), ()),
    "operations": (gettext_lazy("Operations"), ("*.view", "*.export")),
    "viewer": (gettext_lazy("Viewer"), ("*.view",)),
}
declared: dict[str, set[str]] = defaultdict(set)  # role → grants, filled by resource declarations


def declare(role: str, *permissions: str) -> None:
    """Grant permissions to a standard role (called by resource declarations)."""
    if role not in standard_roles:
        raise LookupError(f"No standard role {role!r}; there are {sorted(standard_roles)}.")
    declared[role].update(permissions)
    grants_of.cache_clear()


@lru_cache(maxsize=64)
def grants_of(role: str) -> frozenset[str]:
    return frozenset((*standard_roles.get(role, ("", ()))[1], *declared.get(role, ())))


class Lacking(PermissionDenied):
    """A right is missing, and which; told in the language of whoever reads it."""

    def __init__(self, permission: str) -> None:
        super().__init__(permission)
        self.permission = permission

    def __str__(self) -> str:
        return _("You lack the right “%(permission)s” here. Ask the project manager for it.") % {"permission": self.permission}


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

    def allows(self, permission: str, project_id: int | None = None) -> bool:
        """True when the permission holds in that project, or, without a project, anywhere at all."""
        projects = self.projects(permission)
        return projects is None or (bool(projects) if project_id is None else project_id in projects)

    def require(self, permission: str, project_id: int | None = None) -> None:
        """Raise PermissionDenied, naming the missing right."""
        if not self.allows(permission, project_id):
            raise Lacking(permission)

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
    return any(grant == permission or ("*" in grant and fnmatchcase(permission, grant)) for grant in grants)


def access_of(user: User, tenant: Tenant | int) -> Access:
    """Load a user's rights in an organisation: one query. Who works through a token stays within its limits here too."""
    tenant_id = tenant if isinstance(tenant, int) else tenant.pk
    everywhere: set[str] = set()
    by_project: dict[int, set[str]] = defaultdict(set)
    roles: list[str] = []
    rows = Membership.objects.filter(user=user, tenant_id=tenant_id, user__is_active=True)
    for project_id, key, grants, is_standard in rows.values_list("project_id", "role__key", "role__grants", "role__is_standard"):
        roles.append(key)
        granted = {*grants, *(grants_of(key) if is_standard else ())}
        (everywhere if project_id is None else by_project[project_id]).update(granted)
    current = scope.peek()
    limits = current.limits if current is not None and current.user_id == user.pk else ()
    by = {p: frozenset(g | everywhere) for p, g in by_project.items()}
    return Access(tenant_id, user.pk, frozenset(everywhere), by, tuple(dict.fromkeys(roles)), limits)


def system_access(tenant_id: int) -> Access:
    """Full rights for the machinery itself (jobs, demo, tests)."""
    return Access(tenant_id, None, frozenset({"*"}))

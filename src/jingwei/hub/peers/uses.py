"""Whose interfaces may use a system's log-in: its own project's, and those of the projects to which that was granted."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from jingwei.frame import scope
from jingwei.frame.models import Project
from jingwei.frame.postgres import locks
from jingwei.frame.records.resource import resource
from jingwei.frame.rights.access import Access, access_of
from jingwei.hub.models import Interface, System, SystemUse


def is_given(system: System, project_id: int) -> bool:
    """Whether interfaces of the project may use the system. Our own side has no log-in to guard: there the interface's grant decides."""
    if system.project_id == project_id or (system.connector == "local" and system.project_id is None):
        return True
    return bool(SystemUse.unscoped.filter(tenant_id=system.tenant_id, system=system, project_id=project_id).exists())


def projects_of(system: System) -> frozenset[int]:
    """Every project that stands on the system, also those which the person who asks may not see."""
    own = {system.tenant_id}
    used = SystemUse.unscoped.filter(tenant_id__in=own, system=system).values_list("project_id", flat=True)
    joined = (Interface.unscoped.filter(tenant_id__in=own, **{side: system}).values_list("project_id", flat=True) for side in ("system_a", "system_b"))
    return frozenset((*used, *(pk for rows in joined for pk in rows)))


def seen_from(projects: frozenset[int]) -> Q:
    """Systems that people of these projects may know of: their own, what is granted to them or serves their interfaces, and our own side."""
    joined = Interface.objects.filter(project_id__in=projects)
    used = SystemUse.objects.filter(project_id__in=projects).values("system_id")
    mine = Q(pk__in=used) | Q(pk__in=joined.values("system_a_id")) | Q(pk__in=joined.values("system_b_id"))
    return mine | Q(project_id__in=projects) | Q(connector="local", project=None)


def _hold(*systems: System) -> None:
    """Of who relies on a grant and who withdraws it, one comes after the other. An interface is locked before its systems, so that nobody waits in a circle."""
    locks.hold(*(f"uses of system {system.pk}" for system in systems))


def take(interface: Interface) -> None:
    """The interface's project may use both systems from now on, when it may already or when who acts may grant it. ValidationError at the system otherwise."""
    _hold(interface.system_a, interface.system_b)
    for side in ("a", "b"):
        system = interface.system(side)
        if is_given(system, interface.project_id):
            continue
        if not may_give(system):
            params = {"system": system.name, "project": interface.project.code}
            text = _("The log-in of “%(system)s” is not granted to project %(project)s. Ask who looks after the system to grant it.")
            raise ValidationError({f"system_{side}": ValidationError(text, params=params)})
        give(system=system, project=interface.project)


def may_give(system: System, access: Access | None = None) -> bool:
    """Whether who acts looks after the system, everywhere it stands. The machinery itself does."""
    if access is None:
        now = scope.current()
        if now.user_id is None:
            return True
        access = access_of(now.user_id, now.tenant_id)
    return access.allows("hub.system.connect", *resource("hub.system").places_of(system))


@transaction.atomic
def give(*, system: System, project: Project) -> SystemUse:
    """Interfaces of the project may use it."""
    use, _made = SystemUse.objects.get_or_create(system=system, project=project, defaults={"tenant_id": system.tenant_id})
    return use  # type: ignore[no-any-return]


@transaction.atomic
def withdraw(*, system: System, project: Project) -> None:
    """They may not any more. Refused while one of them is live."""
    _hold(system)
    live = Interface.objects.filter(project=project, stage=Interface.Stage.LIVE)
    names = sorted({each.name for each in live if system.pk in (each.system_a_id, each.system_b_id)})
    if names:
        raise ValidationError(_("These interfaces use it: %(names)s. Pause them first."), params={"names": ", ".join(names)})
    SystemUse.objects.filter(system=system, project=project).delete()

"""What is watched of interfaces: an outage is told to those who answer for it, once when it begins and once when it is over."""

from __future__ import annotations

from collections.abc import Sequence

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy

from jingwei.frame.models import User
from jingwei.frame.telling import notices, watches
from jingwei.frame.telling.watches import Watch
from jingwei.frame.telling.wording import Both, Said
from jingwei.frame.work.watching import look_after
from jingwei.hub.facts import InterfaceHealthChanged, InterfaceStageChanged
from jingwei.hub.models import Interface
from jingwei.hub.monitor import health


def interfaces_down() -> QuerySet[Interface]:
    """Live interfaces that are down."""
    return Interface.objects.filter(stage=Interface.Stage.LIVE, state=Interface.State.DOWN).select_related("project__manager")


def _answering_for(interface: Interface) -> Sequence[User]:
    people = {user.pk: user for user in (*watches.managers_of(interface.project), *notices.people_of(interface.project_id, "operations"))}
    return list(people.values())


def _down(interface: Interface) -> Said:
    text = gettext_lazy("Interface “%(name)s” of %(project)s is down: %(reason)s")
    return Said(text, name=interface.name[:80], project=interface.project.code, reason=Both(lambda: health.sentence(interface) or interface.state_reason))


down = Watch(
    "interface.down",
    gettext_lazy("Interface down"),
    "hub.interface",
    says=_down,
    tell=_answering_for,
    rows=interfaces_down,
    address=lambda interface: f"/hub/interfaces/{interface.key}/",
    level="alarm",
)
for _fact in (InterfaceHealthChanged, InterfaceStageChanged):
    look_after(_fact, down.key)

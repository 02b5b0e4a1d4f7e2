"""What is watched of interfaces: whatever health calls down or degraded is told to those who answer for it, once when it begins and once when it is over."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

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


def _live(state: str) -> QuerySet[Interface]:
    return Interface.objects.filter(stage=Interface.Stage.LIVE, state=state).select_related("project__manager")


def _answering_for(interface: Interface) -> Sequence[User]:
    people = {user.pk: user for user in (*watches.managers_of(interface.project), *notices.people_of(interface.project_id, "operations"))}
    return list(people.values())


_down = gettext_lazy("Interface “%(name)s” of %(project)s is down: %(reason)s")
_degraded = gettext_lazy("Interface “%(name)s” of %(project)s works only in part: %(reason)s")


def _worded(text: Any, interface: Interface) -> Said:
    return Said(text, name=interface.name[:80], project=interface.project.code, reason=Both(lambda: health.sentence(interface) or interface.state_reason))


def _watch(state: str, title: Any, text: Any, level: str) -> Watch:
    return Watch(
        f"interface.{state}",
        title,
        "hub.interface",
        says=lambda interface: _worded(text, interface),
        tell=_answering_for,
        rows=lambda: _live(state),
        address=lambda interface: f"/hub/interfaces/{interface.key}/",
        level=level,
    )


down = _watch(Interface.State.DOWN, gettext_lazy("Interface down"), _down, "alarm")
degraded = _watch(Interface.State.DEGRADED, gettext_lazy("Interface degraded"), _degraded, "warning")
for _fact in (InterfaceHealthChanged, InterfaceStageChanged):
    look_after(_fact, down.key, degraded.key)

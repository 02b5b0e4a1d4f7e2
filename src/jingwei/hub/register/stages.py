"""The life of an interface: drafted, live, paused, retired. Pausing keeps checkpoints, links and everything that waits."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from jingwei.frame.lives.lifecycle import Lifecycle, Step
from jingwei.frame.telling import facts
from jingwei.frame.work import jobs
from jingwei.hub.facts import InterfaceStageChanged
from jingwei.hub.models import Interface
from jingwei.hub.peers import uses
from jingwei.hub.register import overlaps

Stage = Interface.Stage


def check_published(interface: Interface) -> None:
    """What is switched on has a mapping."""
    if interface.published_id is None:
        raise ValidationError(_("Publish a mapping first."))


def _looked_at_now(interface: Any) -> None:
    interface.next_poll_at = timezone.now()


def _told(interface: Interface) -> None:
    facts.state(InterfaceStageChanged(interface_id=interface.pk, stage=interface.stage))


def _woken(interface: Interface) -> None:
    _told(interface)
    pk = interface.pk
    jobs.after_commit(lambda: wake([pk]))


def wake(interface_ids: Iterable[int]) -> None:
    """Have a worker look at these interfaces now."""
    for pk in interface_ids:
        jobs.defer("hub.cycle", once=str(pk), interface_id=pk)


life = Lifecycle(
    "stage",
    start=Stage.DRAFT,
    steps=(
        Step(
            "switch_on",
            _("Switch on"),
            (Stage.DRAFT, Stage.PAUSED, Stage.RETIRED),
            Stage.LIVE,
            needs=(check_published, uses.take, overlaps.refuse),
            does=_looked_at_now,
            then=_woken,
            icon="play",
        ),
        Step("pause", _("Pause"), (Stage.LIVE,), Stage.PAUSED, does=_looked_at_now, then=_told, icon="pause"),
        Step("retire", _("Retire"), (Stage.DRAFT, Stage.LIVE, Stage.PAUSED), Stage.RETIRED, does=_looked_at_now, then=_told, icon="archive", confirm=True),
    ),
    tones={Stage.DRAFT: "plain", Stage.LIVE: "good", Stage.PAUSED: "warn", Stage.RETIRED: "plain"},
    instead=_("Retire it instead."),
)


def step_to(stage: str) -> Step:
    """The step that leads to a stage. ValidationError names those there are."""
    for step in life.steps:
        if step.to == stage:
            return step
    words = {"stage": stage, "names": ", ".join(f"{step.to} ({step.title})" for step in life.steps)}
    raise ValidationError({"stage": ValidationError(_("No step leads to the stage “%(stage)s”; there are: %(names)s."), params=words)})

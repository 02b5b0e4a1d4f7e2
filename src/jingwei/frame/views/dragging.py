"""A card is put elsewhere: on a board that is a step of its life or a change of its field, in a month a change of its day; always through the commands."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from jingwei.frame.lives.lifecycle import Step
from jingwei.frame.records import commands
from jingwei.frame.records.resource import Resource
from jingwei.frame.rights.access import Access
from jingwei.frame.views.board import Board
from jingwei.frame.views.month import Month
from jingwei.frame.views.view import View


@dataclass(frozen=True)
class Move:
    """What putting a row somewhere means: a step, or new values."""

    step: Step | None
    values: Mapping[str, Any]

    @property
    def must_ask(self) -> bool:
        """Whether somebody has to say more first."""
        return self.step is not None and bool(self.step.asked or self.step.confirm)


def meant(view: View, resource: Resource, row: Any, to: str) -> Move:
    """What it means to put this row there. ValidationError says why it can mean nothing."""
    if isinstance(view, Month):
        day = view.value_on(resource, row, to)
        if day is None:
            raise ValidationError(_("“%(day)s” is no day that can be shown. Write one such as 2026-11-20.") % {"day": to[:40]})
        return Move(None, {view.field: day.strftime("%Y-%m-%d %H:%M:%S") if hasattr(day, "hour") else str(day)})
    if not isinstance(view, Board):
        raise ValidationError(_("Nothing can be moved in this view."))
    heads = view.heads(resource)
    if to not in heads:
        raise ValidationError(_("There is no column “%(column)s”. Choose one of the board.") % {"column": to[:40]})
    life = resource.life
    if life is None or life.field != view.field:
        return Move(None, {view.field: to})
    step = view.step_to(resource, row, to)
    if step is None:
        words = {"row": row, "present": life.words(row, [life.state_of(row)]), "wanted": heads[to]}
        raise ValidationError(_("“%(row)s” is “%(present)s”; no step leads from there to “%(wanted)s”.") % words)
    return Move(step, {})


def moved(resource: Resource, row: Any, move: Move, asked: Mapping[str, Any], access: Access, version: int | None) -> Any:
    """Do it with the version that was seen. ValidationError, Stale and PermissionDenied as the commands raise them."""
    if move.step is not None:
        return commands.act(resource, move.step.name, row, {name: asked.get(name) for name in move.step.asked}, access, version=version)
    return commands.change(resource, row, move.values, access, version=version)

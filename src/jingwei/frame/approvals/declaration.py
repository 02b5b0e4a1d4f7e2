"""What an approval means for a resource: its life, the state in which rows wait, and whose work it is."""

from __future__ import annotations

from typing import Any

from jingwei.frame.lives.approval import Approval
from jingwei.frame.lives.eyes import Authors
from jingwei.frame.records.resource import Resource


def waits_in(resource: Resource) -> str:
    """The state in which rows of a resource with an approval wait for votes."""
    life, approval = declared(resource)
    return str(life.step(approval.on).to)


def declared(resource: Resource) -> tuple[Any, Approval]:
    """Its life and its approval; LookupError when it has none."""
    if resource.life is None or resource.approval is None:
        raise LookupError(f"{resource.key} has no approval")
    return resource.life, resource.approval


def never_by(resource: Resource) -> list[Authors]:
    """Whose work it is: who wrote what is voted on, who submitted it, and whom the steps themselves name."""
    life, approval = declared(resource)
    own = [found for step in (approval.yes, approval.no) if (found := life.step(step).never_by) is not None]
    columns = tuple(name for name in approval.voids_on if name in resource.fields)
    return [*own[:1], *(each for each in own[1:] if each != own[0]), Authors(columns, moved_to=(waits_in(resource),))]

"""What an outage of an interface puts at stake. The hub knows no plan: whoever has one tells what waits for an interface."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from jingwei.frame.rights.access import Access


@dataclass(frozen=True, slots=True)
class Stake:
    """One thing that waits: its name, its page, and more of it in words."""

    name: str
    url: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Stakes:
    """`waits` hang on the interface directly, `behind` are moved by them; `bind_url` leads where something is bound to the interface."""

    waits: list[Stake] = field(default_factory=list)
    behind: list[Stake] = field(default_factory=list)
    bind_url: str = ""


_tellers: list[Callable[[Access, int, int], Stakes | None]] = []


def tells(teller: Callable[[Access, int, int], Stakes | None]) -> None:
    """Declare who knows what waits for an interface: `(access, project, interface)`; None where the reader may not look."""
    _tellers.append(teller)


def at_stake(access: Access, project_id: int, interface_id: int) -> Stakes | None:
    """What waits for an interface, for these eyes; None when they may not know."""
    known = [found for tell in _tellers if (found := tell(access, project_id, interface_id)) is not None]
    if not known:
        return None
    return Stakes([s for k in known for s in k.waits], [s for k in known for s in k.behind], next((k.bind_url for k in known if k.bind_url), ""))

"""A widget, declared once in a room's `widgets.py`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from jingwei.frame.rights.access import Access
from jingwei.frame.widgets.desk import Answer, Desk

registry: dict[str, Widget] = {}
shapes = ("list", "count", "trend", "chart")


@dataclass(frozen=True)
class Widget:
    """`answer(desk)` in a fixed number of queries; `permission` is needed somewhere (empty: none). `homes` says where it stands first for a role, by
    order: {"finance": 10}; everybody else may take it onto his own."""

    key: str
    title: Any
    answer: Callable[[Desk], Answer]
    permission: str = ""
    shape: str = "list"
    homes: Mapping[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.key in registry or self.shape not in shapes:
            raise LookupError(f"the widget {self.key} is declared twice, or its shape {self.shape!r} is none of {shapes}")
        registry[self.key] = self

    def is_for(self, access: Access) -> bool:
        """Whether this person may see anything in it."""
        return not self.permission or access.anywhere(self.permission)

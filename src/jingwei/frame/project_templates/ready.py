"""Templates that come with the product: a room above says which there are, in the language of the moment."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from jingwei.frame.project_templates import file

registry: dict[str, Ready] = {}


@dataclass(frozen=True, slots=True)
class Ready:
    """`build()` gives the template as a file would say it."""

    key: str
    title: Any
    summary: Any
    build: Callable[[], dict[str, Any]]
    icon: str = "folder"

    def __post_init__(self) -> None:
        registry[self.key] = self


def templates() -> Iterator[Ready]:
    """All of them in the order they were declared."""
    yield from list(registry.values())


def content_of(key: str) -> bytes:
    """The file of one. ValidationError when there is none of that key."""
    if key not in registry:
        raise ValidationError({"ready": _("There is no such template. Choose one of: %(known)s.") % {"known": ", ".join(registry)}})
    return file.packed(registry[key].build(), {})[0]

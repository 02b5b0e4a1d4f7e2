"""What one does to a row beyond editing it, and the rows that live inside its form."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from jingwei.frame.lives.lifecycle import Lifecycle, Step


@dataclass(frozen=True)
class Verb:
    """Something one does to a row beyond editing it. `run(instance=…, **values)` is a service; `fields` are asked for first."""

    name: str
    title: Any
    run: Callable[..., Any]
    fields: tuple[str, ...] = ()
    icon: str = "check"
    bulk: bool = False
    confirm: bool = False
    when: Callable[[Any], bool] | None = None

    def applies(self, instance: Any) -> bool:
        """Whether it makes sense for this row now."""
        return self.when is None or self.when(instance)


@dataclass(frozen=True)
class Children:
    """Rows that live inside their parent's form: `name` is the related accessor, `fields` what the form shows, `title` their heading when not the usual one."""

    name: str
    fields: tuple[str, ...]
    title: Any = ""


def verb_of(life: Lifecycle, step: Step) -> Verb:
    """A step as something one does to a row."""

    def run(*, instance: Any, **asked: Any) -> Any:
        return life.take(instance, step.name, **asked)

    return Verb(
        step.name, step.title, run, fields=step.asked, icon=step.icon, bulk=step.bulk, confirm=step.confirm,
        when=lambda row: life.may_begin(row, step.name),
    )  # fmt: skip

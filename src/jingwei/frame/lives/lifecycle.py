"""A life: the states of a row, the steps that lead from one to another, what is fixed in a state, and who may not take a step."""

from __future__ import annotations

import dataclasses
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeVar

from django.core.exceptions import FieldDoesNotExist, ValidationError
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext as _

from jingwei.frame import scope
from jingwei.frame.lives.eyes import Authors
from jingwei.frame.models import History
from jingwei.frame.telling import facts
from jingwei.frame.telling.facts import Fact
from jingwei.kernels.bounds import is_seen

Everything = ("*",)  # of a row that is fixed as a whole


Row = TypeVar("Row", bound=models.Model)


@dataclass(frozen=True, slots=True, kw_only=True)
class StepTaken(Fact):
    """A row has moved on from state to state."""

    resource: str
    row_id: int
    project_id: int | None
    step: str
    before: str
    after: str


@dataclass(frozen=True)
class Step:
    """One way on. `from_` are the states in which it can be taken, `to` the state it leads to; in those of `stays_in` it can be taken too, and the row stays.

    `asks` are fields that are asked for, of which `may_ask` may stay empty; `needs` are checks of the row with them, raising ValidationError; `does` fills
    in what follows; then the row is written, with `stamps` ("submitted" → submitted_by, submitted_at, as far as it has them) and without those of `clears`;
    `then` follows in the same transaction. `never_by` may not take it. `unless(row)` says why a row may not take it, whatever way its state comes; nothing when it may.
    """

    name: str
    title: Any
    from_: tuple[str, ...]
    to: str
    stays_in: tuple[str, ...] = ()
    asks: tuple[str, ...] = ()
    may_ask: tuple[str, ...] = ()
    needs: tuple[Callable[[Any], None], ...] = ()
    unless: Callable[[Any], str] | None = None
    does: Callable[[Any], None] | None = None
    stamps: str = ""
    clears: tuple[str, ...] = ()
    never_by: Authors | None = None
    then: Callable[[Any], Any] | None = None
    icon: str = "check"
    bulk: bool = False
    confirm: bool = False

    @property
    def is_plain(self) -> bool:
        """Whether it does nothing but move the row on: what comes in with its state may go this way."""
        return not (self.asks or self.needs or self.then or self.never_by)

    @property
    def begins(self) -> tuple[str, ...]:
        """Every state in which it can be taken."""
        return (*self.from_, *self.stays_in)

    @property
    def asked(self) -> tuple[str, ...]:
        """Every field it asks for."""
        return (*self.asks, *self.may_ask)

    def refusal(self, row: Any) -> str:
        """Why this row may not take it; empty when it may."""
        return self.unless(row) if self.unless is not None else ""


@dataclass(frozen=True)
class Lifecycle:
    """The life of a model's rows, told by its field of choices.

    `locked` says which fields are fixed in a state (`Everything` for all of them, parts included), `mend` what to do instead of changing them (one text, or one for each of those states);
    `stands(row)` says why a row is fixed as a whole in whatever state, as it follows from something else; empty when it is not;
    `is_carried`: its state comes in with an import or an interface and goes out with them; the row goes there by steps that do nothing else.
    `removable` are the states in which a row may be deleted, unless it has ever been in one of `stays_after`; `instead` is said where something of it has to stay; `tones` the colours of the states (good, busy, warn, bad, plain) where their names do not tell them.
    """

    field: str
    start: str
    steps: tuple[Step, ...]
    locked: Mapping[str, tuple[str, ...]] = dataclasses.field(default_factory=dict)
    removable: tuple[str, ...] | None = None
    stays_after: tuple[str, ...] = ()
    instead: Any = ""
    mend: Any = ""
    stands: Callable[[Any], str] | None = None
    is_carried: bool = False
    tones: Mapping[str, str] = dataclasses.field(default_factory=dict)
    voted: set[str] = dataclasses.field(default_factory=set, init=False, compare=False)  # steps that only votes take; an approval declared beside it says which

    @cached_property
    def states(self) -> tuple[str, ...]:
        """Every state there is: those of the main way, then the others in the order in which the steps name them."""
        return tuple(dict.fromkeys((*self.main, *(state for step in self.steps for state in (*step.begins, step.to)))))

    @cached_property
    def main(self) -> tuple[str, ...]:
        """The main way: the longest from the start that comes to no state twice; of several the one that asks least, else whose steps stand first."""
        ways: list[tuple[tuple[int, int], tuple[str, ...]]] = []

        def go_on(way: tuple[str, ...], asked: int) -> None:
            ways.append(((-len(way), asked), way))
            for step in self.steps:
                if way[-1] in step.from_ and step.to not in way:
                    go_on((*way, step.to), asked + len(step.asks))

        go_on((self.start,), 0)
        return min(ways, key=lambda each: each[0])[1]

    @cached_property
    def names(self) -> frozenset[str]:
        """What its steps are called."""
        return frozenset(step.name for step in self.steps)

    def step(self, name: str) -> Step:
        """The step of that name; LookupError when there is none."""
        for each in self.steps:
            if each.name == name:
                return each
        raise LookupError(f"there is no step {name!r}")

    def state_of(self, row: Any) -> str:
        """Where it is."""
        return str(getattr(row, self.field))

    def words(self, row: Any, states: Iterable[str]) -> str:
        """States as people call them."""
        names = dict(row._meta.get_field(self.field).flatchoices)
        return ", ".join(str(names.get(state, state)) for state in states)

    def may_begin(self, row: Any, name: str) -> bool:
        """Whether the step can be taken in the state of now."""
        return self.state_of(row) in self.step(name).begins

    def take(self, row: Row, name: str, **asked: Any) -> Row:
        """Take a step with a row that the caller holds locked. ValidationError says from where it is possible, what is missing, or who else must do it."""
        self.check_begin(row, name)
        self.check_not_voted(name)
        return self.decide(row, name, **asked)

    def check_not_voted(self, name: str) -> None:
        """Raise ValidationError when the step is taken by votes only."""
        if name in self.voted:
            raise ValidationError(_("“%(step)s” is decided by votes. Vote on its page, or as a program at …/vote.") % {"step": self.step(name).title})

    def decide(self, row: Row, name: str, **asked: Any) -> Row:
        """The same when enough people have voted for it: for the machinery of approvals only."""
        step = self.step(name)
        before = self._prepare(row, step, asked)
        row.save()
        if step.then is not None:
            step.then(row)
        _tell(row, step, before, self.state_of(row))
        return row

    def _prepare(self, row: Any, step: Step, asked: Mapping[str, Any]) -> str:
        """Check it and move it on, unwritten; returns where it was."""
        self.check_begin(row, step.name)
        if step.never_by is not None and (refusal := step.never_by.refuse(row, self.field)):
            raise ValidationError(refusal)
        if refusal := step.refusal(row):
            raise ValidationError(refusal)
        for name, value in asked.items():
            setattr(row, name, value)
        _require_given(row, step)
        for need in step.needs:
            need(row)
        before = self.state_of(row)
        if step.does is not None:
            step.does(row)
        if before in step.from_:
            setattr(row, self.field, step.to)
        for stamp in step.clears:
            _stamp(row, stamp, None, None)
        if step.stamps:
            _stamp(row, step.stamps, scope.current().user_id, timezone.now())
        return before

    def check_carried(self, row: Any, moves: Sequence[tuple[str, Step]]) -> None:
        """Raise ValidationError when the row may not take one of the steps by which it would come to the state that it brings along."""
        for refusal in (step.refusal(row) for _before, step in moves):
            if refusal:
                raise ValidationError({self.field: refusal})

    def tell(self, row: Any, moves: Sequence[tuple[str, Step]]) -> None:
        """State the steps, each with where it began, by which a row that was written came where it is."""
        for before, step in moves:
            _tell(row, step, before, step.to)

    def check_begin(self, row: Any, name: str) -> None:
        """Raise ValidationError saying from where the step is possible; another verb than a step is possible anywhere as far as this knows."""
        step = next((each for each in self.steps if each.name == name), None)
        if step is not None and self.state_of(row) not in step.begins:
            words = {"row": row, "present": self.words(row, [self.state_of(row)]), "allowed": self.words(row, step.begins)}
            raise ValidationError(_("“%(row)s” is “%(present)s”; this step is possible from: %(allowed)s.") % words)

    def is_step(self, before: Mapping[str, Any], after: Mapping[str, Any]) -> bool:
        """Whether a change of a row was a step. An edit may throw a row back to its beginning; no step leads there."""
        return self.field in after and before.get(self.field) != after[self.field] and after[self.field] != self.start

    def path(self, before: str, after: str) -> tuple[tuple[str, Step], ...] | None:
        """The fewest plain steps from one state to another, each with where it begins; None when there is no such way. What comes in with its state goes that way."""
        ways: dict[str, tuple[tuple[str, Step], ...]] = {before: ()}
        waiting = deque([before])
        while waiting and after not in ways:
            state = waiting.popleft()
            for step in self.steps:
                if state in step.from_ and step.to not in ways and step.is_plain and step.name not in self.voted:
                    ways[step.to] = (*ways[state], (state, step))
                    waiting.append(step.to)
        return ways.get(after)

    def fixed(self, row: Any) -> tuple[str, ...]:
        """The fields that are fixed in the state of now."""
        if self.stands is not None and self.stands(row):
            return Everything
        return self.locked.get(self.state_of(row), ())

    def check_change(self, row: Any, values: Mapping[str, Any]) -> None:
        """Raise ValidationError at each field of a locked row that would be different."""
        fixed = self.fixed(row)
        changed = [name for name, value in values.items() if name != self.field and (fixed == Everything or name in fixed) and not _is_same(row, name, value)]
        if changed:
            refusal = self._fixed_as_it_is(row)
            raise ValidationError(refusal if fixed == Everything else dict.fromkeys(changed, refusal))

    def check_parts(self, row: Any) -> None:
        """Raise ValidationError when parts of the row may not be written: it is fixed as a whole."""
        if self.fixed(row) == Everything:
            raise ValidationError(self._fixed_as_it_is(row))

    def check_removal(self, row: Any) -> None:
        """Raise ValidationError when the row has to stay: because of where it is, or of where it has been."""
        words = {"row": row, "present": self.words(row, [self.state_of(row)]), "mend": self._mend_of(row)}
        if self.removable is not None and self.state_of(row) not in self.removable:
            raise ValidationError((_("“%(row)s” is “%(present)s” and stays on record. %(mend)s") % words).strip())
        if self.stays_after and self._has_been(row, self.stays_after):
            words["states"] = self.words(row, self.stays_after)
            raise ValidationError(_("“%(row)s” has been “%(states)s” and stays on record.") % words)

    def staying(self, rows: models.QuerySet[Any]) -> models.QuerySet[Any]:
        """Those of these rows that have to stay, as `check_removal` says of one."""
        stays = models.Q(pk__in=[]) if self.removable is None else ~models.Q(**{f"{self.field}__in": self.removable})
        if self.stays_after:
            lines = History.unscoped.filter(tenant_id=models.OuterRef("tenant_id"), resource=rows.model._meta.label_lower, object_id=models.OuterRef("pk"))
            stays |= models.Q(models.Exists(lines.filter(action=History.Action.UPDATE, **{f"after__{self.field}__in": list(self.stays_after)})))
        return rows.filter(stays)

    def _has_been(self, row: Any, states: Sequence[str]) -> bool:
        """Whether it was ever in one of these states, as its history tells, wherever it was then."""
        lines = History.unscoped.filter(tenant_id=row.tenant_id, resource=row._meta.label_lower, object_id=row.pk, action=History.Action.UPDATE)
        return lines.filter(**{f"after__{self.field}__in": list(states)}).exists()

    def may_take(self, row: Any, name: str) -> bool:
        """Whether the step begins where the row is, and who works now may be the one to take it."""
        step = self.step(name)
        is_mine = step.never_by is None or not step.never_by.refuse(row, self.field)
        return self.may_begin(row, name) and name not in self.voted and is_mine and not step.refusal(row)

    def may_remove(self, row: Any) -> bool:
        """Whether the row need not stay where it is."""
        return self.removable is None or self.state_of(row) in self.removable

    def _mend_of(self, row: Any) -> Any:
        return self.mend.get(self.state_of(row), "") if isinstance(self.mend, Mapping) else self.mend

    def _fixed_as_it_is(self, row: Any) -> str:
        if self.stands is not None and (refusal := self.stands(row)):
            return refusal
        words = {"row": row, "present": self.words(row, [self.state_of(row)]), "mend": self._mend_of(row)}
        return (_("“%(row)s” is “%(present)s” and is not changed any more. %(mend)s") % words).strip()


def _tell(row: Any, step: Step, before: str, after: str) -> None:
    key, place = row._meta.label_lower, getattr(row, "project_id", None)
    facts.state(StepTaken(resource=key, row_id=row.pk, project_id=place, step=step.name, before=before, after=after))


def _require_given(row: Any, step: Step) -> None:
    empty = [name for name in step.asks if getattr(row, name) in (None, "") or (isinstance(getattr(row, name), str) and not is_seen(getattr(row, name)))]
    if empty:
        raise ValidationError({name: _("“%(step)s” needs this.") % {"step": step.title} for name in empty})


def _stamp(row: Any, stamp: str, user_id: int | None, at: Any) -> None:
    """Who and when, as far as the row has room for them."""
    for name, value in ((f"{stamp}_by", user_id), (f"{stamp}_at", at)):
        try:
            found = row._meta.get_field(name)
        except FieldDoesNotExist:
            continue
        setattr(row, found.attname, value)


def _is_same(row: Any, name: str, value: Any) -> bool:
    """Whether this is what stands there already; a list of parts never is."""
    try:
        found = row._meta.get_field(name)
    except FieldDoesNotExist:
        return False
    if not hasattr(found, "attname"):
        return False
    return bool(getattr(row, found.attname) == (getattr(value, "pk", value) if found.is_relation else value))


__all__ = ["Authors", "Everything", "Lifecycle", "Step", "StepTaken"]

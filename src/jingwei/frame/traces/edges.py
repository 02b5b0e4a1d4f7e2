"""Edges are made, confirmed again and removed here, by every way in; and taken back by undo."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ObjectDoesNotExist, PermissionDenied, ValidationError
from django.db import IntegrityError, transaction
from django.db.models import Case, Q, QuerySet, Value, When
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from jingwei.frame import scope
from jingwei.frame.lives.lifecycle import Everything
from jingwei.frame.models import Edge, History
from jingwei.frame.models.values import unreadable
from jingwei.frame.postgres.prepared import Prepared, given
from jingwei.frame.records import commands, meant, turns, undo
from jingwei.frame.records.resource import Resource
from jingwei.frame.records.turns import in_turn
from jingwei.frame.rights.access import Access
from jingwei.frame.traces.trace import Trace, back, far_of, heading, is_suspect, on, registry, relations_of

edges_at_most = 200  # that a page shows of one relation


@dataclass(frozen=True, slots=True)
class Told:
    """An edge as it is told from one of its ends: the row at the other one, and whether it may be changed."""

    edge: Any
    trace: Trace
    way: str
    far: Resource
    row: Any
    may_change: bool
    may_remove: bool

    @property
    def is_suspect(self) -> bool:
        """Whether one of its ends is not what it was."""
        return is_suspect(self.edge)

    @property
    def seen(self) -> str:
        """What its ends are now; who confirms says that he has seen this."""
        return f"{self.edge.source_now}{self.edge.target_now}"


_leading_away = Q(source=given("resource"), source_id=given("row"))
_of_row = Prepared(
    lambda: (
        Edge.unscoped.filter(_leading_away | Q(target=given("resource"), target_id=given("row")), tenant_id=given("tenant"))
        .annotate(way=Case(When(_leading_away, then=Value(on)), default=Value(back)))
        .values_list("trace", "way")
        .distinct()
    )
)


def every(found: Resource, row: Any, access: Access) -> Iterator[tuple[Trace, str, list[Told]]]:
    """Each relation of a row with its edges as `told_of` tells them. One statement, and two for each relation that has any edge."""
    relations = relations_of(found)
    borne = set(_of_row(resource=found.key, row=row.pk, tenant=scope.current().tenant_id)) if relations else ()
    for trace, way in relations:
        yield trace, way, told_of(trace, way, row, access) if (trace.name, way) in borne else []


def told_of(trace: Trace, way: str, row: Any, access: Access, most: int = edges_at_most) -> list[Told]:
    """The edges of one relation of a row, in the order in which they were made; one more than `most` when there are further ones. Two statements."""
    far = far_of(trace, way)
    edges = list(trace.told(access).filter(**{_near(way): row.pk}).select_related("confirmed_by").order_by("pk")[: most + 1])
    rows = far.seen(access).in_bulk([getattr(edge, _far(way)) for edge in edges])
    source, out = trace.ends[0], []
    for edge in edges:
        if (other := rows.get(getattr(edge, _far(way)))) is not None:
            changed = row if way == on else other
            may = access.allows(source.permission("change"), *source.places_of(changed))
            out.append(Told(edge, trace, way, far, other, may, may and not is_fixed(source, changed)))
    return out


def is_fixed(found: Resource, row: Any) -> bool:
    """Whether a row is fixed as a whole: it gains and loses no edges as a source."""
    return found.life is not None and found.life.fixed(row) == Everything


def _near(way: str) -> str:
    return "source_id" if way == on else "target_id"


def _far(way: str) -> str:
    return "target_id" if way == on else "source_id"


def relation(found: Resource, name: str, way: str = "") -> tuple[Trace, str]:
    """The trace of that name that these rows can stand at the end of, and the way it leads. ValidationError names those there are."""
    known = relations_of(found)
    for trace, each in known:
        if trace.name == name and way in ("", each):
            return trace, each
    names = ", ".join(dict.fromkeys(trace.name for trace, _way in known))
    raise ValidationError({"trace": _("There is no trace “%(name)s” here. Choose one of: %(known)s.") % {"name": name[:40], "known": names}})


def named(far: Resource, to: int | str, access: Access) -> Any:
    """The row that is meant by its id (a number) or its code, in a person's form also by words of its name, among those that may be seen. ValidationError when it is none or not one."""
    if isinstance(to, int):
        found = far.seen(access).filter(pk=to).first() if 0 < to < 2**63 else None
        if found is None:
            raise _unknown(str(to))
        return found
    return by_code(far, to, far.seen(access))


def by_code(far: Resource, text: str, rows: QuerySet[Any]) -> Any:
    """The one of these rows that is meant by its code, or by what somebody typed for it (see records/meant.py)."""
    words = "" if unreadable(text) else text.strip()[:200]
    try:
        row = (far.named(words, rows) or meant.only(far, words, rows)) if words else None
    except ValidationError as problem:
        raise ValidationError({"to": problem.messages}) from None
    if row is None:
        like = meant.unknown(far, words, rows) if words else None
        raise ValidationError({"to": like}) if like is not None else _unknown(text)
    return row


def _unknown(text: str) -> ValidationError:
    return ValidationError({"to": _("There is no “%(name)s” among what you may see. Choose one from the list.") % {"name": text[:80]}})


def _authorised(trace: Trace, source: Any, target: Any, access: Access, *, is_change: bool = True, via: str = "") -> None:
    """The right to change the source, wherever it belongs; the target must be one of those that may be seen. What is fixed as a whole gains and loses no edges."""
    found, other = trace.ends
    commands.authorise(access, found, "change", source, via=via)
    if not other.seen(access).filter(pk=target.pk).exists() or not found.seen(access).filter(pk=source.pk).exists():
        raise PermissionDenied
    turns.take({place for place in (found.project_of(source), other.project_of(target)) if place is not None})
    turns.stay(found, source)
    turns.stay(other, target)
    if is_change and found.life is not None:
        found.life.check_parts(source)


def _print(trace: Trace, way: str, row: Any) -> str:
    text: str = trace.ends[way == back].model.objects.filter(pk=row.pk).values_list(trace.print_of(way), flat=True).get()
    return text


@in_turn
def join(trace: Trace, source: Any, target: Any, access: Access, *, via: str = "") -> Edge:
    """A new edge, with the prints of now; `via` is the way by which it comes, such as an import. ValidationError when the ends cannot be joined, PermissionDenied without the right."""
    _authorised(trace, source, target, access, via=via)
    found, other = trace.ends
    places = {found.project_of(source), other.project_of(target)} - {None}
    if len(places) > 1 and not trace.crosses_projects:
        raise ValidationError({"to": _("“%(value)s” belongs to another project. Choose one of the same project.") % {"value": other.name_of(target)}})
    if trace.source == trace.target and source.pk == target.pk:
        raise ValidationError({"to": _("Nothing is joined to itself. Choose another one.")})
    try:
        with transaction.atomic():
            made: Edge = Edge.objects.create(
                trace=trace.name, source=found.key, source_id=source.pk, target=other.key, target_id=target.pk, **_prints(trace, source, target)
            )  # fmt: skip
            return made
    except IntegrityError:
        raise ValidationError({"to": _("“%(value)s” is joined already.") % {"value": target}}) from None


def _prints(trace: Trace, source: Any, target: Any) -> dict[str, Any]:
    return {
        "source_print": _print(trace, on, source), "target_print": _print(trace, back, target),
        "confirmed_by_id": scope.current().user_id, "confirmed_at": timezone.now(),
    }  # fmt: skip


def _ends(edge: Edge) -> tuple[Any, Any]:
    found, other = registry[edge.trace].ends
    return found.model.objects.get(pk=edge.source_id), other.model.objects.get(pk=edge.target_id)


@in_turn
def part(edge: Edge, access: Access) -> None:
    """Remove an edge."""
    _authorised(registry[edge.trace], *_ends(edge), access)
    edge.delete()


@in_turn
def confirm(edge: Edge, access: Access, seen: str = "") -> Edge:
    """Somebody has looked: the prints are those of now. Also when the source is fixed, as its targets are not. ValidationError when they are not any more those that were `seen`."""
    trace, (source, target) = registry[edge.trace], _ends(edge)
    _authorised(trace, source, target, access, is_change=False)
    current: Edge = Edge.objects.select_for_update(no_key=True).get(pk=edge.pk)
    now = _prints(trace, source, target)
    if seen and seen != now["source_print"] + now["target_print"]:
        raise ValidationError(_("“%(value)s” was changed again in the meantime. Look at it, and confirm once more.") % {"value": target})
    for name, value in now.items():
        setattr(current, name, value)
    current.save()
    return current


def find(found: Resource, row: Any, pk: int, access: Access) -> Edge | None:
    """The edge of that id at this row, when it is told; None otherwise."""
    for trace, way in relations_of(found):
        edge = trace.told(access).filter(pk=pk, **{_near(way): row.pk}).first()
        if edge is not None:
            return edge
    return None


def _take_back(line: History, access: Access) -> str:
    """Undo one line of an edge's history, by the same rights."""
    edge = Edge.objects.filter(pk=line.object_id).first()
    kept = line.before if line.action == History.Action.DELETE else line.after
    trace = registry.get((kept or {}).get("trace", edge.trace if edge is not None else ""))
    try:
        if line.action == History.Action.INSERT and edge is not None:
            part(edge, access)
        elif line.action == History.Action.DELETE and edge is None and trace is not None:
            _bring_back(trace, line, access)
        elif line.action == History.Action.UPDATE and edge is not None and trace is not None:
            return _put_back(trace, edge, line, access)
    except (ValidationError, PermissionDenied, IntegrityError) as problem:
        return "; ".join(getattr(problem, "messages", [str(problem)]))
    except ObjectDoesNotExist:
        return _("%(what)s %(id)s is gone.") % {"what": heading(trace, on) if trace else "", "id": line.object_id}
    return ""


def _bring_back(trace: Trace, line: History, access: Access) -> None:
    kept = line.before or {}
    edge = Edge(pk=line.object_id)
    for field in Edge._meta.concrete_fields:
        if field.attname in kept:
            setattr(edge, field.attname, field.to_python(kept[field.attname]))
    _authorised(trace, *_ends(edge), access)
    with transaction.atomic():
        edge.save(force_insert=True)


def _put_back(trace: Trace, edge: Edge, line: History, access: Access) -> str:
    before, after = line.before or {}, line.after or {}
    _authorised(trace, *_ends(edge), access, is_change=False)
    names = [name for name in ("source_print", "target_print", "confirmed_by_id") if name in before]
    if any(getattr(edge, name) != after[name] for name in names):
        return _("%(what)s %(id)s was changed again in “%(field)s”.") % {"what": trace.title, "id": edge.pk, "field": _("confirmed")}
    for name in names:
        setattr(edge, name, before[name])
    if (at := parse_datetime(before.get("confirmed_at", ""))) is not None:
        edge.confirmed_at = at
    edge.save()
    return ""


undo.takers[Edge._meta.label_lower] = _take_back

"""What an undo must leave where it is: what others have done to rows that a trace made, or have put on them, and whatever that stands on."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from django.db import models

from jingwei.frame import scope
from jingwei.frame.models import Attachment, Comment, History
from jingwei.frame.records import along
from jingwei.frame.records.resource import registry

Node = tuple[str, int]  # resource, id
Part = tuple[type[models.Model], int]


class Held:
    """Rows that stay, of one undo: known beforehand, or since taking them back was refused."""

    def __init__(self, lines: Sequence[History]) -> None:
        self.trace, self.actor = lines[0].trace, lines[0].actor_id
        self.made = {(line.resource, line.object_id): line.pk for line in lines if line.action == History.Action.INSERT}
        self.stays: set[Node] = set()
        self.touched: set[Node] = set()  # of these those that somebody has changed himself, or put a word or a file to

    def keep(self, resource: str, ids: Iterable[int]) -> None:
        """They could not be taken back: what they stand on stays too."""
        self.stays |= {(resource, pk) for pk in ids}

    def among(self, model: type[models.Model], ids: set[int]) -> set[int]:
        """Of rows of one model those that stay, for their own sake or for that of what would be deleted with them. A few queries, however many."""
        above = _above(model, ids)
        by_model: dict[type[models.Model], set[int]] = {}
        for each, pk in above:
            by_model.setdefault(each, set()).add(pk)
        fresh = [node for node in above if (node[0]._meta.label_lower, node[1]) in self.stays]
        for each, found in by_model.items():
            self._touch(each, found)
            label = each._meta.label_lower
            fresh += [(each, pk) for pk in found if (label, pk) in self.touched or (label in registry and (label, pk) not in self.made)]
        reached = set(fresh)
        while fresh:
            fresh = [node for below in fresh for node in above[below] if node not in reached]
            reached |= set(fresh)
        self.stays |= {(each._meta.label_lower, pk) for each, pk in reached}
        return {pk for each, pk in reached if each is model} & ids

    def _touch(self, model: type[models.Model], ids: set[int]) -> None:
        """Note the rows that somebody else has changed since they were made, or put a word or a file to."""
        label, tenant = model._meta.label_lower, scope.current().tenant_id
        lines = History.unscoped.filter(tenant_id=tenant, resource=label, object_id__in=ids).exclude(trace=self.trace).exclude(actor_id=None)
        told = [(pk, number, actor) for pk, number, actor in lines.values_list("object_id", "pk", "actor_id")]
        for carried in (Comment, Attachment) if label in registry else ():
            rows = carried.unscoped.filter(tenant_id=tenant, resource=label, row_id__in=ids).values_list("row_id", "by_id")
            told += [(pk, self.made.get((label, pk), 0) + 1, by) for pk, by in rows]
        self.touched |= {(label, pk) for pk, number, actor in told if actor != self.actor and number > self.made.get((label, pk), 0)}


def _above(model: type[models.Model], ids: set[int]) -> dict[Part, list[Part]]:
    """These rows and all that the database would delete with them, each with the rows with which it goes."""
    above: dict[Part, list[Part]] = {(model, pk): [] for pk in ids}
    fresh = {model: set(ids)}
    while fresh:
        whole, found = fresh.popitem()
        for part, field in along.parts(whole):
            for pk, owner in part._base_manager.filter(**{f"{field.name}__in": found}).values_list("pk", field.attname):
                if (part, pk) not in above:
                    above[part, pk] = []
                    fresh.setdefault(part, set()).add(pk)
                above[part, pk].append((whole, owner))
    return above

"""Loops among links: what leads back to where it came from, links of tasks and of what they are parts of."""

from __future__ import annotations

from collections.abc import Mapping

from jingwei.domains.work.models import Dependency, Task


def closing(after: Mapping[int, set[int]]) -> list[tuple[int, int]]:
    """Links that lead back to a task from which they were reached, found by one walk in depth."""
    seen: dict[int, bool] = {}  # False = on the way, True = left behind
    closing = []
    for first in after:
        if first in seen:
            continue
        seen[first] = False
        heap = [(first, iter(sorted(after[first])))]
        while heap:
            here, following = heap[-1]
            step = next(following, None)
            if step is None:
                seen[here] = True
                heap.pop()
            elif step not in seen:
                seen[step] = False
                heap.append((step, iter(sorted(after.get(step, ())))))
            elif not seen[step]:
                closing.append((here, step))
    return closing


def loop_of(link: Dependency) -> list[str]:
    """The tasks of the loop a new link would close, by code; empty when there is none."""
    after: dict[int, list[int]] = {}
    for a, b in Dependency.objects.filter(project_id=link.project_id).exclude(pk=link.pk).values_list("predecessor_id", "successor_id"):
        after.setdefault(a, []).append(b)
    parents = dict(Task.objects.filter(project_id=link.project_id).values_list("pk", "parent_id"))
    if link.predecessor_id in line(parents, link.successor_id) or link.successor_id in line(parents, link.predecessor_id):
        return [link.predecessor.code, link.successor.code]
    came: dict[int, int] = {link.successor_id: 0}
    heap = [link.successor_id]
    while heap:
        here = heap.pop()
        if here == link.predecessor_id:
            path = [here]
            while came[path[-1]]:
                path.append(came[path[-1]])
            codes = dict(Task.objects.filter(pk__in=path).values_list("pk", "code"))
            return [codes[pk] for pk in [*reversed(path), link.successor_id]]
        for following in after.get(here, ()):
            if following not in came:
                came[following] = here
                heap.append(following)
    return []


def line(parents: Mapping[int, int | None], task_id: int) -> list[int]:
    """A task's summaries, upward."""
    out = []
    above = parents.get(task_id)
    while above is not None:
        out.append(above)
        above = parents.get(above)
    return out

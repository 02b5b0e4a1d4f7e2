"""Loops among tasks: what would wait for itself, by links and by what it is a part of. Refused wherever a link or the tree is written."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from jingwei.domains.work.models import Dependency, Task
from jingwei.kernels.plan.circles import Link, Node, Waits, keys_of, line_of

Parents = Mapping[int, int | None]
Pair = tuple[int, int]  # predecessor and successor
ends_only = ("FF", "SF")  # links that say nothing of a summary they lead into: its finish follows from its parts


def parents_of(project_id: int) -> dict[int, int | None]:
    """What each task of a project is a part of."""
    return dict(Task.objects.filter(project_id=project_id).order_by().values_list("pk", "parent_id"))


def links_of(project_id: int, *, without: Collection[int] = ()) -> list[Link[int]]:
    """A project's links as they stand."""
    found = Dependency.objects.filter(project_id=project_id).exclude(pk__in=without)
    return list(found.order_by("pk").values_list("predecessor_id", "successor_id", "type"))


def named(keys: Sequence[int], tasks: Iterable[Task] = ()) -> str:
    """A loop by the codes of its tasks, in order, back to the first."""
    codes = dict(Task.objects.filter(pk__in=keys).values_list("pk", "code")) | {key_of(task, n): task.code for n, task in enumerate(tasks) if task.code}
    return " → ".join(codes.get(key, _("the new task")) for key in [*keys, *keys[:1]])


def key_of(task: Task, number: int) -> int:
    """A task's id; of one that has none yet a number of its own."""
    return task.pk if task.pk is not None else -1 - number


def are_one_line(parents: Parents, link: Link[int]) -> bool:
    """Whether a link joins a task with itself or with what it is a part of."""
    return link[0] == link[1] or link[0] in line_of(parents, link[1]) or link[1] in line_of(parents, link[0])


def check_link(link: Dependency) -> None:
    """A rule: nothing waits for itself, however many links and summaries are between."""
    parents = parents_of(link.project_id)
    mine: Link[int] = (link.predecessor_id, link.successor_id, link.type)  # type: ignore[assignment]
    if are_one_line(parents, mine):
        text = _("A task cannot wait for itself, for what it is part of or for its own parts: %(tasks)s. Link it with another task.")
        raise ValidationError({"predecessor": text % {"tasks": named(mine[:2])}})
    others = links_of(link.project_id, without=[link.pk] if link.pk is not None else ())
    waits = Waits(parents, [*others, mine])
    if mine[2] in ends_only and mine[1] in waits.children:
        text = _("“%(task)s” is a summary: it ends when its parts end. A link into it leads from finish or start to its start.")
        raise ValidationError({"type": text % {"task": link.successor.code}})
    loop = keys_of(waits.path(waits.end(mine), waits.begin(mine)))
    if not loop and not link._state.adding and waits.circle() and not Waits(parents, links_of(link.project_id)).circle():
        loop = waits.circle()  # the link went from where it kept another start of a summary
    if loop:
        raise ValidationError({"predecessor": closing(loop)})


def closing(loop: Sequence[int]) -> str:
    """A loop of links and summaries in words, and the mend."""
    return _("This closes a loop: %(tasks)s. Remove one of the links on it first.") % {"tasks": named(loop)}


def check_links(project_id: int, links: Sequence[Dependency]) -> None:
    """`check_link` for many new ones at once, by one walk over all of the project's."""
    parents, others = parents_of(project_id), links_of(project_id)
    mine: list[Link[int]] = [(link.predecessor_id, link.successor_id, link.type) for link in links]  # type: ignore[misc]
    waits = Waits(parents, [*others, *mine])
    if any(are_one_line(parents, each) or (each[2] in ends_only and each[1] in waits.children) for each in mine):
        raise ValidationError({"predecessor": _("A task cannot wait for itself.")})  # each is tried by itself and told which it is
    if loop := waits.circle():
        raise ValidationError({"predecessor": closing(loop)})


def check_places(project_id: int, tasks: Sequence[Task]) -> None:
    """Links that stand hold as well where tasks are put: nobody becomes a part of what he waits for. `tasks` as they will be, of one project."""
    before = parents_of(project_id)
    placed = {key_of(task, n): task.parent_id for n, task in enumerate(tasks)}
    if all(before.get(key) == above for key, above in placed.items()) or not (links := links_of(project_id)):
        return
    after = before | placed
    was, waits = Waits(before, links), Waits(after, links)
    for link in links:
        if are_one_line(after, link) and not are_one_line(before, link):
            text = _("%(tasks)s are linked: a task cannot be a part of what it waits for, or of what waits for it. Remove the link first.")
            raise ValidationError({"parent": text % {"tasks": _pair(link[:2])}})
        if link[2] in ends_only and link[1] in waits.children and link[1] not in was.children:
            raise ValidationError({"parent": _without_meaning(link[:2])})
    loop = waits.circle()
    if loop and was.circle():  # it stood already: it is in nobody's way who does not touch it
        loop = _loop_through(waits, placed)
    if loop:
        text = _(
            "This closes a loop: %(tasks)s. What a summary waits for, its parts wait for too. Remove one of the links on it first, or choose another place."
        )
        raise ValidationError({"parent": text % {"tasks": named(loop, tasks)}})


def _loop_through(waits: Waits[int], placed: Collection[int]) -> list[int]:
    """A loop through one of these tasks or a part of it; empty when none leads through them."""
    found = (key for key, side in sorted(waits.circling) if side == "whole" and not {key, *line_of(waits.parents, key)}.isdisjoint(placed))
    leaf = next(found, None)
    return keys_of(waits.path((leaf, "whole"), (leaf, "whole"))) if leaf is not None else []


def check_meaning(summaries: Collection[int | None], links: Mapping[Pair, str]) -> None:
    """Raise ValidationError for a link that stands and leads to the finish of what has become a summary."""
    for pair, kind in links.items():
        if kind in ends_only and pair[1] in summaries:
            raise ValidationError(_without_meaning(pair))


def _without_meaning(pair: Pair) -> str:
    text = _("The link %(tasks)s leads to the finish of what would become a summary, which ends when its parts end. Change the type of the link first.")
    return text % {"tasks": _pair(pair)}


def _pair(pair: Pair) -> str:
    codes = dict(Task.objects.filter(pk__in=pair).values_list("pk", "code"))
    return " → ".join(codes.get(key, "?") for key in pair)


def check_without(project_id: int, *, tasks: Collection[int] = (), links: Collection[int] = ()) -> None:
    """What goes leaves no loop behind: it could, where a link leaves the start of a summary, as then another part may stand for its start."""
    known = Dependency.objects.filter(project_id=project_id)
    if not known.filter(type__in=("SS", "SF"), predecessor__is_summary=True).exists():
        return
    before = parents_of(project_id)
    gone = {key for key in before if not {key, *line_of(before, key)}.isdisjoint(tasks)}
    after = {key: above for key, above in before.items() if key not in gone}
    left = [link for link in links_of(project_id, without=links) if link[0] not in gone and link[1] not in gone]
    loop = Waits(after, left).circle()
    if loop and not Waits(before, links_of(project_id)).circle():
        text = _("Without it these would wait for each other, as another part would begin the summary: %(tasks)s. Remove one of the links on it first.")
        raise ValidationError(text % {"tasks": named(loop)})


def refused_of(parents: Parents, known: Mapping[Pair, str], fresh: Mapping[Pair, str]) -> set[Pair]:
    """Which of new links (or of what known ones become) are left out so that no circle is left. ValidationError when the known ones alone make one."""
    fresh, refused = {pair: kind for pair, kind in fresh.items() if known.get(pair) != kind}, set[Pair]()
    while True:
        links = {**known, **{pair: kind for pair, kind in fresh.items() if pair not in refused}}
        waits = Waits(parents, [(*pair, kind) for pair, kind in links.items()])  # type: ignore[misc]
        if waits.ring:
            raise ValidationError({"parent": _("These are parts of each other: %(tasks)s. Put one of them elsewhere.") % {"tasks": named(waits.ring)}})
        is_whole = True
        for circle in waits.circles():
            is_whole = False
            _cut(waits, circle, known, fresh, refused)
        if is_whole:
            return refused


def _cut(waits: Waits[int], circle: Sequence[Node[int]], known: Mapping[Pair, str], fresh: Mapping[Pair, str], refused: set[Pair]) -> None:
    """Refuse one of the new links on a circle: the nearest to its end that did not stand before, as a walk that goes on without it finds each circle once."""
    changed: Pair | None = None
    for before, after, kind in waits.links_on(circle):
        pair = (before, after)
        if pair in refused and kind == fresh[pair]:  # it is cut already
            return
        if pair in fresh and pair not in refused:
            if pair not in known:
                refused.add(pair)
                return
            changed = changed or pair
    if changed is None:
        raise ValidationError(closing(keys_of(circle)))
    refused.add(changed)

"""What waits for what, as the network takes links: a summary's links act on everything below it. Finds circles before a plan is calculated."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import Generic, TypeVar

from jingwei.kernels.plan.input import Key, LinkName

Link = tuple[Key, Key, LinkName]
# an activity ("whole"); of a summary what leads into it, what its finish leads to, and what its start leads to
Node = tuple[Key, str]
T = TypeVar("T")


def line_of(parents: Mapping[T, T | None], key: T) -> list[T]:
    """The summaries above, nearest first; ends when it comes round."""
    line: dict[T, None] = {}
    above = parents.get(key)
    while above is not None and above not in line:
        line[above] = None
        above = parents.get(above)
    return list(line)


def ring_of(parents: Mapping[T, T | None]) -> list[T]:
    """Activities that are parts of each other, each a part of the next; empty for a tree."""
    known: set[T] = set()
    for key in parents:
        walked: dict[T, int] = {}
        here: T | None = key
        while here is not None and here not in known:
            if here in walked:
                return list(walked)[walked[here] :]
            walked[here] = len(walked)
            here = parents.get(here)
        known.update(walked)
    return []


class Waits(Generic[Key]):
    """A plan's links over its tree. Says the same as the network, which multiplies links of summaries out: here they pass through the summary."""

    def __init__(self, parents: Mapping[Key, Key | None], links: Iterable[Link[Key]]) -> None:
        self.parents, self.links = parents, list(links)
        self.children: dict[Key, list[Key]] = {}
        for key, above in parents.items():
            if above is not None:
                self.children.setdefault(above, []).append(key)
        self._first: dict[Key, set[Key]] = {}

    @cached_property
    def ring(self) -> list[Key]:
        """What is a part of itself."""
        return ring_of(self.parents)

    @cached_property
    def _out(self) -> dict[Node[Key], list[Link[Key]]]:
        out: dict[Node[Key], list[Link[Key]]] = {}
        for link in self.links:
            out.setdefault(self.begin(link), []).append(link)
        return out

    @cached_property
    def _before(self) -> dict[Key, set[Key]]:
        before: dict[Key, set[Key]] = {}
        for predecessor, successor, _kind in self.links:
            before.setdefault(successor, set()).add(predecessor)
        return before

    def begin(self, link: Link[Key]) -> Node[Key]:
        """Where a link leaves."""
        return link[0], "whole" if link[0] not in self.children else "start" if link[2] in ("SS", "SF") else "finish"

    def end(self, link: Link[Key]) -> Node[Key]:
        """Where a link arrives."""
        return link[1], "into" if link[1] in self.children else "whole"

    def after(self, node: Node[Key]) -> Iterator[Node[Key]]:
        """What follows at once."""
        key, side = node
        for link in self._out.get(node, ()):
            yield self.end(link)
        if side == "into":
            for child in self.children[key]:
                yield child, "into" if child in self.children else "whole"
        elif side == "whole":
            for summary in line_of(self.parents, key):
                if (summary, "finish") in self._out:
                    yield summary, "finish"
                if (summary, "start") in self._out and key in self._starting(summary):
                    yield summary, "start"

    def _starting(self, summary: Key) -> set[Key]:
        """Which activities stand for a summary's start: those that wait for no other below it."""
        if summary not in self._first:
            below = self.below(summary)
            self._first[summary] = {key for key in below if not below & self._before.get(key, set())} or below
        return self._first[summary]

    def below(self, key: Key) -> set[Key]:
        """The activities below, itself when it is no summary."""
        found, leaves, waiting = {key}, set[Key](), [key]
        while waiting:
            here = waiting.pop()
            if here not in self.children:
                leaves.add(here)
            fresh = [child for child in self.children.get(here, ()) if child not in found]
            found.update(fresh)
            waiting += fresh
        return leaves

    def path(self, first: Node[Key], last: Node[Key]) -> list[Node[Key]]:
        """The shortest way from one to the other, both told; empty when there is none. A way back to itself has at least one step."""
        came: dict[Node[Key], Node[Key] | None] = {}
        front: list[Node[Key]] = [first]
        if first == last:
            front = list(dict.fromkeys(self.after(first)))
            came = dict.fromkeys(front, first)
        else:
            came[first] = None
        for here in front:  # grows while it is walked
            if here == last:
                path = [here]
                while (before := came[path[-1]]) is not None and (len(path) == 1 or path[-1] != first):
                    path.append(before)
                return path[::-1]
            for following in self.after(here):
                if following not in came:
                    came[following] = here
                    front.append(following)
        return []

    def circles(self) -> Iterator[list[Node[Key]]]:
        """Circles found by one walk in depth: none is found only when there is none."""
        seen: dict[Node[Key], bool] = {}  # False = on the way, True = left behind
        for link in self.links:
            if (first := self.end(link)) in seen:
                continue
            seen[first] = False
            way = [first]
            ahead = [self.after(first)]
            while way:
                step = next(ahead[-1], None)
                if step is None:
                    seen[way.pop()] = True
                    ahead.pop()
                elif step not in seen:
                    seen[step] = False
                    way.append(step)
                    ahead.append(self.after(step))
                elif not seen[step]:
                    yield way[way.index(step) :]

    @cached_property
    def circling(self) -> frozenset[Node[Key]]:
        """Everything that lies on a circle: the parts of the plan that lead back to themselves, by one walk (after Tarjan)."""
        place: dict[Node[Key], int] = {}
        back: dict[Node[Key], int] = {}  # the earliest place that it leads back to
        held: dict[Node[Key], None] = {}  # in the order in which they were come to, until their part is complete
        on = set[Node[Key]]()
        for link in self.links:
            ahead = [iter([self.end(link)])]
            way: list[Node[Key]] = []
            while ahead:
                step = next(ahead[-1], None)
                if step is None:
                    ahead.pop()
                    if way:
                        self._close(way, back, place, held, on)
                elif step not in place:
                    place[step] = back[step] = len(place)
                    held[step] = None
                    way.append(step)
                    ahead.append(self.after(step))
                elif way and step in held:
                    back[way[-1]] = min(back[way[-1]], place[step])
                    on.update(way[-1:] if step == way[-1] else ())
        return frozenset(on)

    def _close(self, way: list[Node[Key]], back: dict[Node[Key], int], place: dict[Node[Key], int], held: dict[Node[Key], None], on: set[Node[Key]]) -> None:
        """The last on the way leads nowhere else. When it leads back to nothing earlier, what came behind it is one part, and a circle if it is several."""
        here = way.pop()
        if way:
            back[way[-1]] = min(back[way[-1]], back[here])
        if back[here] == place[here]:
            part = [held.popitem()[0]]
            while part[-1] != here:
                part.append(held.popitem()[0])
            on.update(part if len(part) > 1 else ())

    def circle(self) -> list[Key]:
        """One circle, each before the next and the last before the first; empty when the plan can be calculated."""
        return self.ring or keys_of(next(self.circles(), []))

    def links_on(self, circle: Sequence[Node[Key]]) -> Iterator[Link[Key]]:
        """The links by which a circle goes round, the one that closes it first, then backwards."""
        following = circle[0]
        for here in reversed(circle):
            yield from (link for link in self._out.get(here, ()) if self.end(link) == following)
            following = here


def keys_of(nodes: Iterable[Node[Key]]) -> list[Key]:
    """The activities and summaries on a way, none twice in a row."""
    found: list[Key] = []
    for key, _side in nodes:
        if not found or found[-1] != key:
            found.append(key)
    return found[:-1] if len(found) > 1 and found[0] == found[-1] else found

"""A batch carried out: local writes together, planned again where they changed something, then every row it touched."""

from __future__ import annotations

from jingwei.frame import facts
from jingwei.hub.models import Link
from jingwei.hub.sync.planning.batch import Work
from jingwei.hub.sync.planning.plans import plan_link
from jingwei.hub.sync.planning.writes import write_locally


def settle(work: Work) -> None:
    """Carry out what the batch decided: local writes together, then every row it made or changed, then what was found is stated."""
    while work.local:
        again: list[Link] = []
        pending, work.local = work.local, []
        for side, action in dict.fromkeys((each.side, each.action) for each in pending):
            mine = [each for each in pending if (each.side, each.action) == (side, action)]
            again += write_locally(work, side, action, mine)
        for link in again:
            plan_link(work, link, depth=1)
    stated, work.facts = work.facts, []
    work.write_back()
    for fact in stated:
        facts.state(fact)

"""From what came in to what goes out: deliveries are mapped, merged with the agreed base, and become writes or questions.

`batch` holds what one transaction knows and owes, `arrivals` brings deliveries into their links, `plans` merges links,
`writes` are what plans become, `settling` carries them out. Everything is read before and written after the batch, in statements over sets.
"""

from jingwei.hub.sync.planning.arrivals import drain, is_meant, land
from jingwei.hub.sync.planning.batch import OPEN, Counts, Work, canonical, to_side
from jingwei.hub.sync.planning.plans import decide, pair_up, plan_link, plan_of
from jingwei.hub.sync.planning.settling import settle
from jingwei.hub.sync.planning.writes import acknowledge, dead_letter

__all__ = [
    "OPEN", "Counts", "Work", "acknowledge", "canonical", "dead_letter", "decide", "drain", "is_meant", "land", "pair_up", "plan_link", "plan_of", "settle",
    "to_side",
]  # fmt: skip

"""The sync planner, pure: two sides and their agreed base give what is written, asked or left alone.

`take` brings arrivals into a pair, `plan` says what follows, `written` and `refused` what an outcome means, `decide` what a person's answer
means, `pair_up` joins what exists on both sides, `guard` keeps back deletes, circles, and what stands on an unanswered write.
"""

from jingwei.kernels.merge.guard import circle_writes, delete_window, deletes_pass, keep_clear, note_write
from jingwei.kernels.merge.outcomes import Answer, decide, refused, try_again, turned_out, written
from jingwei.kernels.merge.pair import (
    Apart,
    Arrival,
    Clash,
    Half,
    Pair,
    Plan,
    SideName,
    Standing,
    Taken,
    Terms,
    Value,
    Values,
    Why,
    Write,
    directions,
    other,
    policies,
    sides,
    whole,
)
from jingwei.kernels.merge.pairing import Pairing, natural_key, pair_up
from jingwei.kernels.merge.planning import plan, shape, shown
from jingwei.kernels.merge.taking import take
from jingwei.kernels.merge.values import normalise, union

__all__ = [
    "Answer", "Apart", "Arrival", "Clash", "Half", "Pair", "Pairing", "Plan", "SideName", "Standing", "Taken", "Terms", "Value", "Values", "Why", "Write", "circle_writes",
    "decide", "delete_window", "deletes_pass", "directions", "keep_clear", "natural_key", "normalise", "note_write", "other", "pair_up", "plan", "policies", "refused",
    "shape", "shown", "sides", "take", "try_again", "turned_out", "union", "whole", "written",
]  # fmt: skip

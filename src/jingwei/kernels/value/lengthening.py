"""What longer work costs: planned money of paid time is spread over the working minutes it is planned for; everything else stays as it is."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from decimal import Decimal
from fractions import Fraction
from typing import Any

Rates = dict[int, tuple[float, float]]


def working_time(tasks: Mapping[int, Mapping[str, Any]]) -> tuple[dict[int, int], dict[int, list[int]]]:
    """Working minutes of every piece of work, and the pieces below every task, itself included."""
    minutes = {pk: row["duration_minutes"] for pk, row in tasks.items() if not row["is_summary"] and row["duration_minutes"]}
    below: dict[int, list[int]] = defaultdict(list)
    for pk in minutes:
        above: int | None = pk
        while above is not None and above in tasks and (not below[above] or below[above][-1] != pk):  # a ring comes round to where it was
            below[above].append(pk)
            above = tasks[above]["parent_id"]
    return minutes, below


def spread(tasks: Mapping[int, Mapping[str, Any]], planned: Iterable[tuple[int | None, bool, Decimal]]) -> tuple[Rates, float]:
    """For what is drawn by chance: money by piece of work, (fixed, per working minute), and what stays whatever happens. `planned` are amounts by task (None = the project as a whole), each with
    whether it grows with time: what is planned for a branch or for the project is spread over the working time below it."""
    minutes, below = working_time(tasks)
    rates: Rates = {}
    constant = 0.0
    for task, grows, total in planned:
        leaves = below.get(task, []) if task is not None else list(minutes)
        length = sum(minutes[leaf] for leaf in leaves)
        if not grows or not length:
            constant += float(total)
            continue
        for leaf in leaves:
            fixed, rate = rates.get(leaf, (0.0, 0.0))
            rates[leaf] = (fixed, rate + float(total) / length)
    return rates, constant


def dearer(tasks: Mapping[int, Mapping[str, Any]], planned: Iterable[tuple[int | None, bool, Decimal]], longer: Mapping[int, int]) -> Fraction:
    """By how much exactly the planned money grows when these pieces of work last so many minutes: of each amount that grows with time, the share of the time
    it is planned for by which that becomes longer."""
    minutes, below = working_time(tasks)
    more = {leaf: length - minutes[leaf] for leaf, length in longer.items() if leaf in minutes}
    total = Fraction(0)
    for task, grows, amount in planned:
        leaves = below.get(task, []) if task is not None else list(minutes)
        if grows and (added := sum(more.get(leaf, 0) for leaf in leaves)):
            total += Fraction(amount) * added / sum(minutes[leaf] for leaf in leaves)
    return total

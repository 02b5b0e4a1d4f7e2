"""One attempt at levelling a plan: tasks one by one; the network says when each could start, the ledgers when it may."""

from __future__ import annotations

import heapq
from typing import Any

import numpy as np

from jingwei.kernels.levelling.planning_engine import Attempt, Engine, Wait
from jingwei.kernels.levelling.planning_input import MOST_URGENT
from jingwei.kernels.network.passes import WAITING


class Placement:
    """The work of one attempt."""

    def __init__(self, engine: Engine, guide: Any) -> None:
        self.engine, self.guide = engine, guide
        self.ledgers = [ledger.copy() for ledger in engine.empty_ledgers]
        self.bookings: list[list[tuple[int, int, int]]] = [[] for _ in self.ledgers]  # of each resource: start, finish, task
        self.load = [0] * len(self.ledgers)
        self.plan = Attempt(engine.hold.copy(), engine.dates, engine.starts_of(engine.dates), 0, engine.bound)
        self.allowed = engine.project_finishes(engine.dates)
        self.is_stale = False

    def attempt(self) -> Attempt:
        engine, plan = self.engine, self.plan
        fixed = {i for i in range(engine.count) if engine.layout.needs[i] and engine.state[i] != WAITING or not self._is_free(i)}
        for task in sorted(fixed, key=lambda i: int(plan.starts[i])):
            self._book_where_it_is(task)
        for task in self._in_order():
            if task < engine.count and engine.layout.needs[task] and task not in fixed:
                self._refresh()
                if engine.is_movable[task] and engine.duration[task] > 0:
                    self._place(task)
                else:
                    self._book_where_it_is(task)
        self._refresh()
        finishes = engine.project_finishes(plan.dates)
        plan.finish = max(finishes, default=engine.project_start)
        moved = int(np.abs(plan.starts - engine.starts_of(engine.dates)).sum())
        plan.worth = (len(plan.unresolved), plan.finish, sum(finishes), moved)
        return plan

    def _is_free(self, task: int) -> bool:
        """Whether a task with a must date is not what we look at: those are booked before everybody else."""
        engine = self.engine
        return not engine.layout.needs[task] or engine.is_movable[task] or engine.layout.tasks[task].priority >= MOST_URGENT

    def _in_order(self) -> Any:
        """Every task after its predecessors; among those ready, by priority and guide."""
        engine = self.engine
        compiled = engine.compiled
        first, before = compiled.links.first.tolist(), compiled.links.predecessor.tolist()
        after: list[list[int]] = [[] for _ in range(compiled.count)]
        waiting = [first[k + 1] - first[k] for k in range(compiled.count)]
        for k in range(compiled.count):
            for p in before[first[k] : first[k + 1]]:
                after[p].append(k)
        order = compiled.order.tolist()

        def rank(k: int) -> tuple[int, float, int]:
            i = order[k]
            urgency = engine.layout.tasks[i].priority if i < engine.count else MOST_URGENT
            return -urgency, float(self.guide[i]), k

        heap = [rank(k) for k in range(compiled.count) if not waiting[k]]
        heapq.heapify(heap)
        while heap:
            k = heapq.heappop(heap)[2]
            yield order[k]
            for j in after[k]:
                waiting[j] -= 1
                if not waiting[j]:
                    heapq.heappush(heap, rank(j))

    def _refresh(self) -> None:
        if self.is_stale:
            self.plan.dates = self.engine.compiled.calculate(not_before=self.plan.hold)
            self.plan.starts = self.engine.starts_of(self.plan.dates)
            self.is_stale = False

    def _book_where_it_is(self, task: int) -> None:
        work, length = self.engine.run_of(self.plan.dates, task, self.plan.starts)
        served = self.engine.book_anyway(self.ledgers, self.load, task, work, length)
        self._note(task, work, length, served)

    def _note(self, task: int, work: int, length: int, served: tuple[int, ...]) -> None:
        self.plan.chosen[task] = served
        if length:
            calendar = self.engine.calendar_of(task)
            start, finish = int(calendar.wall_start(work)), int(calendar.wall_finish(work + length))
            for r in set(served):
                self.bookings[r].append((start, finish, task))

    def _place(self, task: int) -> None:
        engine, plan = self.engine, self.plan
        work, length = engine.run_of(plan.dates, task, plan.starts)
        latest = max(engine.work_of(task, int(engine.limit[task])), work)
        found = self._find(task, work, length, latest)
        if found is None:
            plan.unresolved[task] = engine.layout.needs[task][0].candidates[0]
            self._book_where_it_is(task)
            return
        at, served = found
        if at > work:
            if not self._hold(task, at):
                plan.unresolved[task] = served[0]
                self._book_where_it_is(task)
                return
            plan.waits[task] = self._wait(task, work, at, length, served)
        shifts = engine.shifts_of(task)
        for need, r in zip(engine.layout.needs[task], served, strict=True):
            self.ledgers[r].book(shifts, at, length, need.units, engine.only_joint(task, r))
            self.load[r] += length * need.units
        self._note(task, at, length, served)

    def _hold(self, task: int, at: int) -> bool:
        """Hold a task back; within slack, only if no project ends later for it."""
        engine, plan = self.engine, self.plan
        previous = int(plan.hold[task])
        plan.hold[task] = int(engine.calendar_of(task).wall_start(at))
        self.is_stale = True
        if engine.within_slack:
            dates, starts = plan.dates, plan.starts
            self._refresh()
            if any(now > then for now, then in zip(engine.project_finishes(plan.dates), self.allowed, strict=True)):
                plan.hold[task], plan.dates, plan.starts = previous, dates, starts
                return False
        return True

    def _find(self, task: int, work: int, length: int, latest: int) -> tuple[int, tuple[int, ...]] | None:
        """The first working minute from which everything the task needs is free, and who serves."""
        engine = self.engine
        shifts, needs = engine.shifts_of(task), engine.layout.needs[task]
        while True:
            trial = self.ledgers if len(needs) == 1 else list(self.ledgers)
            served, furthest = [], work
            for number, need in enumerate(needs):
                fits = [(trial[r].first_fit(shifts, work, length, need.units, latest, engine.only_joint(task, r)), self.load[r], r) for r in need.candidates]
                fits = [fit for fit in fits if fit[0] >= 0]
                if not fits:
                    return None
                at, _, r = min(fits)
                furthest = max(furthest, at)
                served.append(r)
                if at == work and number + 1 < len(needs):  # what this need takes, the next must not
                    trial[r] = trial[r].copy()
                    trial[r].book(shifts, work, length, need.units, engine.only_joint(task, r))
            if furthest == work:
                return work, tuple(served)
            work = furthest

    def _wait(self, task: int, work: int, at: int, length: int, served: tuple[int, ...]) -> Wait:
        """Why it could not start at `work`: the first of its resources that was not free then."""
        engine = self.engine
        shifts, calendar = engine.shifts_of(task), engine.calendar_of(task)
        needs = engine.layout.needs[task]
        chosen = 0
        for number, (need, r) in enumerate(zip(needs, served, strict=True)):
            if self.ledgers[r].first_fit(shifts, work, length, need.units, work, engine.only_joint(task, r)) != work:
                chosen = number
                break
        r, wanted, begins = served[chosen], int(calendar.wall_start(work)), int(calendar.wall_start(at))
        since = self.ledgers[r].first_conflict(shifts, work, length, needs[chosen].units)
        before = [(finish, other) for start, finish, other in self.bookings[r] if wanted < finish <= begins]
        booked = max(before, default=(0, None))[1] if before else None
        return Wait(chosen, r, booked, since if since >= 0 else wanted, at - work)

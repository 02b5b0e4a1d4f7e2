"""A plan in memory that answers as the schedule's pages do, computed by the real network kernel: what the Gantt's tests talk to."""

from __future__ import annotations

import copy
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from jingwei.kernels.calendar.compiled import compile_calendar
from jingwei.kernels.calendar.stated import STANDARD_WEEK, DayException, WorkCalendar
from jingwei.kernels.network.critical_path import ActivityArrays, Constraint, CycleError, LinkArrays, LinkType, RunRules, compile_network

EPOCH = datetime(1970, 1, 1)
Json = dict[str, Any]


def minute_of(iso: str) -> int:
    """Wall minute of a local ISO minute or day."""
    return int((datetime.fromisoformat(iso) - EPOCH).total_seconds() // 60)


def iso_of(minute: int | None) -> str | None:
    """Local ISO minute of a wall minute."""
    return None if minute is None else (EPOCH + timedelta(minutes=int(minute))).isoformat(timespec="minutes")


class Refused(Exception):
    """A change that the plan does not take, with the HTTP status and messages it answers."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message


@dataclass
class FakePlan:
    """Tasks and links as plain dictionaries in the shape of the contract; `start_at` is the SNET date that moving a task sets."""

    project: Json
    tasks: list[Json]
    links: list[Json]
    days_off: dict[str, list[list[int]]] = field(default_factory=dict)
    undone: dict[str, tuple[list[Json], list[Json]]] = field(default_factory=dict)
    requests: list[tuple[str, Json]] = field(default_factory=list)
    next_link: int = 1_000_000
    redoes: bool = True  # whether undoing answers a token that redoes

    def __post_init__(self) -> None:
        exceptions = tuple(DayException(date.fromisoformat(day), tuple((a, b) for a, b in shifts)) for day, shifts in self.days_off.items())
        self.calendar = WorkCalendar.weekly(STANDARD_WEEK, exceptions=exceptions, region="none")
        self.compiled = compile_calendar(self.calendar, date(2020, 1, 1), date(2060, 1, 1))
        self.by_id = {task["id"]: task for task in self.tasks}
        self.schedule()

    def schedule(self) -> None:
        """Dates, floats and flags of every task, by the kernel."""
        leaves = [task for task in self.tasks if not task["is_summary"]]
        index = {task["id"]: number for number, task in enumerate(leaves)}
        snet = [minute_of(task["start_at"]) if task.get("start_at") else -1 for task in leaves]
        activities = ActivityArrays(
            duration=[0 if task["is_milestone"] else task["duration_minutes"] for task in leaves],
            remaining=[0 if task["is_milestone"] else round(task["duration_minutes"] * (100 - task["percent"]) / 100) for task in leaves],
            actual_start=[minute_of(task["start"]) if task["percent"] else -1 for task in leaves],
            actual_finish=[minute_of(task["finish"]) if task["percent"] == 100 else -1 for task in leaves],
            constraint=[int(Constraint.SNET if at >= 0 else Constraint.ASAP) for at in snet],
            constraint_at=snet,
        )
        kept = [link for link in self.links if link["from"] in index and link["to"] in index]
        links = LinkArrays(
            predecessor=[index[link["from"]] for link in kept],
            successor=[index[link["to"]] for link in kept],
            type=[int(LinkType[link["type"]]) for link in kept],
            lag_minutes=[link["lag_minutes"] for link in kept],
        )
        data_date = self.project["data_date"]
        rules = RunRules(minute_of(self.project["start"] + "T09:00"), data_date=minute_of(data_date) if data_date else -1)
        dates = compile_network(activities, links, [self.calendar], rules).calculate()
        for number, task in enumerate(leaves):
            task["start"], task["finish"] = iso_of(dates.start[number]), iso_of(dates.finish[number])
            task["total_float_minutes"] = int(dates.total_float[number])
            task["is_critical"] = bool(dates.critical[number])
            task["is_endangered"] = bool(task["deadline"] and task["finish"] > task["deadline"])
        self.roll_up()

    def roll_up(self) -> None:
        """Dates and progress of summaries from their parts; numbers of the breakdown from its order."""
        children: dict[int | None, list[Json]] = {}
        for task in self.tasks:
            children.setdefault(task["parent"], []).append(task)

        def visit(task: Json, wbs: str) -> None:
            task["wbs"] = wbs
            parts = children.get(task["id"], [])
            for number, part in enumerate(parts, 1):
                visit(part, f"{wbs}.{number}")
            if not task["is_summary"] or not parts:
                return
            task["start"], task["finish"] = min(part["start"] for part in parts), max(part["finish"] for part in parts)
            task["duration_minutes"] = int(self.compiled.minutes_between(minute_of(task["start"]), minute_of(task["finish"])))
            weight = sum(part["duration_minutes"] for part in parts) or 1
            task["percent"] = round(sum(part["percent"] * part["duration_minutes"] for part in parts) / weight)
            task["is_critical"] = any(part["is_critical"] for part in parts)

        for number, root in enumerate(children.get(None, []), 1):
            visit(root, str(number))

    def finish(self) -> str:
        """The latest finish."""
        return max((task["finish"] for task in self.tasks), default="")

    def contract(self) -> Json:
        """What data-url answers."""
        shifts = {str(day): [list(shift) for shift in STANDARD_WEEK[day]] for day in range(7)}
        return {
            "project": {**self.project, "finish": self.finish() or None},
            "calendar": {"minutes_per_day": 480, "shifts": shifts, "exceptions": self.days_off},
            "tasks": [{key: value for key, value in task.items() if key != "start_at"} for task in self.tasks],
            "links": self.links,
        }

    def preview(self, change: Json) -> Json:
        """What preview-url answers: as commit, and nothing is kept."""
        self.requests.append(("preview", change))
        trial = copy.copy(self)
        trial.tasks, trial.links, trial.undone = copy.deepcopy(self.tasks), copy.deepcopy(self.links), {}
        trial.by_id = {task["id"]: task for task in trial.tasks}
        return {**trial.apply(change), "undo": None}

    def commit(self, change: Json) -> Json:
        """What commit-url answers."""
        self.requests.append(("commit", change))
        return self.apply(change)

    def apply(self, change: Json) -> Json:
        """Make a change and tell what it moved."""
        before = (copy.deepcopy(self.tasks), copy.deepcopy(self.links))
        try:
            made = [self.make_task(each) for each in (change.get("tasks") or {}).get("add", [])]
            for gone in (change.get("tasks") or {}).get("remove", []):
                self.tasks.remove(self.by_id.pop(gone))
            for each in change["changes"]:
                self.apply_to_task(each)
            self.links = [link for link in self.links if link["id"] not in change["links"]["remove"]]
            for link in change["links"]["add"]:
                self.next_link += 1
                self.links.append({**link, "id": self.next_link})
            self.schedule()
        except (CycleError, Refused) as error:
            self.restore(before)
            raise error if isinstance(error, Refused) else Refused(422, "The link would close a loop.") from error
        return {**self.answer(before, {each["task"] for each in change["changes"]}), "made": made}

    def apply_to_task(self, each: Json) -> None:
        """One task's part of a change; refuses an old version (409) and an empty name (422)."""
        task = self.by_id[each["task"]]
        if each["version"] != task["version"]:
            raise Refused(409, "The task was changed by someone else.")
        if each.get("name") == "!":
            raise Refused(422, "This name is refused.")
        if "start" in each:
            task["start_at"] = each["start"]
        for key in ("duration_minutes", "name", "percent", "parent"):
            if key in each:
                task[key] = each[key]

    def make_task(self, new: Json) -> int:
        """A new task, a milestone without length, right below the one it comes after; refuses the name "!"."""
        if new["name"] == "!":
            raise Refused(422, "This name is refused.")
        above = self.by_id[new["after"]]
        made = {**above, "id": max(self.by_id) + 1, "name": new["name"], "version": 0, "is_summary": False, "percent": 0, "deadline": None, "start_at": None}
        self.tasks.insert(self.tasks.index(above) + 1, made)
        self.by_id[made["id"]] = made
        return int(made["id"])

    def restore(self, state: tuple[list[Json], list[Json]]) -> None:
        """Put tasks and links back as they were."""
        self.tasks, self.links = copy.deepcopy(state[0]), copy.deepcopy(state[1])
        self.by_id = {task["id"]: task for task in self.tasks}

    def answer(self, before: tuple[list[Json], list[Json]], touched: set[int]) -> Json:
        """The contract's answer to a change: what differs from `before`, its effect, and a token to undo it."""
        old = {task["id"]: task for task in before[0]}
        changed = [task for task in self.tasks if task != old.get(task["id"])]
        for task in changed:
            task["version"] = max(task["version"], old.get(task["id"], task)["version"]) + 1
        moved = [task for task in changed if not task["is_summary"] and task["id"] in old and task["finish"] != old[task["id"]]["finish"]]
        token = f"u{len(self.undone) + 1}"
        self.undone[token] = before
        known = {link["id"] for link in before[1]}
        return {
            "tasks": [{key: value for key, value in task.items() if key != "start_at"} for task in changed],
            "links": [link for link in self.links if link["id"] not in known],
            "removed": [pk for pk in old if pk not in self.by_id],
            "links_removed": sorted(known - {link["id"] for link in self.links}),
            "effect": {
                "moved": len(moved),
                "finish_before": max(task["finish"] for task in before[0]),
                "finish_after": self.finish(),
                "endangered": [{key: task[key] for key in ("id", "name", "deadline", "finish")} for task in moved if task["is_endangered"]],
            },
            "undo": token,
        }

    def undo(self, token: str) -> Json:
        """What undo-url answers; the new token redoes."""
        self.requests.append(("undo", {"undo": token}))
        if token not in self.undone:
            raise Refused(409, "This can no longer be undone.")
        state = (copy.deepcopy(self.tasks), copy.deepcopy(self.links))
        versions = {task["id"]: task["version"] for task in self.tasks}
        self.restore(self.undone.pop(token))
        for task in self.tasks:
            task["version"] = versions.get(task["id"], task["version"])
        answer = self.answer(state, set())
        return answer if self.redoes else {**answer, "undo": None}

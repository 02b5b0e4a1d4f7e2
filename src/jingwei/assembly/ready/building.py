"""A ready template from its tables: phases with tasks one behind the other, who does them, what endangers them and what is to be decided."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.utils.translation import get_language

from jingwei.frame.project_templates import file
from jingwei.frame.project_templates.ready import Ready

minutes_a_day = 480


@dataclass(frozen=True, slots=True)
class Said:
    """Words in both languages."""

    zh: str
    en: str

    def __str__(self) -> str:
        return self.en if (get_language() or "").startswith("en") else self.zh


@dataclass(frozen=True, slots=True)
class Work:
    """A task of so many days (0: a milestone), done by a person of that number. It waits for the one before it in its phase; `beside` it, for what that one waits for."""

    zh: str
    en: str
    days: float = 0
    by: int = 0
    beside: bool = False


@dataclass(frozen=True, slots=True)
class Risk:
    """What may happen: probability in per cent, impact 1–5, the task that it threatens (by its Chinese name) and the days it would take longer."""

    title: Said
    cause: Said
    response: Said
    category: str
    probability: int
    impact: int
    task: str
    days: int


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything of one."""

    key: str
    icon: str
    title: Said
    summary: Said
    people: tuple[Said, ...]
    phases: tuple[tuple[Said, tuple[Work, ...]], ...]
    risks: tuple[Risk, ...]
    decisions: tuple[tuple[Said, Said, str], ...]  # title, what is to be decided, the task that waits for it
    outlook: Said


def declare(plan: Plan) -> None:
    """Offer it."""
    Ready(plan.key, plan.title, plan.summary, lambda: built(plan), plan.icon)


def built(plan: Plan) -> dict[str, Any]:
    """The template as its file would say it, in the language of the moment."""
    tasks, links, place = _tasks(plan)
    risks = [
        {"id": n, "code": f"R-{n}", "title": str(r.title), "cause": str(r.cause), "response": str(r.response), "category": r.category, "probability": r.probability, "impact": r.impact}
        for n, r in enumerate(plan.risks, 1)
    ]  # fmt: skip
    impacts = [
        {"id": n, "risk": n, "task": place[r.task], "delay_low_minutes": 0, "delay_likely_minutes": r.days * minutes_a_day, "delay_high_minutes": 2 * r.days * minutes_a_day}
        for n, r in enumerate(plan.risks, 1)
    ]  # fmt: skip
    decisions = [{"id": n, "code": f"D-{n}", "title": str(title), "choice": str(choice)} for n, (title, choice, _task) in enumerate(plan.decisions, 1)]
    edges = [{"trace": "threatens", "source": n, "target": place[r.task]} for n, r in enumerate(plan.risks, 1)]
    edges += [{"trace": "decides", "source": n, "target": place[task]} for n, (_title, _choice, task) in enumerate(plan.decisions, 1)]
    rows = {"work.task": tasks, "work.dependency": links, "risk.risk": risks, "risk.riskimpact": impacts, "decision.decision": decisions}
    return {
        "format": file.file_format, "version": file.version, "project": {"name": str(plan.title), "description": str(plan.summary)},
        "people": [{"id": n, "label": str(label)} for n, label in enumerate(plan.people, 1)], "roles": [], "rows": rows, "edges": edges,
        "texts": [{"document": "risk.register", "section": "assessment", "text": str(plan.outlook)}], "files": [],
    }  # fmt: skip


def _tasks(plan: Plan) -> tuple[list[dict[str, Any]], list[dict[str, Any]], dict[str, int]]:
    """The tree, the links, and where each task stands by its Chinese name. A phase begins when the one before it has ended."""
    tasks: list[dict[str, Any]] = []
    links: list[dict[str, Any]] = []
    place: dict[str, int] = {}
    before: list[int] = []
    for phase, works in plan.phases:
        tasks.append({"id": len(tasks) + 1, "code": _code(len(tasks) + 1), "name": str(phase)})
        above, waits, last = len(tasks), list(before), list(before)
        for work in works:
            number = len(tasks) + 1
            waits, last = (waits, [*last, number]) if work.beside else (last, [number])
            tasks.append({"id": number, "code": _code(number), "name": str(Said(work.zh, work.en)), "parent": above, **_sized(work)})
            links += [{"id": len(links) + n, "predecessor": each, "successor": number} for n, each in enumerate(waits, 1)]
            place[work.zh] = number
        before = last
    return tasks, links, place


def _code(number: int) -> str:
    return f"T-{number:03d}"


def _sized(work: Work) -> dict[str, Any]:
    if not work.days:
        return {"is_milestone": True, "duration_minutes": 0}
    return {"duration_minutes": round(work.days * minutes_a_day)} | ({"assignee": work.by} if work.by else {})

"""What the boards show, gathered from the domains' and the hub's own queries."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from jingwei.boards.drivers import driver_of
from jingwei.domains.cost import queries as cost
from jingwei.domains.schedule import queries as schedule
from jingwei.domains.work import queries as work
from jingwei.frame.models import History, Project, User
from jingwei.frame.records import origins, past
from jingwei.frame.records.resource import registry
from jingwei.frame.rights.access import Access
from jingwei.hub import queries as hub


@dataclass(slots=True)
class Standing:
    """Where one project stands, with a sentence for each judgement."""

    project: Project
    sees_money: bool = True
    tasks: int = 0
    percent: int = 0
    finish: datetime | None = None
    baseline_finish: datetime | None = None
    endangered: list[Any] = field(default_factory=list)
    interfaces: list[Any] = field(default_factory=list)
    planned: Decimal = Decimal(0)
    actual: Decimal = Decimal(0)
    without_rate: str = ""
    open_troubles: int = 0
    problem: str = ""

    @property
    def is_overspent(self) -> bool:
        """Whether more was spent than was planned, be it that nothing was."""
        return self.actual > self.planned

    @property
    def is_compared(self) -> bool:
        """Whether dates and the baseline's say how far it is behind: not of a plan that cannot be calculated."""
        return self.slip_days is not None and not self.problem

    @property
    def down(self) -> list[Any]:
        """Interfaces that are down."""
        return [i for i in self.interfaces if i.stage == "live" and i.state == "down"]

    @property
    def unwell(self) -> list[Any]:
        """Interfaces in use that are not known to be healthy."""
        return [i for i in self.interfaces if i.stage == "live" and i.state != "ok"]

    @property
    def light(self) -> str:
        """good, warn or bad."""
        if self.down or self.endangered or self.problem:
            return "down"
        if self.open_troubles or self.unwell or self.is_overspent or self.without_rate or (self.slip_days or 0) > 0:
            return "degraded"
        return "ok"

    @property
    def slip_days(self) -> int | None:
        """Days the finish lies behind the baseline; negative = ahead."""
        if self.finish is None or self.baseline_finish is None:
            return None
        return (self.finish.date() - self.baseline_finish.date()).days

    @property
    def reason(self) -> str:
        """The light in words."""
        if self.down:
            return _("Interfaces down (%(count)s): %(names)s") % {"count": len(self.down), "names": ", ".join(i.name for i in self.down)}
        if self.problem:
            return _("The plan cannot be calculated: %(problem)s") % {"problem": self.problem}
        if self.endangered:
            return _("Endangered milestones: %(count)s") % {"count": len(self.endangered)}
        return self._worries or _("On track")

    @property
    def _worries(self) -> str:
        """The first of what is not as it was agreed."""
        if self.is_overspent:
            return _("Costs are above the plan")
        if self.without_rate:
            return _("Costs without an exchange rate: %(currencies)s") % {"currencies": self.without_rate}
        if (self.slip_days or 0) > 0:
            return _("%(days)s days behind the baseline") % {"days": self.slip_days}
        if self.open_troubles:
            return _("Parked records and conflicts: %(count)s") % {"count": self.open_troubles}
        if self.unwell:
            return _("Interfaces that are not healthy: %(names)s") % {"names": ", ".join(i.name for i in self.unwell)}
        return ""


def visible_projects(access: Access) -> list[Project]:
    """Open projects whose tasks these rights show."""
    return list(work.projects_seen(access).select_related("manager"))


def standings_of(access: Access) -> list[Standing]:
    """Where every project stands that these rights show."""
    return standings(visible_projects(access), access)


def standings(projects: Sequence[Project], access: Access) -> list[Standing]:
    """Every given project's standing for these eyes, in a fixed number of queries: money and interfaces only where they may be seen."""
    ids = [p.pk for p in projects]
    out = {p.pk: Standing(p, sees_money=access.allows("cost.line.view", p.pk)) for p in projects}
    for row in work.progress_by_project(ids):
        standing = out[row["project_id"]]
        standing.tasks, standing.percent, standing.finish = row["tasks"], round(row["percent"] or 0), row["finish"]
    for pk, finish in schedule.baseline_finish_by_project(ids).items():
        out[pk].baseline_finish = finish
    for pk, milestones in schedule.endangered_by_project(ids).items():
        out[pk].endangered = milestones
    for pk, trouble in schedule.problems_by_project(ids).items():
        out[pk].problem = trouble.text
    interfaces = [i for i in hub.interfaces_of().exclude(stage="retired") if i.project_id in out and access.allows("hub.interface.view", i.project_id)]
    troubles = hub.open_counts([i.pk for i in interfaces])
    for interface in interfaces:
        out[interface.project_id].interfaces.append(interface)
        counts = troubles[interface.pk]
        out[interface.project_id].open_troubles += counts["conflicts"] + counts["quarantine"] + counts["dead"]
    priced = [pk for pk, standing in out.items() if standing.sees_money]
    for pk, currencies in cost.without_rate(priced).items():
        out[pk].without_rate = currencies
    for row in cost.totals_by_project(priced):
        if row["kind"] == "planned":
            out[row["project_id"]].planned = row["total"]
        elif row["kind"] == "actual":
            out[row["project_id"]].actual = row["total"]
    return list(out.values())


@dataclass(frozen=True, slots=True)
class Step:
    """One link of the chain that makes a milestone late, and where it is looked at or mended."""

    text: str
    url: str
    at: datetime | None = None
    is_advice: bool = False


def lateness(milestone: Any) -> str:
    """How far a milestone lies behind its deadline: the same words wherever it is told."""
    hours = (milestone.finish - milestone.deadline).total_seconds() / 3600
    return _("%(days)s days") % {"days": round(hours / 24, 1)} if hours >= 24 else _("%(hours)s hours") % {"hours": round(hours, 1)}


def _clock(at: datetime | None) -> str:
    return timezone.localtime(at).strftime("%m-%d %H:%M") if at else ""


def why_late(standing: Standing, milestones: Sequence[Any]) -> dict[int, list[Step]]:
    """For each milestone the chain that makes it late, in the order of time: interfaces that are down and tasks before it that wait for them, or else the
    task that drives it and was changed and the task before it that ends last; then the milestone, and what to do."""
    if not milestones:
        return {}
    waiting = work.waiting_for(standing.project.pk, [i.pk for i in standing.down])
    led_to = work.led_to(standing.project.pk)
    chains = {}
    for milestone in milestones:
        before = led_to(milestone.pk)
        held = [task for task in waiting if task.pk in before or task.pk == milestone.pk]
        down = [interface for interface in standing.down if any(task.interface_id == interface.pk for task in held)]
        steps = [
            Step(_("Interface “%(name)s” has been down since %(time)s") % {"name": i.name, "time": _clock(i.state_since)}, f"/hub/interfaces/{i.key}/", i.state_since)
            for i in down
        ]  # fmt: skip
        driver = driver_of(standing.project, milestone, before) if not down else None
        last = [task for task in held if task.pk != milestone.pk and task.finish][:3] or list(work.last_of(before))
        if driver is not None:
            steps.append(Step(driver.text, f"/w/work.task/{driver.task.pk}/", driver.task.finish))
            last = [task for task in last if task.pk != driver.task.pk]
        steps += [
            Step(_("“%(name)s” cannot finish before %(time)s") % {"name": t.name, "time": _clock(t.finish)}, f"/w/work.task/{t.pk}/", t.finish) for t in last
        ]
        steps.sort(key=lambda step: step.at or milestone.finish)
        words = {"name": milestone.name, "amount": lateness(milestone)}
        steps.append(Step(_("“%(name)s” is %(amount)s late") % words, f"/w/work.task/{milestone.pk}/", milestone.finish))
        chains[milestone.pk] = [*steps, *_advice(standing, down)]
    return chains


def _advice(standing: Standing, down: Sequence[Any]) -> list[Step]:
    """What to do about it."""
    code = standing.project.code
    out = [
        Step(_("To do: get “%(name)s” going again; its page says what is wrong") % {"name": i.name}, f"/hub/interfaces/{i.key}/", is_advice=True) for i in down
    ]
    return [*out, Step(_("To do: try in a what-if what would win the time back"), f"/schedule/what-if/{code}/", is_advice=True)]


@dataclass(slots=True)
class Happening:
    """One line of what changed: a group of equal changes by one cause."""

    at: datetime
    text: str
    cause: str
    count: int = 1
    row: tuple[str, int] | None = None


def _name_single(lines: Iterable[Happening], project: Project, access: Access) -> None:
    """What happened to one row names it, where it is still there, or where these eyes see it."""
    wanted: dict[str, list[Happening]] = defaultdict(list)
    for line in lines:
        if line.row is not None and line.count == 1:
            wanted[line.row[0]].append(line)
    for key, each in wanted.items():
        found = registry.get(key)
        rows = past.nameable(access, found, [line.row[1] for line in each if line.row], project.pk) if found else {}
        for line in each:
            if line.row and found and (row := rows.get(line.row[1])) is not None:
                title, _dot, what = line.text.partition(" · ")
                line.text = f"{title} “{row}” · {what}"


def happenings(project: Project, since: datetime, access: Access, limit: int = 40) -> list[Happening]:
    """What changed in a project since then, and why: recalculations that moved dates, and edits grouped by who and what; of each kind of
    record only for those who may look at it."""
    out = _moves(project, since, names_outages=access.allows("hub.interface.view", project.pk))
    seen = [key for key, found in registry.items() if access.allows(found.permission("view"), project.pk)]
    rows = History.objects.filter(project_id=project.pk, at__gte=since, resource__in=seen).exclude(origin="schedule")
    lines = [past.without_names(access, line, project.pk) for line in rows.order_by("-id")[:2000]]
    names = {u.pk: str(u) for u in User.objects.filter(pk__in={line.actor_id for line in lines})}
    worded = origins.told(line.origin for line in lines)
    grouped: dict[tuple[str, str, str, str], Happening] = {}
    for line in lines:
        who, why = names.get(line.actor_id or 0) or worded[line.origin] or _("system"), origins.reason_of(line)
        what = _fields_of(line) if line.action == "U" else line.get_action_display()
        key = (line.resource, what, who, why)
        if key in grouped:
            grouped[key].count += 1
        else:
            grouped[key] = Happening(line.at, f"{_title_of(line.resource)} · {what}", f"{who}{' · ' + why if why else ''}", row=(line.resource, line.object_id))
    newest = sorted([*out, *grouped.values()], key=lambda h: h.at, reverse=True)[:limit]
    _name_single(newest, project, access)
    return newest


def _moves(project: Project, since: datetime, *, names_outages: bool) -> list[Happening]:
    """Recalculations: one line for all that moved by one cause, and one for each that endangered or saved a milestone. Where interfaces that were
    down are not named, the plan has changed."""
    out: list[Happening] = []
    moved: dict[str, int] = {}
    folded: dict[str, Happening] = {}
    for record in schedule.recalculations(project.pk, since)[:500]:
        parts = [_("“%(name)s” became endangered") % {"name": m["name"]} for m in record.effects.get("endangered", [])]
        parts += [_("“%(name)s” is safe again") % {"name": m["name"]} for m in record.effects.get("saved", [])]
        cause = schedule.cause_told(record.cause) if names_outages or not record.effects.get("outages") else _("the plan changed")
        if problem := schedule.problem_told(record.effects):
            parts.append(_("Dates could not be computed: %(problem)s") % {"problem": problem})
        if parts:
            out.append(Happening(record.at, ", ".join([*parts, _("%(count)s tasks moved") % {"count": record.moved}]), cause))
        elif cause in folded:
            folded[cause].count += 1
            moved[cause] += record.moved
        else:
            folded[cause] = Happening(record.at, "", cause)
            moved[cause] = record.moved
    for cause, line in folded.items():
        line.text = _("Dates of tasks moved: %(count)s") % {"count": moved[cause]}
    return [*out, *folded.values()]


def _title_of(key: str) -> str:
    """What a resource is called."""
    found = registry.get(key)
    return str(found.title) if found else key


def _fields_of(line: History) -> str:
    """The changed fields by their names."""
    found = registry.get(line.resource)
    names = []
    for field_ in found.model._meta.concrete_fields if found else ():
        if field_.attname in (line.after or {}) and field_.name not in ("actual_start", "actual_finish", "state_reason", "state_since"):
            names.append(str(field_.verbose_name))
    return _(", ").join(names[:4]) or line.get_action_display()


def cost_series(project_ids: Iterable[int], currency: str) -> dict[str, list[Any]]:
    """Planned and actual by period in one currency, for a chart."""
    table: dict[str, dict[str, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    for row in cost.totals_by_period(list(project_ids), currency):
        table[row["period"]][row["kind"]] += row["total"]
    periods = sorted(table)
    return {"periods": periods, "planned": [float(table[p]["planned"]) for p in periods], "actual": [float(table[p]["actual"]) for p in periods]}


def soon(project_ids: list[int], days: int = 14) -> list[Any]:
    """Open tasks that finish within the next days."""
    return list(work.finishing_between(project_ids, timezone.now(), timezone.now() + timedelta(days=days))[:12])

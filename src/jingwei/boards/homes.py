"""The first cards of each role's home: what is mine today, what is in danger, what waits for me, my money."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from jingwei.boards.queries import Standing
from jingwei.domains.cost import queries as cost
from jingwei.domains.directory import queries as directory
from jingwei.domains.labour import queries as labour
from jingwei.domains.work import queries as work
from jingwei.frame.web import Request
from jingwei.hub import queries as hub
from jingwei.hub.rights import may_see_values, visible

shown_at_most = 7
# what comes first for whom; somebody with several roles sees the cards of all, in this order of roles
homes: dict[str, tuple[str, ...]] = {
    "crew": ("write", "mine"),
    "manager": ("danger", "confirm", "mine", "spent"),
    "engineer": ("mine", "integration", "danger"),
    "finance": ("post", "confirm", "overspent", "danger"),
    "pmo": ("danger", "slipping", "overspent", "integration"),
    "operations": ("integration", "danger"),
    "owner": ("danger", "confirm", "integration", "mine"),
    "viewer": ("danger", "mine"),
}


@dataclass(slots=True)
class Row:
    """One line of a card."""

    url: str
    text: str
    note: str = ""
    state: str = ""
    word: str = ""
    at: datetime | None = None
    amount: Decimal | None = None
    currency: str = "CNY"
    endangered: int = 0


@dataclass(slots=True)
class Card:
    """One card; `total` may be more than the rows that are shown."""

    key: str
    title: str
    rows: list[Row]
    total: int
    empty: str
    url: str = ""
    link: str = ""
    actions: Sequence[tuple[str, str]] = field(default_factory=tuple)
    is_alarm: bool = False


@dataclass(slots=True)
class Desk:
    """Who asks, and what has been gathered already."""

    request: Request
    standings: Sequence[Standing]

    def projects(self, permission: str) -> list[int] | None:
        """Where the person may do that; None = everywhere."""
        found = self.request.access.projects(permission)
        return None if found is None else sorted(found)


def cards_of(request: Request, standings: Sequence[Standing]) -> list[Card]:
    """The first cards for the roles of the person who asks; a card without the right to its contents is left out."""
    wanted = dict.fromkeys(key for role in homes if role in request.access.roles for key in homes[role])
    desk = Desk(request, standings)
    return [card for key in wanted or ("danger", "mine") if (card := makers[key](desk)) is not None]


def _cut(rows: Any, make: Callable[[Any], Row]) -> tuple[list[Row], int]:
    """The first rows and how many there are (counted up to a hundred)."""
    found = list(rows[:100])
    return [make(each) for each in found[:shown_at_most]], len(found)


def _mine(desk: Desk) -> Card | None:
    if not desk.request.access.anywhere("work.task.view"):
        return None
    person = directory.person_of(desk.request.user.pk)
    rows = work.mine_now(person.pk if person else None, timezone.now() + timedelta(days=3))
    if (allowed := desk.projects("work.task.view")) is not None:
        rows = rows.filter(project_id__in=allowed)

    def row(task: Any) -> Row:
        state, word = (
            ("endangered", _("deadline"))
            if task.is_endangered
            else ("critical", _("critical"))
            if task.is_critical
            else (task.status, task.get_status_display())
        )
        return Row(f"/w/work.task/{task.pk}/", task.name, f"{task.project.code} · {task.percent} %", state, word, task.finish)

    shown, total = _cut(rows, row)
    empty = _("Nothing of yours is due.") if person else _("Your log-in is not joined to a person yet, so no task can be yours.")
    url = f"/w/work.task/?assignee={person.pk}" if person else ""
    return Card("mine", _("Mine to do today"), shown, total, empty, url, _("All mine"))


def _danger(desk: Desk) -> Card:
    rows = [
        Row(f"/hub/interfaces/{i.key}/", i.name, i.state_reason[:90], i.state, i.get_state_display(), i.state_since)
        for standing in desk.standings for i in standing.down
    ]  # fmt: skip
    rows += [
        Row(f"/projects/{s.project.code}/", m.name, f"{s.project.code} · {_late(m)}", "endangered", _("Endangered"), m.finish, endangered=m.pk)
        for s in desk.standings for m in s.endangered
    ]  # fmt: skip
    return Card(
        "danger",
        _("Endangered now"),
        rows[:shown_at_most],
        len(rows),
        _("No milestone is endangered and no interface is down."),
        "/portfolio/",
        _("Portfolio"),
        is_alarm=bool(rows),
    )


def _late(milestone: Any) -> str:
    hours = (milestone.finish - milestone.deadline).total_seconds() / 3600
    return _("%(days)s days late") % {"days": round(hours / 24, 1)} if hours >= 24 else _("%(hours)s hours late") % {"hours": round(hours, 1)}


def _confirm(desk: Desk) -> Card | None:
    if not desk.request.access.anywhere("labour.sheet.confirm"):
        return None
    rows = labour.to_confirm(desk.projects("labour.sheet.confirm"), desk.request.user.pk)
    shown, total = _cut(rows, _sheet)
    return Card("confirm", _("Waits for your confirmation"), shown, total, _("No sheet waits for you."), "/labour/phone/", _("Sheets on the phone"))


def _sheet(sheet: Any) -> Row:
    note = f"{sheet.project.code} · {sheet.team.name} · {sheet.work_date}"
    return Row(
        f"/labour/phone/{sheet.pk}/", sheet.number, note, sheet.status, sheet.get_status_display(), amount=sheet.total_amount, currency=sheet.project.currency
    )


def _write(desk: Desk) -> Card | None:
    if not desk.request.access.anywhere("labour.sheet.add"):
        return None
    shown, total = _cut(labour.to_write(desk.projects("labour.sheet.change")), _sheet)
    actions = ((_("New sheet"), "/labour/phone/new/"), (_("Repeat the last sheet"), "/labour/phone/new/?repeat=1"))
    return Card("write", _("My day-labour sheets"), shown, total, _("Nothing left to write."), "/labour/phone/", _("All"), actions)


def _post(desk: Desk) -> Card | None:
    if not desk.request.access.anywhere("cost.line.post"):
        return None
    shown, total = _cut(cost.drafts(desk.projects("cost.line.post")), _line)
    return Card("post", _("My cost lines: to post"), shown, total, _("No cost line waits to be posted."), "/w/cost.line/?status=draft", _("All drafts"))


def _spent(desk: Desk) -> Card | None:
    if not desk.request.access.anywhere("cost.line.view"):
        return None
    shown, total = _cut(cost.newest(desk.projects("cost.line.view"))[:100], _line)
    return Card("spent", _("My cost lines: newest"), shown, total, _("No cost has been booked yet."), "/w/cost.line/?kind=actual", _("All"))


def _line(line: Any) -> Row:
    return Row(
        f"/w/cost.line/{line.pk}/",
        line.description,
        f"{line.project.code} · {line.period}",
        line.status,
        line.get_status_display(),
        amount=line.amount,
        currency=line.currency,
    )


def _overspent(desk: Desk) -> Card | None:
    if not desk.request.access.anywhere("cost.line.view"):
        return None
    over = [s for s in desk.standings if s.sees_money and s.planned and s.actual > s.planned]
    rows = [
        Row(f"/projects/{s.project.code}/", s.project.name, _("%(percent)s %% of the plan") % {"percent": round(100 * s.actual / s.planned)}, "degraded", _("Above the plan"), amount=s.actual - s.planned, currency=s.project.currency)
        for s in over
    ]  # fmt: skip
    return Card(
        "overspent", _("Spent more than planned"), rows[:shown_at_most], len(rows), _("No project has spent more than planned."), "/portfolio/", _("Portfolio")
    )


def _slipping(desk: Desk) -> Card:
    slipping = sorted((s for s in desk.standings if (s.slip_days or 0) > 0), key=lambda s: -(s.slip_days or 0))
    rows = [
        Row(f"/projects/{s.project.code}/", s.project.name, _("%(days)s days behind the baseline") % {"days": s.slip_days}, "degraded", _("Slipping"), s.finish)
        for s in slipping
    ]  # fmt: skip
    return Card("slipping", _("Behind the baseline"), rows[:shown_at_most], len(rows), _("Every project keeps its baseline."), "/portfolio/", _("Portfolio"))


def _integration(desk: Desk) -> Card | None:
    if not desk.request.access.anywhere("hub.interface.view"):
        return None
    rows = hub.conflicts_open().filter(interface__in=visible(desk.request.access))
    shown, total = _cut(rows, lambda row: _conflict(row, may_see_values(desk.request.access, row.interface)))
    return Card("integration", _("Conflicts to decide"), shown, total, _("None waits."), "/hub/conflicts/", _("All"))


def _conflict(conflict: Any, is_shown: bool) -> Row:
    return Row(
        "/hub/conflicts/",
        f"{conflict.interface.name} · {conflict.field or '–'}",
        f"{str(conflict.value_a)[:30]} / {str(conflict.value_b)[:30]}" if is_shown else "",
        "clash",
        _("Conflict"),
    )


makers: dict[str, Callable[[Desk], Card | None]] = {
    "mine": _mine, "danger": _danger, "confirm": _confirm, "write": _write, "post": _post, "spent": _spent, "overspent": _overspent, "slipping": _slipping,
    "integration": _integration,
}  # fmt: skip
assert {key for keys in homes.values() for key in keys} <= set(makers)

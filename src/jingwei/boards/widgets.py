"""What of several domains together stands on a home: what is in danger, what slips, what costs too much."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from datetime import timedelta
from urllib.parse import urlencode

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from jingwei.boards.load import LoadAsked, table_of
from jingwei.boards.queries import Standing, lateness, standings_of, why_late
from jingwei.domains.work import queries as work
from jingwei.frame.widgets import Answer, Desk, Point, Row, Widget
from jingwei.frame.widgets.desk import shown_at_most
from jingwei.hub import queries as hub

overloaded_days = 28


def standings(desk: Desk) -> list[Standing]:
    """Where every project that the person may see stands; asked for once a page."""
    return desk.kept("boards.standings", lambda: standings_of(desk.access))


def danger(desk: Desk) -> Answer:
    """Plans that cannot be calculated, milestones behind their deadline with the reason, then every interface that health does not call healthy, and what waits
    for those that are down."""
    found = standings(desk)
    rows = [
        Row(f"/projects/{s.project.code}/", s.project.name, f"{s.project.code} · {s.problem}", "down", _("Plan cannot be calculated"))
        for s in found
        if s.problem
    ]
    rows += [row for standing in found if standing.endangered for row in _milestones(standing)]
    rows += _unwell(desk)
    sees_interfaces = desk.access.anywhere("hub.interface.view")
    empty = _("No milestone is endangered, and every interface in use is healthy.") if sees_interfaces else _("No milestone is endangered.")
    return Answer(rows[:shown_at_most], len(rows), empty=empty, url="/portfolio/", link=_("Portfolio"), is_alarm=bool(rows))


def _milestones(standing: Standing) -> Iterator[Row]:
    chains = why_late(standing, standing.endangered[:shown_at_most])
    for each in standing.endangered:
        late = _("%(amount)s late") % {"amount": lateness(each)}
        first = chains[each.pk][0].text if each.pk in chains else ""
        yield Row(
            f"/projects/{standing.project.code}/",
            each.name,
            " · ".join(filter(None, (standing.project.code, late, first))),
            "endangered",
            _("Endangered"),
            each.finish,
            endangered=each.pk,
        )


def _unwell(desk: Desk) -> Iterator[Row]:
    unwell = hub.unwell(desk.access)
    down: dict[int, list[int]] = defaultdict(list)
    for each in unwell:
        if each.state == "down" and desk.access.allows("work.task.view", each.project_id):
            down[each.project_id].append(each.pk)
    waiting = Counter(task.interface_id for project, ids in down.items() for task in work.waiting_for(project, ids))
    for each in unwell:
        stake = _stake(waiting[each.pk]) if each.pk in down[each.project_id] else ""
        note = " · ".join(filter(None, (stake, hub.sentence(each)[:90])))
        yield Row(f"/hub/interfaces/{each.key}/", each.name, note, each.state, each.get_state_display(), each.state_since)


def _stake(count: int) -> str:
    if count == 1:
        return _("1 task waits for it")
    return _("%(count)s tasks wait for it") % {"count": count} if count else _("no task waits for it, so no milestone moves")


def overspent(desk: Desk) -> Answer:
    """Projects whose actual cost is above what was planned, then those of which that cannot be told."""
    seen = [s for s in standings(desk) if s.sees_money]
    rows = [
        Row(f"/projects/{s.project.code}/", s.project.name, _share(s), "degraded", _("Above the plan"), amount=s.actual - s.planned, currency=s.project.currency)
        for s in seen if s.is_overspent
    ]  # fmt: skip
    rows += [
        Row(f"/projects/{s.project.code}/", s.project.name, _("Costs without an exchange rate: %(currencies)s") % {"currencies": s.without_rate}, "degraded", _("Not known"))
        for s in seen if s.without_rate and not s.is_overspent
    ]  # fmt: skip
    return Answer(rows[:shown_at_most], len(rows), empty=_("No project has spent more than planned."), url="/portfolio/", link=_("Portfolio"))


def _share(standing: Standing) -> str:
    if standing.planned <= 0:
        return _("nothing was planned")
    return _("%(percent)s %% of the plan") % {"percent": round(100 * standing.actual / standing.planned)}


def slipping(desk: Desk) -> Answer:
    """Projects that finish behind their baseline, the latest first."""
    found = standings(desk)
    late = sorted((s for s in found if (s.slip_days or 0) > 0), key=lambda s: -(s.slip_days or 0))
    rows = [
        Row(f"/projects/{s.project.code}/", s.project.name, _("%(days)s days behind the baseline") % {"days": s.slip_days}, "degraded", _("Slipping"), s.finish)
        for s in late
    ]  # fmt: skip
    return Answer(rows[:shown_at_most], len(rows), empty=_kept(found), url="/portfolio/", link=_("Portfolio"))


def _kept(found: Sequence[Standing]) -> str:
    """That every project keeps its baseline, as far as that is known."""
    unknown = [s.project.code for s in found if not s.is_compared]
    if not found:
        return _("No project yet")
    if not unknown:
        return _("Every project keeps its baseline.")
    names = ", ".join([*unknown[:shown_at_most], *(["…"] if len(unknown) > shown_at_most else [])])
    return _("Not compared, without a baseline or without dates: %(projects)s.") % {"projects": names}


def progress(desk: Desk) -> Answer:
    """How far each project is, in percent."""
    points = [Point(s.project.code, s.percent) for s in standings(desk)]
    return Answer(points=points[:shown_at_most], total=len(points), unit="%", empty=_("No project yet"), url="/portfolio/", link=_("Portfolio"))


def overloaded(desk: Desk) -> Answer:
    """People for whom more is planned on some days of the next four weeks than they have working time, over all projects that the reader may look into."""
    today = timezone.localdate()
    asked = LoadAsked(since=today, until=today + timedelta(days=overloaded_days - 1), step="day", over=True)
    people = sorted(table_of(desk.access, asked).rows, key=lambda row: -row.whole.over)
    span = {"since": today, "until": asked.until}
    rows = [
        Row(
            f"/load/?{urlencode({'person': row.facts['number'], **span})}", row.facts["name"], _("most on one day: %(hours)s h") % {"hours": round(max(cell.planned for cell in row.cells) / 60, 1)},
            "degraded", _("days overloaded: %(days)s") % {"days": row.whole.over},
        )
        for row in people[:shown_at_most]
    ]  # fmt: skip
    stuck = [s.project.code for s in standings(desk) if s.problem]
    empty = _("Not known: the plans of these projects cannot be calculated: %(projects)s.") % {"projects": ", ".join(stuck[:shown_at_most])}
    return Answer(
        rows,
        len(people),
        empty=empty if stuck else _("Nobody is overloaded in the next four weeks."),
        url=f"/load/?{urlencode({'over': 1, **span})}",
        link=_("People's load"),
    )


_first = {"manager": 10, "engineer": 30, "finance": 40, "pmo": 10, "operations": 20, "owner": 10, "viewer": 10}
Widget("danger", gettext_lazy("Endangered now"), danger, homes=_first)
Widget("overspent", gettext_lazy("Spent more than planned"), overspent, "cost.line.view", homes={"finance": 30, "pmo": 30})
Widget("slipping", gettext_lazy("Behind the baseline"), slipping, homes={"pmo": 20})
Widget("progress", gettext_lazy("Progress of the projects"), progress, "work.task.view", shape="chart")
Widget("overloaded", gettext_lazy("Overloaded people, next four weeks"), overloaded, "work.task.view", homes={"manager": 35, "pmo": 25})

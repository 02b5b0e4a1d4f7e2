"""Endangered milestones: the managers are told once when one gets into danger, and once when it is safe again."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.utils import translation
from django.utils.translation import gettext as _

from jingwei.domains.schedule.models import Endangerment
from jingwei.frame import notices
from jingwei.frame.models import Project, User

languages = ("zh-hans", "en")


def milestones_watch(
    *, project: Project, rows: Mapping[int, Mapping[str, Any]], late: Mapping[int, datetime], cause: Callable[[], str]
) -> tuple[list[int], list[int]]:
    """Compare the milestones late now with those known to be; returns who got into danger and who is out of it.

    `rows` are the project's tasks, `late` the computed finish of each milestone behind its deadline, `cause` says why in the language of now.
    """
    known = dict(Endangerment.objects.filter(project=project).values_list("task_id", "pk"))
    fresh, saved = sorted(set(late) - set(known)), sorted(pk for pk in known if pk not in late)
    if not fresh and not saved:
        return fresh, saved
    for pk in fresh:
        Endangerment(project=project, tenant_id=project.tenant_id, task_id=pk).save()
    Endangerment.objects.filter(task_id__in=saved).delete()
    people = managers_of(project)
    for pk in fresh:
        tell(people, project, pk, lambda pk=pk: _late_text(project, rows[pk], late[pk], cause()), level="alarm")  # type: ignore[misc]
    for pk in saved:
        if pk in rows:
            tell(people, project, pk, lambda pk=pk: _safe_text(rows[pk]), level="note")  # type: ignore[misc]
    return fresh, saved


def managers_of(project: Project) -> list[User]:
    """The project's manager and everybody with that role; the administrators when there is nobody."""
    people = {user.pk: user for user in notices.people_of(project.pk, "manager")}
    if project.manager is not None and project.manager.is_active:
        people[project.manager.pk] = project.manager
    return list(people.values()) or notices.people_of(project.pk, "owner")


def tell(people: list[User], project: Project, task_id: int, text: Callable[[], str], *, level: str) -> None:
    """One notice a person and milestone, in both languages."""
    titles = []
    for language in languages:
        with translation.override(language):
            titles.append(text())
    notices.notify(people, titles[0], titles[1], level=level, url=f"/projects/{project.code}/", key=f"milestone:{task_id}", project_id=project.pk)


def _late_text(project: Project, row: Mapping[str, Any], finish: datetime, cause: str) -> str:
    zone = ZoneInfo(project.zone)
    hours = (finish - row["deadline"]).total_seconds() / 3600
    late = _("%(days)s days") % {"days": round(hours / 24, 1)} if hours >= 24 else _("%(hours)s hours") % {"hours": round(hours, 1)}
    return _("“%(name)s” of %(project)s slips to %(finish)s, %(late)s behind its deadline. Reason: %(cause)s") % {
        "name": row["name"][:80], "project": project.code, "finish": finish.astimezone(zone).strftime("%m-%d %H:%M"), "late": late, "cause": cause[:120],
    }  # fmt: skip


def _safe_text(row: Mapping[str, Any]) -> str:
    if row["percent"] >= 100:
        return _("“%(name)s” is reached.") % {"name": row["name"][:80]}
    return _("“%(name)s” is safe again: it meets its deadline.") % {"name": row["name"][:80]}

"""What of the plan stands on a home: my tasks of today."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from jingwei.domains.directory import queries as directory
from jingwei.domains.work import queries
from jingwei.frame.telling import notices
from jingwei.frame.widgets import Answer, Desk, Row, Widget, cut


def mine(desk: Desk) -> Answer:
    """What I am to do within three days."""
    person = directory.person_of(desk.access.user_id) if desk.access.user_id is not None else None
    rows = queries.mine_now(person.pk if person else None, timezone.now() + timedelta(days=3))
    if (allowed := desk.projects("work.task.view")) is not None:
        rows = rows.filter(project_id__in=allowed)
    shown, total = cut(rows, _row)
    if person is None:
        return _not_joined(desk)
    return Answer(shown, total, empty=_("Nothing of yours is due."), url=f"/w/work.task/?assignee={person.pk}", link=_("All mine"))


def _not_joined(desk: Desk) -> Answer:
    """Who mends it, and where."""
    why = _("Your log-in is not joined to a person yet, so no task can be yours.")
    if desk.access.anywhere("directory.person.change"):
        how = _("Make an entry for yourself among the people, or open the one you have, and choose your log-in as its user.")
        may_add = desk.access.anywhere("directory.person.add")
        actions = [(_("Make my entry"), f"/w/directory.person/new/?{urlencode({'user': desk.access.user_id})}")] if may_add else []
        return Answer(empty=f"{why} {how}", url="/w/directory.person/", link=_("People"), actions=actions)
    who = ", ".join(str(user) for user in notices.people_of(0, "owner")[:3])
    return Answer(empty=" ".join([why, _("It is mended by: %(who)s (People, field “user”).") % {"who": who}]) if who else why)


def _row(task: Any) -> Row:
    if task.is_endangered:
        state, word = "endangered", _("deadline")
    elif task.is_critical:
        state, word = "critical", _("critical")
    else:
        state, word = task.status, task.get_status_display()
    return Row(f"/w/work.task/{task.pk}/", task.name, f"{task.project.code} · {task.percent} %", state, word, task.finish)


Widget("mine", gettext_lazy("Mine to do today"), mine, "work.task.view", homes={"crew": 20, "manager": 30, "engineer": 10, "owner": 40, "viewer": 20})

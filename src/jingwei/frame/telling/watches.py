"""Watches: conditions of rows, each told once when it begins and once when it is over. One table holds what is amiss."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction
from django.db.models import Case, Q, When
from django.utils import timezone, translation
from django.utils.translation import gettext_lazy

from jingwei.frame import scope
from jingwei.frame.models import Alarm, Project, User
from jingwei.frame.postgres import locks
from jingwei.frame.rights.access import Access
from jingwei.frame.telling import inbox, notices
from jingwei.frame.telling.notices import Notice
from jingwei.frame.telling.wording import Both, Said, languages

registry: dict[str, Watch] = {}
shown_at_most = 500
Says = Callable[[Any], Said | str]


@dataclass(frozen=True)
class Watch:
    """A condition. `rows()` gives those rows of `resource` that are in it now; None when whoever computes them settles them.

    `says(row)` words it (with `Said` for each reader, as a text for the language of the moment), `tell(row)` gives whom to tell, the managers of its project
    unless told otherwise; `over(row)` words its end where there is more to say
    than that it is over. `address(row)` is where it leads, the record itself unless told otherwise. Who may look at the row may know that
    something is amiss; what was said of it is for those who hold `words_need` too, where that is declared. `homes` are those of its widget.
    """

    key: str
    title: Any
    resource: str
    says: Says
    tell: Callable[[Any], Sequence[User]] = lambda row: managers_of(row.project)
    rows: Callable[[], Iterable[Any]] | None = None
    over: Says | None = None
    address: Callable[[Any], str] | None = None
    level: str = "warning"
    words_need: str = ""
    homes: Mapping[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.key in registry:
            raise LookupError(f"the watch {self.key} is declared twice")
        registry[self.key] = self
        notices.registry.pop(self.notice_key, None)
        Notice(self.notice_key, "%(what)s", self.title, self.level, mail="once" if self.level == "alarm" else "daily")

    @property
    def notice_key(self) -> str:
        """The notice by which people are told."""
        return f"watch.{self.key}"

    @property
    def notice(self) -> Notice:
        """The same, declared."""
        return notices.registry[self.notice_key]

    def url_of(self, row: Any) -> str:
        """Where a row's alarm leads."""
        return self.address(row) if self.address is not None else f"/w/{self.resource}/{row.pk}/"


def managers_of(project: Project) -> list[User]:
    """The project's manager and everybody with that role; the administrators when there is nobody."""
    people = {user.pk: user for user in notices.people_of(project.pk, "manager")}
    if project.manager is not None and project.manager.is_active:
        people[project.manager.pk] = project.manager
    return list(people.values()) or notices.people_of(project.pk, "owner")


@transaction.atomic
def look(watch: Watch) -> tuple[list[int], list[int]]:
    """See which rows are in the condition now; returns the ids of those for which it began and of those for which it is over."""
    assert watch.rows is not None, f"{watch.key} is settled by whoever computes its rows"
    locks.hold(f"watch:{watch.key}:{scope.current().tenant_id}")
    return settle(watch, {row.pk: row for row in watch.rows()})


def settle(watch: Watch, now: Mapping[int, Any], *, project: Project | None = None, others: Mapping[int, Any] | None = None) -> tuple[list[int], list[int]]:
    """Compare the rows in the condition now with the alarms that are open (of one project, if given), inside the caller's transaction and lock.

    `others` are rows that are in it no more, for the word that it is over; left out, they are told by what was said when it began.
    """
    rows = Alarm.objects.filter(watch=watch.key, ended_at=None)
    known = {alarm.row_id: alarm for alarm in (rows.filter(project=project) if project is not None else rows)}
    moved = {pk for pk in set(known) & set(now) if known[pk].project_id != getattr(now[pk], "project_id", None)}  # told there, and anew where it is
    began, ended = sorted(set(now) - set(known) | moved), sorted(set(known) - set(now) | moved)
    for pk in ended:
        _end(watch, known[pk], (others or {}).get(pk))
    for pk in began:
        _begin(watch, now[pk])
    return began, ended


def _begin(watch: Watch, row: Any) -> None:
    said, url = _kept(lambda: watch.says(row)), watch.url_of(row)
    titles = _in_both(said)
    project_id = getattr(row, "project_id", None)
    Alarm(
        watch=watch.key, resource=watch.resource, row_id=row.pk, project_id=project_id, level=watch.level, title_zh=titles[0], title_en=titles[1], url=url
    ).save()
    _tell(watch, watch.tell(row), said, url=url, key=f"{watch.key}:{row.pk}", project_id=project_id)


def _tell(watch: Watch, people: Iterable[User], said: Said | Both, *, project_id: int | None, **given: Any) -> None:
    """What was said to those who may read it; to others who may look at the row, what kind of thing is amiss."""
    view = f"{watch.resource}.view"
    readers = inbox.able(people, view, project_id)
    if watch.words_need:
        able = inbox.able(readers, watch.words_need, project_id)
        others = [user for user in readers if user not in able]
        watch.notice.tell(others, project_id=project_id, needs=view, what=watch.title, **given)
        readers = able
    watch.notice.tell(readers, project_id=project_id, needs=watch.words_need or view, what=said, **given)


def _end(watch: Watch, alarm: Alarm, row: Any | None) -> None:
    """Those hear of the end who heard of the beginning."""
    Alarm.objects.filter(pk=alarm.pk).update(ended_at=timezone.now())
    over = watch.over
    if over is not None and row is not None:
        said = _kept(lambda: over(row))
    else:
        said = Said(gettext_lazy("It is over: %(what)s"), what=Both(lambda: alarm.title_en if translation.get_language() == "en" else alarm.title_zh))
    key = f"{watch.key}:{alarm.row_id}"
    _tell(watch, notices.told_of(key), said, level="note", url=alarm.url, key=key, project_id=alarm.project_id)


def _kept(says: Callable[[], Said | str]) -> Said | Both:
    """What was said, for every reader; what is only a text is made in each language."""
    said = says()
    return said if isinstance(said, Said) else Both(says)


def _in_both(said: Said | Both) -> list[str]:
    out = []
    for language in languages:
        with translation.override(language):
            out.append(str(said)[:300])
    return out


@dataclass(frozen=True, slots=True)
class Shown:
    """An alarm as somebody may see it."""

    alarm: Alarm
    title: str
    kind: str


def seen(access: Access, key: str = "", *, are_over: bool = False) -> list[Shown]:
    """The alarms (of one watch, if given) that these rights reach, the gravest and newest first."""
    reached = Q(pk__in=())
    for name in {watch.resource for watch in registry.values()}:
        places = access.projects(f"{name}.view")
        reached |= Q(resource=name) & (Q() if places is None else Q(project_id__in=places))
    rows = Alarm.objects.filter(reached, ended_at__isnull=not are_over, **{"watch": key} if key else {}).select_related("project")
    gravest = Case(When(level=Alarm.Level.ALARM, then=0), When(level=Alarm.Level.WARNING, then=1), default=2)
    return [_shown(access, alarm) for alarm in rows.order_by(gravest, "-created_at", "-id")[:shown_at_most]]


def _shown(access: Access, alarm: Alarm) -> Shown:
    watch = registry.get(alarm.watch)
    kind = str(watch.title) if watch is not None else alarm.watch
    may_read = watch is None or not watch.words_need or _reaches(access, watch.words_need, alarm)
    title = alarm.title_en if translation.get_language() == "en" else alarm.title_zh
    return Shown(alarm, title if may_read else kind, kind)


def _reaches(access: Access, permission: str, alarm: Alarm) -> bool:
    return access.anywhere(permission) if alarm.project_id is None else access.allows(permission, alarm.project_id)

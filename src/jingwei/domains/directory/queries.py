"""What others ask about people and teams."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

from django.db.models import Q, QuerySet

from jingwei.domains.directory.models import Person, Team
from jingwei.kernels.spelling import typed, written_out


def person_of(user_id: int | None) -> Person | None:
    """The person behind a log-in."""
    return Person.objects.filter(user_id=user_id).select_related("team").first() if user_id else None


def crews() -> QuerySet[Team]:
    """Teams that can stand on a day-labour sheet, subcontractors first."""
    return Team.objects.order_by("-kind", "code")


def people_to_assign() -> list[list[Any]]:
    """People who work here now: [id, name], by name."""
    return [list(row) for row in Person.objects.filter(is_active=True).order_by("name", "number").values_list("pk", "name")]


def people_told(ids: Collection[int], *, everybody: bool = False) -> list[dict[str, Any]]:
    """These people, or these and whoever works here now, by name: pk, number, name, team and position. One query."""
    rows = Person.objects.filter(Q(pk__in=ids) | Q(is_active=True) if everybody else Q(pk__in=ids)).order_by("name", "number")
    return list(rows.values("pk", "number", "name", "position", "team__code", "team__name", "is_active"))


def skills_of_people(wanted: set[str]) -> dict[int, tuple[str, frozenset[str]]]:
    """People who work here now and have one of the skills: name and the wanted skills they have. No query when none is wanted."""
    rows = Person.objects.filter(is_active=True).exclude(skills="").order_by("name", "number") if wanted else []
    return {each.pk: (each.name, had) for each in rows if (had := each.skill_names & wanted)}


def person(person_id: int) -> Person | None:
    """One person."""
    return Person.objects.filter(pk=person_id).first()


def staff_named(names: Iterable[str]) -> dict[str, list[int]]:
    """Whom of those who work here now each of these names means: nobody, one, or several. By e-mail or user name, else by the whole name, written or spelled
    out: a file is read by nobody who could see that initials mean somebody else. One query for all."""
    wanted = set(filter(None, names))
    rows = Person.objects.filter(is_active=True).select_related("user").order_by("number") if wanted else ()
    known = [(row.pk, _plain(row.name), {row.email.lower(), row.user.username.lower() if row.user else ""} - {""}, row) for row in rows]
    out: dict[str, list[int]] = {}
    for name in wanted:
        plain, spelling = _plain(name), typed(name)
        exactly = [pk for pk, _name, others, _row in known if name.strip().lower() in others]
        out[name] = exactly or [pk for pk, own, _others, row in known if own == plain or _is_spelled_out(row, spelling)]
    return out


def _is_spelled_out(row: Person, spelling: str) -> bool:
    return bool(spelling) and f" {spelling}." in row.spelt and spelling in written_out(row.name)


def _plain(name: str) -> str:
    return "".join(name.split()).lower()

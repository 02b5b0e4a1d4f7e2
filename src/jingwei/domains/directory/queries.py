"""What others ask about people and teams."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from django.db.models import Q, QuerySet

from jingwei.domains.directory.models import Person, Team


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


def staff_by_name() -> dict[str, int]:
    """People by name; of two with one name neither."""
    found: dict[str, int] = {}
    twice = set()
    for pk, name in Person.objects.values_list("pk", "name"):
        if name in found:
            twice.add(name)
        found[name] = pk
    return {name: pk for name, pk in found.items() if name not in twice}

"""Verbs of the directory: the rules of a project."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from jingwei.domains.directory.facts import ProjectPlanningChanged, ProjectTurned
from jingwei.domains.directory.models import Person
from jingwei.frame.models import Project, User
from jingwei.frame.models.currency import currencies as known_currencies
from jingwei.frame.records import currencies
from jingwei.frame.telling import facts

# what the dates of a project's tasks depend on
planning_fields = ("zone", "start_on", "data_date", "scheduled_from", "finish_on", "has_critical_ends", "progress_logic")


@transaction.atomic
def project_save(*, instance: Project | None = None, **values: Any) -> Project:
    """Create or change a project. Scheduled from its finish it has one, and no further critical paths."""
    project = instance or Project()
    before = {name: getattr(project, name) for name in planning_fields}
    was_from_finish, currency = project.is_from_finish, project.currency
    for name, value in values.items():
        setattr(project, name, value)
    check_finish(project)
    is_new = project.pk is None
    project.save()
    if is_new:
        return project
    if project.currency != currency and currency in known_currencies:  # what nobody knows as a currency is mended at any time
        currencies.keep(project, currency)
    if project.is_from_finish != was_from_finish:
        facts.state(ProjectTurned(project_id=project.pk, is_from_finish=project.is_from_finish))
    elif any(getattr(project, name) != kept for name, kept in before.items()):
        facts.state(ProjectPlanningChanged(project_id=project.pk))
    return project


def check_finish(project: Project) -> None:
    """A rule: scheduled from its finish it has one, and no further critical paths."""
    if project.is_from_finish and project.finish_on is None:
        raise ValidationError({"finish_on": _("A project scheduled from its finish needs the day it must be finished on.")})
    if project.is_from_finish and project.has_critical_ends:
        text = _("Scheduled from the finish, every end lies at the finish already. Untick this, or schedule from the start.")
        raise ValidationError({"has_critical_ends": text})


@transaction.atomic
def person_join(*, user_id: int) -> Person | None:
    """Say which of the people a log-in is: who has its name as staff number, else the only one of its full name. None when that is nobody, or known already."""
    user = User.objects.get(pk=user_id)
    if Person.objects.filter(user=user).exists():
        return None
    free = Person.objects.select_for_update().filter(user=None, is_active=True)
    found = list(free.filter(number__iexact=user.username)[:2]) or (list(free.filter(name=user.get_full_name())[:2]) if user.get_full_name() else [])
    if len(found) != 1:
        return None
    person: Person = found[0]
    person.user = user
    person.save()
    return person

"""User names: one name in any case, as people log in by it in any case. The database holds it; here it is asked and told in words."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import Q, Value
from django.db.models.functions import Lower
from django.utils.translation import gettext as _

from jingwei.frame.models import User

constraint = "user_name_once"


def named(name: str) -> User | None:
    """Who has that name in whatever case; also where only capitals make two names one (ſ and s), because a log-in compares by those."""
    rows = User.objects.alias(folded=Lower("username")).filter(Q(folded=Lower(Value(name))) | Q(username__iexact=name))
    return rows.order_by("pk").first()


def is_taken(name: str) -> bool:
    """Whether somebody has it."""
    return named(name) is not None


@contextmanager
def told_when_taken(field: str = "username") -> Iterator[None]:
    """Somebody may take the name between the look and the writing: the database's refusal becomes the field's error."""
    try:
        with transaction.atomic():
            yield
    except IntegrityError as problem:
        if constraint not in str(problem) and "username" not in str(problem):
            raise
        raise ValidationError({field: _("This name is taken.")}) from problem

"""What the database says of a value that no check has caught, in people's words: the last net, so that a bad value is never a failure of ours."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.db import DataError, IntegrityError, OperationalError
from django.db.models import BooleanField, Field, UniqueConstraint
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from psycopg import errors

_where_values_are_made = ("django.db.models.fields", "django.utils.dateparse")


@dataclass(frozen=True, slots=True)
class Said:
    """How a request is refused: status, code, text."""

    status: int
    code: str
    text: str


def taken() -> Any:
    """What is said of a key, code or name that cannot be had, when the one who asks may not know who has it; in the language of whoever reads it."""
    return gettext_lazy("This key, code or name is taken already, perhaps by something you may not see. Choose another.")


def said_of(problem: BaseException) -> Said | None:
    """The refusal a problem stands for; None when it is one of ours."""
    cause = problem.__cause__
    if isinstance(cause, errors.QueryCanceled) and isinstance(problem, OperationalError):
        return Said(422, "too_slow", _("This took longer than the time allowed. Ask for fewer rows, fields or filters."))
    if isinstance(cause, errors.DeadlockDetected | errors.LockNotAvailable) and isinstance(problem, OperationalError):
        return Said(503, "busy", _("Others wrote the same rows in this moment. Nothing of yours was written: send it again."))
    if isinstance(cause, errors.ForeignKeyViolation) and isinstance(problem, IntegrityError):
        return Said(422, "gone", _("Something that it names was removed in this moment. Look again, then choose another."))
    if isinstance(cause, errors.CheckViolation) and isinstance(problem, IntegrityError):
        return Said(422, "invalid", _("A value is outside of what its field may hold. Correct it."))
    if isinstance(cause, errors.UniqueViolation) and isinstance(problem, IntegrityError) and not _is_typed(cause.diag.constraint_name):
        return Said(409, "at_once", _("Somebody did the same at the same moment. Look whether it is done already; if not, do it again."))
    if isinstance(cause, errors.UniqueViolation) and isinstance(problem, IntegrityError):
        return Said(422, "taken", str(taken()))
    if isinstance(problem, DataError | OverflowError):
        return Said(422, "invalid", _("A value is too large, too long or of the wrong kind for its field. Correct it."))
    if isinstance(problem, UnicodeEncodeError):
        return Said(422, "malformed", _("A text contains half a character (a lone surrogate). Send whole characters as UTF-8."))
    if isinstance(problem, RecursionError):
        return Said(422, "malformed", _("The value is nested too deep. Make it flatter."))
    if isinstance(problem, ValueError) and _is_of_a_column(problem):
        return Said(400, "invalid", _("A value in the request is no number or of the wrong kind. Correct it."))
    return None


def _is_typed(constraint: str | None) -> bool:
    """Whether what a constraint lets be only once is something that people type. What they choose, and what the machinery writes, they do not."""
    for model in apps.get_models():
        for each in model._meta.constraints:
            if each.name == constraint and isinstance(each, UniqueConstraint) and each.fields:
                fields = [model._meta.get_field(name) for name in each.fields]
                return any(field.editable and not field.is_relation and not isinstance(field, BooleanField) for field in fields if isinstance(field, Field))
    return True


def _is_of_a_column(problem: ValueError) -> bool:
    """Raised where Django makes a value into a column's kind: the value came so, nobody computed it."""
    trace = problem.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return trace is not None and trace.tb_frame.f_globals.get("__name__", "").startswith(_where_values_are_made)

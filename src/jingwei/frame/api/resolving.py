"""What every field of GraphQL does alike: refusals as errors with a code and the fields, one time for all of a request, the types of its arguments."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import strawberry
from django.core.exceptions import ObjectDoesNotExist, PermissionDenied, ValidationError
from django.db import DataError, IntegrityError, OperationalError
from django.http import Http404
from django.utils.translation import gettext as _
from graphql import GraphQLError
from pydantic import ValidationError as BadInput
from strawberry.scalars import JSON
from strawberry.types import Info

from jingwei.frame.records import commands
from jingwei.frame.walls import limits, troubles
from jingwei.frame.walls.heavy import Busy


def in_time(request: Any) -> None:
    """One statement has its limit; many lists in one request have this one. ValidationError when it is over."""
    if time.monotonic() > request.until:
        most = limits.api_milliseconds // 1000
        raise ValidationError(_("The request takes longer than %(most)s seconds. Ask for fewer rows or fields at once.") % {"most": most})


def guarded(work: Callable[..., Any]) -> Any:
    """Refusals as errors with a code and the fields."""
    try:
        return work()
    except ValidationError as problem:
        fields = problem.message_dict if hasattr(problem, "error_dict") else {"": problem.messages}
        raise GraphQLError("; ".join(problem.messages), extensions={"code": "invalid", "fields": fields}) from None
    except BadInput as problem:
        fields = {".".join(map(str, e["loc"])): [e["msg"]] for e in problem.errors()}
        raise GraphQLError("invalid", extensions={"code": "invalid", "fields": fields}) from None
    except PermissionDenied as problem:
        raise GraphQLError(str(problem), extensions={"code": "denied"}) from None
    except (Http404, ObjectDoesNotExist):  # somebody has removed it in the meantime
        raise GraphQLError("not found", extensions={"code": "not_found"}) from None
    except commands.Stale as problem:
        raise GraphQLError(str(problem), extensions={"code": "stale"}) from None
    except Busy as problem:
        raise GraphQLError(str(problem), extensions={"code": "busy"}) from None
    except (DataError, IntegrityError, OperationalError, OverflowError, UnicodeError) as problem:
        if (said := troubles.said_of(problem)) is None:
            raise
        raise GraphQLError(said.text, extensions={"code": said.code}) from None


def resolve(*functions: Callable[..., Any]) -> None:
    """Annotations are text in this module; strawberry wants the types themselves."""
    known = {
        "Info": Info,
        "str": str,
        "int": int,
        "bool": bool,
        "JSON": JSON,
        "JSON | None": JSON | None,
        "Any": Any,
        "strawberry.ID": strawberry.ID,
        "strawberry.ID | None": strawberry.ID | None,
        "int | None": int | None,
    }
    for function in functions:
        function.__annotations__ = {n: known.get(a, a) if isinstance(a, str) else a for n, a in function.__annotations__.items()}

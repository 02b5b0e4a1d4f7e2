"""A form that makes something makes it once, however often it is sent: a double click, a retry, a second window on the same page.

The page gives the form an id of its own. What is written carries a trace made of it, so that a second arrival finds the row in the history.
Who goes back and sends the same page with something else in it means another row.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable
from typing import Any

from jingwei.frame import scope
from jingwei.frame.models import History
from jingwei.frame.models.scoped import TenantModel
from jingwei.frame.postgres import locks
from jingwei.frame.records import turns
from jingwei.frame.records.resource import Resource
from jingwei.frame.web import Request

field = "form_id"
_not_typed = ("csrfmiddlewaretoken",)


class MadeAlready(Exception):
    """The form has come before; `pk` is the row it made."""

    def __init__(self, pk: int) -> None:
        super().__init__(pk)
        self.pk = pk


def id_of(request: Request) -> str:
    """The id that the form goes out with: its own when it comes back with something to mend, else a new one."""
    return str(request.POST.get(field) or "")[:64] or secrets.token_hex(16)


@turns.in_turn
def write(request: Request, resource: Resource, work: Callable[[], Any]) -> Any:
    """What the form makes. Raises MadeAlready when it has made it before; of two that come at once, the second waits for the first."""
    if not request.POST.get(field):  # a program that posts a page: it knows what it has sent
        return work()
    trace = _trace_of(request, resource.key)
    locks.hold(f"form {trace}")
    of_it = History.unscoped.filter(tenant_id=request.tenant.pk, trace=trace, resource=resource.model._meta.label_lower, action=History.Action.INSERT)
    made = of_it.order_by("id").values_list("object_id", flat=True).first()
    if made is not None:
        raise MadeAlready(made)
    with scope.because(trace=trace):
        return work()


@turns.in_turn
def change(request: Request, row: TenantModel, work: Callable[[], Any]) -> None:
    """What the form adds to a row that is there; nothing when it has added it before."""
    if not request.POST.get(field):
        work()
        return
    key = row._meta.label_lower
    trace = _trace_of(request, f"{key}/{row.pk}")
    locks.hold(f"form {trace}")
    if not History.unscoped.filter(tenant_id=request.tenant.pk, trace=trace, resource=key, object_id=row.pk).exists():
        with scope.because(trace=trace):
            work()


def _trace_of(request: Request, what: str) -> str:
    typed = [(name, request.POST.getlist(name)) for name in sorted(request.POST) if name not in _not_typed]
    files = [(name, file.name, file.size) for name in sorted(request.FILES) for file in request.FILES.getlist(name)]
    return hashlib.sha256(repr((request.user.pk, what, typed, files)).encode()).hexdigest()[:32]

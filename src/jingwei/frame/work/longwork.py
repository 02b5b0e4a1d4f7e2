"""Work that takes longer than a glance: declared by kind, run by the worker, watched and cancelled from its page.

It is its owner's. Through a limited token it is there only as far as the token covers what it is about (`seen_by`).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import structlog
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import connection, transaction
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from jingwei.frame import narrowing, scope
from jingwei.frame.models import ImportFile, LongWork, User
from jingwei.frame.postgres import beside
from jingwei.frame.rights.access import Access, Lacking
from jingwei.frame.work import jobs

log = structlog.get_logger(__name__)
job = "frame.longwork"
_kinds: dict[str, Callable[[dict[str, Any], Watch], dict[str, Any]]] = {}
seconds_between_reports = 0.3
of_person = 3  # that wait or run at once
lanes = 2  # as many run at once, whoever began them: the other places of a worker stay free for the hub and the plans
behind_others = -10  # the priority of its jobs: whatever else waits goes first


class Stopped(Exception):
    """Raised by work that can keep nothing of what it did when somebody asked it to stop."""


_lock = "SELECT 1 FROM frame_longwork WHERE id = %s FOR NO KEY UPDATE NOWAIT"
_told = "UPDATE frame_longwork SET done = %s, total = %s, message = %s WHERE id = %s RETURNING cancel_asked"


class Watch:
    """What the work tells and asks while it runs: its progress, and whether somebody wants it to stop."""

    def __init__(self, pk: int) -> None:
        self.pk, self._last, self._stop = pk, 0.0, False

    def tell(self, done: int, total: int, message: str = "") -> None:
        """How far it is; written a few times a second at most."""
        now = time.monotonic()
        if now - self._last >= seconds_between_reports:
            self._last = now
            said = (max(0, done), max(1, total), message[:500])
            if connection.in_atomic_block:  # what is told inside a transaction nobody would hear before its end
                self._tell_beside(said)
                return
            rows = LongWork.objects.filter(pk=self.pk)
            rows.update(done=said[0], total=said[1], message=said[2])
            self._stop = bool(rows.values_list("cancel_asked", flat=True).first())

    def _tell_beside(self, said: tuple[int, int, str]) -> None:
        try:
            answer = beside.change_row(scope.current().tenant_id, _lock, self.pk, _told, (*said, self.pk))
        except beside.RowHeld:
            return
        self._stop = bool(answer and answer[0])

    def should_stop(self) -> bool:
        """Somebody asked to cancel; what was found so far is kept."""
        now = time.monotonic()
        if now - self._last >= seconds_between_reports:
            self._last = now
            self._stop = bool(LongWork.objects.filter(pk=self.pk).values_list("cancel_asked", flat=True).first())
        return self._stop


def kind(name: str) -> Callable[[Callable[[dict[str, Any], Watch], dict[str, Any]]], Callable[[dict[str, Any], Watch], dict[str, Any]]]:
    """Declare a kind: `work(payload, watch) -> outcome`, both what JSON can hold. ValidationError ends it with words for the person."""

    def register(work: Callable[[dict[str, Any], Watch], dict[str, Any]]) -> Callable[[dict[str, Any], Watch], dict[str, Any]]:
        _kinds[name] = work
        return work

    return register


@dataclass(frozen=True, slots=True)
class About:
    """What a work is about: a resource, what is done to it, and in which projects; None is wherever its owner may."""

    resource: str
    verb: str
    projects: Collection[int] | None = None

    def noted(self) -> dict[str, Any]:
        """As fields of its row; who works through a token leaves the token's limits with it."""
        projects = None if self.projects is None else sorted(self.projects)
        limits = [limit.as_plain() for limit in scope.current().limits]
        return {"resource": self.resource, "verb": self.verb, "projects": projects, "limits": limits}


def _reaches(access: Access, work: LongWork | ImportFile, verb: str) -> bool:
    if not work.resource:  # nothing is known of it
        return not access.limits
    permission = f"{work.resource}.{verb}"
    if work.projects is not None:
        return access.allows(permission, *work.projects)
    return access.projects(permission) is None  # it was about everything, and tells of everything


def is_seen_by(access: Access, work: LongWork | ImportFile) -> bool:
    """Whether its owner, with these rights of the moment, may look at what it is about, or do what it does."""
    return work.user_id == access.user_id and any(_reaches(access, work, verb) for verb in dict.fromkeys(("view", work.verb)))


def seen_by(access: Access, works: Iterable[LongWork]) -> Iterator[LongWork]:
    """Those of these works that are."""
    return (work for work in works if is_seen_by(access, work))


def found(access: Access, pk: int | None, **more: Any) -> LongWork | None:
    """The work of that id (and what else is asked of it), when it is seen."""
    work: LongWork | None = LongWork.objects.filter(pk=pk, user_id=access.user_id, **more).first() if pk is not None else None
    return work if work is not None and is_seen_by(access, work) else None


def require_doing(access: Access, work: LongWork) -> None:
    """Raise PermissionDenied when these rights do not reach what the work does: looking at it is not stopping it."""
    if not _reaches(access, work, work.verb):
        raise Lacking(f"{work.resource}.{work.verb}") if work.resource else PermissionDenied()


@transaction.atomic
def begin(name: str, *, title: str, payload: dict[str, Any], user: User, about: About, url: str = "", file: bytes | None = None) -> LongWork:
    """Queue work of a kind; `url` is where its result is seen (`{id}` is filled in), `file` what it works on. ValidationError when that is too much."""
    _require_room(user)
    told = {"kind": name, "language": translation.get_language(), **payload}
    work = LongWork(file=file, user=user, tenant_id=scope.current().tenant_id, title=title[:200], payload=told, **about.noted())
    work.save()
    work.url = url.replace("{id}", str(work.pk))
    work.save(update_fields=["url"])
    jobs.defer(job, priority=behind_others, lane=str(user.pk % lanes), work_id=work.pk)
    return work


def _require_room(user: User) -> None:
    """A person has a few at once; what is a day old was lost with its worker and hinders nobody."""
    User.objects.select_for_update(no_key=True).get(pk=user.pk)  # who begins two in the same moment is counted one after the other
    fresh = LongWork.objects.filter(user=user, payload__has_key="kind", created_at__gt=timezone.now() - timedelta(days=1))
    if fresh.filter(status__in=(LongWork.Status.WAITING, LongWork.Status.RUNNING)).count() >= of_person:
        raise ValidationError(
            _("%(most)s long calculations or imports of yours wait or run already. Wait until one ends, or cancel one.") % {"most": of_person}
        )


@jobs.job(job, retry=False)
def run(work_id: int) -> None:
    """Run one; whatever happens, its row says how it ended. One that runs already was left by a worker that died over it."""
    work = LongWork.objects.filter(pk=work_id, status__in=(LongWork.Status.WAITING, LongWork.Status.RUNNING)).first()
    if work is None:
        return
    if work.status == LongWork.Status.RUNNING:
        with translation.override(work.payload.get("language") or translation.get_language()):
            text = _("The server stopped while it ran. Begin it again.")
        LongWork.objects.filter(pk=work_id).update(status=LongWork.Status.FAILED, message=text)
        return
    LongWork.objects.filter(pk=work_id).update(status=LongWork.Status.RUNNING)
    watch = Watch(work_id)
    try:
        bound = replace(scope.current(), limits=narrowing.limits_from(work.limits))  # those of the token that began it
        with translation.override(work.payload.get("language") or translation.get_language()), scope.within(bound):
            outcome = _kinds[work.payload["kind"]](work.payload, watch)
        ended: dict[str, Any] = {"status": LongWork.Status.DONE, "outcome": outcome}
    except ValidationError as problem:
        ended = {"status": LongWork.Status.FAILED, "message": " ".join(problem.messages)[:500]}
    except Stopped:
        ended = {"status": LongWork.Status.CANCELLED}
    except Exception as problem:
        log.exception("long work failed", work=work_id)
        ended = {"status": LongWork.Status.FAILED, "message": str(problem)[:500]}
    LongWork.objects.filter(pk=work_id).update(**ended)


def cancel(work: LongWork) -> None:
    """Ask it to stop; what waits still is taken out at once."""
    LongWork.objects.filter(pk=work.pk).update(cancel_asked=True)
    LongWork.objects.filter(pk=work.pk, status=LongWork.Status.WAITING).update(status=LongWork.Status.CANCELLED)

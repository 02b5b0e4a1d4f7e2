"""Watches are looked at every minute, and soon after a fact that may begin or end their condition."""

from __future__ import annotations

import structlog
from django.db import InterfaceError, transaction

from jingwei.frame import scope
from jingwei.frame.telling import facts, watches
from jingwei.frame.telling.facts import Fact
from jingwei.frame.work import jobs, scheduler

log = structlog.get_logger(__name__)
job = "frame.watch"


@jobs.job(job)
@transaction.atomic
def look(key: str) -> None:
    """Look at one watch, as a fact asked for."""
    jobs.claim(job, key)
    if (watch := watches.registry.get(key)) is not None:
        watches.look(watch)


def look_at_all() -> None:
    """Look at every watch; one that fails keeps no other from being looked at."""
    for watch in list(watches.registry.values()):
        if watch.rows is None:
            continue
        try:
            watches.look(watch)
        except InterfaceError:
            raise  # the connection is gone
        except Exception:
            log.exception("watch.failed", watch=watch.key, tenant=scope.current().tenant_id)


def look_after(kind: type[Fact], *keys: str) -> None:
    """Look at these watches soon after such a fact."""

    def demand(_fact: Fact) -> None:
        for key in keys:
            jobs.demand(job, key)

    facts.reacts_to(kind)(demand)


scheduler.every(60, "frame.watches")(look_at_all)

"""How long the platform itself keeps things: notices, long work, sessions, log-ins, jobs, history; and what nobody refers to any more."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import structlog
from django.apps import apps
from django.conf import settings
from django.db import connection, models
from django.utils import timezone

from jingwei.frame import environment, guards, scope
from jingwei.frame.carried.returning import forget_the_gone
from jingwei.frame.models import Secret
from jingwei.frame.work.retention import Kept, keep, sweeps

log = structlog.get_logger(__name__)
history_days = environment.number("JINGWEI_KEEP_HISTORY_DAYS")
access_days = 400
orphan_age = timedelta(days=1)  # what was stored a moment ago may be referred to a moment later

keep(
    Kept("frame_alarm", 400, "t.ended_at", is_ordered=False),
    Kept("frame_notification", 90, "t.updated_at", "t.read_at IS NOT NULL"),
    Kept("frame_notification", 400, "t.updated_at"),
    Kept("frame_letter", 30, "t.created_at"),
    Kept("frame_longwork", 30, "t.updated_at", "t.status IN ('done', 'failed', 'cancelled')"),
    Kept("frame_longwork", 180, "t.updated_at"),
    Kept("frame_importfile", 1, "t.created_at"),
    Kept("frame_importcolumns", 400, "t.updated_at"),
    Kept("frame_sending", 30, "t.created_at", "t.state <> 'waiting'"),
    Kept("frame_sending", 60, "t.created_at"),  # administrators are told a week before
    Kept("frame_setuplink", 30, "t.expires_at", has_tenant=False),
    Kept("django_session", 0, "t.expire_date", key="session_key", is_ordered=False, has_tenant=False),
    Kept("usersessions_usersession", 30, "t.last_seen_at", is_ordered=False, has_tenant=False),
    Kept("frame_failedtries", 1, "greatest(t.began_at, t.locked_until)", key="key", is_ordered=False, has_tenant=False),
    Kept(
        "procrastinate_jobs", 30, "(SELECT max(e.at) FROM procrastinate_events e WHERE e.job_id = t.id)", "t.status IN ('failed', 'cancelled', 'aborted')",
        ("DELETE FROM procrastinate_periodic_defers WHERE job_id = ANY(%(ids)s)", "DELETE FROM procrastinate_events WHERE job_id = ANY(%(ids)s)"),
        is_ordered=False, has_tenant=False,
    ),
)  # fmt: skip


def forget_history() -> int:
    """Remove history older than it is kept; the database does it in its own function, as nobody else may delete there."""
    before = timezone.now() - timedelta(days=max(history_days, guards.history_days_at_least + 1))
    with connection.cursor() as cursor:
        cursor.execute("SELECT jingwei_forget_history(%s, %s)", (scope.current().tenant_id, before))
        return int(cursor.fetchone()[0])


def forget_access() -> int:
    """Remove lines of the access log older than it is kept, in the database's own function too."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT jingwei_forget_access(%s)", (timezone.now() - timedelta(days=access_days),))
        return int(cursor.fetchone()[0])


def remove_orphaned_secrets() -> int:
    """Remove sealed values that no row refers to any more, such as credentials that were replaced."""
    rows = Secret.objects.filter(created_at__lt=timezone.now() - orphan_age, purpose__regex=r"^(connection|webhook):")
    for model, field in _references_to(Secret):
        rows = rows.exclude(pk__in=model._base_manager.filter(**{f"{field.name}__isnull": False}).values(field.attname))
    removed, _ = rows.delete()
    return removed


def _references_to(target: type[models.Model]) -> Iterator[tuple[type[models.Model], models.ForeignKey[Any, Any]]]:
    """Every foreign key that leads there, from whichever model: those without a way back ("+") are in no list of relations."""
    for model in apps.get_models(include_auto_created=True):
        for field in model._meta.concrete_fields:
            if isinstance(field, models.ForeignKey) and field.related_model is target:
                yield model, field


def remove_orphaned_files() -> int:
    """Remove uploaded files that no row of any organisation refers to any more."""
    root, removed = Path(settings.MEDIA_ROOT), 0
    if not root.is_dir():
        return 0
    limit, used = (timezone.now() - orphan_age).timestamp(), None
    for path in [each for folder in _upload_folders() for each in (root / folder).rglob("*") if each.is_file() and each.stat().st_mtime < limit]:
        used = set(_names_in_use()) if used is None else used
        if path.relative_to(root).as_posix() not in used:
            path.unlink(missing_ok=True)
            removed += 1
    if removed:
        log.info("retention.orphaned_files", removed=removed)
    return removed


def missing_files() -> list[str]:
    """Uploaded files that some row refers to and that are not there."""
    root = Path(settings.MEDIA_ROOT)
    return sorted(name for name in set(_names_in_use()) if not (root / name).is_file())


def _upload_folders() -> set[str]:
    """The folders that uploads go to: what somebody else has put beside them is not ours to remove."""
    fields = (field for model in apps.get_models() for field in model._meta.concrete_fields if isinstance(field, models.FileField))
    return {first for field in fields if (first := str(field.upload_to).partition("/")[0])}


def _names_in_use() -> Iterator[str]:
    """As the owner would see them: of every organisation, and of rows that were deleted and may come back from history."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT jingwei_files_in_use()")
        yield from (name for (name,) in cursor.fetchall() if name)


sweeps += [forget_the_gone, forget_history, forget_access, remove_orphaned_secrets, remove_orphaned_files]

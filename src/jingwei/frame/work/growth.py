"""How large everything is, how fast it grows, and until when the disk lasts; for the page and for `jingwei doctor`."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from django.conf import settings
from django.db import connection
from django.utils import timezone

from jingwei.frame.models import GrowthSample
from jingwei.frame.postgres import address
from jingwei.frame.work import retention, scheduler

looked_back_days = 30
keep_samples_days = 400
largest = 12
files_name, logs_name = "files", "logs"  # beside the tables: uploaded files, and the logs of the processes


@dataclass(frozen=True, slots=True)
class Part:
    """One table (or the files, the logs): bytes and rows now, bytes a day, and for how many days its rows are kept (None: for good)."""

    name: str
    bytes: int
    rows: int
    bytes_a_day: float | None
    kept_days: float | None


@dataclass(frozen=True, slots=True)
class Growth:
    """The parts, largest first; all together; what is free, and for how many days that lasts (None: not known yet, or it does not grow)."""

    parts: Sequence[Part]
    bytes: int
    bytes_a_day: float | None
    free_bytes: int
    days_left: float | None

    @property
    def until(self) -> date | None:
        """The day on which the disk is full."""
        return None if self.days_left is None or self.days_left > 36_500 else timezone.localdate() + timedelta(days=self.days_left)


def sizes() -> dict[str, tuple[int, int]]:
    """(bytes, rows) by table and of the files beside them; rows as the database last counted them."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.relname, pg_total_relation_size(c.oid), greatest(c.reltuples, 0)::bigint FROM pg_class c"
            " JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = 'public' AND c.relkind = 'r'"
        )
        found = {str(name): (int(size), int(rows)) for name, size, rows in cursor.fetchall()}
    for name, folder in ((files_name, Path(settings.MEDIA_ROOT)), (logs_name, address.home() / "logs")):
        files = [each.stat().st_size for each in folder.rglob("*") if each.is_file()] if folder.is_dir() else []
        found[name] = (sum(files), len(files))
    return found


def sample() -> bool:
    """Note today's sizes once; False when they are noted already."""
    today = timezone.localdate()
    if GrowthSample.objects.filter(on=today).exists():
        return False
    rows = [GrowthSample(on=today, name=name, bytes=size, rows=count) for name, (size, count) in sizes().items()]
    GrowthSample.objects.bulk_create(rows, ignore_conflicts=True)
    GrowthSample.objects.filter(on__lt=today - timedelta(days=keep_samples_days)).delete()
    return True


def report() -> Growth:
    """Everything there is, against the oldest sample of the last thirty days."""
    today, now = timezone.localdate(), sizes()
    first = GrowthSample.objects.filter(on__gte=today - timedelta(days=looked_back_days), on__lt=today).order_by("on").values_list("on", flat=True).first()
    before = dict(GrowthSample.objects.filter(on=first).values_list("name", "bytes")) if first else {}
    days = (today - first).days if first else 0
    kept = {each.table: each.days for each in retention.kept}
    parts = [
        Part(name, size, rows, (size - before.get(name, 0)) / days if days else None, kept.get(name))
        for name, (size, rows) in sorted(now.items(), key=lambda item: -item[1][0])
    ]
    total = sum(part.bytes for part in parts)
    pace = (total - sum(before.values())) / days if days else None
    free = shutil.disk_usage(address.home()).free
    return Growth(parts, total, pace, free, free / pace if pace and pace > 0 else None)


scheduler.every(3600, "frame.growth")(sample)

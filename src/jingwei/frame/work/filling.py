"""Rows that were there before search was declared so are taken over by and by, while the old way of looking through them goes on."""

from __future__ import annotations

import time

from django.db import connection

from jingwei.frame.records import searchable
from jingwei.frame.work import scheduler

seconds_at_once = 1.0


@scheduler.every(2, "frame.search")
def fill_search() -> int:
    """Take over some more, each batch in a transaction of its own; how many rows it were."""
    taken, until = 0, time.monotonic() + seconds_at_once
    while time.monotonic() < until:
        with connection.cursor() as cursor:
            cursor.execute("SELECT jingwei_fill_search(%s)", (searchable.batch,))
            (count,) = cursor.fetchone()
        if count is None:
            break
        taken += count
    return taken

"""Locks by name in the database, held till the transaction ends: whoever counts or looks before writing does so one after the other."""

from __future__ import annotations

from django.db import connection


def hold(*names: object) -> None:
    """Wait for these locks and hold them; several are taken in one order everywhere, so that nobody waits in a circle."""
    with connection.cursor() as cursor:
        for name in sorted({str(each) for each in names}):
            cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", (name,))

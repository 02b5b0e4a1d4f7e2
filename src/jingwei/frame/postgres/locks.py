"""Locks by name in the database, held till the transaction ends: whoever counts or looks before writing does so one after the other."""

from __future__ import annotations

from django.db import connection


def hold(*names: object, is_shared: bool = False) -> None:
    """Wait for these locks and hold them; several are taken in one order everywhere, so that nobody waits in a circle. Who shares one waits only for
    who wants it alone."""
    function = "pg_advisory_xact_lock_shared" if is_shared else "pg_advisory_xact_lock"
    with connection.cursor() as cursor:
        for name in sorted({str(each) for each in names}):
            cursor.execute(f"SELECT {function}(hashtextextended(%s, 0))", (name,))

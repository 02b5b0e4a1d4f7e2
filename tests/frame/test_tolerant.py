"""What no check kept out in time is read as the nearest value one can work with."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from django.db import connection

from jingwei.kernels import bounds

pytestmark = pytest.mark.django_db
early, late = bounds.first_moment, bounds.last_moment


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("'infinity'::timestamptz", late), ("'-infinity'::timestamptz", early), ("'9999-12-31 23:59:59+00'::timestamptz", late), ("'0001-01-01 00:00+00'::timestamptz", early),
        ("'4000-01-01 00:00 BC'::timestamptz", early), ("'20000-01-01 00:00+00'::timestamptz", late), ("'infinity'::date", bounds.last_day), ("'-infinity'::date", bounds.first_day),
        ("'0001-01-01'::date", bounds.first_day), ("'9999-12-31'::date", bounds.last_day), ("'4000-01-01 BC'::date", bounds.first_day), ("'2026-11-28'::date", bounds.first_day.replace(year=2026, month=11, day=28)),
        ("'NaN'::numeric", Decimal(0)), ("'infinity'::numeric", Decimal(0)), ("12.50::numeric", Decimal("12.50")),
    ],
)  # fmt: skip
def test_odd_values_are_read_as_the_nearest(written: str, read: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {written}")
        found = cursor.fetchone()[0]
    assert found == read and type(found) is type(read)


def test_moments_are_told_in_every_zone() -> None:
    from zoneinfo import ZoneInfo

    for moment in (early, late):
        for name in ("Pacific/Kiritimati", "Pacific/Pago_Pago"):
            assert moment.astimezone(ZoneInfo(name))


def test_a_key_that_is_taken_by_something_unseen_is_no_failure_of_ours() -> None:
    from django.db import IntegrityError
    from psycopg import errors

    from jingwei.frame.walls.troubles import said_of

    problem = IntegrityError("duplicate key value violates unique constraint")
    problem.__cause__ = errors.UniqueViolation("duplicate")
    said = said_of(problem)
    assert said is not None and said.status == 422 and said.code == "taken" and "constraint" not in said.text

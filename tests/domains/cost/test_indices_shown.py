"""What the tiles say of the indices, at the edges where a quotient would say the contrary."""

from __future__ import annotations

from decimal import Decimal

import pytest

from jingwei.domains.cost.pages import tiles
from jingwei.kernels.value.earned import Period, analyse


def tile(key: str, pv: str, ev: str, ac: str, bac: str = "100") -> dict[str, object]:
    (now,) = analyse([Period("2026-11", Decimal(pv), Decimal(ev), Decimal(ac)), Period("2026-12", Decimal(bac), None, None)], Decimal(bac))
    return next(each for each in tiles(now) if each["key"] == key)


@pytest.mark.parametrize(
    ("ev", "ac", "state", "has_value"),
    [
        ("50", "50", "ok", True),
        ("50", "60", "alarm", True),
        ("50", "100", "alarm", False),
        ("50", "150", "alarm", False),
        ("100", "150", "ok", True),
        ("100", "90", "ok", True),
    ],
)
def test_a_spent_budget_with_work_left_is_never_on_plan(ev: str, ac: str, state: str, has_value: bool) -> None:
    found = tile("tcpi", "50", ev, ac)
    assert found["state"] == state and (found["value"] is not None) == has_value

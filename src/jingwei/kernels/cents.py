"""Money to the cent: half a cent is a whole one, away from nothing, as Chinese accounts round and the database does."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Context, Decimal
from fractions import Fraction

cent = Decimal("0.01")
_wide = Context(prec=200)  # more digits than any sum of amounts has


def to_cents(amount: Decimal | Fraction) -> Decimal:
    """An amount rounded once, at the end of its arithmetic."""
    if isinstance(amount, Decimal):
        return amount.quantize(cent, ROUND_HALF_UP, _wide)
    whole = int(abs(amount) * 100 + Fraction(1, 2))
    return Decimal(-whole if amount < 0 else whole).scaleb(-2, _wide)

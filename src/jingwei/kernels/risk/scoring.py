"""The 5 × 5 matrix of risks: level of a probability, score, severity, expected cost and value.

Bands of probability as in the usual five-step scale (PMI, Practice Standard for Project Risk Management); the expected value of a
three-point estimate is that of PERT (Malcolm et al. 1959), the same that the simulation draws from. Money is Decimal and exact to the cent.
"""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Literal

from jingwei.kernels.cents import to_cents

Severity = Literal["low", "medium", "high"]
band_tops = (10, 30, 50, 70, 100)  # per cent, of the levels 1 to 5
high_from, medium_from = 15, 8


def probability_level(percent: int) -> int:
    """1 to 5 for 0 to 100 per cent. Raises ValueError outside."""
    if not 0 <= percent <= 100:
        raise ValueError(f"a probability is 0 to 100 per cent, not {percent}")
    return next(level for level, top in enumerate(band_tops, 1) if percent <= top)


def score_of(percent: int, impact: int) -> int:
    """Level of the probability times impact, 1 to 25. Raises ValueError when one lies outside."""
    if not 1 <= impact <= 5:
        raise ValueError(f"an impact is 1 to 5, not {impact}")
    return probability_level(percent) * impact


def severity_of(score: int) -> Severity:
    """High from 15, medium from 8."""
    return "high" if score >= high_from else "medium" if score >= medium_from else "low"


def expected_cost(low: Decimal, likely: Decimal, high: Decimal) -> Decimal:
    """What it costs on average when it happens, (low + 4 likely + high) / 6, to the cent."""
    return to_cents(Fraction(low + 4 * likely + high) / 6)


def expected_value(percent: int, low: Decimal, likely: Decimal, high: Decimal) -> Decimal:
    """Probability times expected cost (EMV), to the cent, rounded once."""
    return to_cents(Fraction(percent * (low + 4 * likely + high)) / 600)

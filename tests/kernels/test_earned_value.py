"""Earned value and earned schedule against worked tables, and what must hold for any series."""

from __future__ import annotations

from decimal import Decimal as D

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jingwei.kernels.value.earned import EarnedValueError, Period, analyse, earned, earned_schedule


def rounded(value: D | None, places: str = "0.01") -> str:
    return "" if value is None else str(value.quantize(D(places)))


def test_the_practice_standard_project_at_completion_of_month_four() -> None:
    # PMI's worked project: BAC 150, at month 4 PV 50, EV 32, AC 48 (thousands)
    series = [Period("1", D(5), D(3), D(4)), Period("2", D(15), D(9), D(13)), Period("3", D(32), D(20), D(28)), Period("4", D(50), D(32), D(48))]
    now = analyse(series, D(150), D(12))[-1]
    assert (now.cv, now.sv) == (D(-16), D(-18))
    assert (rounded(now.cpi), rounded(now.spi)) == ("0.67", "0.64")
    assert rounded(now.eac_cpi) == "225.00" and rounded(now.eac_remaining_as_planned) == "166.00"
    assert rounded(now.eac_cpi_spi) == "324.56"  # 48 + 118 / (0.6667 × 0.64)
    assert rounded(now.vac_cpi) == "-75.00" and rounded(now.tcpi_bac) == "1.16" and rounded(now.tcpi_eac) == "0.67"
    assert rounded(now.cv_percent) == "-50.00" and rounded(now.sv_percent) == "-36.00"


def test_lipke_late_finish_project_reaches_its_own_end() -> None:
    # A project planned for 9 months that ends in month 12: at its end SPI($) is 1 although it is late, SPI(t) tells
    planned = [D(x) for x in ("105", "305", "690", "1235", "1665", "2055", "2320", "2465", "2520")]
    gained = [D(x) for x in ("95", "262", "559", "956", "1332", "1604", "1908", "2120", "2295", "2395", "2450", "2520")]
    series = [Period(str(n), planned[min(n, 9) - 1], gained[n - 1], gained[n - 1]) for n in range(1, 13)]
    found = analyse(series, D(2520))
    assert [rounded(each.es) for each in found[:3]] == ["0.90", "1.78", "2.66"]
    assert rounded(found[7].es) == "6.25" and rounded(found[7].sv_t) == "-1.75"
    last = found[-1]
    assert last.spi == 1 and last.sv == 0
    assert last.es == 9 and last.sv_t == -3 and last.spi_t == D("0.75") and last.ieac_t == 12


def test_a_project_without_actual_cost_has_no_cpi_but_a_schedule() -> None:
    (now,) = analyse([Period("1", D(10), D(5), D(0)), Period("2", D(20))], D(20))
    assert now.cpi is None and now.eac_cpi is None and now.spi == D("0.5") and now.es == D("0.5")


@pytest.mark.parametrize(
    ("series", "place"),
    [
        ([Period("一月", D(10)), Period("二月", D(9))], "二月 pv"),
        ([Period("1", D(10)), Period("2", D(20), D(5), D(5))], "2 ev"),
        ([Period("1", D(10), D(5), None)], "1 ac"),
        ([Period("1", D(200))], "1 pv"),
        ([Period("1", D(10), D(-1), D(1))], "1 ev"),
    ],
)
def test_what_cannot_be_is_named(series: list[Period], place: str) -> None:
    with pytest.raises(EarnedValueError) as caught:
        analyse(series, D(100))
    assert caught.value.place == place


@given(st.lists(st.integers(0, 500), min_size=1, max_size=20), st.integers(0, 5000))
def test_earned_schedule_is_the_inverse_of_the_plan(steps: list[int], ev: int) -> None:
    planned, total = [], 0
    for step in steps:
        total += step
        planned.append(D(total))
    es = earned_schedule(D(ev), planned)
    assert 0 <= es <= len(planned)
    if 0 < ev < total:
        whole = int(es)
        low = planned[whole - 1] if whole else D(0)
        high = planned[whole] if whole < len(planned) else low
        assert abs(low + (high - low) * (es - whole) - ev) < D("1e-15")


@given(st.lists(st.tuples(st.integers(1, 9), st.integers(0, 9), st.integers(1, 9)), min_size=1, max_size=12))
def test_forecasts_agree_with_their_definitions(steps: list[tuple[int, int, int]]) -> None:
    pv = ev = ac = 0
    series = []
    for number, (p, e, a) in enumerate(steps):
        pv, ev, ac = pv + p, min(ev + e, 108), ac + a
        series.append(Period(str(number), D(pv), D(ev), D(ac)))
    for each in analyse(series, D(108)):
        if each.cpi:
            assert each.eac_cpi is not None and abs(each.eac_cpi * each.cpi - each.bac) < D("1e-18")
            assert each.vac_cpi == each.bac - each.eac_cpi
            if each.tcpi_eac is not None:
                assert abs(each.tcpi_eac - each.cpi) < D("1e-15")  # to meet this forecast one goes on as before
        assert each.eac_remaining_as_planned == each.ac + each.bac - each.ev


def test_how_progress_earns() -> None:
    budget = D("1000.00")
    assert earned("0/100", budget, is_started=True) == 0 and earned("0/100", budget, is_finished=True) == budget
    assert earned("50/50", budget, is_started=True) == D(500)
    assert earned("weighted_milestones", budget, milestones=[(D(30), True), (D(50), False), (D(20), True)]) == D(500)
    assert earned("physical", budget, percent=D("33.3")) == D("333.000")
    assert earned("units", budget, units_done=D(3), units_planned=D(4)) == D(750)
    assert earned("level_of_effort", budget, planned_value=D(420)) == D(420)
    assert earned("physical", budget, percent=D(140)) == budget

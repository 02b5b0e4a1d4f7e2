"""The simulation against numpy's own streams and against what is known exactly; reproducible however many threads work."""

from __future__ import annotations

import json
import math
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from jingwei.kernels.uncertainty import Impact, RiskEvent, Spread, UncertainActivity, UncertainLink, UncertaintyError, buffer_advice, pert_estimate, simulate
from jingwei.kernels.uncertainty.buffers import critical_chain_buffer
from jingwei.kernels.uncertainty.tables import direct_shares, quantile_rows

runs = 40_000


def chain(count: int, spread: Spread, **more: object) -> tuple[list[UncertainActivity], list[UncertainLink]]:
    """Activities one after another."""
    return [UncertainActivity(i, spread, **more) for i in range(count)], [UncertainLink(i, i + 1) for i in range(count - 1)]  # type: ignore[arg-type]


def test_the_same_seed_gives_the_same_bits_on_any_number_of_threads() -> None:
    plan = chain(30, Spread("pert", 300, 480, 1200))
    one, two, other = simulate(*plan, runs=5000, seed=7, threads=1), simulate(*plan, runs=5000, seed=7, threads=3), simulate(*plan, runs=5000, seed=8)
    assert np.array_equal(one.finish, two.finish) and one.correlation == two.correlation and one.criticality == two.criticality
    assert not np.array_equal(one.finish, other.finish)
    longer = simulate(*plan, runs=6000, seed=7)
    assert np.array_equal(longer.finish[:5000], one.finish), "more runs go on from the same ones"


def everything_at_once() -> list[float]:
    """Finishes and costs of a plan with groups, risks, and links of every type."""
    spread = Spread("pert", 300, 480, 1200)
    activities = [UncertainActivity(i, spread, group="g" if i % 2 else None, cost_per_minute=1.5) for i in range(6)]
    links = [UncertainLink(i, i + 1, kind, 30) for i, kind in enumerate(("FS", "SS", "FF", "SF", "FS"))]  # type: ignore[arg-type]
    risk = RiskEvent("flood", 0.5, (Impact(2, Spread("uniform", 10, 50, 90)),), Spread("lognormal", 10, 20, 30))
    found = simulate(activities, links, runs=200, seed=5, threads=1, groups={"g": 0.4}, risks=[risk])
    return [*found.finish.tolist(), *found.cost.tolist(), *found.criticality.values(), *found.correlation.values()]


def test_without_numba_the_bits_are_the_same() -> None:
    script = f"from {__name__} import everything_at_once; print(everything_at_once())"
    plain = subprocess.run(
        [sys.executable, "-c", script], env={**os.environ, "JINGWEI_NO_NUMBA": "1"}, cwd=Path(__file__).parents[2], capture_output=True, text=True, check=True
    )
    assert json.loads(plain.stdout) == everything_at_once()


def test_the_direct_grid_rises_to_the_middle_from_both_ends() -> None:
    shares = direct_shares(3)
    lower, upper = shares[: shares.size // 2], shares[shares.size // 2 : -1]
    assert lower[0] == 2**-17 and lower[-1] == upper[-1] == 0.5 and (np.diff(lower) > 0).all() and (upper == 1 - lower).all()
    assert quantile_rows([Spread("uniform", 0, 50, 100)])[0][:-1] == pytest.approx(100 * shares[:-1])


@pytest.mark.parametrize("kind", ["pert", "triangular", "uniform", "lognormal"])
def test_quantiles_of_one_activity_are_those_of_its_distribution(kind: str) -> None:
    low, mode, high = 4000.0, 6000.0, 12000.0
    spread = Spread(kind, low, mode, high)  # type: ignore[arg-type]
    found = np.sort(simulate([UncertainActivity("a", spread)], [], runs=runs, seed=3).finish)
    dice = np.random.default_rng(11)
    peer = {
        "pert": lambda: low + (high - low) * dice.beta(1 + 4 * (mode - low) / (high - low), 1 + 4 * (high - mode) / (high - low), runs),
        "triangular": lambda: dice.triangular(low, mode, high, runs),
        "uniform": lambda: dice.uniform(low, high, runs),
        "lognormal": lambda: mode * np.exp(math.log(high / low) / (2 * 1.2815515655446004) * dice.standard_normal(runs)),
    }[kind]()
    error = peer.std() / math.sqrt(runs)
    assert abs(found.mean() - peer.mean()) < 5 * error and abs(found.mean() - spread.mean) < 4 * error
    for percent in (1, 10, 50, 80, 90, 99):
        share = percent / 100
        near = np.quantile(peer, [max(share - 4 * math.sqrt(share * (1 - share) / runs), 0), min(share + 4 * math.sqrt(share * (1 - share) / runs), 1)])
        assert near[0] - 1 <= np.quantile(found, share) <= near[1] + 1, (kind, percent)
    assert abs(found.std() / peer.std() - 1) < 0.03


def test_a_chain_sums_as_numpy_sums_it_and_streams_are_independent() -> None:
    spread, count = Spread("pert", 300, 480, 1200), 200
    plan = chain(count, spread)
    found = simulate(*plan, runs=runs, seed=21)
    dice = np.random.default_rng(5)
    share = (480 - 300) / 900
    peer = np.zeros(runs)
    for _ in range(count):
        peer += 300 + 900 * dice.beta(1 + 4 * share, 5 - 4 * share, runs)
    error = peer.std() / math.sqrt(runs)
    # were runs or activities to share random numbers, the spread of the sum would not be that of independent ones
    assert abs(found.finish.mean() - peer.mean()) < 5 * error
    assert abs(found.finish.std() / peer.std() - 1) < 0.03
    for percent in (10, 50, 80, 90):
        assert abs(found.finish_at(percent) - np.quantile(peer, percent / 100)) < 8 * error
    lagged = np.corrcoef(found.finish[:-1], found.finish[1:])[0, 1]
    assert abs(lagged) < 4 / math.sqrt(runs)


def test_a_group_varies_together_as_told() -> None:
    spread = Spread("uniform", 0, 1000, 2000)
    together = simulate([UncertainActivity(i, spread, group="g") for i in range(2)], [UncertainLink(0, 1)], runs=runs, seed=2, groups={"g": 0.7}).finish
    apart = simulate([UncertainActivity(i, spread) for i in range(2)], [UncertainLink(0, 1)], runs=runs, seed=2).finish
    one = 2000**2 / 12
    correlation = together.var() / (2 * one) - 1
    assert abs(correlation - 6 / math.pi * math.asin(0.7 / 2)) < 0.02  # Pearson of uniforms under a Gaussian copula
    assert abs(apart.var() / (2 * one) - 1) < 0.03


def test_criticality_of_two_equal_ways_is_shared_and_cruciality_follows() -> None:
    spread = Spread("triangular", 100, 500, 1000)
    activities = [
        UncertainActivity("start", Spread.fixed(10)),
        UncertainActivity("a", spread),
        UncertainActivity("b", spread),
        UncertainActivity("short", Spread.fixed(5)),
    ]
    links = [UncertainLink("start", each) for each in ("a", "b", "short")]
    found = simulate(activities, links, runs=runs, seed=4)
    assert found.criticality["start"] == 1 and found.criticality["short"] == 0
    assert abs(found.criticality["a"] - 0.5) < 0.02 and abs(found.criticality["a"] + found.criticality["b"] - 1) < 0.01
    assert found.cruciality["start"] == 0 < found.cruciality["a"]
    assert {key for key, _value in found.tornado()} == {"a", "b"}


@pytest.mark.parametrize(("kind", "finish"), [("FS", 1530), ("SS", 1030), ("FF", 1000), ("SF", 1000)])
def test_link_types_and_lags(kind: str, finish: int) -> None:
    activities = [UncertainActivity("a", Spread.fixed(500)), UncertainActivity("b", Spread.fixed(1000))]
    found = simulate(activities, [UncertainLink("a", "b", kind, 30)], runs=64, seed=1)  # type: ignore[arg-type]
    assert set(found.finish.tolist()) == {finish}


def test_a_risk_happens_as_often_as_it_should_and_costs() -> None:
    activities = [UncertainActivity("a", Spread.fixed(1000), cost_fixed=10.0, cost_per_minute=2.0)]
    risk = RiskEvent("flood", 0.3, (Impact("a", Spread.fixed(500)),), Spread.fixed(7000))
    found = simulate(activities, [], runs=runs, seed=9, risks=[risk])
    late = found.finish == 1500
    assert set(found.finish.tolist()) == {1000, 1500} and abs(late.mean() - 0.3) < 0.01
    assert set(found.cost[~late].tolist()) == {2010.0} and set(found.cost[late].tolist()) == {10.0 + 3000 + 7000}
    assert found.finish_at(50) == 1000 and found.finish_at(80) == 1500
    assert abs(found.joint_confidence(1000, 2010.0) - 0.7) < 0.01 == (found.confidence(1500) == 1.0) * 0.01


def test_a_task_that_only_a_risk_makes_vary_stands_in_the_tornado() -> None:
    activities = [UncertainActivity(key, Spread.fixed(1000)) for key in ("a", "b")]
    risk = RiskEvent("flood", 0.3, (Impact("a", Spread.fixed(500)),))
    found = simulate(activities, [UncertainLink("a", "b")], runs=2000, seed=9, risks=[risk])
    assert [key for key, _value in found.tornado()] == ["a"] and found.correlation["a"] == pytest.approx(1)


def test_wrong_estimates_are_named() -> None:
    with pytest.raises(UncertaintyError, match=r"联调.*low ≤ likely ≤ high"):
        simulate([UncertainActivity("联调", Spread("pert", 5, 4, 9))], [])
    with pytest.raises(UncertaintyError, match="wait for each other: a, b"):
        simulate([UncertainActivity(k, Spread.fixed(1)) for k in "ab"], [UncertainLink("a", "b"), UncertainLink("b", "a")])
    with pytest.raises(UncertaintyError, match="no activity"):
        simulate([UncertainActivity("a", Spread.fixed(1))], [UncertainLink("a", "z")])
    with pytest.raises(UncertaintyError, match="probability"):
        simulate([UncertainActivity("a", Spread.fixed(1))], [], risks=[RiskEvent("r", 1.5)])


def test_progress_is_told_and_a_refusal_keeps_what_is_done() -> None:
    shares: list[float] = []

    def note(share: float) -> bool:
        shares.append(share)
        return share < 0.5

    found = simulate(*chain(5, Spread("pert", 1, 2, 9)), runs=10_000, seed=1, threads=1, progress=note)
    assert 4_000 < found.runs < 7_000 and shares == sorted(shares)


def test_buffers() -> None:
    found = simulate(*chain(20, Spread("pert", 400, 480, 900)), runs=runs, seed=1)
    advice = buffer_advice(found, 20 * 480)
    assert advice.minutes == found.finish_at(80) - 9600 and advice.verdict == ("within" if 15 < advice.share_percent <= 20 else advice.verdict)
    assert critical_chain_buffer([10, 8], [7, 4]) == 5
    assert pert_estimate(Spread("pert", 2, 5, 14)) == (6, 2)

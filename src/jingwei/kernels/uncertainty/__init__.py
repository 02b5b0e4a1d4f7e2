"""Uncertainty: three-point estimates, risk events and correlation, simulated by Monte-Carlo.

`simulate(activities, links, runs=10000, seed=1)` answers with finish and cost of every run, percentiles, criticality and
cruciality by activity, what drives the finish (tornado), joint confidence and buffers. Bit for bit the same for a seed,
however many threads work.
"""

from jingwei.kernels.uncertainty.buffers import Buffer, buffer_advice, pert_estimate
from jingwei.kernels.uncertainty.model import ANY_CALENDAR, Impact, RiskEvent, Spread, UncertainActivity, UncertainLink, UncertaintyError
from jingwei.kernels.uncertainty.planning import DefaultSpread, PlanModel, plan_model
from jingwei.kernels.uncertainty.results import Simulation
from jingwei.kernels.uncertainty.simulation import simulate

__all__ = [
    "ANY_CALENDAR", "Buffer", "DefaultSpread", "Impact", "PlanModel", "RiskEvent", "Simulation", "Spread", "UncertainActivity", "UncertainLink", "UncertaintyError",
    "buffer_advice", "pert_estimate", "plan_model", "simulate",
]  # fmt: skip

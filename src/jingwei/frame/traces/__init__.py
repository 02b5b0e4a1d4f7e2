"""Traces: relations between rows of any two resources, declared once; suspect when an end has changed; matrix, coverage and impact stand on them."""

from jingwei.frame.traces import coverage  # every trace declared has its report
from jingwei.frame.traces.trace import Trace, traces

__all__ = ["Trace", "coverage", "traces"]

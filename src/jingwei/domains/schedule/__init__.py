"""Computed dates, baselines and the Gantt."""

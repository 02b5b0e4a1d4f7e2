"""Verbs of the schedule: recalculate, take a baseline, preview and commit changes of the plan."""

from jingwei.domains.schedule.services.baselines import baseline_take
from jingwei.domains.schedule.services.changes import plan_commit, plan_preview
from jingwei.domains.schedule.services.recalculation import project_recalculate

__all__ = ["baseline_take", "plan_commit", "plan_preview", "project_recalculate"]

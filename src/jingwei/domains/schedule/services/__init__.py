"""Verbs of the schedule: recalculate, take a baseline, preview, commit and take back changes of the plan."""

from jingwei.domains.schedule.services.baselines import baseline_take
from jingwei.domains.schedule.services.changes import Edits, NotTakenBack, Outcome, plan_commit, plan_preview, plan_take_back
from jingwei.domains.schedule.services.recalculation import project_recalculate

__all__ = ["Edits", "NotTakenBack", "Outcome", "baseline_take", "plan_commit", "plan_preview", "plan_take_back", "project_recalculate"]

"""Verbs of the schedule: recalculate, take a baseline, preview, commit and take back changes, bring in a file, level."""

from jingwei.domains.schedule.services.baselines import baseline_take
from jingwei.domains.schedule.services.changes import Edits, NotTakenBack, Outcome, plan_commit, plan_preview, plan_take_back
from jingwei.domains.schedule.services.imports import file_import, file_keep
from jingwei.domains.schedule.services.levelling import levelling_accept, levelling_begin, levelling_clear
from jingwei.domains.schedule.services.recalculation import project_recalculate

__all__ = [
    "Edits", "NotTakenBack", "Outcome", "baseline_take", "file_import", "file_keep", "levelling_accept", "levelling_begin", "levelling_clear", "plan_commit",
    "plan_preview", "plan_take_back", "project_recalculate",
]  # fmt: skip

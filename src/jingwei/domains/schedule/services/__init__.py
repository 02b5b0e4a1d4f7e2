"""Verbs of the schedule: recalculate, take a baseline, preview, commit and take back changes, bring in a file, level, ask what if."""

from jingwei.domains.schedule.services.baselines import baseline_take
from jingwei.domains.schedule.services.changes import Edits, NotTakenBack, Outcome, plan_commit, plan_preview, plan_take_back
from jingwei.domains.schedule.services.imports import file_import, file_keep
from jingwei.domains.schedule.services.levelling import levelling_accept, levelling_begin, levelling_clear
from jingwei.domains.schedule.services.recalculation import project_recalculate
from jingwei.domains.schedule.services.scenarios import (
    changes_apply,
    checked_changes,
    scenario_add,
    scenario_apply,
    scenario_change,
    scenario_leave_out,
    scenario_make,
    scenario_remove,
    scenario_seen,
    scenario_spare,
    scenario_spend,
)

__all__ = [
    "Edits", "NotTakenBack", "Outcome", "baseline_take", "changes_apply", "checked_changes", "file_import", "file_keep", "levelling_accept", "levelling_begin", "levelling_clear", "plan_commit",
    "plan_preview", "plan_take_back", "project_recalculate", "scenario_add", "scenario_apply", "scenario_change", "scenario_leave_out", "scenario_make", "scenario_remove",
    "scenario_seen", "scenario_spare", "scenario_spend",
]  # fmt: skip

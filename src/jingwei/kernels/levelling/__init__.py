"""Resource levelling: who must wait so that nobody does two things at once.

`solve(problem, seconds=5)` answers with the best schedule found and the gap to a proven bound; `violations(problem, starts)` checks
any schedule independently; `read_problem(text)` reads published instances. `level_plan(tasks, …)` levels real plans on working
calendars and answers with a preview: every move with its reason, to be accepted in whole or in part.
"""

from jingwei.kernels.levelling.checking import Violation, violations
from jingwei.kernels.levelling.model import DemandError, Problem, ProblemError
from jingwei.kernels.levelling.planning import level_plan
from jingwei.kernels.levelling.planning_input import (
    Accepted,
    LevellingError,
    Move,
    Overload,
    PlanAssignment,
    PlanLevelling,
    PlanResource,
    PlanTask,
    Unresolved,
)
from jingwei.kernels.levelling.psplib import FileFormatError, read_problem, read_rcp, read_sm
from jingwei.kernels.levelling.solving import Progress, Solution, solve

__all__ = [
    "Accepted", "DemandError", "FileFormatError", "LevellingError", "Move", "Overload", "PlanAssignment", "PlanLevelling", "PlanResource", "PlanTask",
    "Problem", "ProblemError", "Progress", "Solution", "Unresolved", "Violation", "level_plan", "read_problem", "read_rcp", "read_sm", "solve", "violations",
]  # fmt: skip

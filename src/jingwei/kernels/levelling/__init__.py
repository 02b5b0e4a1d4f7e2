"""Resource levelling: who must wait so that nobody does two things at once.

`solve(problem, seconds=5)` answers with the best schedule found and the gap to a proven bound; `violations(problem, starts)` checks
any schedule independently; `read_problem(text)` reads published instances.
"""

from jingwei.kernels.levelling.checking import Violation, violations
from jingwei.kernels.levelling.model import DemandError, Problem, ProblemError
from jingwei.kernels.levelling.psplib import FileFormatError, read_problem, read_rcp, read_sm
from jingwei.kernels.levelling.solving import Progress, Solution, solve

__all__ = [
    "DemandError", "FileFormatError", "Problem", "ProblemError", "Progress", "Solution", "Violation", "read_problem", "read_rcp", "read_sm", "solve",
    "violations",
]  # fmt: skip

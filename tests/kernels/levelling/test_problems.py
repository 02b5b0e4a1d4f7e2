"""Problems to level: what is refused, how published files are read, and the independent check."""

from __future__ import annotations

import pytest

from jingwei.kernels.levelling import DemandError, FileFormatError, Problem, ProblemError, read_problem, violations

SMALL_SM = """\
************************************************************************
projects                      :  1
jobs (incl. supersource/sink ):  4
RESOURCES
  - renewable                 :  2   R
  - nonrenewable              :  0   N
  - doubly constrained        :  0   D
************************************************************************
PRECEDENCE RELATIONS:
jobnr.    #modes  #successors   successors
   1        1          2           2   3
   2        1          1           4
   3        1          1           4
   4        1          0
************************************************************************
REQUESTS/DURATIONS:
jobnr. mode duration  R 1  R 2
------------------------------------------------------------------------
  1      1     0       0    0
  2      1     3       2    0
  3      1     4       1    1
  4      1     0       0    0
************************************************************************
RESOURCEAVAILABILITIES:
  R 1  R 2
    2    1
************************************************************************
"""
SMALL_RCP = "4 2\n2 1\n0 0 0 2 2 3\n3 2 0 1 4\n4 1 1 1 4\n0 0 0 0\n"


def without(text: str, line: int) -> str:
    lines = text.splitlines()
    return "\n".join(lines[: line - 1] + lines[line:])


@pytest.mark.parametrize("text", [SMALL_SM, SMALL_RCP], ids=["sm", "rcp"])
def test_both_formats_give_the_same_problem(text: str) -> None:
    problem = read_problem(text)
    assert problem.durations.tolist() == [0, 3, 4, 0]
    assert problem.demands.tolist() == [[0, 0], [2, 0], [1, 1], [0, 0]]
    assert problem.capacities.tolist() == [2, 1]
    assert problem.links.tolist() == [[0, 1], [0, 2], [1, 3], [2, 3]]
    assert problem.names == ("1", "2", "3", "4")


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (SMALL_SM.replace("  2        1          1           4\n", "  2        1          2           4\n"), 12),
        (SMALL_SM.replace("  3        1          1           4\n", "  3        1          1           9\n"), 13),
        (SMALL_SM.replace("   2      1     3", "   2      1     x").replace("  2      1     3 ", "  2      1     x "), 20),
        (SMALL_SM.replace("  3      1     4       1    1\n", "  3      1     4       1\n"), 21),
        (without(SMALL_SM, 21), 25),
        (SMALL_SM.replace("    2    1\n", "    2\n"), 26),
        (SMALL_SM.replace("jobs (incl. supersource/sink ):  4", "jobs (incl. supersource/sink ):  5"), 26),
        ("4 2\n2 1\n0 0 0 2 2 3\n3 2 0 1 9\n4 1 1 1 4\n0 0 0 0\n", 4),
        ("4 2\n2 1\n0 0 0 2 2 3\n3 2 0 1 4\n4 1", 5),
        (SMALL_RCP + "7\n", 7),
        ("Hello\n", 1),
        ("", 1),
    ],
)
def test_bad_text_is_refused_with_its_line(text: str, line: int) -> None:
    with pytest.raises(FileFormatError) as refused:
        read_problem(text)
    assert refused.value.line == line
    assert str(line) in refused.value.text.zh and str(line) in refused.value.text.en


@pytest.mark.parametrize(
    ("field", "arguments"),
    [
        ("durations", ([-1, 2], [[0], [0]], [1])),
        ("durations", ([1.5, 2], [[0], [0]], [1])),
        ("demands", ([1, 2], [[0, 1], [0, 1]], [1])),
        ("capacities", ([1, 2], [[0], [0]], [[1]])),
        ("links", ([1, 2], [[0], [0]], [1], [(0, 2)])),
        ("links", ([1, 2], [[0], [0]], [1], [(0, 1), (1, 0)])),
    ],
)
def test_a_problem_that_makes_no_sense_names_the_field(field: str, arguments: tuple[object, ...]) -> None:
    with pytest.raises(ProblemError) as refused:
        Problem.build(*arguments)  # type: ignore[arg-type]
    assert refused.value.field == field


def test_a_demand_beyond_the_capacity_names_task_and_resource() -> None:
    with pytest.raises(DemandError) as refused:
        Problem.build([1, 2], [[1, 0], [1, 5]], [1, 4], names=["dig", "pour"], resource_names=["crew", "mixer"])
    assert (refused.value.task, refused.value.resource, refused.value.demand, refused.value.capacity) == ("pour", "mixer", 5, 4)
    assert "pour" in refused.value.text.zh and "mixer" in refused.value.text.zh


def test_the_check_finds_nothing_wrong_with_a_feasible_schedule() -> None:
    assert violations(read_problem(SMALL_SM), [0, 0, 3, 7]) == []


@pytest.mark.parametrize(
    ("starts", "kind", "subject", "time"),
    [
        ([0, 0, 2, 6], "capacity", "R1", 2),
        ([0, 0, 3, 6], "precedence", "4", 6),
        ([-1, 0, 3, 7], "start", "1", -1),
    ],
)
def test_the_check_finds_what_was_planted(starts: list[int], kind: str, subject: str, time: int) -> None:
    found = violations(read_problem(SMALL_SM), starts)
    assert [(one.kind, one.subject, one.time) for one in found] == [(kind, subject, time)]


def test_the_check_refuses_the_wrong_number_of_starts() -> None:
    with pytest.raises(ValueError, match="4 starts"):
        violations(read_problem(SMALL_SM), [0, 0])

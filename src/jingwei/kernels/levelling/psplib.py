"""Reads the text of published instances: PSPLIB single-mode files (.sm, Kolisch & Sprecher 1996) and Patterson files (.rcp)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NoReturn

from jingwei.kernels.levelling.model import Problem, ProblemError
from jingwei.kernels.text import Text

_JOBS = re.compile(r"^jobs\b.*:\s*(\d+)", re.IGNORECASE)
_KINDS = re.compile(r"^\s*-\s*(renewable|nonrenewable|doubly constrained)\s*:\s*(\d+)", re.IGNORECASE)
_SECTIONS = {"PRECEDENCE RELATIONS": "links", "REQUESTS/DURATIONS": "demands", "RESOURCEAVAILABILITIES": "capacities", "RESOURCE AVAILABILITIES": "capacities"}


class FileFormatError(ValueError):
    """Text that is not what it should be; `line` counts from 1, `text` says it in both languages."""

    def __init__(self, line: int, zh: str, en: str) -> None:
        self.line, self.text = line, Text(f"第 {line} 行：{zh}", f"line {line}: {en}")
        super().__init__(self.text.en)


def read_problem(text: str) -> Problem:
    """Either format, told apart by how the text begins. Raises FileFormatError, or ProblemError when the numbers make no project."""
    first = text.lstrip()[:1]
    return read_rcp(text) if first.isdigit() else read_sm(text)


def read_sm(text: str) -> Problem:
    """A PSPLIB single-mode file; task i is job i + 1, supersource and sink included."""
    rows = _Sections(text)
    numbers = {job: i for i, job in enumerate(rows.jobs)}
    links = [(numbers[job], rows.job_index(numbers, after, line)) for job, (line, found) in rows.successors.items() for after in found]
    for job in rows.jobs:
        if job not in rows.work:
            raise FileFormatError(rows.last_line, f"任务 {job} 没有工期与需求", f"job {job} has no duration and demands")
    if rows.capacities is None:
        raise FileFormatError(rows.last_line, "没有资源可用量", "the resource availabilities are missing")
    demands = [rows.work[job][1] for job in rows.jobs]
    durations = [rows.work[job][0] for job in rows.jobs]
    return Problem.build(durations, demands, rows.capacities, links, names=[str(job) for job in rows.jobs])


class _Sections:
    """The sections of a .sm file, each line read where it stands."""

    def __init__(self, text: str) -> None:
        self.expected, self.renewable, self.last_line = -1, -1, 1
        self.successors: dict[int, tuple[int, list[int]]] = {}
        self.work: dict[int, tuple[int, list[int]]] = {}
        self.capacities: list[int] | None = None
        section = ""
        for line, content in enumerate(text.splitlines(), 1):
            stripped = content.strip()
            if not stripped or stripped[0] in "*-" and not _KINDS.match(content):
                continue
            self.last_line = line
            title = stripped.rstrip(":").upper()
            if title in _SECTIONS:
                section = _SECTIONS[title]
            elif not section:
                self._read_header(line, content)
            elif stripped[0].isdigit():
                getattr(self, f"_read_{section}")(line, _integers(stripped, line))
            elif not re.match(r"(jobnr|R\s*\d|N\s*\d|D\s*\d)", stripped, re.IGNORECASE):
                raise FileFormatError(line, f"读不懂：{stripped[:40]}", f"cannot be understood: {stripped[:40]}")
        if not self.successors:
            raise FileFormatError(self.last_line, "没有紧前关系：这不是 PSPLIB 文件", "no precedence relations: this is not a PSPLIB file")
        if self.expected >= 0 and len(self.successors) != self.expected:
            raise FileFormatError(
                self.last_line,
                f"应有 {self.expected} 个任务，实有 {len(self.successors)} 个",
                f"{self.expected} jobs are announced, {len(self.successors)} are given",
            )

    @property
    def jobs(self) -> list[int]:
        return list(self.successors)

    @staticmethod
    def job_index(numbers: dict[int, int], job: int, line: int) -> int:
        if job not in numbers:
            raise FileFormatError(line, f"紧后任务 {job} 不存在", f"successor {job} does not exist")
        return numbers[job]

    def _read_header(self, line: int, content: str) -> None:
        if found := _JOBS.match(content.strip()):
            self.expected = int(found[1])
        elif found := _KINDS.match(content):
            if found[1].lower() == "renewable":
                self.renewable = int(found[2])
            elif int(found[2]):
                raise FileFormatError(line, "只支持可更新资源", "only renewable resources can be levelled")

    def _read_links(self, line: int, row: list[int]) -> None:
        if len(row) < 3 or len(row) != 3 + row[2]:
            raise FileFormatError(line, "紧后任务个数不符", "the number of successors does not match")
        if row[1] != 1:
            raise FileFormatError(line, "只支持单模式", "only one mode a job is supported")
        if row[0] in self.successors:
            raise FileFormatError(line, f"任务 {row[0]} 出现两次", f"job {row[0]} is given twice")
        self.successors[row[0]] = (line, row[3:])

    def _read_demands(self, line: int, row: list[int]) -> None:
        if len(row) < 3 or (self.renewable >= 0 and len(row) != 3 + self.renewable):
            raise FileFormatError(line, "需求个数不符", "the number of demands does not match")
        if row[0] not in self.successors or row[0] in self.work:
            raise FileFormatError(line, f"任务 {row[0]} 多余", f"job {row[0]} is not expected here")
        self.work[row[0]] = (row[2], row[3:])

    def _read_capacities(self, line: int, row: list[int]) -> None:
        if self.renewable >= 0 and len(row) != self.renewable:
            raise FileFormatError(line, f"应有 {self.renewable} 个资源", f"{self.renewable} resources are announced")
        self.capacities = row


def read_rcp(text: str) -> Problem:
    """A Patterson file: tasks and resources, capacities, then of each task duration, demands, number of successors, successors."""
    tokens = _Tokens(text)
    count, kinds = tokens.take("任务数", "the number of tasks"), tokens.take("资源数", "the number of resources")
    capacities = [tokens.take("资源可用量", "a capacity") for _ in range(kinds)]
    durations, demands, links = [], [], []
    for i in range(count):
        durations.append(tokens.take(f"任务 {i + 1} 的工期", f"the duration of task {i + 1}"))
        demands.append([tokens.take(f"任务 {i + 1} 的需求", f"a demand of task {i + 1}") for _ in range(kinds)])
        for _ in range(tokens.take(f"任务 {i + 1} 的紧后个数", f"the number of successors of task {i + 1}")):
            after = tokens.take(f"任务 {i + 1} 的紧后任务", f"a successor of task {i + 1}")
            if not 1 <= after <= count:
                tokens.refuse(f"紧后任务 {after} 不存在", f"successor {after} does not exist")
            links.append((i, after - 1))
    tokens.end()
    if not count:
        raise ProblemError("durations", "没有任务", "there are no tasks")
    return Problem.build(durations, demands, capacities, links)


class _Tokens:
    """The numbers of a text with the lines they stand in."""

    def __init__(self, text: str) -> None:
        self.line = 1
        self._rest: Iterator[tuple[int, int]] = ((line, number) for line, content in enumerate(text.splitlines(), 1) for number in _integers(content, line))

    def take(self, zh: str, en: str) -> int:
        try:
            self.line, number = next(self._rest)
        except StopIteration:
            raise FileFormatError(self.line, f"文件在此结束，缺少{zh}", f"the text ends before {en}") from None
        if number < 0:
            self.refuse(f"{zh}为负", f"{en} is negative")
        return number

    def refuse(self, zh: str, en: str) -> NoReturn:
        raise FileFormatError(self.line, zh, en)

    def end(self) -> None:
        for line, _ in self._rest:
            self.line = line
            self.refuse("多余的数字", "more numbers than expected")


def _integers(content: str, line: int) -> list[int]:
    try:
        return [int(token) for token in content.split()]
    except ValueError:
        raise FileFormatError(line, f"不是整数：{content.strip()[:40]}", f"not whole numbers: {content.strip()[:40]}") from None

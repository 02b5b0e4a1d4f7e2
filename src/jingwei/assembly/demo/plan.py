"""The demo's three plans: phases with the tracker's subjects, roll-outs line by line, milestones with deadlines."""

from __future__ import annotations

import random
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from jingwei.domains.directory.models import Person
from jingwei.domains.work.models import Dependency, Task
from jingwei.frame.models import Project
from jingwei.frame.work import jobs
from jingwei.hub.models import Interface

zone = ZoneInfo("Asia/Shanghai")
subjects_file = Path(__file__).resolve().parents[4] / "sandbox" / "tracker" / "plan.toml"
roll_outs = {
    "MES-ROLL": (
        ("机加工一线", "机加工二线", "热处理线", "装配线"),
        ("现场勘察", "网络布线与取电", "终端安装调试", "数采网关接入", "基础数据初始化", "班组培训", "试运行两周", "上线确认"),
    ),
    "ERP-JOIN": (
        ("成本凭证", "采购订单", "供应商主数据", "物料主数据", "预算占用"),
        ("口径确认", "字段映射", "代码表整理", "接口配置", "影子运行", "差异清零", "切换"),
    ),
    "WMS-PDA": (("原料库", "成品库", "备件库", "线边库"), ("库位编码", "标签打印张贴", "PDA 配置", "库存初始化", "盘点核对", "操作培训", "切换上线")),
}
tested, spare = "里程碑：联调完成", timedelta(days=1)  # less than an outage takes
ours_alone = 900  # the priority by which work is told apart that the tracker does not hear of
waits_for = {"MES-ROLL": "mes-work-orders", "ERP-JOIN": "erp-cost-vouchers", "WMS-PDA": "mes-operations"}


@dataclass
class Draft:
    """One plan in the making."""

    project: Project
    today: date
    staff: list[Person]
    interface: Interface | None
    dice: random.Random
    tasks: list[Task] = field(default_factory=list)
    links: list[tuple[Task, Task, str, int]] = field(default_factory=list)

    def add(self, name: str, parent: Task | None, *, days: float = 0, starts: int | None = None, milestone: bool = False) -> Task:
        """A task; `starts` is a day relative to today and holds it back until then."""
        task = Task(
            tenant_id=self.project.tenant_id, project=self.project, code=f"T-{len(self.tasks) + 1:03d}", name=name, parent=parent, position=len(self.tasks) + 1,
            is_milestone=milestone, duration_minutes=0 if milestone else round(days * 480), assignee=None if milestone or days == 0 else self.dice.choice(self.staff),
        )  # fmt: skip
        if starts is not None and not milestone:
            task.constraint, task.constraint_at = Task.Constraint.SNET, self.moment(starts)
            self.report(task, starts, days)
        self.tasks.append(task)
        return task

    def moment(self, offset: int, hour: int = 9) -> datetime:
        """A local time, `offset` days from today."""
        return datetime.combine(self.today + timedelta(days=offset), time(hour), zone).astimezone(UTC)

    def report(self, task: Task, starts: int, days: float) -> None:
        """Progress as it would stand today."""
        ends = starts + round(days * 1.45)
        if ends < -2:
            task.percent, task.status = 100, Task.Status.DONE
            task.actual_start, task.actual_finish = self.moment(starts), self.moment(ends, 18)
        elif starts < -1:
            task.percent = max(5, min(90, round(100 * -starts / max(1, ends - starts)) - self.dice.randrange(0, 25)))
            task.status, task.actual_start = Task.Status.DOING, self.moment(starts)


def load(projects: Mapping[str, Project], staff: Mapping[str, Person], interfaces: Mapping[str, Interface], today: date) -> dict[str, list[Task]]:
    """Make all plans; tasks by project code."""
    phases = tomllib.loads(subjects_file.read_text(encoding="utf-8"))["phase"] if subjects_file.exists() else []
    out = {}
    for number, (code, project) in enumerate(projects.items()):
        draft = Draft(project, today, list(staff.values()), interfaces.get(waits_for[code]), random.Random(7_000 + number))
        gate = _phases(draft, [p for p in phases if p["project"] == code])
        _roll_outs(draft, code, gate)
        _joint_test(draft)
        _save(draft)
        out[code] = draft.tasks
    return out


def _phases(draft: Draft, phases: list[dict[str, object]]) -> Task | None:
    """Each phase: its subjects in two lanes, then a milestone; the next phase's first subjects follow it."""
    gate: Task | None = None
    for phase in phases:
        summary = draft.add(str(phase["name"]), None)
        subjects, first, last = phase["subjects"], int(str(phase["first"])), int(str(phase["last"]))
        assert isinstance(subjects, list)
        step = (last - first) / len(subjects)
        lanes: list[Task | None] = [gate, gate]
        for index, subject in enumerate(subjects):
            starts = first + round(index * step)
            task = draft.add(subject, summary, days=draft.dice.choice((2, 3, 3, 4, 5)), starts=starts)
            lane = index % 2
            if (before := lanes[lane]) is not None:
                draft.links.append((before, task, "FS", 0))
            lanes[lane] = task
            if draft.interface is not None and task.percent < 100 and phase["name"] in ("测试", "上线"):
                task.interface = draft.interface
        done = draft.add(f"里程碑：{phase['name']}完成", summary, milestone=True)
        draft.links += [(lane, done, "FS", 0) for lane in lanes if lane is not None and lane is not gate]
        if last < -25:  # long reached
            done.percent, done.status, done.actual_start, done.actual_finish = 100, Task.Status.DONE, draft.moment(last, 18), draft.moment(last, 18)
        gate = done
    return gate


def _roll_outs(draft: Draft, code: str, gate: Task | None) -> None:
    """The same steps on every line; a line starts after the one before, the go-live waits for all."""
    lines, steps = roll_outs[code]
    top = draft.add("分线推广", None)
    ends = []
    for index, line in enumerate(lines):
        summary = draft.add(line, top)
        before: Task | None = None
        first = -60 + index * 22
        for order, step in enumerate(steps):
            task = draft.add(f"{line}：{step}", summary, days=draft.dice.choice((1, 2, 2, 3)) if "两周" not in step else 10, starts=first + order * 5)
            if before is not None:
                draft.links.append((before, task, "FS" if order % 3 else "SS", 0 if order % 3 else 480))
            before = task
            for part in ("准备", "执行", "复核"):
                if order in (2, 4) and index < 3:
                    extra = draft.add(f"{line}：{step}（{part}）", summary, days=1, starts=first + order * 5 + 1)
                    draft.links.append((task, extra, "SS", 240))
        end = draft.add(f"里程碑：{line}上线", summary, milestone=True)
        assert before is not None
        draft.links.append((before, end, "FS", 0))
        ends.append(end)
    final = draft.add("里程碑：项目验收", None, milestone=True)
    draft.links += [(end, final, "FS", 0) for end in ends]
    if gate is not None:
        draft.links.append((gate, final, "FS", 960))


def _joint_test(draft: Draft) -> None:
    """Work under way that needs the interface today, and a milestone that waits for nothing else: an outage is felt at once, on any weekday.

    The tracker does not hear of it: its people would report it done, and nothing would wait for the interface any more.
    """
    if draft.interface is None:
        return
    summary = draft.add("联调", None)
    task = draft.add(f"联调：{draft.interface.name}", summary, days=6, starts=-2)
    task.interface, task.percent, task.status, task.actual_start = draft.interface, 20, Task.Status.DOING, draft.moment(-2)
    task.priority = ours_alone
    done = draft.add(tested, summary, milestone=True)
    draft.links.append((task, done, "FS", 0))


def _save(draft: Draft) -> None:
    for task in draft.tasks:
        task.parent = task.parent  # parents were saved before their children
        task.save()
    Dependency.objects.bulk_create(
        Dependency(tenant_id=draft.project.tenant_id, project=draft.project, predecessor=a, successor=b, type=kind, lag_minutes=lag)
        for a, b, kind, lag in draft.links
    )


def calculate(projects: Mapping[str, Project]) -> None:
    """First dates, then deadlines a little behind them, then the baseline, then dates again."""
    from importlib.util import find_spec

    if find_spec("jingwei.domains.schedule.services") is None:
        return
    from jingwei.domains.schedule import services as schedule
    from jingwei.domains.work import services as work

    for project in projects.values():
        work.tasks_renumber(project_id=project.pk)
        schedule.project_recalculate(project_id=project.pk)
        for task in Task.objects.filter(project=project, is_milestone=True, finish__isnull=False):
            slack = spare if task.finish > datetime.now(UTC) else timedelta(days=30)
            Task.objects.filter(pk=task.pk).update(deadline=task.finish + slack)
        schedule.baseline_take(project=project, name="批准基线")
        schedule.project_recalculate(project_id=project.pk)
        jobs.demand("schedule.recalculate", project.pk)

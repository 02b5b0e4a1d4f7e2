"""The demo's decisions: what was agreed about the systems, what is put to the vote, what did not come about."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from jingwei.domains.decision.models import Decision
from jingwei.domains.directory.models import Person
from jingwei.frame.models import Project
from jingwei.frame.records import commands
from jingwei.frame.records.resource import resource
from jingwei.frame.rights.access import system_access

State = Decision.Status
# title, situation, choice, alternatives, consequences, state, decided so many days ago, reviewed in so many days
kept: tuple[tuple[str, str, str, str, str, str, int | None, int | None], ...] = (
    ("主数据以 ERP 为唯一来源", "物料与供应商在三个系统中各有一份，编码不一致。", "物料、供应商、客户均以 ERP 为准，其他系统只读。", "新建 MDM 平台：周期半年，预算未批。",
     "MES 与跟踪系统的维护入口关闭，历史编码做映射表。", State.ACCEPTED, 60, -3),
    ("接口失败先隔离再告警", "一条坏记录曾让整批停止。", "单条失败隔离并记录原因，其余继续；十分钟内未处理再告警。", "整批回滚重试。", "值班人员每天清空隔离区。", State.ACCEPTED, 35, 40),
    ("上线采用分线切换", "一次性切换的回退窗口只有四小时。", "按产线逐条切换，每条稳定一周后再切下一条。", "国庆长假一次性切换。", "双系统并行期延长至五周。", State.VOTING, None, 75),
    ("报工改用手机扫码", "", "工位终端取消，班组长用手机扫码报工。", "", "", State.PROPOSED, None, None),
    ("历史工单全部迁移", "业务希望查询五年内的全部工单。", "五年历史工单全部迁入新系统。", "", "", State.REJECTED, 20, None),
)  # fmt: skip


def load(projects: Mapping[str, Project], staff: Mapping[str, Person], today: date) -> None:
    """Make them for every project."""
    owner, zone = staff["chen.jing"], ZoneInfo("Asia/Shanghai")
    for project in projects.values():
        for title, situation, choice, alternatives, consequences, state, ago, ahead in kept:
            decided = None if ago is None else datetime.combine(today - timedelta(days=ago), time(15), tzinfo=zone)
            made = Decision(
                project=project, title=title, situation=situation, choice=choice, alternatives=alternatives, consequences=consequences, owner=owner,
                status=State.PROPOSED if state == State.VOTING else state,
                decided_at=decided, review_on=None if ahead is None else today + timedelta(days=ahead),
                refusal="迁移成本高于价值：只迁两年，其余存档查询。" if state == State.REJECTED else "",
            )  # fmt: skip
            made.save()
            if state == State.VOTING:
                commands.act(resource("decision.decision"), "submit", made, {}, system_access(project.tenant_id))

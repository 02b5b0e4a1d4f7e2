"""Reports over several domains, declared."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from jingwei.boards import load as people
from jingwei.boards.risk import RiskAsked, risk_of, without_money, without_risks
from jingwei.frame.records.report import Report, Survey

risk = Report(
    "boards.risk", _("Schedule and cost risk"), "work.task.view", risk_of, RiskAsked, is_costly=True,
    without={"cost.line.view": without_money}, asked_without={"risk.risk.view": without_risks},
)  # fmt: skip
load = Survey("boards.load", _("People's load"), "work.task.view", people.told, people.LoadAsked)

"""Reports on a plan, declared."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from jingwei.domains.schedule.quality import quality_told
from jingwei.frame.report import Report

quality = Report("schedule.quality", _("Schedule quality"), "work.task.view", quality_told)

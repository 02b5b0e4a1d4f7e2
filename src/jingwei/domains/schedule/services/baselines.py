"""Baselines: keep the plan as it was agreed."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from jingwei.domains.schedule.models import Baseline, BaselineTask
from jingwei.domains.work import queries as work
from jingwei.frame.models import Project
from jingwei.frame.records import turns
from jingwei.frame.records.turns import in_turn


@in_turn
def baseline_take(*, project: Project, name: str) -> Baseline:
    """Keep the plan as it is now, and compare with it from now on."""
    name = name.strip()
    if not name:
        raise ValidationError({"name": _("Give the baseline a name.")})
    turns.take([project.pk])  # one at a time: each stops being compared with as the next is taken
    if Baseline.objects.filter(project=project, name=name).exists():
        raise ValidationError({"name": _("There is a baseline of this name already.")})
    Baseline.objects.filter(project=project, is_current=True).update(is_current=False)
    baseline = Baseline(project=project, tenant_id=project.tenant_id, name=name)
    baseline.save()
    rows = work.tasks_of(project.pk).values_list("pk", "start", "finish", "duration_minutes")
    BaselineTask.objects.bulk_create(
        (
            BaselineTask(tenant_id=project.tenant_id, project=project, baseline=baseline, task_id=pk, start=start, finish=finish, duration_minutes=minutes)
            for pk, start, finish, minutes in rows
        ),
        batch_size=2000,
    )
    return baseline

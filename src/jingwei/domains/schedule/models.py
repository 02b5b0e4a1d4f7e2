"""Baselines, and what each recalculation changed."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from jingwei.frame.models import ProjectModel
from jingwei.frame.models.currency import Money


class Baseline(ProjectModel):
    """The plan as it was agreed on a day."""

    stays_on_record: ClassVar[bool] = True

    name = models.CharField(_("name"), max_length=120)
    taken_at = models.DateTimeField(_("taken at"), auto_now_add=True)
    is_current = models.BooleanField(_("compared with"), default=True)

    class Meta(ProjectModel.Meta):
        verbose_name = _("baseline")
        verbose_name_plural = _("baselines")
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=("project", "name"), name="baseline_name_once"),
            models.UniqueConstraint(fields=("project",), name="one_current_baseline", condition=models.Q(is_current=True)),
        ]

    def __str__(self) -> str:
        return self.name


class BaselineTask(ProjectModel):
    """One task's dates in a baseline. They were agreed and stay, also when the task is deleted: it comes back under the same id, or not at all."""

    keeps_history: ClassVar[bool] = False
    stays_on_record: ClassVar[bool] = True  # with its baseline
    project_from: ClassVar[str] = "baseline"

    baseline = models.ForeignKey(Baseline, models.CASCADE, related_name="tasks")
    task = models.ForeignKey("work.Task", models.DO_NOTHING, related_name="+", db_constraint=False)
    start = models.DateTimeField(null=True)
    finish = models.DateTimeField(null=True)
    duration_minutes = models.PositiveIntegerField(default=0)

    class Meta(ProjectModel.Meta):
        constraints: ClassVar[list[Any]] = [models.UniqueConstraint(fields=("baseline", "task"), name="baseline_task_once")]


class Recalculation(ProjectModel):
    """One recalculation: what caused it, how long it took, what it moved. `effects` = {"endangered", "saved", "outages"}, with "mended" when
    the one before had failed; of one that failed {"problem", "said" in both languages, "task" to mend it at, or None}."""

    keeps_history: ClassVar[bool] = False
    returns: ClassVar[bool] = True

    at = models.DateTimeField(auto_now_add=True)
    cause = models.CharField(max_length=300, blank=True)
    moved = models.PositiveIntegerField(default=0)
    finish_before = models.DateTimeField(null=True)
    finish_after = models.DateTimeField(null=True)
    milliseconds = models.PositiveIntegerField(default=0)
    effects = models.JSONField(default=dict)

    class Meta(ProjectModel.Meta):
        indexes: ClassVar[list[Any]] = [models.Index(fields=("project", "-id"), name="recalculations_newest")]


class PlanImport(ProjectModel):
    """A schedule file as it came, and what became of it. `counts` = what the import did; None before it was carried out."""

    keeps_history: ClassVar[bool] = False

    name = models.CharField(_("file"), max_length=200)
    content = models.BinaryField()
    came_at = models.DateTimeField(_("came at"), auto_now_add=True)
    came_by = models.ForeignKey("frame.User", models.SET_NULL, null=True, related_name="+", verbose_name=_("brought by"))
    done_at = models.DateTimeField(_("imported at"), null=True)
    counts = models.JSONField(null=True)

    class Meta(ProjectModel.Meta):
        verbose_name = _("schedule file")
        verbose_name_plural = _("schedule files")
        indexes: ClassVar[list[Any]] = [models.Index(fields=("project", "-id"), name="schedule_files_newest")]


class Scenario(ProjectModel):
    """A what-if: changes of the plan that are compared and not carried out. `changes` = {task id: {"duration_minutes", "not_before"}} (ISO moment),
    and tasks to be added (see `additions`); `costs` = what it would spend beyond the plan, as the costs have it, and with its `currency` once it was carried out."""

    money = Money(
        ("costs",),
        stays=_(
            "What-ifs of this project spend money in %(before)s, which would be read as %(after)s. Take that money out of them first, or keep the currency."
        ),
        none=[],
        over=models.Q(applied_at__isnull=False),
    )

    name = models.CharField(_("name"), max_length=120)
    changes = models.JSONField(default=dict)
    costs = models.JSONField(default=list)
    made_by = models.ForeignKey("frame.User", models.SET_NULL, null=True, related_name="+", verbose_name=_("made by"))
    made_at = models.DateTimeField(_("made at"), auto_now_add=True)
    applied_at = models.DateTimeField(_("carried out at"), null=True)

    class Meta(ProjectModel.Meta):
        verbose_name = _("what-if")
        verbose_name_plural = _("what-ifs")
        constraints: ClassVar[list[Any]] = [models.UniqueConstraint(fields=("project", "name"), name="scenario_name_once")]

    def __str__(self) -> str:
        return self.name

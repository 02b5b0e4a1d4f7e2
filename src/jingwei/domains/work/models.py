"""Tasks in a tree, and the links between them."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any, ClassVar

from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from jingwei.frame.models import Extended, ProjectModel
from jingwei.frame.models.custom import extra_index
from jingwei.frame.models.identity import code_rule
from jingwei.frame.models.numbers import Number


class Task(ProjectModel, Extended):
    """A piece of work, a summary of others, or a milestone. Dates from `start` down are computed by the schedule."""

    numbered: ClassVar[Number] = Number("code", "T-{n:03d}")
    told: Sequence[str] = ()  # what followed from the last change, in words for whoever made it
    history_ignores = ("late_start", "late_finish", "total_float_minutes", "free_float_minutes", "position", "wbs", "is_summary")

    class Status(models.TextChoices):
        TODO = "todo", _("To do")
        DOING = "doing", _("In progress")
        BLOCKED = "blocked", _("Blocked")
        DONE = "done", _("Done")
        CANCELLED = "cancelled", _("Cancelled")

    class Constraint(models.TextChoices):
        ASAP = "ASAP", _("As soon as possible")
        ALAP = "ALAP", _("As late as possible")
        SNET = "SNET", _("Start no earlier than")
        SNLT = "SNLT", _("Start no later than")
        FNET = "FNET", _("Finish no earlier than")
        FNLT = "FNLT", _("Finish no later than")
        MSO = "MSO", _("Must start on")
        MFO = "MFO", _("Must finish on")

    class Type(models.TextChoices):
        FIXED_UNITS = "fixed_units", _("Fixed units")
        FIXED_WORK = "fixed_work", _("Fixed work")
        FIXED_DURATION = "fixed_duration", _("Fixed duration")

    code = models.CharField(_("code"), max_length=40, blank=True, validators=[code_rule])
    name = models.CharField(_("name"), max_length=300)
    parent = models.ForeignKey("self", models.CASCADE, null=True, blank=True, related_name="children", verbose_name=_("part of"))
    position = models.PositiveIntegerField(_("position"), default=0)
    wbs = models.CharField(_("WBS"), max_length=80, blank=True, editable=False)
    description = models.TextField(_("description"), blank=True)
    status = models.CharField(_("status"), max_length=10, choices=Status.choices, default=Status.TODO)
    percent = models.PositiveSmallIntegerField(_("% complete"), default=0)
    is_milestone = models.BooleanField(_("milestone"), default=False)
    duration_minutes = models.PositiveIntegerField(_("duration (working min)"), default=480)
    optimistic_minutes = models.PositiveIntegerField(
        _("optimistic duration (working min)"),
        null=True,
        blank=True,
        help_text=_("If all goes well. With the pessimistic one it makes a three-point estimate."),
    )
    pessimistic_minutes = models.PositiveIntegerField(_("pessimistic duration (working min)"), null=True, blank=True)
    work_hours = models.DecimalField(_("planned work (h)"), max_digits=9, decimal_places=2, null=True, blank=True, validators=[MinValueValidator(0)])
    units_percent = models.DecimalField(
        _("units (%)"), max_digits=6, decimal_places=2, default=Decimal(100), help_text=_("How much of the assignee's time the task takes.")
    )
    task_type = models.CharField(
        _("task type"), max_length=14, choices=Type.choices, default=Type.FIXED_UNITS,
        help_text=_("What stays when duration, planned work or units change: another of the three follows."),
    )  # fmt: skip
    is_effort_driven = models.BooleanField(
        _("effort-driven"), default=False, help_text=_("Planned work stays when somebody is assigned; fixed work always is effort-driven.")
    )
    priority = models.PositiveSmallIntegerField(_("priority"), default=500)
    assignee = models.ForeignKey("directory.Person", models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("assignee"))
    calendar = models.ForeignKey(
        "worktime.Calendar", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("task calendar"),
        help_text=_("When this task is worked on, instead of the project's working time."),
    )  # fmt: skip
    skill = models.CharField(_("needed skill"), max_length=60, blank=True, help_text=_("While nobody is named, levelling looks for somebody who has it."))
    constraint = models.CharField(_("constraint"), max_length=4, choices=Constraint.choices, default=Constraint.ASAP)
    constraint_at = models.DateTimeField(_("constraint date"), null=True, blank=True)
    deadline = models.DateTimeField(_("deadline"), null=True, blank=True)
    levelled_until = models.DateTimeField(
        _("held back until (levelling)"),
        null=True,
        blank=True,
        help_text=_("Set by levelling: its people are busy elsewhere before. Empty it to let the task go."),
    )
    actual_start = models.DateTimeField(_("actual start"), null=True, blank=True)
    actual_finish = models.DateTimeField(_("actual finish"), null=True, blank=True)
    interface = models.ForeignKey(
        "hub.Interface", models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("interface"),
        help_text=_("While this interface is down, the remaining work waits for it."),
    )  # fmt: skip
    external_ref = models.CharField(_("external reference"), max_length=120, blank=True)
    start = models.DateTimeField(_("start"), null=True, blank=True, editable=False)
    finish = models.DateTimeField(_("finish"), null=True, blank=True, editable=False)
    late_start = models.DateTimeField(_("late start"), null=True, blank=True, editable=False)
    late_finish = models.DateTimeField(_("late finish"), null=True, blank=True, editable=False)
    total_float_minutes = models.IntegerField(_("total float (working min)"), null=True, editable=False)
    free_float_minutes = models.IntegerField(_("free float (working min)"), null=True, editable=False)
    is_critical = models.BooleanField(_("critical"), default=False, editable=False)
    is_summary = models.BooleanField(_("summary"), default=False, editable=False)

    class Meta(ProjectModel.Meta):
        verbose_name = _("task")
        verbose_name_plural = _("tasks")
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=("project", "code"), name="task_code_once"),
            models.CheckConstraint(condition=Q(percent__lte=100), name="task_percent_at_most_100"),
        ]
        indexes: ClassVar[list[Any]] = [
            models.Index(fields=("project", "position"), name="tasks_in_order"),
            models.Index(fields=("tenant", "-id"), name="tasks_newest"),
            models.Index(fields=("interface",), name="tasks_of_interface"),
            extra_index("tasks_by_more"),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.name}"

    def fit_to_return(self) -> str:
        """Brought back by undo it leaves its code to whoever has taken it meanwhile, which is said."""
        if not Task.objects.filter(project_id=self.project_id, code__iexact=self.code).exists():
            return ""
        before, self.code = self.code, ""
        self.numbered.give([self])
        told = {"name": self.name, "before": before, "code": self.code}
        return gettext("Task “%(name)s” is back as %(code)s: its code %(before)s belongs to another task now.") % told

    def _is_endangered(self) -> bool:
        """The computed finish is later than the deadline."""
        return bool(self.deadline and self.finish and self.finish > self.deadline and self.percent < 100)

    _is_endangered.short_description = _("later than its deadline")  # type: ignore[attr-defined]
    is_endangered = property(_is_endangered)


class Dependency(ProjectModel):
    """The successor's dates follow the predecessor's: finish-start and so on, with a lag (negative = lead)."""

    project_from: ClassVar[str] = "successor"

    class Type(models.TextChoices):
        FS = "FS", _("Finish to start")
        SS = "SS", _("Start to start")
        FF = "FF", _("Finish to finish")
        SF = "SF", _("Start to finish")

    predecessor = models.ForeignKey(Task, models.CASCADE, related_name="links_out", verbose_name=_("predecessor"))
    successor = models.ForeignKey(Task, models.CASCADE, related_name="links_in", verbose_name=_("successor"))
    type = models.CharField(_("type"), max_length=2, choices=Type.choices, default=Type.FS)
    lag_minutes = models.IntegerField(_("lag (working min)"), default=0)

    class Meta(ProjectModel.Meta):
        verbose_name = _("dependency")
        verbose_name_plural = _("dependencies")
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=("predecessor", "successor"), name="dependency_once"),
            models.CheckConstraint(condition=~Q(predecessor=F("successor")), name="dependency_not_on_itself"),
        ]

    def __str__(self) -> str:
        return f"{self.predecessor_id} → {self.successor_id} {self.type}"

"""Approvals: cases, the votes in them, who votes for whom, and what an organisation or a project asks beyond the declaration."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from jingwei.frame.models.scoped import TenantModel


class Case(TenantModel):
    """A row that was submitted and is decided by votes: at which stage it is, until when, how it ended. One is open for a row at a time.

    `print` stands for what is voted on (empty: not looked at yet); `round` counts how often it was asked anew because that changed.
    """

    place_path: ClassVar[str] = "project_id"

    class State(models.TextChoices):
        OPEN = "open", _("Open")
        APPROVED = "approved", _("Approved")
        REJECTED = "rejected", _("Rejected")
        WITHDRAWN = "withdrawn", _("Withdrawn")

    project = models.ForeignKey("frame.Project", models.CASCADE, null=True, related_name="+", verbose_name=_("project"))
    resource = models.CharField(max_length=80)
    row_id = models.BigIntegerField()
    stage = models.CharField(max_length=40)
    state = models.CharField(max_length=10, choices=State.choices, default=State.OPEN)
    round = models.PositiveIntegerField(default=1)
    print = models.CharField(max_length=32, blank=True)
    opened_by = models.ForeignKey("frame.User", models.SET_NULL, null=True, related_name="+")
    asked_at = models.DateTimeField()  # when its present stage began
    due_at = models.DateTimeField(null=True)
    reminded_at = models.DateTimeField(null=True)
    escalated_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    class Meta(TenantModel.Meta):
        verbose_name = _("case")
        verbose_name_plural = _("cases")
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=("tenant", "resource", "row_id"), name="case_open_once", condition=models.Q(state="open"))
        ]
        indexes: ClassVar[list[Any]] = [
            models.Index(fields=("tenant", "resource", "row_id", "-id"), name="cases_of_row"),
            models.Index(fields=("tenant", "due_at"), name="cases_open", condition=models.Q(state="open")),
        ]

    def __str__(self) -> str:
        return f"{self.resource} {self.row_id}"


class Vote(TenantModel):
    """One voice in a stage of a case. `user` gave it, `acting_for` is the person whose deputy he was. It counts until it is withdrawn."""

    place_path: ClassVar[str] = "case__project_id"

    class Choice(models.TextChoices):
        YES = "yes", _("In favour")
        NO = "no", _("Against")
        ABSTAIN = "abstain", _("Abstaining")

    case = models.ForeignKey(Case, models.CASCADE, related_name="votes")
    stage = models.CharField(max_length=40)
    user = models.ForeignKey("frame.User", models.PROTECT, related_name="+")
    acting_for = models.ForeignKey("frame.User", models.PROTECT, null=True, related_name="+")
    choice = models.CharField(max_length=8, choices=Choice.choices)
    word = models.TextField(blank=True)
    withdrawn_at = models.DateTimeField(null=True)

    class Meta(TenantModel.Meta):
        verbose_name = _("vote")
        verbose_name_plural = _("votes")
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=("case", "stage", "user"), name="vote_of_person_once", condition=models.Q(withdrawn_at=None)),
            models.UniqueConstraint("case", "stage", Coalesce("acting_for", "user"), name="voice_once", condition=models.Q(withdrawn_at=None)),
        ]

    def __str__(self) -> str:
        return f"{self.user}: {self.choice}"


class Deputy(TenantModel):
    """Who votes for a person who is away, from day to day (the last one included), in a project or (empty) wherever the person may."""

    place_path: ClassVar[str] = "project_id"

    person = models.ForeignKey("frame.User", models.CASCADE, related_name="+", verbose_name=_("person"))
    deputy = models.ForeignKey("frame.User", models.CASCADE, related_name="+", verbose_name=_("deputy"))
    project = models.ForeignKey("frame.Project", models.CASCADE, null=True, related_name="+", verbose_name=_("project"))
    from_on = models.DateField(_("from"))
    until_on = models.DateField(_("until"))

    class Meta(TenantModel.Meta):
        verbose_name = _("deputy")
        verbose_name_plural = _("deputies")
        constraints: ClassVar[list[Any]] = [
            models.CheckConstraint(condition=~models.Q(person=models.F("deputy")), name="deputy_is_another"),
            models.CheckConstraint(condition=models.Q(until_on__gte=models.F("from_on")), name="deputy_ends_later"),
        ]
        indexes: ClassVar[list[Any]] = [models.Index(fields=("tenant", "deputy", "until_on"), name="deputies_of")]

    def __str__(self) -> str:
        return f"{self.person} → {self.deputy}"


class StageRule(TenantModel):
    """What a project, or the organisation (project empty), asks of a declared stage: more voices, another time."""

    place_path: ClassVar[str] = "project_id"

    project = models.ForeignKey("frame.Project", models.CASCADE, null=True, related_name="+", verbose_name=_("project"))
    resource = models.CharField(max_length=80)
    stage = models.CharField(max_length=40)
    quorum = models.PositiveSmallIntegerField(_("voices needed"))
    days = models.PositiveSmallIntegerField(_("working days"), null=True)

    class Meta(TenantModel.Meta):
        verbose_name = _("rule of a stage")
        verbose_name_plural = _("rules of stages")
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=("tenant", "project", "resource", "stage"), name="stage_rule_once", nulls_distinct=False)
        ]

    def __str__(self) -> str:
        return f"{self.resource} {self.stage}: {self.quorum}"

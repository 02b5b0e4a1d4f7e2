"""A decision with its reasons."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from jingwei.frame.models import Extended, ProjectModel
from jingwei.frame.models.custom import extra_index
from jingwei.frame.models.identity import code_rule
from jingwei.frame.models.numbers import Number


class Decision(ProjectModel, Extended):
    """What was decided, in which situation, and what follows from it."""

    numbered: ClassVar[Number] = Number("code", "D-{n}")

    class Status(models.TextChoices):
        PROPOSED = "proposed", _("Proposed")
        RETURNED = "returned", _("Returned")
        VOTING = "voting", _("In the vote")
        ACCEPTED = "accepted", _("Accepted")
        REJECTED = "rejected", _("Rejected")
        SUPERSEDED = "superseded", _("Superseded")

    code = models.CharField(_("code"), max_length=40, blank=True, validators=[code_rule])
    title = models.CharField(_("title"), max_length=200)
    situation = models.TextField(_("situation"), blank=True, help_text=_("What makes a decision necessary."))
    choice = models.TextField(_("decision"), help_text=_("What is to be done, in one or two sentences."))
    alternatives = models.TextField(_("alternatives"), blank=True, help_text=_("What else was weighed, and why it was not taken."))
    consequences = models.TextField(_("consequences"), blank=True)
    owner = models.ForeignKey("directory.Person", models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("owner"))
    review_on = models.DateField(_("review on"), null=True, blank=True, help_text=_("When it is asked whether it still holds."))
    status = models.CharField(_("status"), max_length=10, choices=Status.choices, default=Status.PROPOSED)
    refusal = models.TextField(_("reason of the rejection"), blank=True)
    successor = models.ForeignKey("self", models.SET_NULL, null=True, blank=True, related_name="superseded", verbose_name=_("superseded by"))
    decided_by = models.ForeignKey("frame.User", models.SET_NULL, null=True, blank=True, editable=False, related_name="+", verbose_name=_("decided by"))
    decided_at = models.DateTimeField(_("decided at"), null=True, blank=True, editable=False)

    class Meta(ProjectModel.Meta):
        verbose_name = _("decision")
        verbose_name_plural = _("decisions")
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=("project", "code"), name="decision_code_once"),
            models.CheckConstraint(condition=~models.Q(successor=models.F("id")), name="decision_not_by_itself"),
        ]
        indexes: ClassVar[list[Any]] = [models.Index(fields=("project", "status", "review_on"), name="decisions_to_review"), extra_index("decisions_by_more")]

    def __str__(self) -> str:
        return f"{self.code} {self.title}"

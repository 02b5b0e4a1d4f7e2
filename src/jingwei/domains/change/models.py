"""Change requests: what would be different, what it would do, who decided."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from jingwei.frame.models import Extended, ProjectModel
from jingwei.frame.models.currency import Money
from jingwei.frame.models.custom import extra_index
from jingwei.frame.models.identity import code_rule
from jingwei.frame.models.numbers import Number


class ChangeRequest(ProjectModel, Extended):
    """A change of the plan that is decided. `changes` and `costs` as a what-if has them; `effect` = what they would do, frozen when it was assessed."""

    class Status(models.TextChoices):
        DRAFT = "draft", _("Draft")
        ASSESSED = "assessed", _("Effect assessed")
        SUBMITTED = "submitted", _("To be decided")
        APPROVED = "approved", _("Approved")
        REJECTED = "rejected", _("Rejected")
        DEFERRED = "deferred", _("Deferred")
        IMPLEMENTED = "implemented", _("Carried out")
        VERIFIED = "verified", _("Verified")
        CLOSED = "closed", _("Closed")

    class Kind(models.TextChoices):
        SCHEDULE = "schedule", _("Schedule")
        SCOPE = "scope", _("Scope")
        INTERFACE = "interface", _("Interface")
        COST = "cost", _("Cost")
        OTHER = "other", _("Other")

    money = Money(
        ("costs",),
        stays=_(
            "Change requests of this project that are open would spend money in %(before)s, which would be read as %(after)s. Carry them out, reject or delete them first, or keep the currency."
        ),
        none=[],
        over=models.Q(implemented_at__isnull=False) | models.Q(status__in=("rejected", "closed")),
    )

    open_states: ClassVar[tuple[str, ...]] = (Status.DRAFT, Status.ASSESSED, Status.DEFERRED)  # it is still written
    numbered = Number("code", "CR-{n}")

    code = models.CharField(_("code"), max_length=40, blank=True, validators=[code_rule], help_text=_("Left empty, the next number is given."))
    title = models.CharField(_("title"), max_length=120)
    reason = models.TextField(_("reason"), blank=True)
    kind = models.CharField(_("kind"), max_length=10, choices=Kind.choices, default=Kind.SCHEDULE)
    status = models.CharField(_("status"), max_length=12, choices=Status.choices, default=Status.DRAFT, editable=False)
    changes = models.JSONField(
        _("changes of tasks"),
        default=dict,
        blank=True,
        help_text=_(
            "By task id: duration_minutes (working) and not_before (moment), as a what-if has them; as new-1, new-2 …: name, duration_minutes, after, before and assignee of a task to be added."
        ),
    )
    costs = models.JSONField(_("extra costs"), default=list, blank=True, editable=False)
    requested_by = models.ForeignKey("frame.User", models.SET_NULL, null=True, editable=False, related_name="+", verbose_name=_("requested by"))
    effect = models.JSONField(_("assessed effect"), default=dict, editable=False)
    assessed_at = models.DateTimeField(_("assessed at"), null=True, editable=False)
    decision = models.TextField(_("reason of the decision"), blank=True)
    decided_by = models.ForeignKey("frame.User", models.SET_NULL, null=True, editable=False, related_name="+", verbose_name=_("decided by"))
    decided_at = models.DateTimeField(_("decided at"), null=True, editable=False)
    implemented_at = models.DateTimeField(_("carried out at"), null=True, editable=False)

    class Meta(ProjectModel.Meta):
        verbose_name = _("change request")
        verbose_name_plural = _("change requests")
        constraints: ClassVar[list[Any]] = [models.UniqueConstraint(fields=("project", "code"), name="change_request_code_once")]
        indexes: ClassVar[list[Any]] = [models.Index(fields=("project", "status"), name="change_requests_by_status"), extra_index("change_requests_by_more")]

    def __str__(self) -> str:
        return f"{self.code} {self.title}"

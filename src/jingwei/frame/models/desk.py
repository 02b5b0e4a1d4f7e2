"""A person's desk: saved views, notifications, long work with progress."""

from __future__ import annotations

from datetime import time
from typing import Any, ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _

from jingwei.frame.models.scoped import TenantModel
from jingwei.frame.models.zone import ZoneField


class SavedView(TenantModel):
    """A list as somebody left it: filters, sort and columns as a query string; one's own, shared with a project's people or with everybody."""

    keeps_history: ClassVar[bool] = False
    returns: ClassVar[bool] = True
    place_path: ClassVar[str] = "project_id"
    user = models.ForeignKey("frame.User", models.CASCADE, related_name="+")
    resource = models.CharField(max_length=80)
    name = models.CharField(_("name"), max_length=80)
    query = models.TextField(blank=True)
    # shared with the people of this project; without one, with everybody
    project = models.ForeignKey("frame.Project", models.CASCADE, null=True, blank=True, related_name="+")
    is_shared = models.BooleanField(_("shared"), default=False)
    is_default = models.BooleanField(_("opens first"), default=False)

    class Meta(TenantModel.Meta):
        constraints: ClassVar[list[Any]] = [models.UniqueConstraint(fields=("tenant", "user", "resource", "name"), name="view_name_once")]

    def __str__(self) -> str:
        return self.name


class Notification(TenantModel):
    """Something a person should know: a declared notice and its values, worded when it is read. Those of before have their words (`title_zh`, `title_en`).
    `key` folds repeats of the same thing into one line with a count."""

    keeps_history: ClassVar[bool] = False
    passes: ClassVar[bool] = True
    place_path: ClassVar[str] = "project_id"

    class Level(models.TextChoices):
        NOTE = "note", _("Note")
        WARNING = "warning", _("Warning")
        ALARM = "alarm", _("Alarm")

    user = models.ForeignKey("frame.User", models.CASCADE, related_name="notifications")
    project = models.ForeignKey("frame.Project", models.CASCADE, null=True, related_name="+")
    level = models.CharField(max_length=8, choices=Level.choices, default=Level.NOTE)
    notice = models.CharField(max_length=80, blank=True, db_default="")  # processes of the release before know neither
    values = models.JSONField(null=True)
    title_zh = models.CharField(max_length=300, blank=True)
    title_en = models.CharField(max_length=300, blank=True)
    url = models.CharField(max_length=500, blank=True)
    key = models.CharField(max_length=120, blank=True)
    needs = models.CharField(max_length=130, blank=True, db_default="")  # the right without which it is not shown
    count = models.PositiveIntegerField(default=1)
    read_at = models.DateTimeField(null=True, blank=True)

    class Meta(TenantModel.Meta):
        ordering = ("-updated_at",)
        indexes: ClassVar[list[Any]] = [models.Index(fields=("user", "read_at", "-updated_at"), name="inbox_of_user")]


class NoticeChoices(TenantModel):
    """What a person wants to hear of in one organisation: `kinds` holds where he wants it otherwise than declared, {kind: {"app": true, "mail": "daily"}}."""

    keeps_history: ClassVar[bool] = False

    user = models.ForeignKey("frame.User", models.CASCADE, related_name="+")
    zone = ZoneField(_("time zone"), max_length=60, null=True, blank=True)
    digest_at = models.TimeField(default=time(8))
    quiet_from = models.TimeField(null=True, blank=True)
    quiet_until = models.TimeField(null=True, blank=True)
    kinds = models.JSONField(default=dict)

    class Meta(TenantModel.Meta):
        constraints: ClassVar[list[Any]] = [models.UniqueConstraint(fields=("tenant", "user"), name="one_choice_a_person")]


class Letter(TenantModel):
    """A notice on its way by mail: kept until the server took it, worded when it is sent."""

    keeps_history: ClassVar[bool] = False
    passes: ClassVar[bool] = True
    place_path: ClassVar[str] = "project_id"

    class State(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        DONE = "done", _("Sent")
        FAILED = "failed", _("Failed")

    user = models.ForeignKey("frame.User", models.CASCADE, related_name="+")
    project = models.ForeignKey("frame.Project", models.CASCADE, null=True, related_name="+")
    notice = models.CharField(max_length=80)
    values = models.JSONField(default=dict)
    level = models.CharField(max_length=8, choices=Notification.Level.choices)
    url = models.CharField(max_length=500, blank=True)
    key = models.CharField(max_length=120, blank=True)
    needs = models.CharField(max_length=130, blank=True, db_default="")
    is_digest = models.BooleanField(default=False)
    at = models.DateTimeField()
    due_at = models.DateTimeField()
    state = models.CharField(max_length=8, choices=State.choices, default=State.WAITING)
    attempts = models.PositiveSmallIntegerField(default=0)
    problem = models.CharField(max_length=300, blank=True)
    sent_at = models.DateTimeField(null=True)

    class Meta(TenantModel.Meta):
        indexes: ClassVar[list[Any]] = [models.Index(fields=("user", "due_at"), condition=models.Q(state="waiting"), name="letters_due")]


class Arrangement(TenantModel):
    """The widgets of a person's home in one organisation, in his own order."""

    keeps_history: ClassVar[bool] = False

    user = models.ForeignKey("frame.User", models.CASCADE, related_name="+")
    widgets = models.JSONField(default=list)

    class Meta(TenantModel.Meta):
        constraints: ClassVar[list[Any]] = [models.UniqueConstraint(fields=("tenant", "user"), name="one_arrangement_a_person")]


class LongWork(TenantModel):
    """Work that takes longer than a glance: its progress is pushed to the page, it can be left and come back to, and cancelled."""

    keeps_history: ClassVar[bool] = False

    class Status(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        RUNNING = "running", _("Running")
        DONE = "done", _("Done")
        FAILED = "failed", _("Failed")
        CANCELLED = "cancelled", _("Cancelled")

    user = models.ForeignKey("frame.User", models.CASCADE, null=True, related_name="+")
    # what it is about: a resource, what is done to it, in which projects (empty: wherever its owner may), within which limits of a token
    resource = models.CharField(max_length=80, blank=True)
    verb = models.CharField(max_length=40, blank=True)
    projects = ArrayField(models.BigIntegerField(), null=True)
    limits = models.JSONField(default=list)
    title = models.CharField(max_length=200)
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.WAITING)
    done = models.PositiveIntegerField(default=0)
    total = models.PositiveIntegerField(default=0)
    message = models.TextField(blank=True)
    url = models.CharField(max_length=500, blank=True)
    cancel_asked = models.BooleanField(default=False)
    payload = models.JSONField(default=dict)
    outcome = models.JSONField(default=dict)
    file = models.BinaryField(null=True)

"""The unit of delivery: an interface joins two streams; its versions never change; its health is kept as periods."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar

from django.db import models
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from jingwei.frame.models import ProjectModel, TenantModel
from jingwei.frame.models.identity import code_rule
from jingwei.hub.models.system import System


class Interface(ProjectModel):
    """Joins stream A of one system with stream B of another, for one project."""

    history_ignores = (
        "next_poll_at", "last_arrival_at", "last_success_at", "reconciled_at", "paired_at", "compared", "compared_at", "deletes_allowed_at", "state_detail", "judged_at",
        "place_a", "place_b",
    )  # fmt: skip

    class Stage(models.TextChoices):
        DRAFT = "draft", _("Draft")
        LIVE = "live", _("Live")
        PAUSED = "paused", _("Paused")
        RETIRED = "retired", _("Retired")

    class State(models.TextChoices):
        UNKNOWN = "unknown", _("No traffic yet")
        OK = "ok", _("Healthy")
        DEGRADED = "degraded", _("Degraded")
        DOWN = "down", _("Down")

    class OnDelete(models.TextChoices):
        PROPAGATE = "propagate", _("Delete on the other side")
        KEEP = "keep", _("Keep the other side and unlink")
        ASK = "ask", _("Ask a person")

    class OnLeave(models.TextChoices):
        UNLINK = "unlink", _("Keep both and stop joining them")
        DELETE = "delete", _("Treat it as deleted")
        KEEP = "keep", _("Go on joining them")

    key = models.CharField(_("key"), max_length=60, validators=[code_rule])
    name = models.CharField(_("name"), max_length=120)
    system_a = models.ForeignKey(System, models.PROTECT, related_name="interfaces_a", verbose_name=_("system A"))
    stream_a = models.CharField(_("stream A"), max_length=80)
    system_b = models.ForeignKey(System, models.PROTECT, related_name="interfaces_b", verbose_name=_("system B"))
    stream_b = models.CharField(_("stream B"), max_length=80)
    # where the two streams really are, once known for sure (peers/places.py)
    place_a = models.CharField(max_length=300, blank=True, editable=False)
    place_b = models.CharField(max_length=300, blank=True, editable=False)
    requirement = models.TextField(_("requirement"), blank=True)
    owner = models.ForeignKey("frame.User", models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("owner"))
    stage = models.CharField(_("stage"), max_length=10, choices=Stage.choices, default=Stage.DRAFT)
    published = models.ForeignKey("hub.InterfaceVersion", models.PROTECT, null=True, blank=True, related_name="+", editable=False)
    poll_seconds = models.PositiveIntegerField(_("poll every (s)"), default=60)
    reconcile_hours = models.PositiveIntegerField(_("compare all every (h)"), default=24)
    on_delete = models.CharField(_("when a record is deleted"), max_length=10, choices=OnDelete.choices, default=OnDelete.ASK)
    on_leave = models.CharField(_("when a record leaves the filter"), max_length=10, choices=OnLeave.choices, default=OnLeave.UNLINK)
    delete_limit_percent = models.PositiveSmallIntegerField(_("hold when more than this share is deleted (%)"), default=10)
    freshness_seconds = models.PositiveIntegerField(_("promised freshness (s)"), default=300)
    restore_minutes = models.PositiveIntegerField(_("expected time to restore (working min)"), default=960)
    state = models.CharField(_("health"), max_length=10, choices=State.choices, default=State.UNKNOWN, editable=False)
    state_reason = models.CharField(max_length=300, blank=True, editable=False)
    state_since = models.DateTimeField(null=True, blank=True, editable=False)
    # every reason that holds now: [{"code", "zh", "en", "since", "count", "act"}], worst first
    state_detail = models.JSONField(default=list, blank=True, editable=False)
    judged_at = models.DateTimeField(null=True, blank=True, editable=False)
    # the machinery stopped itself (records go in circles): a person must look
    held_reason = models.CharField(max_length=300, blank=True, editable=False)
    held_since = models.DateTimeField(null=True, blank=True, editable=False)
    # the last comparison of values: {"records", "agree", "differ", "examples", "seconds"}
    compared = models.JSONField(default=dict, blank=True, editable=False)
    compared_at = models.DateTimeField(null=True, blank=True, editable=False)
    # a person let held deletes pass: the guard counts from here
    deletes_allowed_at = models.DateTimeField(null=True, blank=True, editable=False)
    next_poll_at = models.DateTimeField(null=True, blank=True, editable=False)
    last_arrival_at = models.DateTimeField(null=True, blank=True, editable=False)
    last_success_at = models.DateTimeField(null=True, blank=True, editable=False)
    reconciled_at = models.DateTimeField(null=True, blank=True, editable=False)
    # both sides were read once and records of equal natural key were joined; until then nothing is created anywhere
    paired_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta(ProjectModel.Meta):
        verbose_name = _("interface")
        verbose_name_plural = _("interfaces")
        ordering = ("key",)
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=("tenant", "key"), name="interface_key_once"),
            models.CheckConstraint(condition=models.Q(stage__in=("draft", "live", "paused", "retired")), name="interface_stage_known"),
        ]

    def __str__(self) -> str:
        return self.name

    def system(self, side: str) -> System:
        """The system on side a or b."""
        return self.system_a if side == "a" else self.system_b

    def stream(self, side: str) -> str:
        """The stream on side a or b."""
        return self.stream_a if side == "a" else self.stream_b

    @classmethod
    def lock(cls, ids: Iterable[int]) -> None:
        """Hold the rows of many interfaces until the transaction ends, taken in one order: whoever writes several of them waits for no one in a ring."""
        list(cls.objects.select_for_update(no_key=True).filter(pk__in=list(ids)).order_by("pk").values_list("pk", flat=True))

    @classmethod
    def held(cls, pk: int, *related: str) -> Interface:
        """The interface as it is, held until the transaction ends, with what it names. Not its key: what only refers to it is written meanwhile."""
        rows = cls.objects.select_for_update(of=("self",), no_key=True)
        row: Interface = (rows.select_related(*related) if related else rows).get(pk=pk)
        return row


class InterfaceVersion(TenantModel):
    """What an interface does: mapping, code tables, policies. Written once; runs and links name the version they used.

    `spec` = {"mapping": …, "code_tables": …, "streams": {"a": [fields], "b": [fields]}} as `kernels.mapping` takes it.
    """

    stays_on_record: ClassVar[bool] = True

    interface = models.ForeignKey(Interface, models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()
    spec = models.JSONField()
    fingerprint = models.CharField(max_length=64)
    note = models.CharField(_("what changed"), max_length=300, blank=True)
    author = models.ForeignKey("frame.User", models.SET_NULL, null=True, blank=True, related_name="+")
    published_at = models.DateTimeField(null=True)

    class Meta(TenantModel.Meta):
        verbose_name = _("version of an interface")
        verbose_name_plural = _("versions of interfaces")
        ordering = ("-number",)
        constraints: ClassVar[list[Any]] = [models.UniqueConstraint(fields=("interface", "number"), name="version_number_once")]

    def __str__(self) -> str:
        return f"{self.interface} v{self.number}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Versions are immutable."""
        if not self._state.adding:
            raise TypeError("An interface version never changes; publish a new one.")
        super().save(*args, **kwargs)


class MappingDraft(TenantModel):
    """What somebody has typed on the mapping page and not published: kept as it is, with whatever is wrong in it. Nothing works by it.

    History tells when a draft was begun and what it held when it was discarded or published, not every stroke on the way.
    """

    history_ignores = ("mapping", "code_tables", "note", "by_id", "base_id", "rehearsed", "rehearsed_version")

    interface = models.OneToOneField(Interface, models.CASCADE, related_name="mapping_draft")
    mapping = models.JSONField(default=dict)
    code_tables = models.JSONField(default=dict)
    note = models.CharField(_("what changed"), max_length=300, blank=True)
    by = models.ForeignKey("frame.User", models.SET_NULL, null=True, related_name="+")
    # the version in use when the draft was begun
    base = models.ForeignKey(InterfaceVersion, models.SET_NULL, null=True, related_name="+")
    # the last dry run of the draft: {"at", "counts", "writes", "conflicts", "parked", "problem"}, and of which version of the draft it was
    rehearsed = models.JSONField(null=True)
    rehearsed_version = models.PositiveIntegerField(null=True)

    def __str__(self) -> str:
        return str(self.interface)


class Checkpoint(TenantModel):
    """How far one side was read. It survives new versions, so republishing skips nothing."""

    keeps_history: ClassVar[bool] = False
    passes: ClassVar[bool] = True

    interface = models.ForeignKey(Interface, models.CASCADE, related_name="checkpoints")
    side = models.CharField(max_length=1)
    cursor = models.JSONField(default=dict)
    # a second reading from the start beside the first (a new version sees every record anew); null when there is none
    again = models.JSONField(null=True)
    loaded_at = models.DateTimeField(null=True)
    # when this side was last read to its end, and what it said when it was not
    read_at = models.DateTimeField(null=True)
    failing_since = models.DateTimeField(null=True)
    problem = models.TextField(blank=True)

    class Meta(TenantModel.Meta):
        constraints: ClassVar[list[Any]] = [models.UniqueConstraint(fields=("interface", "side"), name="checkpoint_once")]


class Grant(TenantModel):
    """What an interface itself may do with our own records, given by the person who published it; revocable."""

    interface = models.ForeignKey(Interface, models.CASCADE, related_name="grants")
    permissions = models.JSONField(default=list)
    granted_by = models.ForeignKey("frame.User", models.SET_NULL, null=True, related_name="+")
    granted_at = models.DateTimeField()
    revoked_by = models.ForeignKey("frame.User", models.SET_NULL, null=True, related_name="+")
    revoked_at = models.DateTimeField(null=True)

    class Meta(TenantModel.Meta):
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=("interface",), name="one_grant_in_force", condition=models.Q(revoked_at__isnull=True))
        ]


class HealthPeriod(TenantModel):
    """From when to when an interface was in a state, and why."""

    keeps_history: ClassVar[bool] = False
    passes: ClassVar[bool] = True

    interface = models.ForeignKey(Interface, models.CASCADE, related_name="health_periods")
    state = models.CharField(max_length=10, choices=Interface.State.choices)
    reason = models.CharField(max_length=300, blank=True)
    reason_en = models.CharField(max_length=300, blank=True)
    since = models.DateTimeField()
    until = models.DateTimeField(null=True)

    @property
    def words(self) -> str:
        """The reason in the reader's language; one of before, when one was kept, as it was told then."""
        return self.reason if (get_language() or "zh").startswith("zh") else self.reason_en or self.reason

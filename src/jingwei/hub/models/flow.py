"""What flows: runs, deliveries that came in, links with their agreed base, entries that go out, and what went wrong."""

from __future__ import annotations

import uuid
from typing import Any, ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from jingwei.frame.models import TenantModel
from jingwei.hub.models.interface import Interface, InterfaceVersion
from jingwei.hub.models.system import Connection

sides = (("a", "A"), ("b", "B"))


class FlowModel(TenantModel):
    """Flow rows are their own record; they carry no second history."""

    keeps_history: ClassVar[bool] = False
    passes: ClassVar[bool] = True
    project_path: ClassVar[str] = "interface__project_id"

    class Meta(TenantModel.Meta):
        abstract = True


class Run(FlowModel):
    """One go over an interface and its counts: read, created, updated, unchanged, conflicts, quarantined, dead."""

    class Kind(models.TextChoices):
        POLL = "poll", _("Poll")
        WEBHOOK = "webhook", _("Webhook")
        RECONCILE = "reconcile", _("Reconcile")
        DRY = "dry", _("Dry run")
        REPLAY = "replay", _("Replay")

    interface = models.ForeignKey(Interface, models.CASCADE, related_name="runs")
    used = models.ForeignKey(InterfaceVersion, models.SET_NULL, null=True, related_name="+")
    kind = models.CharField(max_length=10, choices=Kind.choices)
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)
    counts = models.JSONField(default=dict)
    error = models.TextField(blank=True)

    class Meta(FlowModel.Meta):
        indexes: ClassVar[list[Any]] = [
            models.Index(fields=("interface", "-started_at"), name="runs_of_interface"),
            models.Index(fields=("interface", "started_at"), name="runs_unfinished", condition=models.Q(finished_at__isnull=True)),
        ]


class Link(FlowModel):
    """One pair of records and what both sides last agreed on.

    `base`, `seen_a`, `seen_b` are in the canonical space (side B's field names). `external_key` is our reference in the
    peers, made before the first create, so an unknown outcome can be looked up.
    """

    class State(models.TextChoices):
        LINKED = "linked", _("Linked")
        WRITING = "writing", _("Being written")
        CLASH = "clash", _("Conflict")
        HELD = "held", _("Held back")
        UNLINKED = "unlinked", _("Unlinked")

    interface = models.ForeignKey(Interface, models.CASCADE, related_name="links")
    key_a = models.CharField(max_length=200, null=True)
    key_b = models.CharField(max_length=200, null=True)
    external_key = models.UUIDField(default=uuid.uuid4)
    base = models.JSONField(null=True)
    seen_a = models.JSONField(null=True)
    seen_b = models.JSONField(null=True)
    gone_a = models.BooleanField(default=False)
    gone_b = models.BooleanField(default=False)
    changed_a_at = models.DateTimeField(null=True)
    changed_b_at = models.DateTimeField(null=True)
    version_a = models.CharField(max_length=200, blank=True)
    version_b = models.CharField(max_length=200, blank=True)
    # the peer's own count of changes where it has one, its stamp of the state we know, and when that was read;
    # changed_x_at is the last change that was no write of ours
    sequence_a = models.BigIntegerField(null=True)
    sequence_b = models.BigIntegerField(null=True)
    stamp_a = models.DateTimeField(null=True)
    stamp_b = models.DateTimeField(null=True)
    read_a_at = models.DateTimeField(null=True)
    read_b_at = models.DateTimeField(null=True)
    # the newest state of that side cannot be read through the mapping: nothing is planned on what is older
    parked_a = models.BooleanField(default=False)
    parked_b = models.BooleanField(default=False)
    # that side no longer passes the filter
    left_a = models.BooleanField(default=False)
    left_b = models.BooleanField(default=False)
    # fields that stand apart for a known reason: {field: {"a", "b", "why", "zh", "en"}} (kernels.sync)
    apart = models.JSONField(default=dict)
    # times of the latest writes by us, for the breaker of circles
    flips = models.JSONField(default=list)
    hops = models.PositiveSmallIntegerField(default=0)
    state = models.CharField(max_length=10, choices=State.choices, default=State.LINKED)

    class Meta(FlowModel.Meta):
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=("interface", "key_a"), name="link_of_a_once"),
            models.UniqueConstraint(fields=("interface", "key_b"), name="link_of_b_once"),
        ]
        indexes: ClassVar[list[Any]] = [
            models.Index(fields=("tenant", "key_a"), name="link_by_a"),
            models.Index(fields=("tenant", "key_b"), name="link_by_b"),
            # what health asks every few seconds, however many links there are
            models.Index(fields=("interface",), name="links_parked", condition=models.Q(parked_a=True) | models.Q(parked_b=True)),
            models.Index(fields=("interface",), name="links_left", condition=models.Q(left_a=True) | models.Q(left_b=True)),
            models.Index(fields=("interface",), name="links_apart", condition=~models.Q(apart={})),
        ]


class Delivery(FlowModel):
    """Something that came in, kept raw. A webhook is stored before it is answered; a polled record before the cursor moves."""

    class State(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        DONE = "done", _("Done")
        QUARANTINED = "quarantined", _("Quarantined")
        DEAD = "dead", _("Dead letter")
        DROPPED = "dropped", _("Superseded")

    project_path: ClassVar[str] = ""
    place_path: ClassVar[str] = "interface__project_id"

    interface = models.ForeignKey(Interface, models.CASCADE, null=True, related_name="deliveries")
    connection = models.ForeignKey(Connection, models.CASCADE, null=True, related_name="deliveries")
    side = models.CharField(max_length=1, choices=sides, blank=True)
    source = models.CharField(max_length=10)
    event_id = models.CharField(max_length=200, null=True)
    record_key = models.CharField(max_length=200, blank=True)
    record = models.JSONField(null=True)
    raw = models.BinaryField(null=True)
    headers = models.JSONField(default=dict)
    state = models.CharField(max_length=12, choices=State.choices, default=State.WAITING)
    attempts = models.PositiveSmallIntegerField(default=0)
    not_before = models.DateTimeField(null=True)
    run = models.ForeignKey(Run, models.SET_NULL, null=True, related_name="deliveries")
    link = models.ForeignKey(Link, models.SET_NULL, null=True, related_name="deliveries")
    outcome = models.CharField(max_length=20, blank=True)
    received_at = models.DateTimeField(auto_now_add=True)
    done_at = models.DateTimeField(null=True)

    class Meta(FlowModel.Meta):
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=("connection", "event_id"), name="event_once", condition=models.Q(event_id__isnull=False))
        ]
        indexes: ClassVar[list[Any]] = [
            models.Index(fields=("interface", "id"), name="deliveries_waiting", condition=models.Q(state="waiting")),
            models.Index(fields=("connection", "id"), name="events_waiting", condition=models.Q(state="waiting", interface__isnull=True)),
            models.Index(fields=("connection", "id"), name="events_parked", condition=models.Q(state__in=("quarantined", "dead"), interface__isnull=True)),
            models.Index(fields=("interface", "id"), name="deliveries_to_look_up", condition=models.Q(state="waiting", source="lookup")),
            models.Index(fields=("received_at",), name="deliveries_by_age"),
            models.Index(fields=("tenant", "record_key"), name="delivery_by_key"),
            models.Index(fields=("interface", "-id"), name="deliveries_of_interface"),
        ]


class OutboxEntry(FlowModel):
    """Something that goes out. Entries of one link go in order; `unknown` means it was sent and no answer came."""

    class State(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        HELD = "held", _("Held until somebody lets it pass")
        SENDING = "sending", _("Being sent")
        UNKNOWN = "unknown", _("Outcome unknown")
        DONE = "done", _("Done")
        DEAD = "dead", _("Dead letter")
        DROPPED = "dropped", _("Superseded")

    class Action(models.TextChoices):
        CREATE = "create", _("Create")
        UPDATE = "update", _("Update")
        DELETE = "delete", _("Delete")

    interface = models.ForeignKey(Interface, models.CASCADE, related_name="outbox")
    link = models.ForeignKey(Link, models.CASCADE, related_name="outbox")
    delivery = models.ForeignKey(Delivery, models.SET_NULL, null=True, related_name="outbox")
    run = models.ForeignKey(Run, models.SET_NULL, null=True, related_name="outbox")
    side = models.CharField(max_length=1, choices=sides)
    action = models.CharField(max_length=6, choices=Action.choices)
    values = models.JSONField(default=dict)
    before = models.JSONField(null=True)
    state = models.CharField(max_length=8, choices=State.choices, default=State.WAITING)
    attempts = models.PositiveSmallIntegerField(default=0)
    not_before = models.DateTimeField(null=True)
    # a person's third value: told to one side first, the base moves when the other has it too
    keeps_base = models.BooleanField(default=False)
    error = models.TextField(blank=True)
    sent_at = models.DateTimeField(null=True)
    done_at = models.DateTimeField(null=True)

    class Meta(FlowModel.Meta):
        indexes: ClassVar[list[Any]] = [
            models.Index(fields=("interface", "id"), name="outbox_waiting", condition=models.Q(state__in=("waiting", "held", "sending", "unknown"))),
            models.Index(fields=("link", "-id"), name="outbox_of_link"),
        ]
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=("link", "side"), name="one_open_entry", condition=models.Q(state__in=("waiting", "held", "sending", "unknown")))
        ]


class Conflict(FlowModel):
    """Both sides changed one field and the policy is to ask: both values wait here for a person."""

    interface = models.ForeignKey(Interface, models.CASCADE, related_name="conflicts")
    link = models.ForeignKey(Link, models.CASCADE, related_name="conflicts")
    field = models.CharField(max_length=80)
    value_a = models.JSONField(null=True)
    value_b = models.JSONField(null=True)
    base = models.JSONField(null=True)
    resolved_at = models.DateTimeField(null=True)
    resolved_by = models.ForeignKey("frame.User", models.SET_NULL, null=True, related_name="+")
    choice = models.CharField(max_length=10, blank=True)
    chosen = models.JSONField(null=True)
    # differ, deleted, coerced, refused, untranslatable, overwritten, ambiguous
    reason = models.CharField(max_length=16, default="differ")
    message_zh = models.TextField(blank=True)
    message_en = models.TextField(blank=True)

    class Meta(FlowModel.Meta):
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=("link", "field"), name="one_open_conflict", condition=models.Q(resolved_at__isnull=True))
        ]
        indexes: ClassVar[list[Any]] = [models.Index(fields=("interface", "-id"), name="conflicts_open", condition=models.Q(resolved_at__isnull=True))]


class Quarantine(FlowModel):
    """A record that may not pass, with every reason. The raw delivery stays; mending the mapping or the source and replaying lets it in."""

    interface = models.ForeignKey(Interface, models.CASCADE, related_name="quarantine")
    delivery = models.ForeignKey(Delivery, models.CASCADE, related_name="quarantine")
    link = models.ForeignKey(Link, models.SET_NULL, null=True, related_name="quarantine")
    side = models.CharField(max_length=1, choices=sides, blank=True)
    record_key = models.CharField(max_length=200, blank=True)
    code = models.CharField(max_length=60, blank=True)
    problems = models.JSONField(default=list)
    released_at = models.DateTimeField(null=True)
    released_by = models.ForeignKey("frame.User", models.SET_NULL, null=True, related_name="+")

    class Meta(FlowModel.Meta):
        indexes: ClassVar[list[Any]] = [
            models.Index(fields=("interface", "-id"), name="quarantine_open", condition=models.Q(released_at__isnull=True)),
            models.Index(fields=("interface", "side", "record_key"), name="quarantine_of_record", condition=models.Q(released_at__isnull=True)),
        ]


class DeadLetter(FlowModel):
    """A delivery or an outbox entry that failed for good (or too often). It can be replayed or discarded, never forgotten."""

    interface = models.ForeignKey(Interface, models.CASCADE, related_name="dead_letters")
    delivery = models.ForeignKey(Delivery, models.CASCADE, null=True, related_name="dead_letters")
    entry = models.ForeignKey(OutboxEntry, models.CASCADE, null=True, related_name="dead_letters")
    code = models.CharField(max_length=60)
    message_zh = models.TextField(blank=True)
    message_en = models.TextField(blank=True)
    settled_at = models.DateTimeField(null=True)
    settled_by = models.ForeignKey("frame.User", models.SET_NULL, null=True, related_name="+")
    settlement = models.CharField(max_length=10, blank=True)

    class Meta(FlowModel.Meta):
        indexes: ClassVar[list[Any]] = [models.Index(fields=("interface", "-id"), name="dead_letters_open", condition=models.Q(settled_at__isnull=True))]


class JobTally(TenantModel):
    """How often a job of the hub has failed for one interface or connection (`key`), and what it said last. It only ever grows."""

    keeps_history: ClassVar[bool] = False

    job = models.CharField(max_length=60)
    key = models.CharField(max_length=40, blank=True)
    failures = models.PositiveBigIntegerField(default=0)
    last_error = models.TextField(blank=True)
    last_at = models.DateTimeField()

    class Meta(TenantModel.Meta):
        constraints: ClassVar[list[Any]] = [models.UniqueConstraint(fields=("tenant", "job", "key"), name="one_tally_a_job")]

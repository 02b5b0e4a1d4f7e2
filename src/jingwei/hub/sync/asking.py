"""Handing keys to the inbox to be looked up: what the record is now is planned like anything else that comes in."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils import timezone

from jingwei.frame import bulk
from jingwei.hub.models import Delivery, Interface

_names = (
    "tenant", "version", "created_at", "updated_at", "interface", "side", "source", "record_key", "record", "headers", "state", "attempts", "outcome", "received_at",
)  # fmt: skip


def ask(interface: Interface, side: str, keys: Sequence[str], why: str) -> int:
    """Have these records looked up; keys already waiting to be are not asked twice. Returns how many were asked."""
    waiting = Delivery.objects.filter(interface=interface, side=side, state=Delivery.State.WAITING, source="lookup").values_list("record_key", flat=True)
    fresh, now = sorted(set(keys) - set(waiting)), timezone.now()
    bulk.copy_in(
        Delivery, _names,
        [
            (interface.tenant_id, 1, now, now, interface.pk, side, "lookup", key, None, {"why": why}, Delivery.State.WAITING, 0, "", now) for key in fresh
        ],
    )  # fmt: skip
    return len(fresh)

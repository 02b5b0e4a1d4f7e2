"""How records are read: each page and the cursor behind it are one commit. A second reading from the start goes beside the first."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from jingwei.hub.contract import BrokenAnswer, CursorExpired, Page, Record, Values
from jingwei.hub.models import Checkpoint, Interface
from jingwei.hub.sync.asking import Peers

page_size = 1000  # a connector asks for no more than its peer gives
Land = Callable[[Sequence[Record], datetime, str], None]


def poll(interface: Interface, side: str, land: Land, peers: Peers | None = None) -> int:
    """Read one side on from its checkpoint to the end; gives how many records came. Raises ConnectorError, with the checkpoint where it was."""
    peers = peers or Peers(interface)
    checkpoint, _made = Checkpoint.objects.get_or_create(interface=interface, side=side)
    try:
        read = _read_to_end(interface, side, checkpoint, "cursor", land, peers)
    except CursorExpired:
        with transaction.atomic():  # the position is forgotten over there: everything is read anew, and what is new beside it
            checkpoint.cursor, checkpoint.again = {}, None
            checkpoint.save()
        raise
    if checkpoint.again is not None:
        read += _read_to_end(interface, side, checkpoint, "again", land, peers)
    return read


def _read_to_end(interface: Interface, side: str, checkpoint: Checkpoint, name: str, land: Land, peers: Peers) -> int:
    """`name` is the checkpoint's field that holds the cursor."""
    read, seen = 0, set[str]()
    while True:
        cursor: Values = getattr(checkpoint, name)
        page, began = peers.read(side, cursor, page_size)
        with transaction.atomic():
            if page.records:
                land(page.records, began, "poll" if name == "cursor" else "again")
                read += len(page.records)
            _move(checkpoint, name, page, began)
        if not page.more:
            return read
        mark = json.dumps(page.cursor, sort_keys=True)
        if mark in seen:
            raise BrokenAnswer("the peer repeats a page; the reading was stopped")
        seen.add(mark)


def _move(checkpoint: Checkpoint, name: str, page: Page, began: datetime) -> None:
    before = getattr(checkpoint, name)
    if name == "again":
        checkpoint.again = page.cursor if page.more else None
    else:
        checkpoint.cursor = page.cursor
        if not page.more:
            checkpoint.loaded_at = checkpoint.loaded_at or timezone.now()
    is_quiet = not page.more and getattr(checkpoint, name) == before and not page.records
    checkpoint.read_at = began if not page.more else checkpoint.read_at
    checkpoint.failing_since, checkpoint.problem = None, ""
    if is_quiet:
        Checkpoint.objects.filter(pk=checkpoint.pk).update(read_at=began, failing_since=None, problem="")
    else:
        checkpoint.save()


def note_failure(interface: Interface, side: str, text: str) -> None:
    """This side could not be read."""
    now = timezone.now()
    rows = Checkpoint.objects.filter(interface=interface, side=side)
    rows.update(problem=text[:2000])
    rows.filter(failing_since=None).update(failing_since=now)


def schedule_next(interface: Interface) -> None:
    """Set the time of the next poll."""
    Interface.objects.filter(pk=interface.pk).update(next_poll_at=timezone.now() + timedelta(seconds=interface.poll_seconds))

"""How often and when something that goes out is tried again: the same for webhooks and for mail."""

from __future__ import annotations

import random
from datetime import timedelta

# each a fifth shorter or longer; about three days in all
pauses = tuple(timedelta(seconds=each) for each in (5, 300, 1800, 7200, 18000, 36000, 50400, 72000, 86400))
lease = timedelta(minutes=3)  # what was claimed is sent again after this, when the process has died over it


def pause_after(attempts: int) -> timedelta | None:
    """How long to wait after so many attempts; None when it was tried often enough."""
    return pauses[attempts - 1] * random.uniform(0.8, 1.2) if attempts <= len(pauses) else None

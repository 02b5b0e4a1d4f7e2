"""Edges whose end is gone for good: when history has forgotten the row, nothing brings it back any more."""

from __future__ import annotations

from django.db.models import Exists, OuterRef

from jingwei.frame.models import Edge, History
from jingwei.frame.traces.trace import on, registry
from jingwei.frame.work import retention


def remove_forgotten() -> int:
    """Remove them, of the current organisation."""
    removed = 0
    for trace in registry.values():
        for way, end in zip((on, "back"), trace.ends, strict=True):
            name = "source" if way == on else "target"
            edges = Edge.objects.filter(trace=trace.name, **{name: end.key})
            stands = Exists(end.model.objects.filter(pk=OuterRef(f"{name}_id")))
            may_return = Exists(History.objects.filter(resource=end.key, object_id=OuterRef(f"{name}_id")))
            removed += edges.exclude(stands).exclude(may_return).delete()[0]
    return removed


retention.sweeps.append(remove_forgotten)

"""The hub's own operations as REST at /api/v1/hub/…: what waits for a person, and what is done to an interface."""

from __future__ import annotations

_mounted = False


def mount() -> None:
    """Put the hub's operations beside the resources; called once, when the addresses are read (every resource is declared by then)."""
    global _mounted
    if _mounted:
        return
    from jingwei.frame.api.rest import api
    from jingwei.hub.rest import deciding, interfaces

    api.add_router("/hub", deciding.router)
    api.add_router("/hub", interfaces.router)
    _mounted = True

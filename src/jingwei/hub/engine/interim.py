"""Interim: both sides compared with each other and the base."""

from __future__ import annotations

from typing import Any

from jingwei.hub import contract
from jingwei.hub.models import Conflict, DeadLetter, Interface, Link, OutboxEntry, Quarantine
from jingwei.hub.peers import catalogue
from jingwei.hub.peers.session import session_for
from jingwei.hub.sync.terms import wording_of

side_names = ("a", "b")


def verify(interface: Interface) -> dict[str, Any]:
    """Read both sides completely and compare them with each other and with the base, record by record. Writes nothing."""
    assert interface.published is not None
    work = wording_of(interface)
    values: dict[str, dict[str, dict[str, Any]]] = {}
    for side in side_names:
        linked_keys = {key for key in Link.objects.filter(interface=interface).values_list(f"key_{side}", flat=True) if key}
        meant = [r for r in _everything(interface, side) if r.key in linked_keys or work.is_meant(side, r)]
        values[side] = {r.key: work.canonical(side, r)[0] for r in meant}
    differences: list[dict[str, Any]] = []
    links = list(Link.objects.filter(interface=interface).exclude(state=Link.State.UNLINKED))
    for link in links:
        differences += _compare(work, link, values)
    linked = {side: {getattr(link, f"key_{side}") for link in links} for side in side_names}
    unlinked = {side: sorted(set(values[side]) - linked[side]) for side in side_names}
    doubled = {side: _doubles(links, side) for side in side_names}
    return {
        "interface": interface.key, "links": len(links), "records_a": len(values["a"]), "records_b": len(values["b"]),
        "agree": len(links) - len({d["link"] for d in differences}), "differences": differences,
        "unlinked_a": unlinked["a"], "unlinked_b": unlinked["b"], "doubled_a": doubled["a"], "doubled_b": doubled["b"],
        "open": {
            "conflicts": Conflict.objects.filter(interface=interface, resolved_at=None).count(),
            "quarantine": Quarantine.objects.filter(interface=interface, released_at=None).count(),
            "dead_letters": DeadLetter.objects.filter(interface=interface, settled_at=None).count(),
            "deliveries_waiting": interface.deliveries.filter(state="waiting").count(),
            "outbox_waiting": OutboxEntry.objects.filter(interface=interface, state__in=("waiting", "held", "sending", "unknown")).count(),
        },
    }  # fmt: skip


def _everything(interface: Interface, side: str) -> list[contract.Record]:
    """Every record of one side as it is now, read from the start without moving any checkpoint."""
    session = session_for(interface, side)
    connector, stream = catalogue.connector(interface.system(side).connector), interface.stream(side)
    cursor: contract.Values = {}
    newest: dict[str, contract.Record] = {}
    while True:
        page = connector.read(session, stream, cursor, 1000)
        newest.update({record.key: record for record in page.records})
        if not page.more:
            return [record for record in newest.values() if not record.deleted]
        cursor = page.cursor


def _compare(work: Any, link: Link, values: dict[str, dict[str, dict[str, Any]]]) -> list[dict[str, Any]]:
    present = {side: values[side].get(getattr(link, f"key_{side}") or "") for side in side_names}
    if present["a"] is None and present["b"] is None:
        return []
    if present["a"] is None or present["b"] is None:
        missing = "a" if present["a"] is None else "b"
        return [{"link": link.pk, "key_a": link.key_a, "key_b": link.key_b, "field": None, "missing": missing}]
    out = []
    for name in sorted(work.ready.fields):
        a, b, base = present["a"].get(name), present["b"].get(name), (link.base or {}).get(name)
        if not (a == b == base) and not (name not in present["a"] or name not in present["b"]):
            out.append({"link": link.pk, "key_a": link.key_a, "key_b": link.key_b, "field": name, "a": a, "b": b, "base": base})
    return out


def _doubles(links: list[Link], side: str) -> list[str]:
    seen, doubles = set[str](), []
    for link in links:
        key = getattr(link, f"key_{side}")
        if key and key in seen:
            doubles.append(key)
        seen.add(key)
    return doubles

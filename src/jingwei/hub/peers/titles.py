"""What people call the streams and connectors of interfaces: their keys are for programs."""

from __future__ import annotations

from collections.abc import Iterable

from django.utils.text import capfirst

from jingwei.frame.records.resource import UnknownResource, resource
from jingwei.frame.words import in_words
from jingwei.hub.contract import Title
from jingwei.hub.models import Interface, Offered, System
from jingwei.hub.peers import catalogue


def connector_title(connector: str) -> str:
    """What a connector is called; its key when it is not installed here."""
    try:
        kept = catalogue.manifest(connector).get("title") or {}
    except catalogue.UnknownConnector:
        return connector
    return in_words(Title(kept.get("zh") or connector, kept.get("en") or connector))


def stream_titles(interfaces: Iterable[Interface]) -> dict[tuple[int, str], str]:
    """The streams of these interfaces by system and name: our own as they are called now, a peer's as it last told them. One query."""
    wanted = {(each.system(side).pk, each.stream(side)): each.system(side) for each in interfaces for side in ("a", "b")}
    told = {kept.system_id: kept.streams for kept in Offered.objects.filter(system_id__in={system.pk for system in wanted.values()})}
    return {(pk, name): _title(system, name, told.get(pk, {}).get(name)) for (pk, name), system in wanted.items()}


def _title(system: System, name: str, told: dict[str, str] | None) -> str:
    if system.connector == "local":
        try:
            return capfirst(str(resource(name).title_plural))
        except UnknownResource:
            return name
    return in_words(Title(told.get("zh") or name, told.get("en") or name)) if told else name

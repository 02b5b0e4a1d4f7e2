"""Finding a record by whatever somebody holds of it: a key, a reference, an id of a row of ours, a webhook's id, a label."""

from __future__ import annotations

import json
import uuid
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Q, QuerySet

from jingwei.frame.records.resource import Resource, UnknownResource, resource
from jingwei.frame.rights.access import Access
from jingwei.hub.contract import ConnectorError
from jingwei.hub.models import Delivery, Interface, Link, OutboxEntry, Quarantine
from jingwei.hub.peers import catalogue
from jingwei.kernels import bounds

links_at_most = 20
largest_id = 2**63 - 1
labels = ("code", "name", "subject", "title", "summary", "number", "key", "label")


@dataclass(slots=True)
class Found:
    """Links with how each was found, and deliveries that belong to none of them."""

    links: dict[int, str] = field(default_factory=dict)
    deliveries: dict[int, str] = field(default_factory=dict)

    def add(self, how: str, link_ids: Iterable[int | None]) -> None:
        """Note links; the first way of finding one counts."""
        for pk in link_ids:
            if pk is not None and (pk in self.links or len(self.links) < links_at_most):
                self.links.setdefault(pk, how)


def cleaned(text: object) -> str:
    """What somebody typed, as a database takes it: no NUL, no half characters, no more than 300 of them."""
    return str(text).replace("\0", "").encode("utf-8", "ignore").decode().strip()[:300]


def visible(access: Access | None) -> QuerySet[Interface]:
    """Interfaces whose records this reader may be told of; all of the organisation without `access`."""
    rows = Interface.objects.select_related("system_a", "system_b", "published")
    projects = None if access is None else access.projects("hub.interface.view")
    return rows if projects is None else rows.filter(project_id__in=projects)


def search(text: str, interfaces: Sequence[Interface], access: Access | None) -> Found:
    """Everything the text may mean within these interfaces: keys first, then references, labels, natural keys and ids of rows."""
    found, mine = Found(), [each.pk for each in interfaces]
    if not text or not mine:
        return found
    links = Link.objects.filter(interface_id__in=mine)
    found.add("key", links.filter(Q(key_a=text) | Q(key_b=text)).order_by("id").values_list("pk", flat=True)[:links_at_most])
    if (reference := _uuid(text)) is not None:
        found.add("reference", links.filter(external_key=reference).values_list("pk", flat=True)[:links_at_most])
    _by_event(found, text, interfaces, links)
    _by_natural_key(found, text, interfaces, links, access)
    _by_label(found, text, interfaces, links)
    if (number := _number(text)) is not None:
        _by_row(found, number, mine, links)
    for pk in Delivery.objects.filter(interface_id__in=mine, record_key=text).order_by("-id").values_list("pk", flat=True)[:links_at_most]:
        found.deliveries.setdefault(pk, "key")
    return found


def _uuid(text: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(text)
    except ValueError:
        return None


def _number(text: str) -> int | None:
    """The id of a row: digits, perhaps after a sign such as # — and no larger than ids get."""
    digits = text.lstrip("#")
    if not (digits.isascii() and digits.isdigit()) or len(digits) > 19:
        return None
    return number if 0 < (number := int(digits)) <= largest_id else None


def _by_row(found: Found, number: int, mine: list[int], links: QuerySet[Link]) -> None:
    """Ids of our own rows: a link, a delivery, an entry."""
    found.add("link", links.filter(pk=number).values_list("pk", flat=True))
    found.add("entry", OutboxEntry.objects.filter(pk=number, interface_id__in=mine).values_list("link_id", flat=True))
    for delivery in Delivery.objects.filter(pk=number, interface_id__in=mine).only("pk", "link_id", "interface_id", "side", "record_key"):
        found.deliveries.setdefault(delivery.pk, "delivery")
        found.add("delivery", [delivery.link_id])
        if delivery.side and delivery.record_key:
            same = links.filter(interface_id=delivery.interface_id, **{f"key_{delivery.side}": delivery.record_key})
            found.add("delivery", same.values_list("pk", flat=True))


def _by_event(found: Found, text: str, interfaces: Sequence[Interface], links: QuerySet[Link]) -> None:
    """A webhook's id: what it brought, and the records that its body names."""
    if len(text) > 200:
        return
    systems = {pk for each in interfaces for pk in (each.system_a_id, each.system_b_id)}
    told = Q(interface=None) | Q(interface__in=interfaces)
    events = Delivery.objects.filter(told, event_id=text, connection__system_id__in=systems).select_related("connection__system")
    for event in events[:links_at_most]:
        found.deliveries.setdefault(event.pk, "event")
        for interface in interfaces:
            for side in ("a", "b"):
                if interface.system(side).pk == event.connection.system_id:
                    keys = _named(event, interface.system(side).connector, interface.stream(side))
                    found.add("event", links.filter(interface=interface, **{f"key_{side}__in": keys}).values_list("pk", flat=True)[:links_at_most])


def _named(event: Delivery, connector: str, stream: str) -> list[str]:
    """Keys of the records a webhook's body names; none when it cannot be read."""
    try:
        body = json.loads(bytes(event.raw or b"null"), parse_float=bounds.exact)
        return [record.key for record in catalogue.connector(connector).delivery(stream, event.headers or {}, body)][:100]
    except (ValueError, TypeError, LookupError, AttributeError, RecursionError, ConnectorError):
        return []


def local_resource(interface: Interface, side: str) -> Resource | None:
    """The resource behind a side, when it is our own."""
    if interface.system(side).connector != "local":
        return None
    try:
        return resource(interface.stream(side))
    except UnknownResource:
        return None


def may_see_values(access: Access | None, interface: Interface) -> bool:
    """Values pass only for a reader who may view our own records of that kind there."""
    mine = [each for side in ("a", "b") if (each := local_resource(interface, side)) is not None]
    return access is None or all(access.allows(f"{each.key}.view", interface.project_id) for each in mine)


def _by_natural_key(found: Found, text: str, interfaces: Sequence[Interface], links: QuerySet[Link], access: Access | None) -> None:
    """What people call a record of ours: its code, or whatever names it. One question a kind of record, however many interfaces."""
    groups: dict[tuple[str, str], list[Interface]] = defaultdict(list)
    for interface in interfaces:
        for side in ("a", "b"):
            if interface.system(side).connector == "local" and may_see_values(access, interface):
                groups[interface.stream(side), side].append(interface)
    for (_stream, side), group in groups.items():
        mine = local_resource(group[0], side)
        if mine is None:
            continue
        rows = mine.model.objects.all()
        if mine.model.project_path:
            rows = rows.filter(**{f"{mine.model.project_path}__in": {each.project_id for each in group}})
        try:
            keys = [str(pk) for pk in rows.filter(_called(mine, text)).values_list("pk", flat=True)[:links_at_most]]
        except (ValueError, TypeError):
            continue  # a natural key that is no text
        found.add("natural key", links.filter(interface__in=group, **{f"key_{side}__in": keys}).values_list("pk", flat=True)[:links_at_most])


def _called(mine: Resource, text: str) -> Q:
    """A row that is named so: by its natural key (whole or its last part) or by what people search it for."""
    *_, last = mine.natural_key
    wanted = Q(**{last: text.rpartition("/")[2].strip() or text})
    for name in mine.search:
        wanted |= Q(**{name: text})
    return wanted


def _by_label(found: Found, text: str, interfaces: Sequence[Interface], links: QuerySet[Link]) -> None:
    """A label as either side shows it, exactly; also of records that are parked and have no link yet."""
    names = {name for each in interfaces for name in _label_fields(each)}
    wanted, parked = Q(), Q()
    for name in sorted(names):
        wanted |= Q(seen_b__contains={name: text}) | Q(seen_a__contains={name: text})
    if names:
        found.add("label", links.filter(wanted).order_by("id").values_list("pk", flat=True)[:links_at_most])
    for name in labels:
        parked |= Q(delivery__record__values__contains={name: text})
    rows = Quarantine.objects.filter(parked, interface__in=interfaces, released_at=None)
    for pk, link_id in rows.values_list("delivery_id", "link_id")[:links_at_most]:
        found.deliveries.setdefault(pk, "label")
        found.add("label", [link_id])


def _label_fields(interface: Interface) -> set[str]:
    """Canonical fields that name a record: those it is joined by, and those that mostly do."""
    if interface.published is None:
        return set()
    mapping: dict[str, Any] = interface.published.spec.get("mapping", {})
    pairs = {pair["b"]: pair["a"] for pair in mapping.get("pairs", ()) if "b" in pair}
    keys = {k["b"] if isinstance(k, dict) else k for k in mapping.get("key", ())}
    return {name for name, theirs in pairs.items() if name in labels or theirs in labels or name in keys}

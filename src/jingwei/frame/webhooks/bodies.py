"""What is sent: the row as REST would show it at this moment to whom the webhook stands for, or nothing."""

from __future__ import annotations

import json
from datetime import UTC
from typing import Any

from django.core.exceptions import ObjectDoesNotExist
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models

from jingwei.frame.models import History, Sending, Webhook
from jingwei.frame.narrowing import limits_from
from jingwei.frame.records.resource import Resource, registry
from jingwei.frame.records.told import as_told, told
from jingwei.frame.rights.access import Access, access_of
from jingwei.frame.webhooks.outbox import test_fact

body_bytes = 256_000


def access_for(hook: Webhook) -> Access:
    """The rights of now of whoever saved it last; none when he is gone."""
    if hook.maker_id is None:
        return Access(hook.tenant_id, None)
    return access_of(hook.maker_id, hook.tenant_id).narrowed(limits_from(hook.limits))


def body_of(hook: Webhook, sending: Sending, access: Access) -> bytes | None:
    """The body, None when it is not for these eyes (any more) or lies outside of the webhook's projects."""
    data = {"name": hook.name, "url": hook.url} if sending.fact == test_fact else _data(hook, sending, access)
    if data is None:
        return None
    whole = {"type": sending.fact, "timestamp": sending.at.astimezone(UTC), "data": data}
    body = json.dumps(whole, cls=DjangoJSONEncoder, ensure_ascii=False, separators=(",", ":")).encode()
    if len(body) > body_bytes:
        few = {name: data.get(name) for name in ("id", "version", "natural_key")} | {"is_cut": True}
        body = json.dumps(whole | {"data": few}, cls=DjangoJSONEncoder, ensure_ascii=False, separators=(",", ":")).encode()
    return body


def _data(hook: Webhook, sending: Sending, access: Access) -> dict[str, Any] | None:
    resource = registry.get(sending.resource)
    if resource is None:
        return None
    row = resource.seen(access).filter(pk=sending.row_id).first()
    if row is not None:
        is_meant = hook.project_ids is None or resource.project_of(row) in hook.project_ids
        return as_told(resource, row, access, with_parts=True) if is_meant else None
    if resource.model.objects.filter(pk=sending.row_id).exists():
        return None
    return _of_gone(hook, resource, sending.row_id, access)


def _of_gone(hook: Webhook, resource: Resource, row_id: int, access: Access) -> dict[str, Any] | None:
    """A row that is no more, by the last line of its history; what it named is told by number only."""
    line = History.objects.filter(resource=resource.key, object_id=row_id, action=History.Action.DELETE).order_by("-id").first()
    if line is None or not line.before:
        return None
    row: Any = resource.model()
    row.pk = row_id
    for field in row._meta.concrete_fields:
        if field.attname in line.before and not isinstance(field, models.BinaryField):
            setattr(row, field.attname, field.to_python(line.before[field.attname]))
    try:
        places = resource.places_of(row)
    except ObjectDoesNotExist:  # its whole is gone as well: only who may look everywhere may look at it
        places = frozenset({None})
    if not access.allows(resource.permission("view"), *places) or (hook.project_ids is not None and not places & {*hook.project_ids}):
        return None
    out: dict[str, Any] = {"id": row_id, "version": None, "natural_key": _name(resource, row)}
    for field in told(resource):
        value = getattr(row, field.attname)
        out[field.name] = str(value) if isinstance(field, models.FileField) else value
    return out


def _name(resource: Resource, row: Any) -> str:
    try:
        return resource.name_of(row)
    except ObjectDoesNotExist:
        return ""

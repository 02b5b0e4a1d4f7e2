"""What a system offered when it was last asked, kept for the time when it cannot be asked."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from jingwei.hub.contract import Field, Stream, Title
from jingwei.hub.models import Offered, System

told_anew = timedelta(minutes=5)  # the same streams are noted as seen again at most so often


def field_as_plain(field: Field) -> dict[str, Any]:
    """A stream's field as it is kept."""
    return {
        "name": field.name, "type": field.type, "zh": field.title.zh, "en": field.title.en, "required": field.required,
        "read_only": field.read_only, "max_length": field.max_length, "choices": [list(c) for c in field.choices],
    }  # fmt: skip


def field_from_plain(plain: Mapping[str, Any]) -> Field:
    """The other way round."""
    return Field(
        name=plain["name"], type=plain["type"], title=Title(plain.get("zh", plain["name"]), plain.get("en", plain["name"])),
        required=plain.get("required", False), read_only=plain.get("read_only", False), max_length=plain.get("max_length"),
        choices=tuple((str(a), str(b)) for a, b in plain.get("choices", ())),
    )  # fmt: skip


def note(system: System, streams: Mapping[str, Stream]) -> None:
    """Keep what the system has just told. What it offered before and does not any more is forgotten."""
    now = timezone.now()
    told = {
        name: {"zh": s.title.zh, "en": s.title.en, "external_key_field": s.external_key_field, "fields": [field_as_plain(field) for field in s.fields]}
        for name, s in streams.items()
    }
    kept = Offered.objects.filter(system=system).first()
    if kept is None or kept.streams != told or now - kept.read_at > told_anew:
        Offered.objects.update_or_create(system=system, defaults={"tenant_id": system.tenant_id, "streams": told, "read_at": now})


def last(system: System, name: str) -> tuple[Stream, datetime] | None:
    """A stream as it was when the system was last asked, and when that was."""
    kept = Offered.objects.filter(system=system).first()
    plain = kept.streams.get(name) if kept is not None else None
    if kept is None or plain is None:
        return None
    fields = tuple(field_from_plain(each) for each in plain["fields"])
    return Stream(name, Title(plain["zh"], plain["en"]), fields, external_key_field=plain.get("external_key_field")), kept.read_at


def read_at(system: System) -> datetime | None:
    """When the system was last asked."""
    return Offered.objects.filter(system=system).values_list("read_at", flat=True).first()  # type: ignore[no-any-return]

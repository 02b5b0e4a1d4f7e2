"""Deliveries: what came in, kept raw until it is planned. What the database cannot hold is kept as bytes beside a readable form."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from django.utils import timezone

from jingwei.frame.records import bulk
from jingwei.hub.contract import Record
from jingwei.hub.models import Delivery, Interface, Run

key_length = 200
to_look_up = "lookup"  # the source of a delivery that is only a question: what is this record now?
_names = (
    "tenant", "version", "created_at", "updated_at", "interface", "side", "source", "record_key", "record", "raw", "headers", "state", "attempts", "outcome",
    "received_at", "run",
)  # fmt: skip


def record_as_plain(record: Record) -> dict[str, Any]:
    """A record as it is kept in a delivery."""
    return {
        "values": record.values, "at": record.modified_at.isoformat() if record.modified_at else None, "deleted": record.deleted,
        "version": record.version, "url": record.url, "external_key": record.external_key, "sequence": record.sequence,
        **({"problem": record.problem} if record.problem else {}),
    }  # fmt: skip


def record_from_plain(stream: str, key: str, plain: dict[str, Any]) -> Record:
    """The other way round."""
    at = datetime.fromisoformat(plain["at"]) if plain.get("at") else None
    return Record(
        stream, key, plain.get("values") or {}, at, plain.get("deleted", False), plain.get("version"), plain.get("url"), plain.get("external_key"),
        plain.get("sequence"), problem=plain.get("problem", ""),
    )  # fmt: skip


def unstorable(record: Record) -> str:
    """Why the database cannot hold this record as it is (a NUL character, half a surrogate, an infinite number); empty when it can."""
    if len(record.key) > key_length:
        return f"the key is longer than {key_length} characters"
    try:
        text = json.dumps([record.key, record.values, record.version, record.external_key], ensure_ascii=False, allow_nan=False)
        text.encode()
    except UnicodeEncodeError:
        return "a text contains half a character (a lone surrogate)"
    except (ValueError, TypeError, RecursionError) as problem:
        return str(problem)
    if "\\u0000" in text and _has_nul([record.key, record.values, record.version, record.external_key]):
        return "a text contains the character NUL (U+0000), which cannot be stored"
    return ""


def _has_nul(value: Any) -> bool:
    match value:
        case str():
            return "\x00" in value
        case dict():
            return any(_has_nul(k) or _has_nul(v) for k, v in value.items())
        case list() | tuple():
            return any(map(_has_nul, value))
    return False


def storable(value: Any) -> Any:
    """The same value with what cannot be stored made visible: NUL as ␀, half a character as �."""
    match value:
        case str():
            return value.replace("\x00", "␀").encode("utf-8", "replace").decode()
        case float() if not math.isfinite(value):
            return str(value)
        case dict():
            return {str(storable(str(k))): storable(v) for k, v in value.items()}
        case list() | tuple():
            return [storable(each) for each in value]
        case None | bool() | int() | float():
            return value
        case _:
            return str(value)


def storable_key(key: str) -> str:
    """A key that fits, still one of its own."""
    plain = str(storable(key))
    return plain if len(plain) <= key_length else f"{plain[:150]}…{hashlib.sha256(key.encode('utf-8', 'replace')).hexdigest()[:40]}"


def as_row(record: Record) -> tuple[str, dict[str, Any], bytes | None]:
    """Key, readable form and, where that is not the whole truth, the raw bytes of a record."""
    plain = record_as_plain(record)
    if not unstorable(record):
        return record.key, plain, None
    return storable_key(record.key), storable(plain), json.dumps({"key": record.key, **plain}, default=str).encode()


def keep(interface: Interface, side: str, records: Iterable[Record], *, source: str, run: Run | None) -> int:
    """Keep records, raw, waiting to be planned."""
    now = timezone.now()
    rows = []
    for record in records:
        key, plain, raw = as_row(record)
        rows.append((
            interface.tenant_id, 1, now, now, interface.pk, side, source, key, plain, raw, {}, Delivery.State.WAITING, 0, "", now, run.pk if run else None,
        ))  # fmt: skip
    bulk.copy_in(Delivery, _names, rows)
    return len(rows)


def ask(interface: Interface, side: str, keys: Sequence[str], why: str, run: Run | None = None) -> int:
    """Have records looked up: what each is now is brought in before anything is believed of it. A question that waits is not doubled."""
    waiting = Delivery.objects.filter(interface=interface, side=side, source=to_look_up, state=Delivery.State.WAITING, record_key__in=keys)
    known = set(waiting.values_list("record_key", flat=True))
    now = timezone.now()
    rows = [
        (
            interface.tenant_id, 1, now, now, interface.pk, side, to_look_up, key, None, None, {"why": why}, Delivery.State.WAITING, 0, "", now,
            run.pk if run else None,
        )
        for key in dict.fromkeys(keys)
        if key not in known and len(key) <= key_length
    ]  # fmt: skip
    bulk.copy_in(Delivery, _names, rows)
    return len(rows)

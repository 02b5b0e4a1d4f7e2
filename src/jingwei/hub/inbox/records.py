"""Records as they are kept in deliveries."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from jingwei.hub.contract import Record


def record_as_plain(record: Record) -> dict[str, Any]:
    """A record as it is kept in a delivery."""
    return {
        "values": record.values, "at": record.modified_at.isoformat() if record.modified_at else None, "deleted": record.deleted,
        "version": record.version, "url": record.url, "external_key": record.external_key,
    }  # fmt: skip


def record_from_plain(stream: str, key: str, plain: dict[str, Any]) -> Record:
    """The other way round."""
    at = datetime.fromisoformat(plain["at"]) if plain.get("at") else None
    return Record(stream, key, plain["values"], at, plain.get("deleted", False), plain.get("version"), plain.get("url"), plain.get("external_key"))

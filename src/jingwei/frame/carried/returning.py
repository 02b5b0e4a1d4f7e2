"""What comes back: a file that was removed, by undo; and what is forgotten, once the row that carried it can come back no more."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.db import connection, models
from django.utils.translation import gettext as _

from jingwei.frame import scope
from jingwei.frame.carried.rights import carried_by, locked, require
from jingwei.frame.models import Attachment, Comment, Follower, History, Tagging
from jingwei.frame.models.carried import CarriedModel
from jingwei.frame.postgres import locks
from jingwei.frame.records import undo
from jingwei.frame.records.resource import registry, resources
from jingwei.frame.records.turns import in_turn
from jingwei.frame.rights.access import Access

kinds: tuple[type[CarriedModel], ...] = (Attachment, Comment, Follower, Tagging)


@in_turn
def bring_back(line: History, access: Access) -> str | None:
    """Put a removed file back on its row; returns why not, in words, or nothing; None for what is not taken back. Raises what a new file would."""
    if line.action != History.Action.DELETE:
        return None
    kept: dict[str, Any] = line.before or {}
    resource = registry.get(str(kept.get("resource")))
    row = resource.seen(access).filter(pk=kept.get("row_id")).first() if resource is not None and "files" in resource.carries else None
    if resource is None or row is None:
        return _("“%(name)s”: what it was attached to is gone.") % {"name": kept.get("name", "")}
    require(access, resource, row, "files")
    locked(resource, row)
    locks.hold(f"files {row.tenant_id}")
    if carried_by(Attachment, resource, row).filter(models.Q(sha256=kept["sha256"]) | models.Q(pk=line.object_id)).exists():
        raise ValidationError(_("“%(name)s” is attached again already.") % {"name": kept["name"]})
    back = Attachment(pk=line.object_id)
    for field in Attachment._meta.concrete_fields:
        if field.attname in kept:
            setattr(back, field.attname, field.to_python(kept[field.attname]))
    back.save(force_insert=True)
    return ""


def forget_the_gone() -> int:
    """Remove what rows carried that are gone, and whose history is forgotten: nothing brings them back."""
    removed, tenant = 0, scope.current().tenant_id
    with connection.cursor() as cursor:
        for resource in resources():
            for model in kinds if resource.carries else ():
                cursor.execute(
                    f"""DELETE FROM {model._meta.db_table} c WHERE c.tenant_id = %s AND c.resource = %s
                        AND NOT EXISTS (SELECT 1 FROM {resource.model._meta.db_table} r WHERE r.id = c.row_id)
                        AND NOT EXISTS (SELECT 1 FROM frame_history h WHERE h.tenant_id = c.tenant_id AND h.resource = c.resource AND h.object_id = c.row_id)""",  # noqa: S608
                    (tenant, resource.key),
                )
                removed += cursor.rowcount
    return removed


undo.takers[Attachment._meta.label_lower] = bring_back

"""Change requests that wait for a decision get their case, asked for by whoever submitted them: from now on votes decide."""

from typing import Any

from django.db import migrations
from django.utils import timezone


def open_cases(apps: Any, editor: Any) -> None:
    """A case for every submitted request that has none. Its print stays empty: what stands there when it is first looked at is what is voted on."""
    request, case, history = (apps.get_model(*name) for name in (("change", "ChangeRequest"), ("frame", "Case"), ("frame", "History")))
    key = "change.changerequest"
    have = set(case._base_manager.filter(resource=key, state="open").values_list("row_id", flat=True))
    for row in request._base_manager.filter(status="submitted").exclude(pk__in=have):
        lines = history._base_manager.filter(tenant_id=row.tenant_id, resource=key, object_id=row.pk, after__status="submitted").order_by("-id")
        submitted_by = lines.values_list("actor_id", flat=True).first() or row.requested_by_id
        known = apps.get_model("frame", "User")._base_manager.filter(pk=submitted_by).exists()
        case._base_manager.create(
            tenant_id=row.tenant_id, project_id=row.project_id, resource=key, row_id=row.pk, stage="decision", asked_at=timezone.now(),
            opened_by_id=submitted_by if known else None,
        )  # fmt: skip


class Migration(migrations.Migration):
    dependencies = [("change", "0001_initial"), ("frame", "0050_approval")]

    operations = [migrations.RunPython(open_cases, migrations.RunPython.noop)]

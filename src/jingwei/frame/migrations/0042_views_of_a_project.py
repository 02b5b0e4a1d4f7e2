"""A shared view may keep to a project. Those that somebody shared without a right organisation-wide become own; what names a project keeps to it."""

from fnmatch import fnmatchcase
from typing import Any
from urllib.parse import parse_qs

import django.db.models.deletion
from django.db import migrations, models

# what the standard roles were given beyond declarations, when this was written
looks = {"owner": ("*",), **dict.fromkeys(("pmo", "manager", "engineer", "finance", "operations", "viewer"), ("*.view",))}


def narrow(apps: Any, schema_editor: Any) -> None:
    View, Membership, Project = (apps.get_model("frame", name) for name in ("SavedView", "Membership", "Project"))
    for view in View._base_manager.filter(is_shared=True).order_by("pk"):
        held = Membership._base_manager.filter(tenant_id=view.tenant_id, user_id=view.user_id, project=None, user__is_active=True).select_related("role")
        grants = [grant for each in held for grant in (*each.role.grants, *(looks.get(each.role.key, ()) if each.role.is_standard else ()))]
        changes = {}
        if not any(fnmatchcase(f"{view.resource}.view", grant) for grant in grants):
            changes = {"is_shared": False}
        elif named := parse_qs(view.query).get("project"):
            rows = Project._base_manager.filter(tenant_id=view.tenant_id)
            text = named[-1]
            rows = rows.filter(pk=int(text)) if text.isascii() and text.isdigit() and len(text) < 19 else rows.filter(code=text[:40].replace("\0", ""))
            project = rows.first()
            changes = {"project_id": project.pk} if project is not None else {}
        if changes:
            View._base_manager.filter(pk=view.pk).update(**changes)


class Migration(migrations.Migration):
    dependencies = [("frame", "0041_long_work_is_about")]

    operations = [
        migrations.AddField("savedview", "project", models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name="+", to="frame.project")),
        migrations.AlterField("savedview", "is_shared", models.BooleanField(default=False, verbose_name="shared")),
        migrations.RunPython(narrow, migrations.RunPython.noop),
    ]

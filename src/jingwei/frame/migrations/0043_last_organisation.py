"""The organisation in which a person worked last."""

import django.db.models.deletion
from django.db import migrations, models

kinds = [
    ("login", "logged in"), ("logout", "logged out"), ("refused", "wrong password"), ("code_refused", "wrong code"), ("locked", "locked out"),
    ("password", "password changed"), ("enrolled", "second step added"), ("removed", "second step removed"), ("token", "API token made"),
    ("revoked", "API token revoked"), ("ended", "session ended by its limit"), ("renamed", "user name changed"), ("switched", "changed organisation"),
]


class Migration(migrations.Migration):
    dependencies = [("frame", "0042_views_of_a_project")]

    operations = [
        migrations.AlterField("accessevent", "kind", models.CharField(choices=kinds, max_length=20)),
        migrations.AddField("user", "last_tenant", models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="+", to="frame.tenant")),
    ]

"""Failed tries, the access log, limits and parents of API tokens."""

import django.db.models.deletion
from django.db import migrations, models

end_all = """
UPDATE frame_apitoken SET expires_at = LEAST(COALESCE(expires_at, now() + interval '365 days'), now() + interval '365 days')
"""


class Migration(migrations.Migration):
    dependencies = [("frame", "0010_notice_of_project")]

    operations = [
        migrations.CreateModel(
            name="FailedTries",
            fields=[
                ("key", models.CharField(max_length=220, primary_key=True, serialize=False)),
                ("failures", models.PositiveIntegerField(default=0)),
                ("began_at", models.DateTimeField()),
                ("locked_until", models.DateTimeField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name="AccessEvent",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("at", models.DateTimeField()),
                ("kind", models.CharField(choices=[("login", "logged in"), ("logout", "logged out"), ("refused", "wrong password"), ("code_refused", "wrong code"), ("locked", "locked out"), ("password", "password changed"), ("enrolled", "second step added"), ("removed", "second step removed"), ("token", "API token made"), ("revoked", "API token revoked"), ("ended", "session ended by its limit")], max_length=20)),
                ("user_id", models.BigIntegerField(null=True)),
                ("name", models.CharField(max_length=150)),
                ("address", models.CharField(max_length=45)),
                ("detail", models.CharField(max_length=200)),
            ],
            options={
                "verbose_name": "log-in event",
                "verbose_name_plural": "access log",
                "indexes": [models.Index(fields=["user_id", "-id"], name="access_of_user")],
            },
        ),
        migrations.AddField("apitoken", "parent", models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name="children", to="frame.apitoken")),
        migrations.AddField("apitoken", "limits", models.JSONField(default=list)),
        migrations.RunSQL(end_all, migrations.RunSQL.noop),
    ]

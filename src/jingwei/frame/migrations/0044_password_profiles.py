"""Rules for passwords by organisation; when each password was chosen, and the last ones where the rules ask for them."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

kinds = [
    ("login", "logged in"), ("logout", "logged out"), ("refused", "wrong password"), ("code_refused", "wrong code"), ("locked", "locked out"),
    ("password", "password changed"), ("enrolled", "second step added"), ("removed", "second step removed"), ("token", "API token made"),
    ("revoked", "API token revoked"), ("ended", "session ended by its limit"), ("renamed", "user name changed"), ("switched", "changed organisation"),
    ("rules", "password rules changed"),
]
profiles = [("basic", "Basic"), ("strict", "Strict"), ("mlps3", "MLPS level 3 (等保三级)")]
# since when is not known of those there are: as of now, so that nobody is shut out by the upgrade itself
begin = "UPDATE frame_user SET password_changed_at = now() WHERE password <> '' AND password NOT LIKE '!%'"


class Migration(migrations.Migration):
    dependencies = [("frame", "0043_last_organisation")]

    operations = [
        migrations.AlterField("accessevent", "kind", models.CharField(choices=kinds, max_length=20)),
        migrations.AddField("tenant", "password_profile", models.CharField(choices=profiles, default="basic", max_length=10, verbose_name="password rules")),
        migrations.AddField("user", "password_changed_at", models.DateTimeField(editable=False, null=True)),
        migrations.RunSQL(begin, migrations.RunSQL.noop),
        migrations.CreateModel(
            name="PastPassword",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("password", models.CharField(max_length=128)),
                ("user", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="+", to=settings.AUTH_USER_MODEL)),
            ],
        ),
    ]

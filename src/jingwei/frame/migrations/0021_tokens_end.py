"""Every API token ends some day."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("frame", "0020_coming_in")]

    operations = [migrations.AlterField("apitoken", "expires_at", models.DateTimeField())]

"""A line of the access log says in which organisation it happened. Of those there are it is not known: they are told to none."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("frame", "0044_password_profiles")]

    operations = [migrations.AddField("accessevent", "tenant_id", models.BigIntegerField(null=True))]

"""Time zones are checked against those there are; what stands there already stays, and is read as UTC when there is no such zone."""

from django.db import migrations

import jingwei.frame.models.zone


class Migration(migrations.Migration):
    dependencies = [("frame", "0025_growth")]

    operations = [
        migrations.AlterField(
            model_name=model,
            name="zone",
            field=jingwei.frame.models.zone.ZoneField(default="Asia/Shanghai", max_length=60, verbose_name="time zone"),
        )
        for model in ("tenant", "project")
    ]

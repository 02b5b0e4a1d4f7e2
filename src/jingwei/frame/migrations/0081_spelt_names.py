"""People are found by how their names are spelled."""

from typing import Any

from django.db import migrations

from jingwei.frame.models import spelt


def fill(apps: Any, schema_editor: Any) -> None:
    spelt.fill(schema_editor.connection, "frame_user", "spelt", ("last_name", "first_name"))


class Migration(migrations.Migration):
    dependencies = [
        ('frame', '0080_telling_mended'),
    ]

    operations = [
        migrations.AddField(model_name='user', name='spelt', field=spelt.SpeltField('last_name', 'first_name')),
        migrations.RunPython(fill, migrations.RunPython.noop),
    ]

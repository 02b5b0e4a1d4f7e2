"""People are found by how their names are spelled."""

from typing import Any

from django.db import migrations

from jingwei.frame.models import spelt


def fill(apps: Any, schema_editor: Any) -> None:
    spelt.fill(schema_editor.connection, "directory_person", "spelt", ("name",))


class Migration(migrations.Migration):
    dependencies = [
        ('directory', '0002_person_skills'),
    ]

    operations = [
        migrations.AddField(model_name='person', name='spelt', field=spelt.SpeltField('name')),
        migrations.RunPython(fill, migrations.RunPython.noop),
    ]

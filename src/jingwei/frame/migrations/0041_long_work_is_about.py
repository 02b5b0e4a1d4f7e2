"""Long work says what it is about: a resource, what is done to it, in which projects, within which limits."""

import django.contrib.postgres.fields
from django.db import migrations, models

tell = """
UPDATE frame_longwork SET resource = 'work.task', verb = 'change', projects = ARRAY(SELECT jsonb_array_elements_text(payload->'projects')::bigint)
WHERE payload->>'kind' = 'schedule.level' AND jsonb_typeof(payload->'projects') = 'array';
UPDATE frame_longwork SET resource = left(payload->>'resource', 80), verb = 'import' WHERE resource = '' AND payload ? 'resource';
"""


class Migration(migrations.Migration):
    dependencies = [("frame", "0040_names_once")]

    operations = [
        migrations.AddField("longwork", "resource", models.CharField(blank=True, default="", max_length=80), preserve_default=False),
        migrations.AddField("longwork", "verb", models.CharField(blank=True, default="", max_length=40), preserve_default=False),
        migrations.AddField("longwork", "projects", django.contrib.postgres.fields.ArrayField(base_field=models.BigIntegerField(), null=True, size=None)),
        migrations.AddField("longwork", "limits", models.JSONField(default=list)),
        migrations.RunSQL(tell, migrations.RunSQL.noop),
    ]

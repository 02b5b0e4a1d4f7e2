"""A sheet keeps the currency in which it was submitted; those that were submitted already were in their project's."""

from django.db import migrations, models

_of_project = """
UPDATE labour_sheet s SET currency = p.currency FROM frame_project p WHERE p.id = s.project_id AND s.status NOT IN ('draft', 'disputed')
"""


class Migration(migrations.Migration):
    dependencies = [("labour", "0003_phone"), ("frame", "0001_initial")]

    operations = [
        migrations.AddField(model_name="sheet", name="currency", field=models.CharField(blank=True, default="", editable=False, max_length=3, verbose_name="currency"), preserve_default=False),
        migrations.RunSQL(_of_project, migrations.RunSQL.noop),
    ]

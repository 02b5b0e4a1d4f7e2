"""Failed log-ins are counted in frame_failedtries now; the tables of the former lock-out go. Open sessions are kept."""

from django.db import migrations

drop = """
DROP TABLE IF EXISTS axes_accessattemptexpiration, axes_accessattempt, axes_accesslog, axes_accessfailurelog CASCADE;
DELETE FROM django_migrations WHERE app = 'axes';
"""


class Migration(migrations.Migration):
    dependencies = [("frame", "0022_second_steps_sealed")]

    operations = [migrations.RunSQL(drop, migrations.RunSQL.noop)]

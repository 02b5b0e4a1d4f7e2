"""A user name is one name in any case. Of doubles the oldest account keeps its name; the access log tells what the others are called now."""

from django.db import migrations, models
from django.db.models.functions import Lower

rename = """
DO $$
DECLARE
  double record;
  number int;
  wanted text;
BEGIN
  FOR double IN
    SELECT u.id, u.username FROM frame_user u
    WHERE EXISTS (SELECT 1 FROM frame_user o WHERE lower(o.username) = lower(u.username) AND o.id < u.id) ORDER BY u.id
  LOOP
    number := 1;
    LOOP
      number := number + 1;
      wanted := left(double.username, 150 - length('-' || number)) || '-' || number;
      EXIT WHEN NOT EXISTS (SELECT 1 FROM frame_user o WHERE lower(o.username) = lower(wanted));
    END LOOP;
    UPDATE frame_user SET username = wanted WHERE id = double.id;
    INSERT INTO frame_accessevent (at, kind, user_id, name, address, detail) VALUES (clock_timestamp(), 'renamed', double.id, wanted, '', double.username);
  END LOOP;
END $$
"""
kinds = [
    ("login", "logged in"), ("logout", "logged out"), ("refused", "wrong password"), ("code_refused", "wrong code"), ("locked", "locked out"),
    ("password", "password changed"), ("enrolled", "second step added"), ("removed", "second step removed"), ("token", "API token made"),
    ("revoked", "API token revoked"), ("ended", "session ended by its limit"), ("renamed", "user name changed"),
]


class Migration(migrations.Migration):
    dependencies = [("frame", "0030_zones_that_exist")]

    operations = [
        migrations.AlterField("accessevent", "kind", models.CharField(choices=kinds, max_length=20)),
        migrations.RunSQL(rename, migrations.RunSQL.noop),
        migrations.AddConstraint(
            "user",
            models.UniqueConstraint(Lower("username"), name="user_name_once", violation_error_message="This name is taken."),
        ),
    ]

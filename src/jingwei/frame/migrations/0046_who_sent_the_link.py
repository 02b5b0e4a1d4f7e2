"""An invitation says who sent it: it stays while he could have given all that its person has."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("frame", "0045_access_of_an_organisation")]

    operations = [
        migrations.AddField(
            "setuplink", "issued_by",
            models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="+", to=settings.AUTH_USER_MODEL),
        ),
    ]
